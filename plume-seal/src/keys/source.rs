//! Sources of keys.

use std::{
    fmt,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::keys::key::{SealKeys, random_line, unusable};
use crate::random::random;
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

    /// Creates the file with a random key called `name` if there is no file, and returns whether it did. Only this user can
    /// read it (mode 0600 on Unix), and so can the directories that it creates. If several processes do so at once, all use
    /// one key.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Keys`](crate::StoreErrorKind::Keys) for an invalid name, and
    /// [`StoreErrorKind::Io`](crate::StoreErrorKind::Io) if the file cannot be written.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = std::env::temp_dir().join(format!("plume-seal-doc-key-{}", std::process::id()));
    /// use plume_seal::{KeySource, KeysFromFile};
    ///
    /// let keys = KeysFromFile::new(directory.join("example.key"));
    /// assert!(keys.create("2026-11")?);
    /// assert!(!keys.create("2026-12")?);
    /// assert_eq!(keys.keys()?.current().name(), "2026-11");
    /// # std::fs::remove_dir_all(&directory)?;
    /// # Ok(()) }
    /// ```
    pub fn create(&self, name: &str) -> Result<bool, StoreError> {
        let failed = |error: io::Error| StoreError::io("the key file cannot be written", error);
        if self.path.try_exists().map_err(failed)? {
            return Ok(false);
        }
        let text = random_line(name)?;
        if let Some(directory) = self.path.parent() {
            private_directories(directory).map_err(failed)?;
        }
        // Written whole before it gets its name, so that no reader sees a part of it. A link never replaces a file.
        let mut suffix = [0; 8];
        random(&mut suffix)?;
        let temporary = self.path.with_extension(format!("{:016x}", u64::from_ne_bytes(suffix)));
        let linked = write_private(&temporary, text.as_bytes())
            .and_then(|()| std::fs::hard_link(&temporary, &self.path));
        let _ = std::fs::remove_file(&temporary);
        match linked {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }
}

fn private_directories(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
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

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::error::StoreErrorKind;

    #[test]
    fn processes_that_create_a_key_file_at_once_share_one_private_key() {
        let directory = std::env::temp_dir().join(format!("plume-seal-create-{}", std::process::id()));
        let path = directory.join("below/example.key");
        let keys = KeysFromFile::new(&path);
        assert_eq!(keys.create("no name").unwrap_err().kind(), StoreErrorKind::Keys);
        assert!(!path.exists());
        let created = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| keys.create("first").unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).filter(|made| *made).count()
        });
        assert_eq!(created, 1);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let first = keys.keys().unwrap();
        assert!(!keys.create("second").unwrap());
        assert_eq!(keys.keys().unwrap().current().check(), first.current().check());
        let left = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 1, "a temporary file is left");
        // Where nothing can be written.
        let nowhere = KeysFromFile::new("/dev/null/example.key").create("first").unwrap_err();
        assert_eq!(nowhere.kind(), StoreErrorKind::Io);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
