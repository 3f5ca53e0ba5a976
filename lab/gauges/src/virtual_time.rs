//! A clock that jumps from one event to the next.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume_runtime::Clock;

/// A clock that advances only on request, to the next sleeper. Each step costs the logarithm of the number of sleepers.
#[derive(Debug, Clone)]
pub struct VirtualClock {
    state: Arc<Mutex<State>>,
    origin: DateTime<Utc>,
}

#[derive(Debug, Default)]
struct State {
    now: Duration,
    next: u64,
    sleepers: BTreeMap<(Duration, u64), Option<Waker>>,
}

impl VirtualClock {
    /// Returns a clock that shows `origin`.
    #[must_use]
    pub fn new(origin: DateTime<Utc>) -> Self {
        Self { state: Arc::default(), origin }
    }

    /// Advances to the next sleeper's time and wakes it. Returns `false` if there is no sleeper.
    #[must_use]
    pub fn step(&self) -> bool {
        let mut state = self.lock();
        let Some(((at, _), waker)) = state.sleepers.pop_first() else { return false };
        state.now = state.now.max(at);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// Jumps ahead, as after a suspend. Sleepers wake late.
    pub fn jump(&self, by: Duration) {
        self.lock().now += by;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn wall(&self) -> DateTime<Utc> {
        self.origin + self.lock().now
    }

    fn monotonic(&self) -> Duration {
        self.lock().now
    }

    async fn sleep(&self, duration: Duration) {
        let key = {
            let mut state = self.lock();
            state.next += 1;
            let key = (state.now.saturating_add(duration), state.next);
            state.sleepers.insert(key, None);
            key
        };
        Sleep { clock: self, key }.await;
    }
}

struct Sleep<'c> {
    clock: &'c VirtualClock,
    key: (Duration, u64),
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        if state.now >= self.key.0 {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.key, Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.clock.lock().sleepers.remove(&self.key);
    }
}
