//! The key of the store, and where it is.

use std::{fmt, fs, path::Path, path::PathBuf};

use clap::ValueEnum;
use plume::auth::store::{KeySource, KeysFromFile, SealKeys, StoreError};
use secrecy::SecretString;

use crate::state::ring::Ring;

/// The variables of a key of the person.
pub(super) const KEY: &str = "PLUME_STORE_KEY";
pub(super) const KEY_FILE: &str = "PLUME_STORE_KEY_FILE";
/// The content of `store.key` if the key is in the system keyring.
pub(super) const IN_KEYRING: &str = "keyring";

/// The first step where the keyring cannot be used.
pub(super) const REACH_KEYRING: &str = match cfg!(feature = "keyring") {
    true => "Start or unlock the keyring",
    false => "Use a `plume` that is built with the feature `keyring`",
};

/// The key of a store.
#[derive(Debug, Clone)]
pub(super) enum Key {
    /// The file that is created with the store. It holds the key, or says that the keyring has it.
    Own(PathBuf),
    /// A file of the person.
    File(PathBuf),
    Variable(SecretString),
}

/// The place that a login chooses for the key of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyHome {
    /// A file beside the store, which only you can read
    File,
    /// The keyring of the system: Keychain, Credential Manager, Secret Service
    Keyring,
}

/// The place of a key, without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyPlace {
    Own(PathBuf),
    Keyring,
    File(PathBuf),
    Variable,
}

impl Key {
    pub(super) fn place(&self) -> KeyPlace {
        match self {
            Self::Own(path) if is_in_keyring(path) => KeyPlace::Keyring,
            Self::Own(path) => KeyPlace::Own(path.clone()),
            Self::File(path) => KeyPlace::File(path.clone()),
            Self::Variable(_) => KeyPlace::Variable,
        }
    }
}

/// Whether the file says that the keyring has the key.
pub(super) fn is_in_keyring(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.trim() == IN_KEYRING)
}

/// The file of the former key during a change.
pub(super) fn former(file: &Path) -> PathBuf {
    file.with_extension("former")
}

/// The keys of a store whose key this program created: the current one, and the former one during a change. The files are
/// read each time, so that a running program follows a change.
#[derive(Debug)]
pub(super) struct OwnKeys {
    pub(super) file: PathBuf,
    pub(super) directory: PathBuf,
    pub(super) ring: Ring,
}

impl OwnKeys {
    fn of(&self, file: &Path) -> Result<SealKeys, StoreError> {
        match is_in_keyring(file) {
            true => self.ring.keys(&self.directory)?.keys(),
            false => KeysFromFile::new(file).keys(),
        }
    }
}

impl KeySource for OwnKeys {
    fn keys(&self) -> Result<SealKeys, StoreError> {
        let former = former(&self.file);
        let old = if former.exists() { Some(self.of(&former)) } else { None };
        let current = self.of(&self.file)?;
        match old {
            Some(Ok(old)) => Ok(current.with_old(old.current().clone())),
            // The end of a change may have removed it.
            Some(Err(error)) if former.exists() => Err(error),
            _ => Ok(current),
        }
    }
}

impl KeyPlace {
    /// The file that holds the key.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::Own(path) | Self::File(path) => Some(path),
            Self::Keyring | Self::Variable => None,
        }
    }

    /// Whether others may read the key, so that a login must not replace it silently.
    pub(super) fn is_exposed(&self) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let metadata = self.file().and_then(|path| fs::metadata(path).ok());
            metadata.is_some_and(|found| found.permissions().mode() & 0o077 != 0)
        }
        #[cfg(not(unix))]
        false
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(path) | Self::File(path) => write!(f, "{}", path.display()),
            Self::Keyring => f.write_str("system keyring"),
            Self::Variable => f.write_str(KEY),
        }
    }
}
