//! The keyring of the system, which can hold the key of the store.

use std::{path::Path, sync::Arc};

use plume::auth::store::{KeySource, StoreError, StoreErrorKind};

#[cfg(feature = "keyring")]
type Opened = Result<Arc<keyring_core::CredentialStore>, StoreError>;

/// Opens the keyring when a key is needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ring {
    #[cfg(feature = "keyring")]
    pub(super) open: fn() -> Opened,
}

#[cfg(feature = "keyring")]
impl Ring {
    /// The keyring of this system.
    pub(super) fn of_system() -> Self {
        Self { open: system }
    }

    /// The key in the entry of a store.
    pub(super) fn keys(self, directory: &Path) -> Result<Arc<dyn KeySource>, StoreError> {
        Ok(Arc::new(self.entry(directory)?))
    }

    /// The same, with a new key if there is none.
    pub(super) fn create(self, directory: &Path) -> Result<Arc<dyn KeySource>, StoreError> {
        let entry = self.entry(directory)?;
        entry.create("keyring")?;
        Ok(Arc::new(entry))
    }

    /// Each store has an entry of its own.
    fn entry(self, directory: &Path) -> Result<plume::auth::store::KeysFromKeyring, StoreError> {
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        plume::auth::store::KeysFromKeyring::new(&*(self.open)()?, "plume", &directory.to_string_lossy())
    }
}

/// The error of the keyring may repeat what was read, so it is not shown.
#[cfg(feature = "keyring")]
fn system() -> Opened {
    let none = || StoreError::new(StoreErrorKind::Keys, "no keyring service is running in this session");
    keyring::Entry::store_status().as_ref().map_err(|_| none())?;
    keyring_core::get_default_store().ok_or_else(none)
}

#[cfg(not(feature = "keyring"))]
impl Ring {
    pub(super) fn of_system() -> Self {
        Self {}
    }

    pub(super) fn keys(self, _: &Path) -> Result<Arc<dyn KeySource>, StoreError> {
        let message = "this program was built without support for the keyring (feature `keyring`)";
        Err(StoreError::new(StoreErrorKind::Keys, message))
    }

    pub(super) fn create(self, directory: &Path) -> Result<Arc<dyn KeySource>, StoreError> {
        self.keys(directory)
    }
}
