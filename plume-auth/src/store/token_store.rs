//! What keeps records, and the lock of one.

use std::{fmt, sync::Arc};

use plume_seal::{RecordLock, StoreError, StoreErrorKind};

use crate::store::key::StoreKey;
use crate::store::record::StoredRecord;

/// Keeps one record per key.
///
/// Not async: what it does takes about as long as a file access, and must be possible where there is no
/// runtime. Implementations need not judge whether a token is still good; [`Persistent`](crate::store::Persistent) does.
///
/// A record is changed by a holder of its lock only, so that no change is lost. [`save`](TokenStore::save) takes the
/// lock by itself; to change what is there, take it first:
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
    /// The record, or `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`]. After `Damaged`, `Newer` and `Restored` its place may be written again: the record is put aside,
    /// now or by the holder of its lock. After any other error it must be left alone.
    fn load(&self, key: &StoreKey) -> Result<Option<StoredRecord>, StoreError>;

    /// Puts a record in place of the one that is there, in one step: a reader gets the old one or the new.
    ///
    /// `held` is the lock of this record. If somebody forgot the record since it was taken, nothing is written: what is
    /// known from before must not come back.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NotHeld`] when `held` is the lock of another record; nothing is written then. After any other
    /// [`StoreError`] the old record is still there, or the new one is.
    fn save_held(&self, key: &StoreKey, record: &StoredRecord, held: &StoreLock) -> Result<(), StoreError>;

    /// As [`save_held`](TokenStore::save_held), with the lock for as long as it takes.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Busy`] when somebody holds the lock; nothing was written.
    fn save(&self, key: &StoreKey, record: &StoredRecord) -> Result<(), StoreError> {
        match self.try_lock(key)? {
            Some(lock) => self.save_held(key, record, &lock),
            None => Err(StoreError::new(StoreErrorKind::Busy, "another process is changing the record")),
        }
    }

    /// Removes a record, as after a logout, also while somebody holds its lock: from then on nobody reads it, and its
    /// holder writes nothing more.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it may still be there.
    fn forget(&self, key: &StoreKey) -> Result<(), StoreError>;

    /// Takes the lock of a record if it is free in this process and every other. Does not wait.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be known whether somebody holds it.
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

/// The lock of one record. Dropping it gives it back; so does the end of the process, however it ends.
///
/// Unlike the lock of a `Mutex` it is meant to be held while a token is fetched: each wait for it has a
/// limit, and none blocks a thread.
#[derive(Debug)]
#[must_use = "dropping it gives the lock back at once"]
pub struct StoreLock(pub(super) RecordLock);

impl StoreLock {
    /// The lock of the record of `key`, held for as long as `held` lives.
    pub fn new(key: &StoreKey, held: impl Send + Sync + 'static) -> Self {
        Self(RecordLock::new(key.name(), held))
    }

    /// Checks that it is the lock of the record of `key`. Every [`TokenStore::save_held`] begins with it.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NotHeld`] when it is the lock of another record.
    pub fn check(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.0.check(key.name())
    }
}
