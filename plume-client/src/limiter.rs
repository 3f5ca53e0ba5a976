//! The call limit of an egress address. (`plume-api` limits-and-errors §1)

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use plume_runtime::{Clock, SystemClock};

/// Keeps one egress address below the cloud's call limit.
///
/// The cloud's firewall counts calls per address: 2000 in five minutes, answered with a bare 403 for the rest
/// of the window. The limiter lets 6 calls per second through, 20 at once, and at most 1,900 in any 300
/// seconds, whatever the calls are for. Clones share the count; every client of a process shares one unless
/// it is given another ([`ClientBuilder::rate_limiter`](crate::ClientBuilder::rate_limiter)).
#[derive(Clone)]
pub struct RateLimiter {
    inner: Arc<Inner>,
}

struct Inner {
    rate: Option<CallRate>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// How many calls are let through.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CallRate {
    /// Calls per second, in the long run.
    pub per_second: f64,
    /// Calls at once after a pause.
    pub burst: u32,
    /// Calls within any [`CallRate::window`].
    pub per_window: usize,
    /// The window.
    pub window: Duration,
}

impl Default for CallRate {
    /// What Plume advises, with a margin: 6 per second, 20 at once, 1,900 in 300 seconds.
    fn default() -> Self {
        Self { per_second: 6.0, burst: 20, per_window: 1_900, window: Duration::from_secs(300) }
    }
}

impl CallRate {
    /// The time between two calls of the steady rate. A rate that is no number counts as "no calls".
    fn interval(&self) -> Duration {
        Duration::try_from_secs_f64(1.0 / self.per_second).unwrap_or(Duration::MAX)
    }
}

#[derive(Default)]
struct State {
    /// When the calls of the last window were let through.
    passed: VecDeque<Duration>,
    /// Until when the bucket's calls are spoken for: each call moves it on by one interval.
    spoken_for: Duration,
    blocked_until: Option<Duration>,
}

/// Why a call was not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// The limit is reached; there is room after this time.
    Limit(Duration),
    /// The firewall blocks the address for at most this time.
    Block(Duration),
}

impl RateLimiter {
    /// A limiter of its own, for an egress address of its own.
    #[must_use]
    pub fn new(rate: CallRate, clock: Arc<dyn Clock>) -> Self {
        Self { inner: Arc::new(Inner { rate: Some(rate), clock, state: Mutex::default() }) }
    }

    /// No limit, for simulators. A block is still respected.
    #[must_use]
    pub fn unlimited(clock: Arc<dyn Clock>) -> Self {
        Self { inner: Arc::new(Inner { rate: None, clock, state: Mutex::default() }) }
    }

    /// The limiter that all clients of this process share.
    #[must_use]
    pub fn of_process() -> Self {
        static PROCESS: OnceLock<RateLimiter> = OnceLock::new();
        PROCESS.get_or_init(|| Self::new(CallRate::default(), Arc::new(SystemClock::new()))).clone()
    }

    /// How many calls the current window still allows; `None` without a limit.
    #[must_use]
    pub fn budget_left(&self) -> Option<usize> {
        let rate = self.inner.rate?;
        let now = self.inner.clock.monotonic();
        let mut state = self.lock();
        state.forget(now, rate.window);
        Some(rate.per_window.saturating_sub(state.passed.len()))
    }

    /// Waits until a call may be sent, or says why it cannot be within `patience`.
    pub(crate) async fn acquire(&self, patience: Duration) -> Result<(), Held> {
        let started = self.inner.clock.monotonic();
        loop {
            let now = self.inner.clock.monotonic();
            let held = match self.try_acquire(now) {
                Ok(()) => return Ok(()),
                Err(held) => held,
            };
            let left = patience.saturating_sub(now.saturating_sub(started));
            match held {
                Held::Limit(wait) if wait <= left => self.inner.clock.sleep(wait).await,
                // Nothing is gained by waiting for a block inside a call.
                held => return Err(held),
            }
        }
    }

    fn try_acquire(&self, now: Duration) -> Result<(), Held> {
        let mut state = self.lock();
        if let Some(until) = state.blocked_until {
            if now < until {
                return Err(Held::Block(until.saturating_sub(now)));
            }
            state.blocked_until = None;
        }
        let Some(rate) = self.inner.rate else {
            return Ok(());
        };
        let wait = state.wait(now, &rate);
        if !wait.is_zero() {
            return Err(Held::Limit(wait));
        }
        state.spoken_for = state.spoken_for.max(now).saturating_add(rate.interval());
        state.passed.push_back(now);
        Ok(())
    }

    /// Stops all calls of this address for `pause`: the firewall blocks it.
    pub(crate) fn block(&self, pause: Duration) {
        let until = self.inner.clock.monotonic().saturating_add(pause);
        let mut state = self.lock();
        state.blocked_until = Some(state.blocked_until.map_or(until, |known| known.max(until)));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete in itself, so a poisoned lock is still good.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget(&mut self, now: Duration, window: Duration) {
        while self.passed.front().is_some_and(|passed| now.saturating_sub(*passed) >= window) {
            self.passed.pop_front();
        }
    }

    /// How long until a call may pass; zero means now.
    fn wait(&mut self, now: Duration, rate: &CallRate) -> Duration {
        self.forget(now, rate.window);
        let for_window = match self.passed.front() {
            Some(oldest) if self.passed.len() >= rate.per_window => {
                oldest.saturating_add(rate.window).saturating_sub(now)
            }
            _ => Duration::ZERO,
        };
        // A burst of n may run ahead of the steady rate by n - 1 intervals.
        let ahead = rate.interval().saturating_mul(rate.burst.saturating_sub(1));
        let for_rate = self.spoken_for.saturating_sub(now).saturating_sub(ahead);
        for_window.max(for_rate)
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("rate", &self.inner.rate)
            .field("budget_left", &self.budget_left())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use plume_runtime::ManualClock;

    use super::*;

    /// Makes `calls` calls as fast as the limiter lets them, and tells when each passed.
    async fn pass(limiter: &RateLimiter, clock: &ManualClock, calls: usize) -> Vec<Duration> {
        let mut times = Vec::new();
        for _ in 0..calls {
            limiter.acquire(Duration::MAX).await.unwrap();
            times.push(clock.monotonic());
        }
        times
    }

    fn limiter() -> (RateLimiter, ManualClock) {
        let clock = ManualClock::skipping(SystemTime::UNIX_EPOCH);
        (RateLimiter::new(CallRate::default(), Arc::new(clock.clone())), clock)
    }

    #[tokio::test]
    async fn no_window_holds_more_calls_than_allowed() {
        let (limiter, clock) = limiter();
        let mut times = pass(&limiter, &clock, 3_000).await;
        clock.advance(Duration::from_secs(40));
        times.extend(pass(&limiter, &clock, 3_000).await);
        for (index, start) in times.iter().enumerate() {
            let in_window =
                times[index..].iter().take_while(|time| **time < *start + Duration::from_secs(300)).count();
            assert!(in_window <= 1_900, "{in_window} calls in 300 s from {start:?}");
            let in_second =
                times[index..].iter().take_while(|time| **time < *start + Duration::from_secs(1)).count();
            assert!(in_second <= 26, "{in_second} calls in 1 s from {start:?}");
        }
    }

    #[tokio::test]
    async fn a_burst_passes_at_once_and_then_six_a_second() {
        let (limiter, clock) = limiter();
        let times = pass(&limiter, &clock, 26).await;
        assert!(times[19].is_zero());
        assert!(times[20] > Duration::ZERO);
        assert!((times[25] - Duration::from_secs(1)).as_secs_f64().abs() < 0.01, "{:?}", times[25]);
    }

    #[tokio::test]
    async fn a_call_without_patience_is_told_the_wait() {
        let (limiter, clock) = limiter();
        pass(&limiter, &clock, 20).await;
        let held = limiter.acquire(Duration::from_millis(100)).await.unwrap_err();
        assert!(matches!(held, Held::Limit(wait) if wait > Duration::from_millis(100)), "{held:?}");
    }

    #[tokio::test]
    async fn a_block_stops_everybody_at_once_and_ends() {
        let (limiter, clock) = limiter();
        limiter.block(Duration::from_secs(300));
        assert_eq!(limiter.acquire(Duration::MAX).await, Err(Held::Block(Duration::from_secs(300))));
        clock.advance(Duration::from_secs(299));
        assert!(limiter.acquire(Duration::MAX).await.is_err());
        clock.advance(Duration::from_secs(1));
        assert!(limiter.acquire(Duration::MAX).await.is_ok());
    }

    #[tokio::test]
    async fn the_budget_is_told() {
        let (limiter, clock) = limiter();
        pass(&limiter, &clock, 5).await;
        assert_eq!(limiter.budget_left(), Some(1_895));
        clock.advance(Duration::from_secs(300));
        assert_eq!(limiter.budget_left(), Some(1_900));
    }
}
