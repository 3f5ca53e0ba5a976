//! A token source that reads a store first.
//!
//! It wraps the source and is not part of the cache: the cache reports rejected tokens to its source
//! ([`TokenSource::rejected`]), so that a token leaves the disk too. The store is read when a token is fetched, never when
//! a cached one is read, so it need not be async and works without a runtime. A source that did not get the lock of its
//! record keeps its token in memory.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use plume_runtime::{Clock, time};
use plume_seal::{StoreError, StoreErrorKind};

use crate::provider::TokenSource;
use crate::provider::bounds::LOCK_WAIT;
use crate::provider::{AuthError, AuthErrorKind};
use crate::store::key::{Fingerprint, StoreKey};
use crate::store::record::{StoredRecord, StoredToken};
use crate::store::token_store::{StoreLock, TokenStore};
use crate::token::{AccessToken, IssuedToken};

/// The first wait between two reads of the store; doubled up to [`SLOWEST_LOOK`].
const FIRST_LOOK: Duration = Duration::from_millis(20);
const SLOWEST_LOOK: Duration = Duration::from_millis(200);

/// A [`TokenSource`] that shares its tokens with other processes and keeps them over a restart.
///
/// Each fetch reads the store first. A token there that is fresh, was not rejected and is not the one that this source
/// returned last is the result. Otherwise the fetch takes the lock of the entry, reads again, calls the inner source and
/// writes the new token. If another process has the lock, the fetch waits for its token for at most seven seconds and then
/// calls the inner source itself.
///
/// [`TokenSource::forgotten`] removes the entry, also while another process holds its lock: the token that this process
/// fetches then is not kept.
///
/// [`TokenSource::rejected`] records a token that the API rejected, for every process. It is never read from the store
/// again, even if the endpoint issues it once more.
///
/// A failure of the store does not fail [`TokenSource::fetch`]. The warning callback gets each kind of failure once, and
/// again if it recurs after the store worked.
///
/// ```
/// use std::sync::Arc;
/// use plume_auth::store::{MemoryStore, Persistent, StoreKey};
/// # use plume_auth::{AuthError, IssuedToken, TokenSource};
/// # use std::{sync::atomic::{AtomicU32, Ordering}, time::Duration};
/// # #[derive(Debug, Default)] struct Counting(AtomicU32);
/// # #[async_trait::async_trait] impl TokenSource for Counting {
/// #     async fn fetch(&self) -> Result<IssuedToken, AuthError> {
/// #         self.0.fetch_add(1, Ordering::SeqCst);
/// #         Ok(IssuedToken::new("not.a.token", Duration::from_secs(600)).unwrap())
/// #     }
/// # }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (source, store) = (Arc::new(Counting::default()), MemoryStore::new());
/// let key = StoreKey::from_parts("tenant", "https://sso.example.net/token", b"0oaEXAMPLE", "");
/// let clock = Arc::new(plume_runtime::SystemClock::new());
/// for _restart in 0..3 {
///     let source = Persistent::new(source.clone(), store.clone(), key.clone(), clock.clone())
///         .on_warning(|error| eprintln!("{error}"));
///     source.fetch().await?;
/// }
/// assert_eq!(source.0.load(Ordering::SeqCst), 1);
/// # Ok(()) }
/// ```
pub struct Persistent<S> {
    inner: S,
    store: Box<dyn TokenStore>,
    key: StoreKey,
    clock: Arc<dyn Clock>,
    lock_wait: Duration,
    on_warning: Option<Warning>,
    state: Mutex<State>,
}

type Warning = Box<dyn Fn(&StoreError) + Send + Sync>;

#[derive(Default)]
struct State {
    /// The token returned last: another fetch needs another one.
    handed_out: Option<Fingerprint>,
    /// The rejected tokens that this process knows, in case the store cannot keep them.
    known: StoredRecord,
    /// Whether the store lacks one of them.
    untold: bool,
    warned: HashSet<StoreErrorKind>,
}

impl<S: TokenSource> Persistent<S> {
    /// Keeps the tokens of `inner` in `store` under `key`. All processes that use the same key share them.
    pub fn new(inner: S, store: impl TokenStore + 'static, key: StoreKey, clock: Arc<dyn Clock>) -> Self {
        Self {
            inner,
            store: Box::new(store),
            key,
            clock,
            lock_wait: LOCK_WAIT,
            on_warning: None,
            state: Mutex::default(),
        }
    }

    /// Sets the maximum wait for another process. The default and the maximum are seven seconds: a fetch has 30 s in all,
    /// and after the wait it needs time for its request and to report a failure.
    #[must_use]
    pub fn lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait.min(LOCK_WAIT);
        self
    }

    /// Sets a callback for failures of the store, in which case tokens are kept in memory only: once for each kind of error,
    /// but each time that a token which is to be forgotten may still be stored.
    #[must_use]
    pub fn on_warning(mut self, callback: impl Fn(&StoreError) + Send + Sync + 'static) -> Self {
        self.on_warning = Some(Box::new(callback));
        self
    }

    /// Removes the entry from the store, as after a logout.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the entry may still exist.
    pub fn forget(&self) -> Result<(), StoreError> {
        self.store.forget(&self.key)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete, so a poisoned lock is still valid.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn warn(&self, error: &StoreError) {
        let first = self.state().warned.insert(error.kind());
        if let Some(callback) = self.on_warning.as_ref().filter(|_| first) {
            callback(error);
        }
    }

    /// Reads the record, and whether it may be overwritten. A failure is reported and counts as an empty record.
    fn look(&self) -> (StoredRecord, bool) {
        match self.store.load(&self.key) {
            Ok(record) => (record.unwrap_or_default(), true),
            Err(error) => {
                self.warn(&error);
                (StoredRecord::default(), error.kind().leaves_room())
            }
        }
    }

    /// Returns the stored token, if it can answer a request for a new one.
    fn adopt(&self, record: &StoredRecord) -> Option<IssuedToken> {
        let token = record.token()?;
        let issued = token.fresh(self.clock.wall())?;
        let fingerprint = token.fingerprint();
        let mut state = self.state();
        let known = state.known.is_rejected(fingerprint) || record.is_rejected(fingerprint);
        if known || state.handed_out == Some(fingerprint) {
            return None;
        }
        state.handed_out = Some(fingerprint);
        Some(issued.restored())
    }

    /// Takes the lock, or a token that appears meanwhile. Returns no lock if another process keeps it.
    async fn turn(&self) -> Result<IssuedToken, Option<StoreLock>> {
        let started = self.clock.monotonic();
        let mut pause = FIRST_LOOK;
        loop {
            let (record, _) = self.look();
            if let Some(issued) = self.adopt(&record) {
                return Ok(issued);
            }
            match self.store.try_lock(&self.key) {
                Ok(Some(lock)) => return Err(Some(lock)),
                Ok(None) => {}
                Err(error) => {
                    self.warn(&error);
                    return Err(None);
                }
            }
            let left = self.lock_wait.saturating_sub(self.clock.monotonic().saturating_sub(started));
            if left.is_zero() {
                let message = format!(
                    "another process holds the lock for more than {}",
                    plume_text::human(self.lock_wait)
                );
                self.warn(&StoreError::new(StoreErrorKind::Busy, message));
                return Err(None);
            }
            self.clock.sleep(pause.min(left)).await;
            pause = (pause * 2).min(SLOWEST_LOOK);
        }
    }

    /// Writes the known rejected tokens and, if given, a new token. It needs the lock: a write without it could replace
    /// something newer, or restore what was forgotten.
    fn keep(&self, lock: &StoreLock, found: StoredRecord, token: Option<StoredToken>) {
        let known: Vec<Fingerprint> = self.state().known.rejected().to_vec();
        let record = known.into_iter().fold(found, StoredRecord::rejecting);
        let record = match token {
            Some(token) => record.with_token(token),
            None => record,
        };
        match self.store.save_held(&self.key, &record, lock) {
            Ok(()) => {
                let mut state = self.state();
                state.untold = false;
                state.warned.clear();
            }
            Err(error) => self.warn(&error),
        }
    }
}

#[async_trait]
impl<S: TokenSource> TokenSource for Persistent<S> {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        // Held until the end, so that one process at a time sends a request. It is dropped with this future.
        let lock = match self.turn().await {
            Ok(issued) => return Ok(issued),
            Err(lock) => lock,
        };
        // Again: another process may have written one between the read and the lock.
        let (found, writable) = self.look();
        if let Some(issued) = self.adopt(&found) {
            return Ok(issued);
        }
        let lock = lock.as_ref().filter(|_| writable);
        let untold = self.state().untold;
        if let Some(lock) = lock.filter(|_| untold) {
            // Before the fetch, which may fail: no other process must use the rejected token meanwhile.
            self.keep(lock, found.clone(), None);
        }
        let obtained = self.clock.wall();
        let issued = self.inner.fetch().await?;
        let token = StoredToken::new(&issued, obtained);
        let fingerprint = token.fingerprint();
        if found.is_rejected(fingerprint) || self.state().known.is_rejected(fingerprint) {
            let message = "the token endpoint issued a token again that the API had rejected";
            return Err(AuthError::new(AuthErrorKind::Unavailable, message));
        }
        if let Some(lock) = lock {
            self.keep(lock, found, Some(token));
        }
        self.state().handed_out = Some(fingerprint);
        Ok(issued)
    }

    fn rejected(&self, token: &AccessToken) {
        let fingerprint = Fingerprint::of_text(token.expose_token());
        {
            let mut state = self.state();
            state.known = std::mem::take(&mut state.known).rejecting(fingerprint);
            state.untold = true;
        }
        // At once if possible. Otherwise the next fetch does it first.
        match self.store.try_lock(&self.key) {
            Ok(Some(lock)) => {
                let (found, writable) = self.look();
                if writable {
                    self.keep(&lock, found, None);
                }
            }
            Ok(None) => {}
            Err(error) => self.warn(&error),
        }
        self.inner.rejected(token);
    }

    fn forgotten(&self) -> Option<IssuedToken> {
        let (found, _) = self.look();
        // Each time, not once per kind: a token that remains on the disk after a logout must not go unnoticed.
        if let (Err(error), Some(callback)) = (self.forget(), &self.on_warning) {
            callback(&error);
        }
        let inner = self.inner.forgotten();
        let now = self.clock.wall();
        let kept = || {
            let token = found.token()?;
            let left = time::between(now, token.expires_at());
            if left.is_zero() { None } else { IssuedToken::new(token.expose_token(), left) }
        };
        kept().or(inner)
    }

    async fn still_valid(&self, token: &AccessToken) -> Option<bool> {
        self.inner.still_valid(token).await
    }
}

impl<S: fmt::Debug> fmt::Debug for Persistent<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Persistent")
            .field("inner", &self.inner)
            .field("store", &self.store)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
