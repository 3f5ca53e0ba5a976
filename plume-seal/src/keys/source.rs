//! Sources of keys.

use std::{fmt, path::PathBuf, sync::Arc};

use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::keys::key::{SealKeys, unusable};
use crate::secret_file::{InvalidFile, read_secret_file};

/// A source of keys. It is read when a store is opened, when keys are rotated, and when a record has an unknown key.
pub trait KeySource: Send + Sync {
    /// Returns the current keys.
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

/// Keys in a file, in the form of [`SealKeys::parse`].
///
/// Others must not be able to change or read the file (a group may read it). The path may be a link, as mounted secrets
/// are.
///
/// ```no_run
/// use plume_seal::{KeysFromFile, RecordStore};
///
/// let keys = KeysFromFile::new("/run/secrets/example-keys");
/// let store = RecordStore::encrypted("/var/lib/example".as_ref(), keys)?;
/// # Ok::<(), plume_seal::StoreError>(())
/// ```
#[derive(Debug, Clone)]
pub struct KeysFromFile {
    path: PathBuf,
}

impl KeysFromFile {
    /// Creates a source that reads `path` each time.
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
                return Err(unusable("the key file is accessible to other users (want mode 0600)"));
            }
        }
        SealKeys::parse(text.expose_secret())
    }
}

/// Keys in an environment variable, in the form of [`SealKeys::parse`].
///
/// Child processes inherit an environment, and others on the machine may be able to read it: prefer a file.
#[derive(Debug, Clone)]
pub struct KeysFromEnvironment {
    name: String,
}

impl KeysFromEnvironment {
    /// Creates a source that reads the variable `name` each time.
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

/// Keys from a function, for example from a vault, a key service or a prompt.
pub struct KeysFromCallback {
    callback: Box<dyn Fn() -> Result<SealKeys, StoreError> + Send + Sync>,
}

impl KeysFromCallback {
    /// Creates a source that calls `callback` each time. It may be called on any thread and should be quick.
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
