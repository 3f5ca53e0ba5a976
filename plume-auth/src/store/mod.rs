//! Tokens that outlive the process, and that the processes of one user share.
//!
//! Without a store every process asks for its own token each time it starts. With one, a fleet of workers or
//! a command-line tool that runs once a minute makes one request per lifetime of a token.
//!
//! * [`Persistent`] wraps a [`TokenSource`](crate::TokenSource): it looks into a [`TokenStore`] first, and one
//!   process at a time asks the source. The cache on top of it stays as it is.
//! * [`FileStore`] keeps records in a private directory: as they are, or sealed with XChaCha20-Poly1305
//!   (feature `encrypted-store`).
//! * [`MemoryStore`] shares tokens between the providers of one process, and serves tests.
//!
//! A store never makes things worse than none: a full disk, a damaged file or a wrong key costs a warning and
//! the advantage of the store, never a token.
//!
//! # What it costs
//!
//! Calls block the calling thread for the time of a file access: a fraction of a millisecond to read, some
//! milliseconds to write, because what is written is made to last (two syncs for a plain record, four for a
//! sealed one). They happen when a token is fetched or rejected and never when a cached token is read. Put the
//! directory on a local disk: a network file system may block for as long as it likes, and its locks may not
//! hold between machines.
//!
//! ```no_run
//! use std::sync::Arc;
//! use plume_auth::{CachedTokenProvider, ClientCredentials, Credential, Scope, SecureUrl};
//! use plume_auth::store::{FileStore, Persistent, StoreKey};
//!
//! # fn example(transport: Arc<dyn plume_runtime::Transport>) -> Result<(), Box<dyn std::error::Error>> {
//! let url = SecureUrl::parse("https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token")?;
//! let credential = Credential::from_client("0oaEXAMPLE", "not-a-real-secret");
//! let scope = Scope::partner_admin("5e00000000000000000000aa");
//! let key = StoreKey::new("default", &url, &credential, &scope);
//! let store = Arc::new(FileStore::open("/var/lib/example/tokens".as_ref())?);
//!
//! let clock = Arc::new(plume_runtime::SystemClock::new());
//! let source = ClientCredentials::new(url, credential, scope, transport);
//! let source = Persistent::new(source, store, key, clock.clone());
//! let provider = CachedTokenProvider::new(source, clock);
//! # Ok(()) }
//! ```

mod disk;
mod error;
mod file;
mod frame;
mod held;
mod key;
#[cfg(feature = "keyring")]
mod keyring;
#[cfg(feature = "encrypted-store")]
mod keys;
mod memory;
mod names;
mod persistent;
mod record;
#[cfg(feature = "encrypted-store")]
mod rewrap;
#[cfg(feature = "encrypted-store")]
mod seal;
#[cfg(any(test, all(feature = "testing", feature = "encrypted-store")))]
#[cfg_attr(
    not(all(feature = "testing", feature = "encrypted-store")),
    allow(dead_code, reason = "the gauge uses more of it than the tests")
)]
mod sim_disk;
#[cfg(all(feature = "testing", feature = "encrypted-store"))]
#[cfg_attr(docsrs, doc(cfg(all(feature = "testing", feature = "encrypted-store"))))]
pub mod testing;
#[cfg(unix)]
mod unix;

use std::{fmt, sync::Arc};

pub use error::{StoreError, StoreErrorKind};
pub use file::FileStore;
pub use key::{Fingerprint, StoreKey};
#[cfg(feature = "keyring")]
pub use keyring::KeysFromKeyring;
#[cfg(feature = "encrypted-store")]
pub use keys::{KeySource, KeysFromCallback, KeysFromEnvironment, KeysFromFile, SealKey, SealKeys};
pub use memory::MemoryStore;
pub use persistent::Persistent;
pub use record::{StoredRecord, StoredToken};
#[cfg(feature = "encrypted-store")]
pub use rewrap::Rewrapped;

/// Keeps one record per key.
///
/// Not async: what it does takes about as long as a file access, and must be possible where there is no
/// runtime. Implementations need not judge whether a token is still good; [`Persistent`] does.
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

    /// Puts a record in place of the one that is there, in one step: whoever reads gets the old one or the new.
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

    /// Takes the lock of a record if nobody holds it, in this process or another. Does not wait.
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
/// Unlike the lock of a `Mutex` it is meant to be held while a token is fetched: nobody waits for it without a
/// limit, and nobody waits for it with a thread.
#[must_use = "dropping it gives the lock back at once"]
pub struct StoreLock {
    id: [u8; 32],
    _held: Box<dyn Send + Sync>,
}

impl StoreLock {
    /// The lock of the record of `key`, held for as long as `held` lives.
    pub fn new(key: &StoreKey, held: impl Send + Sync + 'static) -> Self {
        Self { id: *key.id(), _held: Box::new(held) }
    }

    /// Checks that it is the lock of the record of `key`. Every [`TokenStore::save_held`] begins with it.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NotHeld`] when it is the lock of another record.
    pub fn check(&self, key: &StoreKey) -> Result<(), StoreError> {
        if self.id == *key.id() {
            return Ok(());
        }
        Err(StoreError::new(
            StoreErrorKind::NotHeld,
            "the lock is that of another record; nothing was written",
        ))
    }
}

impl fmt::Debug for StoreLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreLock")
    }
}
