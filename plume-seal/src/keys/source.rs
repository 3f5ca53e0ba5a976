//! Where keys come from.

use std::{fmt, path::PathBuf, sync::Arc};

use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::keys::key::{SealKeys, unusable};
use crate::secret_file::{InvalidFile, read_secret_file};

/// Where keys come from. Asked when a store is opened, when keys are rotated, and when a record turns up whose
/// key is not known.
pub trait KeySource: Send + Sync {
    /// The keys as they are now.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of the kind [`StoreErrorKind::Keys`](crate::StoreErrorKind::Keys).
    fn keys(&self) -> Result<SealKeys, StoreError>;
}

impl<K: KeySource + ?Sized> KeySource for Arc<K> {
    fn keys(&self) -> Result<SealKeys, StoreError> {
        (**self).keys()
    }
}

impl KeySource for SealKeys {
    fn keys(&self) -> Result<SealKeys, StoreError> {
        Ok(self.clone())
    }
}

/// Keys in a file, as [`SealKeys::parse`] reads them.
///
/// Others must not be able to change or read the file (a group may read it). It may be reached by a link, as
/// mounted secrets are.
#[derive(Debug, Clone)]
pub struct KeysFromFile {
    path: PathBuf,
}

impl KeysFromFile {
    /// Reads `path` every time it is asked.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl KeySource for KeysFromFile {
    fn keys(&self) -> Result<SealKeys, StoreError> {
        let failed = |what: InvalidFile| unusable(&format!("the setting of the key file {what}"));
        let text = read_secret_file(&self.path).map_err(failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let found =
                std::fs::metadata(&self.path).map_err(|error| failed(InvalidFile::of(&self.path, &error)))?;
            if found.permissions().mode() & 0o027 != 0 {
                return Err(unusable("the key file is open to other users (want mode 0600)"));
            }
        }
        SealKeys::parse(text.expose_secret())
    }
}

/// Keys in an environment variable, as [`SealKeys::parse`] reads them.
///
/// An environment is inherited by child processes and may be readable to others on the machine: prefer a file.
#[derive(Debug, Clone)]
pub struct KeysFromEnvironment {
    name: String,
}

impl KeysFromEnvironment {
    /// Reads the variable `name` every time it is asked.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl KeySource for KeysFromEnvironment {
    fn keys(&self) -> Result<SealKeys, StoreError> {
        let text = std::env::var(&self.name)
            .map_err(|_| unusable(&format!("the environment variable {} is not set", self.name)))?;
        SealKeys::parse(&Zeroizing::new(text))
    }
}

/// Keys from a function: a vault, a key service, a prompt.
pub struct KeysFromCallback {
    callback: Box<dyn Fn() -> Result<SealKeys, StoreError> + Send + Sync>,
}

impl KeysFromCallback {
    /// Calls `callback` every time keys are asked for. It may be called on any thread and should be quick.
    pub fn new(callback: impl Fn() -> Result<SealKeys, StoreError> + Send + Sync + 'static) -> Self {
        Self { callback: Box::new(callback) }
    }
}

impl fmt::Debug for KeysFromCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeysFromCallback")
    }
}

impl KeySource for KeysFromCallback {
    fn keys(&self) -> Result<SealKeys, StoreError> {
        (self.callback)()
    }
}
