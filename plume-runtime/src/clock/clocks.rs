//! The trait and its two clocks.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant, SystemTime},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::clock::alarm;
use crate::time;

/// The source of time. All code of the SDK reads the time through it, so that tests can control it.
///
/// It has two times, because neither is sufficient: the wall clock can be set, and the monotonic clock may stop while a
/// machine sleeps. Code that checks whether something is still valid reads both.
///
/// ```
/// use plume_runtime::{Clock, SystemClock};
///
/// fn since_1970(clock: &dyn Clock) -> i64 {
///     clock.wall().timestamp()
/// }
/// assert!(since_1970(&SystemClock::new()) > 0);
/// ```
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync {
    /// Returns the time of day. Add to it with [`time::after`](crate::time::after): its operators panic at the end of the
    /// calendar.
    fn wall(&self) -> DateTime<Utc>;

    /// Returns the time since a fixed moment of this clock. It never decreases.
    fn monotonic(&self) -> Duration;

    /// Waits until [`Clock::monotonic`] has advanced by `duration`. Dropping the future cancels the wait.
    async fn sleep(&self, duration: Duration);

    /// Waits like [`Clock::sleep`], for the time limit of other work. A clock that skips sleeps must not skip this one, or
    /// the work would have no time.
    async fn limit(&self, duration: Duration) {
        self.sleep(duration).await;
    }
}

// Not by `async_trait`, which would box the future a second time.
impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn wall(&self) -> DateTime<Utc> {
        (**self).wall()
    }

    fn monotonic(&self) -> Duration {
        (**self).monotonic()
    }

    fn sleep<'c, 'f>(&'c self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'f>>
    where
        'c: 'f,
        Self: 'f,
    {
        (**self).sleep(duration)
    }

    fn limit<'c, 'f>(&'c self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'f>>
    where
        'c: 'f,
        Self: 'f,
    {
        (**self).limit(duration)
    }
}

/// The clocks of the machine.
///
/// [`Clock::sleep`] needs no runtime and no timers of one: one thread of the process serves all waits. It starts with the
/// first wait and ends 10 s after the last one. So a wait is the same on every executor, and a runtime that is not driven
/// does not delay the waits of others. Tokio's paused time does not affect it; use [`ManualClock`] in tests.
#[derive(Debug, Clone)]
pub struct SystemClock {
    origin: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl SystemClock {
    /// Creates a clock whose monotonic time starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clocks")]
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

#[async_trait]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clocks")]
impl Clock for SystemClock {
    fn wall(&self) -> DateTime<Utc> {
        time::from_system(SystemTime::now())
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        alarm::sleep(duration).await;
    }
}

/// A clock that advances only when it is advanced. Clones share the time.
///
/// * [`ManualClock::advance`] advances both clocks and wakes the sleeps that end.
/// * [`ManualClock::set_wall`] sets only the wall clock, as an administrator or a suspended laptop does.
/// * [`ManualClock::skipping`] lets every sleep end at once by advancing the time to its end, for tests that measure how
///   long code *would* have waited.
///
/// ```
/// use std::time::Duration;
/// use plume_runtime::{Clock, ManualClock, chrono::DateTime};
///
/// let clock = ManualClock::new(DateTime::UNIX_EPOCH);
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.monotonic(), Duration::from_secs(90));
/// assert_eq!(clock.wall(), DateTime::UNIX_EPOCH + Duration::from_secs(90));
/// ```
#[derive(Clone)]
pub struct ManualClock {
    state: Arc<Mutex<State>>,
}

struct State {
    wall: DateTime<Utc>,
    monotonic: Duration,
    skipping: bool,
    sleepers: Vec<(u64, Duration, Waker)>,
    next_sleeper: u64,
}

impl ManualClock {
    /// Creates a clock that shows `wall`, with a monotonic time of zero.
    #[must_use]
    pub fn new(wall: DateTime<Utc>) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                wall,
                monotonic: Duration::ZERO,
                skipping: false,
                sleepers: Vec::new(),
                next_sleeper: 0,
            })),
        }
    }

    /// Creates a clock whose sleeps advance the time themselves and end at once.
    ///
    /// Time limits ([`Clock::limit`]) are not skipped: work that neither ends nor sleeps on this clock has no limit until
    /// [`advance`](Self::advance) is called.
    #[must_use]
    pub fn skipping(wall: DateTime<Utc>) -> Self {
        let clock = Self::new(wall);
        clock.lock().skipping = true;
        clock
    }

    /// Advances both clocks and wakes the sleeps that end.
    pub fn advance(&self, by: Duration) {
        let due = {
            let mut state = self.lock();
            let until = state.monotonic.saturating_add(by);
            state.advance_to(until);
            state.take_due()
        };
        for waker in due {
            waker.wake();
        }
    }

    /// Sets the wall clock, in either direction. The monotonic clock does not change.
    pub fn set_wall(&self, wall: DateTime<Utc>) {
        self.lock().wall = wall;
    }

    /// Returns the number of sleeps that wait for [`ManualClock::advance`].
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.lock().sleepers.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete, so a poisoned lock is still valid.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn advance_to(&mut self, monotonic: Duration) {
        let by = monotonic.saturating_sub(self.monotonic);
        self.monotonic = self.monotonic.max(monotonic);
        self.wall = time::after(self.wall, by);
    }

    fn take_due(&mut self) -> Vec<Waker> {
        let now = self.monotonic;
        self.sleepers.extract_if(.., |(_, until, _)| *until <= now).map(|(_, _, waker)| waker).collect()
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("ManualClock")
            .field("wall", &state.wall)
            .field("monotonic", &state.monotonic)
            .field("sleepers", &state.sleepers.len())
            .finish()
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn wall(&self) -> DateTime<Utc> {
        self.lock().wall
    }

    fn monotonic(&self) -> Duration {
        self.lock().monotonic
    }

    async fn sleep(&self, duration: Duration) {
        let skipping = self.lock().skipping;
        if skipping {
            self.advance(duration);
        } else {
            self.limit(duration).await;
        }
    }

    async fn limit(&self, duration: Duration) {
        let until = self.lock().monotonic.saturating_add(duration);
        Sleep { clock: self.clone(), until, id: None }.await;
    }
}

struct Sleep {
    clock: ManualClock,
    until: Duration,
    id: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.lock();
        if let Some(id) = self.id.take() {
            state.sleepers.retain(|(other, _, _)| *other != id);
        }
        if state.monotonic >= self.until {
            return Poll::Ready(());
        }
        let id = state.next_sleeper;
        state.next_sleeper += 1;
        state.sleepers.push((id, self.until, cx.waker().clone()));
        self.id = Some(id);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.clock.lock().sleepers.retain(|(other, _, _)| *other != id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> ManualClock {
        ManualClock::new(DateTime::UNIX_EPOCH)
    }

    #[tokio::test]
    async fn sleep_ends_exactly_at_its_time() {
        let clock = clock();
        let sleeper = clock.clone();
        let task = tokio::spawn(async move { sleeper.sleep(Duration::from_secs(10)).await });
        while clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        clock.advance(Duration::from_millis(9_999));
        tokio::task::yield_now().await;
        assert!(!task.is_finished());
        clock.advance(Duration::from_millis(1));
        task.await.unwrap();
        assert_eq!(clock.sleepers(), 0);
    }

    #[test]
    fn the_machines_clock_waits_on_a_runtime_without_timers() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let clock = SystemClock::new();
        let started = clock.monotonic();
        runtime.block_on(clock.sleep(Duration::from_millis(2)));
        assert!(clock.monotonic().saturating_sub(started) >= Duration::from_millis(2));
    }

    #[test]
    fn the_machines_clock_waits_without_a_runtime_too() {
        let (sender, receiver) = std::sync::mpsc::channel();
        struct Tell(Mutex<std::sync::mpsc::Sender<()>>);
        impl std::task::Wake for Tell {
            fn wake(self: Arc<Self>) {
                let _ = self.0.lock().unwrap().send(());
            }
        }
        let waker = Waker::from(Arc::new(Tell(Mutex::new(sender))));
        let mut context = Context::from_waker(&waker);
        let clock = SystemClock::new();
        let mut short = clock.sleep(Duration::from_millis(1));
        let mut long = clock.sleep(Duration::from_secs(1 << 30));
        assert!(long.as_mut().poll(&mut context).is_pending());
        while short.as_mut().poll(&mut context).is_pending() {
            receiver.recv().unwrap();
        }
        assert!(long.as_mut().poll(&mut context).is_pending());
    }

    #[tokio::test]
    async fn a_dropped_sleep_leaves_no_trace() {
        let clock = clock();
        let mut sleep = clock.sleep(Duration::from_secs(1));
        assert!(futures_poll_once(&mut sleep).await.is_pending());
        assert_eq!(clock.sleepers(), 1);
        drop(sleep);
        assert_eq!(clock.sleepers(), 0);
    }

    async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
        std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
    }

    #[tokio::test]
    async fn a_skipping_clock_moves_itself() {
        let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
        clock.sleep(Duration::from_secs(3)).await;
        clock.sleep(Duration::from_secs(4)).await;
        assert_eq!(clock.monotonic(), Duration::from_secs(7));
    }

    #[tokio::test]
    async fn a_skipping_clock_skips_no_limit() {
        let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
        let mut limit = clock.limit(Duration::from_secs(5));
        assert!(futures_poll_once(&mut limit).await.is_pending());
        clock.sleep(Duration::from_secs(4)).await;
        assert!(futures_poll_once(&mut limit).await.is_pending());
        clock.sleep(Duration::from_secs(1)).await;
        limit.await;
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
    }

    #[test]
    fn the_wall_clock_moves_alone_when_set() {
        let clock = clock();
        clock.advance(Duration::from_secs(5));
        clock.set_wall(DateTime::UNIX_EPOCH);
        assert_eq!(clock.wall(), DateTime::UNIX_EPOCH);
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
    }

    #[test]
    fn the_end_of_time_does_not_panic() {
        let clock = clock();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.monotonic(), Duration::MAX);
    }
}
