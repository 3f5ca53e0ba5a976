//! A store in a directory.

use std::path::Path;

#[cfg(feature = "encrypted-store")]
use plume_seal::KeySource;
use plume_seal::{RecordStore, StoreError};

use crate::store::key::StoreKey;
use crate::store::record::StoredRecord;
use crate::store::token_store::{StoreLock, TokenStore};

/// A store that keeps records in a private directory, one file each. [`RecordStore`] documents the guarantees of its
/// files; any [`RecordStore`] converts to a `FileStore` by [`From`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = std::env::temp_dir().join(format!("plume-auth-doc-{}", std::process::id()));
/// use plume_auth::store::{FileStore, StoreKey, StoredRecord, TokenStore};
///
/// let store = FileStore::open(&directory)?;
/// let key = StoreKey::from_parts("tenant", "https://sso.example.net/token", b"0oaEXAMPLE", "");
/// store.save(&key, &StoredRecord::default())?;
/// assert!(FileStore::open(&directory)?.load(&key)?.is_some());
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct FileStore {
    records: RecordStore,
}

impl From<RecordStore> for FileStore {
    fn from(records: RecordStore) -> Self {
        Self { records: records.judged_by(|contents| StoredRecord::decode(contents).is_some()) }
    }
}

impl FileStore {
    /// Opens a store of plain records: every reader of the files has the tokens.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the directory cannot be created or is not private to this user.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        RecordStore::open(directory).map(Self::from)
    }

    /// Opens a store of records sealed with XChaCha20-Poly1305. For counters in another directory see
    /// [`RecordStore::encrypted_with_marks`].
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the directory is not private to this user or the keys cannot be read.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = std::env::temp_dir().join(format!("plume-auth-doc-sealed-{}", std::process::id()));
    /// use plume_auth::store::{FileStore, SealKeys, StoreKey, StoredRecord, TokenStore};
    ///
    /// // base64 of "not-a-real-key-not-a-real-key-32"; a program would use `KeysFromFile`, for example.
    /// let keys = SealKeys::parse("2026-11 bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=")?;
    /// let store = FileStore::encrypted(&directory, keys)?;
    /// let key = StoreKey::from_parts("tenant", "https://sso.example.net/token", b"0oaEXAMPLE", "");
    /// store.save(&key, &StoredRecord::default())?;
    /// // A change of keys is complete when only the new one is in use.
    /// assert_eq!(store.records().rewrap_all()?.keys["2026-11"], 2);
    /// # std::fs::remove_dir_all(&directory)?;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "encrypted-store")]
    #[cfg_attr(docsrs, doc(cfg(feature = "encrypted-store")))]
    pub fn encrypted(directory: &Path, keys: impl KeySource + 'static) -> Result<Self, StoreError> {
        RecordStore::encrypted(directory, keys).map(Self::from)
    }

    /// Returns the underlying records, to change keys ([`RecordStore::rewrap_all`]) and to count damaged records
    /// ([`RecordStore::put_aside`]).
    #[must_use]
    pub fn records(&self) -> &RecordStore {
        &self.records
    }
}

impl TokenStore for FileStore {
    fn load(&self, key: &StoreKey) -> Result<Option<StoredRecord>, StoreError> {
        let contents = self.records.load(key.name())?;
        Ok(contents.and_then(|contents| StoredRecord::decode(&contents)))
    }

    fn save_held(&self, key: &StoreKey, record: &StoredRecord, held: &StoreLock) -> Result<(), StoreError> {
        self.records.save_held(key.name(), &record.encode(), &held.0)
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.records.forget(key.name())
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        Ok(self.records.try_lock(key.name())?.map(StoreLock))
    }
}
