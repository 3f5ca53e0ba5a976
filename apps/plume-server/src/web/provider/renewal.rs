//! Refresh tokens of sessions, in memory only: after a restart a session is as one of a provider that has none.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use secrecy::SecretString;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// The refresh token of a session. One request at a time uses it, because the provider may replace it each time.
type Slot = Arc<AsyncMutex<Renewal>>;
pub(in crate::web) type Turn = OwnedMutexGuard<Renewal>;

/// The state of a session at the provider.
#[derive(Debug)]
pub(in crate::web) struct Renewal {
    pub(super) token: SecretString,
    /// The last attempt, which the next one follows after a pause.
    pub(super) tried: Option<Duration>,
}

/// The refresh tokens by the id of their session.
#[derive(Debug, Default)]
pub(super) struct Renewals(Mutex<HashMap<String, (Duration, Slot)>>);

impl Renewals {
    /// Keeps the token of a session that ends at a time, and forgets those of sessions that are over.
    pub(super) fn keep(&self, session: &str, token: SecretString, now: Duration, ends: Duration) {
        let slot = Arc::new(AsyncMutex::new(Renewal { token, tried: None }));
        self.with(|slots| {
            slots.retain(|_, (ends, _)| *ends > now);
            slots.insert(session.to_owned(), (ends, slot));
        });
    }

    pub(super) fn of(&self, session: &str) -> Option<Slot> {
        self.with(|slots| slots.get(session).map(|(_, slot)| Arc::clone(slot)))
    }

    pub(super) fn forget(&self, session: &str) {
        self.with(|slots| slots.remove(session));
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<String, (Duration, Slot)>) -> T) -> T {
        // Every change under the lock is complete.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
