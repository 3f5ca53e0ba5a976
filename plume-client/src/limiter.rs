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
    /// When the calls of the last window pass: in the past those that did, in the future those that wait.
    /// In order, so whoever asks first passes first.
    booked: VecDeque<Duration>,
    /// Until when the steady rate is spoken for: each call moves it on by one interval.
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
        Some(rate.per_window.saturating_sub(state.booked.len()))
    }

    /// Waits until a call may be sent, or says at once why it cannot be within `patience`.
    ///
    /// A permit that is dropped without having been used, and a wait that is dropped, give their place back.
    pub(crate) async fn acquire(&self, patience: Duration) -> Result<Permit<'_>, Held> {
        let now = self.inner.clock.monotonic();
        let permit = self.book(now, patience)?;
        let wait = permit.at.map_or(Duration::ZERO, |at| at.saturating_sub(now));
        if !wait.is_zero() {
            self.inner.clock.sleep(wait).await;
            // The firewall may have closed the address in the meantime. The lock must be free again when the
            // permit is given back.
            let checked = self.lock().check_block(self.inner.clock.monotonic());
            checked?;
        }
        Ok(permit)
    }

    fn book(&self, now: Duration, patience: Duration) -> Result<Permit<'_>, Held> {
        let mut state = self.lock();
        state.check_block(now)?;
        let Some(rate) = self.inner.rate else { return Ok(Permit { limiter: self, at: None }) };
        let at = state.next(now, &rate);
        let wait = at.saturating_sub(now);
        if wait > patience || at == Duration::MAX {
            return Err(Held::Limit(wait));
        }
        state.spoken_for = state.spoken_for.max(now).saturating_add(rate.interval());
        state.booked.push_back(at);
        Ok(Permit { limiter: self, at: Some(at) })
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
    fn check_block(&mut self, now: Duration) -> Result<(), Held> {
        match self.blocked_until {
            Some(until) if now < until => Err(Held::Block(until.saturating_sub(now))),
            _ => {
                self.blocked_until = None;
                Ok(())
            }
        }
    }

    fn forget(&mut self, now: Duration, window: Duration) {
        while self.booked.front().is_some_and(|passed| now.saturating_sub(*passed) >= window) {
            self.booked.pop_front();
        }
    }

    /// When the next call may pass.
    fn next(&mut self, now: Duration, rate: &CallRate) -> Duration {
        self.forget(now, rate.window);
        if rate.per_window == 0 || rate.burst == 0 || rate.interval() == Duration::MAX {
            return Duration::MAX;
        }
        // The call that must have left the window before this one enters it.
        let for_window =
            self.booked.len().checked_sub(rate.per_window).and_then(|index| self.booked.get(index));
        let for_window = for_window.map_or(now, |passed| passed.saturating_add(rate.window));
        // A burst of n may run ahead of the steady rate by n - 1 intervals.
        let ahead = rate.interval().saturating_mul(rate.burst.saturating_sub(1));
        let for_rate = self.spoken_for.saturating_sub(ahead);
        now.max(for_window).max(for_rate)
    }
}

/// The right to send one call.
#[derive(Debug)]
pub(crate) struct Permit<'l> {
    limiter: &'l RateLimiter,
    /// When it counts; `None` without a limit, and once used.
    at: Option<Duration>,
}

impl Permit<'_> {
    /// The call goes out: the permit counts from now on.
    pub(crate) fn used(mut self) {
        self.at = None;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let (Some(at), Some(rate)) = (self.at, self.limiter.inner.rate) else { return };
        let mut state = self.limiter.lock();
        if let Some(index) = state.booked.iter().rposition(|booked| *booked == at) {
            state.booked.remove(index);
            state.spoken_for = state.spoken_for.saturating_sub(rate.interval());
        }
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
            limiter.acquire(Duration::MAX).await.unwrap().used();
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
    async fn callers_pass_in_their_order_and_the_hopeless_are_told_at_once() {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        let rate = CallRate { per_second: 1.0, burst: 1, ..CallRate::default() };
        let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
        let passed = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = Vec::new();
        for caller in 0..5 {
            let (limiter, passed, clock) = (limiter.clone(), Arc::clone(&passed), clock.clone());
            waiting.push(tokio::spawn(async move {
                let permit = limiter.acquire(Duration::from_secs(2)).await;
                if let Ok(permit) = &permit {
                    let _ = permit;
                    passed.lock().unwrap().push((caller, clock.monotonic().as_secs()));
                }
                permit.map(Permit::used)
            }));
            tokio::task::yield_now().await;
        }
        // Places at 0, 1 and 2 seconds; the others know at once when there would be one.
        for (task, wait) in waiting.split_off(3).into_iter().zip([3, 3]) {
            assert_eq!(task.await.unwrap().unwrap_err(), Held::Limit(Duration::from_secs(wait)));
        }
        for _ in 0..2 {
            clock.advance(Duration::from_secs(1));
            for _ in 0..5 {
                tokio::task::yield_now().await;
            }
        }
        for task in waiting {
            task.await.unwrap().unwrap();
        }
        assert_eq!(*passed.lock().unwrap(), vec![(0, 0), (1, 1), (2, 2)]);
    }

    #[tokio::test]
    async fn places_that_are_not_used_are_given_back() {
        let (limiter, clock) = limiter();
        for _ in 0..10_000 {
            drop(limiter.acquire(Duration::MAX).await.unwrap());
        }
        assert_eq!((limiter.budget_left(), clock.monotonic()), (Some(1_900), Duration::ZERO));
        let times = pass(&limiter, &clock, 20).await;
        assert!(times[19].is_zero());
    }

    #[tokio::test]
    async fn a_block_that_comes_while_a_call_waits_stops_it_and_frees_its_place() {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        let rate = CallRate { per_second: 1.0, burst: 1, ..CallRate::default() };
        let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
        limiter.acquire(Duration::ZERO).await.unwrap().used();
        let waiting = tokio::spawn({
            let limiter = limiter.clone();
            async move { limiter.acquire(Duration::from_secs(5)).await.map(Permit::used) }
        });
        while clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        limiter.block(Duration::from_secs(300));
        clock.advance(Duration::from_secs(1));
        assert_eq!(waiting.await.unwrap(), Err(Held::Block(Duration::from_secs(299))));
        assert_eq!(limiter.budget_left(), Some(1_899), "only the call that was sent counts");
    }

    #[tokio::test]
    async fn a_rate_of_nothing_lets_nothing_through() {
        for per_second in [0.0, -1.0, f64::NAN] {
            let clock = ManualClock::skipping(SystemTime::UNIX_EPOCH);
            let rate = CallRate { per_second, ..CallRate::default() };
            let limiter = RateLimiter::new(rate, Arc::new(clock));
            assert!(matches!(limiter.acquire(Duration::MAX).await, Err(Held::Limit(_))), "{per_second}");
        }
    }

    #[tokio::test]
    async fn a_block_stops_everybody_at_once_and_ends() {
        let (limiter, clock) = limiter();
        limiter.block(Duration::from_secs(300));
        let held = limiter.acquire(Duration::MAX).await.unwrap_err();
        assert_eq!(held, Held::Block(Duration::from_secs(300)));
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
