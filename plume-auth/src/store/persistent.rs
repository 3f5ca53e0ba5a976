//! A source that asks a store first.
//!
//! Why it is a decorator of the source and no part of the cache: the cache above only tells its source of a token that the
//! API rejected ([`TokenSource::rejected`]), so that the token leaves the disk too. The store is asked when a token is
//! fetched, never when one is read; so it need not be async, and works without a runtime. A source that did not get the
//! lock of its record keeps its token in memory.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use plume_runtime::Clock;
use plume_seal::{StoreError, StoreErrorKind};

use crate::provider::TokenSource;
use crate::provider::bounds::LOCK_WAIT;
use crate::provider::{AuthError, AuthErrorKind};
use crate::store::key::{Fingerprint, StoreKey};
use crate::store::record::{StoredRecord, StoredToken};
use crate::store::token_store::{StoreLock, TokenStore};
use crate::token::{AccessToken, IssuedToken};

/// The first wait between two looks at the store; doubled up to [`SLOWEST_LOOK`].
const FIRST_LOOK: Duration = Duration::from_millis(20);
const SLOWEST_LOOK: Duration = Duration::from_millis(200);

/// A [`TokenSource`] that shares its tokens with other processes and keeps them over a restart.
///
/// Each fetch looks into the store first. If there is a token that is fresh, was not rejected and is not the
/// one that this source handed out last, that is the answer. Else it takes the lock of the entry, looks again,
/// asks the source within and writes what it got. Whoever finds the lock taken waits and watches for the token
/// to appear, seven seconds at most; then it asks by itself.
///
/// [`TokenSource::forgotten`] removes the entry, also while another process holds its lock: what that process fetches then
/// is not kept.
///
/// [`TokenSource::rejected`] makes an entry remember a token that the API refused, for every process. It is
/// never served from the store again, not even if the endpoint issues it once more.
///
/// No failure of the store is one of [`TokenSource::fetch`]. The warning callback is told of each kind of
/// failure once, and again if it comes back after the store worked.
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
    /// The token handed out last: whoever fetches again wants another one.
    handed_out: Option<Fingerprint>,
    /// The rejected tokens that this process knows of, in case that the store cannot keep them.
    known: StoredRecord,
    /// Whether the store has still to be told of one.
    untold: bool,
    warned: HashSet<StoreErrorKind>,
}

impl<S: TokenSource> Persistent<S> {
    /// Keeps the tokens of `inner` in `store` under `key`. Every process that uses the same key shares them.
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

    /// Waits for another process for at most this long, instead of seven seconds. A longer time counts as seven
    /// seconds: a fetch has 30 s in all, and after the wait it needs the time to ask and to report a failure.
    #[must_use]
    pub fn lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait.min(LOCK_WAIT);
        self
    }

    /// Calls `callback` when the store fails and tokens are kept in memory only: once for each kind of error, but each
    /// time that a token which is to be forgotten may still be there.
    #[must_use]
    pub fn on_warning(mut self, callback: impl Fn(&StoreError) + Send + Sync + 'static) -> Self {
        self.on_warning = Some(Box::new(callback));
        self
    }

    /// Removes the entry from the store, as after a logout.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it may still be there.
    pub fn forget(&self) -> Result<(), StoreError> {
        self.store.forget(&self.key)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete in itself, so a poisoned lock is still good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn warn(&self, error: &StoreError) {
        let first = self.state().warned.insert(error.kind());
        if let Some(callback) = self.on_warning.as_ref().filter(|_| first) {
            callback(error);
        }
    }

    /// What is in the store, and whether it may be written. Failures are told and mean that nothing is there.
    fn look(&self) -> (StoredRecord, bool) {
        match self.store.load(&self.key) {
            Ok(record) => (record.unwrap_or_default(), true),
            Err(error) => {
                self.warn(&error);
                (StoredRecord::default(), error.kind().leaves_room())
            }
        }
    }

    /// The stored token, if it serves somebody who asks for a new one.
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

    /// Takes the lock, or a token that appears meanwhile. No lock when it is taken.
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

    /// Writes what is known of rejected tokens and, if given, a new token. Only with the lock: what is written without it
    /// could take the place of something newer, or bring back what was forgotten.
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
        // Held until the end, so that one process at a time asks. It goes with this future if that is dropped.
        let lock = match self.turn().await {
            Ok(issued) => return Ok(issued),
            Err(lock) => lock,
        };
        // Again: another process may have written one between the look and the lock.
        let (found, writable) = self.look();
        if let Some(issued) = self.adopt(&found) {
            return Ok(issued);
        }
        let lock = lock.as_ref().filter(|_| writable);
        let untold = self.state().untold;
        if let Some(lock) = lock.filter(|_| untold) {
            // Before the fetch, which may fail: no other process shall use the rejected token meanwhile.
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
        // At once if possible. Else the next fetch does it, before it asks.
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
        // Each time, not once for each kind: a token that stays on the disk after a logout must not go unnoticed.
        if let (Err(error), Some(callback)) = (self.forget(), &self.on_warning) {
            callback(&error);
        }
        let inner = self.inner.forgotten();
        let now = self.clock.wall();
        let kept = || {
            let token = found.token()?;
            let left = token.expires().duration_since(now).ok().filter(|left| !left.is_zero())?;
            IssuedToken::new(token.expose_token(), left)
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
