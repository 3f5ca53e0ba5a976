//! The trait of stores, and the lock of one record.

use std::{fmt, sync::Arc};

use plume_seal::{RecordLock, StoreError, StoreErrorKind};

use crate::store::key::StoreKey;
use crate::store::record::StoredRecord;

/// A store with one record per key.
///
/// It is not async: its operations take about as long as a file access, and must work without a runtime. Implementations
/// need not check whether a token is still valid; [`Persistent`](crate::store::Persistent) does.
///
/// Only the holder of a record's lock changes the record, so that no change is lost. [`save`](TokenStore::save) takes the
/// lock by itself; to change an existing record, take it first:
///
/// ```
/// use plume_auth::store::{MemoryStore, StoreKey, StoredRecord, TokenStore};
///
/// let store = MemoryStore::new();
/// let key = StoreKey::from_parts("tenant", "https://sso.example.net/token", b"0oaEXAMPLE", "");
/// if let Some(lock) = store.try_lock(&key)? {
///     let record = store.load(&key)?.unwrap_or_default();
///     store.save_held(&key, &record, &lock)?;
/// }
/// assert!(store.load(&key)?.is_some());
/// store.forget(&key)?;
/// assert!(store.load(&key)?.is_none());
/// # Ok::<(), plume_auth::store::StoreError>(())
/// ```
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// Reads a record; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`]. After `Damaged`, `Newer` and `Restored` the record may be written again: the old one is moved aside,
    /// now or by the holder of its lock. After any other error it must not be changed.
    fn load(&self, key: &StoreKey) -> Result<Option<StoredRecord>, StoreError>;

    /// Replaces a record in one step: a reader gets the old one or the new one.
    ///
    /// `held` is the lock of this record. If the record was forgotten since the lock was taken, nothing is written, so that
    /// the earlier state does not return.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NotHeld`] if `held` is the lock of another record; then nothing is written. After any other
    /// [`StoreError`] the record is either the old one or the new one.
    fn save_held(&self, key: &StoreKey, record: &StoredRecord, held: &StoreLock) -> Result<(), StoreError>;

    /// Takes the lock, writes the record as [`save_held`](TokenStore::save_held) does, and releases the lock.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Busy`] if the lock is taken; nothing is written. Otherwise those of the two operations.
    fn save(&self, key: &StoreKey, record: &StoredRecord) -> Result<(), StoreError> {
        match self.try_lock(key)? {
            Some(lock) => self.save_held(key, record, &lock),
            None => Err(StoreError::new(StoreErrorKind::Busy, "another process is changing the record")),
        }
    }

    /// Removes a record, as after a logout, even while its lock is held: from then on no reader gets it, and the holder of
    /// the lock writes nothing more.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the record may still exist.
    fn forget(&self, key: &StoreKey) -> Result<(), StoreError>;

    /// Takes the lock of a record if it is free in this process and every other. Does not wait.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be determined whether the lock is held.
    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError>;
}

impl<T: TokenStore + ?Sized> TokenStore for Arc<T> {
    fn load(&self, key: &StoreKey) -> Result<Option<StoredRecord>, StoreError> {
        (**self).load(key)
    }

    fn save_held(&self, key: &StoreKey, record: &StoredRecord, held: &StoreLock) -> Result<(), StoreError> {
        (**self).save_held(key, record, held)
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        (**self).forget(key)
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        (**self).try_lock(key)
    }
}

/// The lock of one record. It is released when it is dropped and when the process ends.
///
/// Unlike the lock of a `Mutex` it may be held while a token is fetched: each wait for it is limited, and none blocks a
/// thread.
#[derive(Debug)]
#[must_use = "dropping it releases the lock at once"]
pub struct StoreLock(pub(super) RecordLock);

impl StoreLock {
    /// Creates the lock of the record of `key`, held as long as `held` lives.
    pub fn new(key: &StoreKey, held: impl Send + Sync + 'static) -> Self {
        Self(RecordLock::new(key.name(), held))
    }

    /// Checks that this is the lock of the record of `key`. Every [`TokenStore::save_held`] begins with it.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NotHeld`] if it is the lock of another record.
    pub fn check(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.0.check(key.name())
    }
}
