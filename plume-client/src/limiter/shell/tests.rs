use std::time::SystemTime;

use plume_runtime::ManualClock;

use super::*;
use crate::limiter::rate::Priority;

fn patient(patience: Duration) -> Ask {
    Ask { tenant: 1, priority: Priority::Interactive, patience }
}

const FOREVER: Ask = Ask { tenant: 1, priority: Priority::Interactive, patience: Duration::MAX };

/// Makes `calls` calls as fast as the limiter lets them, and tells when each passed.
async fn pass(limiter: &RateLimiter, clock: &ManualClock, calls: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..calls {
        soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().passed();
        times.push(clock.monotonic());
    }
    times
}

fn limiter() -> (RateLimiter, ManualClock) {
    let clock = ManualClock::skipping(SystemTime::UNIX_EPOCH);
    (RateLimiter::new(CallRate::default(), Arc::new(clock.clone())), clock)
}

/// One call per second, none in advance, on a clock that stands still.
fn slow() -> (RateLimiter, ManualClock) {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let rate = CallRate { per_second: 1.0, burst: 1, ..CallRate::default() };
    (RateLimiter::new(rate, Arc::new(clock.clone())), clock)
}

async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

/// What comes without a move of the clock. A test must fail, not hang.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    for _ in 0..100 {
        if let Some(result) = (&mut future).now_or_never() {
            return result;
        }
        tokio::task::yield_now().await;
    }
    panic!("it waits for ever");
}

#[tokio::test]
async fn no_window_holds_more_calls_than_allowed() {
    let (limiter, clock) = limiter();
    let mut times = pass(&limiter, &clock, 3_000).await;
    clock.advance(Duration::from_secs(40));
    times.extend(pass(&limiter, &clock, 3_000).await);
    assert_eq!(times.len(), 6_000);
    for (index, start) in times.iter().enumerate() {
        let within = |length: u64| {
            times[index..].iter().take_while(|time| **time < *start + Duration::from_secs(length)).count()
        };
        assert!(within(300) <= 1_900, "{} calls in 300 s from {start:?}", within(300));
        assert!(within(1) <= 26, "{} calls in 1 s from {start:?}", within(1));
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
async fn a_long_sleep_of_the_machine_buys_no_more_than_a_burst() {
    let (limiter, clock) = limiter();
    pass(&limiter, &clock, 100).await;
    for jump in [1, 60, 86_400, 30 * 86_400] {
        clock.advance(Duration::from_secs(jump));
        let woken = clock.monotonic();
        let times = pass(&limiter, &clock, 40).await;
        let at_once = times.iter().filter(|time| **time == woken).count();
        assert!(at_once <= 20, "{at_once} at once after {jump} s");
    }
}

#[tokio::test]
async fn permits_that_were_held_do_not_add_up_to_a_larger_burst() {
    let (limiter, clock) = limiter();
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(soon(limiter.acquire(FOREVER)).await.unwrap());
    }
    clock.advance(Duration::from_secs(10));
    let refused = limiter.acquire(patient(Duration::ZERO)).await.unwrap_err();
    assert!(matches!(refused, Held::Limit(_)), "twenty are reserved: {refused:?}");
    for permit in held {
        permit.used().unwrap().passed();
    }
    assert!(limiter.acquire(patient(Duration::ZERO)).await.is_err());
}

#[tokio::test]
async fn a_call_without_patience_is_told_the_wait() {
    let (limiter, clock) = limiter();
    pass(&limiter, &clock, 20).await;
    let held = limiter.acquire(patient(Duration::from_millis(100))).await.unwrap_err();
    assert!(matches!(held, Held::Limit(wait) if wait > Duration::from_millis(100)), "{held:?}");
}

#[tokio::test]
async fn callers_pass_in_their_order_and_the_hopeless_are_told_at_once() {
    let (limiter, clock) = slow();
    let passed = Arc::new(Mutex::new(Vec::new()));
    let mut waiting = Vec::new();
    for caller in 0..5 {
        let (limiter, passed, clock) = (limiter.clone(), Arc::clone(&passed), clock.clone());
        waiting.push(tokio::spawn(async move {
            let permit = limiter.acquire(patient(Duration::from_millis(2_001))).await?;
            passed.lock().unwrap().push((caller, clock.monotonic().as_secs()));
            permit.used().map(Sent::passed)
        }));
        tokio::task::yield_now().await;
    }
    assert_eq!(limiter.status().waiting, 2);
    // Places at 0, 1 and 2 seconds; the others know at once when there would be one.
    for task in waiting.split_off(3) {
        assert_eq!(soon(task).await.unwrap().unwrap_err(), Held::Limit(Duration::from_secs(3)));
    }
    for _ in 0..2 {
        clock.advance(Duration::from_secs(1));
        settle().await;
    }
    for task in waiting {
        soon(task).await.unwrap().unwrap();
    }
    assert_eq!(*passed.lock().unwrap(), vec![(0, 0), (1, 1), (2, 2)]);
}

#[tokio::test]
async fn places_that_are_not_used_are_given_back() {
    let (limiter, clock) = limiter();
    for _ in 0..10_000 {
        drop(soon(limiter.acquire(FOREVER)).await.unwrap());
    }
    assert_eq!((limiter.budget_left(), clock.monotonic()), (Some(1_900), Duration::ZERO));
    let times = pass(&limiter, &clock, 20).await;
    assert!(times[19].is_zero());
}

#[tokio::test]
async fn ten_thousand_waits_dropped_at_any_point_leave_nothing_behind() {
    let (limiter, clock) = slow();
    soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().passed();
    let mut lot = fastrand::Rng::with_seed(1);
    let mut running: Vec<tokio::task::JoinHandle<()>> = Vec::new();
    for caller in 0..10_000 {
        let limiter = limiter.clone();
        running.push(tokio::spawn(async move {
            let ask = Ask { tenant: caller % 7, ..FOREVER };
            // Never sent: held for a moment, then dropped.
            if let Ok(permit) = limiter.acquire(ask).await {
                tokio::task::yield_now().await;
                drop(permit);
            }
        }));
        if lot.u32(..100) == 0 {
            clock.advance(Duration::from_millis(300));
        }
        if lot.u32(..3) == 0 {
            tokio::task::yield_now().await;
        }
        if lot.bool() {
            running.swap_remove(lot.usize(..running.len())).abort();
        }
    }
    for task in &running {
        task.abort();
    }
    settle().await;
    for task in running {
        let _ = soon(task).await;
    }
    clock.advance(Duration::from_secs(300));
    let status = limiter.status();
    assert_eq!((status.waiting, status.budget_left, status.next_in), (0, Some(1_900), Duration::ZERO));
}

#[tokio::test]
async fn a_wait_that_nobody_polls_holds_up_nobody() {
    let (limiter, clock) = slow();
    soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().passed();
    let mut forgotten = Box::pin(limiter.acquire(FOREVER));
    assert!(poll_fn(|cx| Poll::Ready(forgotten.poll_unpin(cx))).await.is_pending());
    let next = tokio::spawn({
        let limiter = limiter.clone();
        async move { limiter.acquire(patient(Duration::from_secs(10))).await.map(|permit| permit.used().is_ok()) }
    });
    settle().await;
    for _ in 0..4 {
        clock.advance(Duration::from_secs(1));
        settle().await;
    }
    assert!(next.is_finished(), "{:?}", limiter.status());
    assert_eq!(soon(next).await.unwrap(), Ok(true));
    // It finds its place again when somebody remembers it.
    clock.advance(Duration::from_secs(2));
    assert!(soon(forgotten).await.is_ok());
}

#[tokio::test]
async fn the_permit_of_one_who_does_not_come_is_the_next_ones_after_a_second() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let window = Duration::from_secs(10);
    let rate = CallRate { per_second: 1_000.0, per_window: 1, window, ..CallRate::default() };
    let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
    soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().passed();
    let mut absent = Box::pin(limiter.acquire(FOREVER));
    assert!((&mut absent).now_or_never().is_none());
    let next = tokio::spawn({
        let limiter = limiter.clone();
        async move { limiter.acquire(FOREVER).await.is_ok() }
    });
    settle().await;
    clock.advance(window);
    settle().await;
    assert!(!next.is_finished());
    // Not after another window.
    clock.advance(Duration::from_secs(1));
    assert!(soon(next).await.unwrap());
}

#[tokio::test]
async fn patience_holds_without_a_limit_too() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let limiter = RateLimiter::unlimited(Arc::new(clock.clone()));
    limiter.throttled(Duration::from_secs(3));
    let mut call = Box::pin(limiter.acquire(FOREVER));
    clock.advance(Duration::from_millis(2_999));
    assert!((&mut call).now_or_never().is_none());
    clock.advance(Duration::from_millis(1));
    assert!(soon(call).await.is_ok());
}

#[tokio::test]
async fn a_block_that_comes_while_a_call_waits_stops_it_and_frees_its_place() {
    let (limiter, clock) = slow();
    let sent = soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap();
    let waiting = tokio::spawn({
        let limiter = limiter.clone();
        async move { limiter.acquire(patient(Duration::from_secs(5))).await.map(|_| ()) }
    });
    while clock.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    sent.blocked(Duration::from_secs(300));
    // At once, not when its timer rings.
    assert_eq!(soon(waiting).await.unwrap(), Err(Held::Block(Duration::from_secs(300))));
    assert_eq!(limiter.budget_left(), Some(1_899), "only the call that was sent counts");
    assert_eq!(limiter.status().blocked_for, Some(Duration::from_secs(300)));
}

#[tokio::test]
async fn a_permit_in_hand_is_worth_nothing_once_the_address_is_blocked() {
    let (limiter, _) = limiter();
    let sent = soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap();
    let permit = soon(limiter.acquire(FOREVER)).await.unwrap();
    sent.blocked(Duration::from_secs(300));
    assert_eq!(permit.used().unwrap_err(), Held::Block(Duration::from_secs(300)));
}

#[tokio::test]
async fn after_a_block_one_call_goes_alone_and_the_others_wait_for_what_it_learns() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let limiter = RateLimiter::new(CallRate::default(), Arc::new(clock.clone()));
    let pause = Duration::from_secs(300);
    soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().blocked(pause);
    clock.advance(pause);
    let probe = soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap();
    let others: Vec<_> = (0..10)
        .map(|_| {
            let limiter = limiter.clone();
            tokio::spawn(async move { limiter.acquire(FOREVER).await.map(|_| ()) })
        })
        .collect();
    settle().await;
    assert_eq!((limiter.status().waiting, limiter.status().probing), (10, true));
    // The probe is blocked as well: so is everybody.
    probe.blocked(pause);
    for other in others {
        assert_eq!(soon(other).await.unwrap(), Err(Held::Block(pause)));
    }
    clock.advance(pause);
    // A probe that learns nothing is followed by another one.
    drop(soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap());
    let probe = soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap();
    let other = tokio::spawn({
        let limiter = limiter.clone();
        async move { limiter.acquire(FOREVER).await.map(|_| ()) }
    });
    settle().await;
    assert!(!other.is_finished());
    probe.passed();
    assert_eq!(soon(other).await.unwrap(), Ok(()));
    assert!(!limiter.status().probing);
}

#[tokio::test]
async fn a_probe_that_ends_late_does_not_end_the_next_one() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let limiter = RateLimiter::new(CallRate::default(), Arc::new(clock.clone()));
    let pause = Duration::from_secs(300);
    soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().blocked(pause);
    clock.advance(pause);
    let slow = soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap();
    // Its lease ends, and another one goes.
    clock.advance(Duration::from_secs(30));
    let next = soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap();
    drop(slow);
    assert!(limiter.acquire(FOREVER).now_or_never().is_none(), "two probes at once");
    next.passed();
    assert!(soon(limiter.acquire(FOREVER)).await.is_ok());
}

#[tokio::test]
async fn a_probe_that_is_not_sent_goes_on_to_the_next_call() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let limiter = RateLimiter::new(CallRate::default(), Arc::new(clock.clone()));
    let pause = Duration::from_secs(300);
    soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().blocked(pause);
    clock.advance(pause);
    let probe = soon(limiter.acquire(FOREVER)).await.unwrap();
    let mut calls = [(); 2].map(|()| Box::pin(limiter.acquire(FOREVER)));
    for call in &mut calls {
        assert!(call.now_or_never().is_none());
    }
    let [absent, next] = calls;
    // The one that is called does not come, and its second is over.
    drop(probe);
    clock.advance(Duration::from_secs(1));
    soon(next).await.unwrap().used().unwrap().passed();
    assert!(soon(absent).await.is_ok() && !limiter.status().probing);
}

#[tokio::test]
async fn a_block_is_likely_when_a_tenth_of_the_window_is_left() {
    let clock = ManualClock::skipping(SystemTime::UNIX_EPOCH);
    let rate = CallRate { per_window: 100, ..CallRate::default() };
    let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
    pass(&limiter, &clock, 89).await;
    assert!(!limiter.near_limit());
    pass(&limiter, &clock, 1).await;
    assert!(limiter.near_limit());
    clock.advance(Duration::from_secs(300));
    assert!(!limiter.near_limit());
}

#[tokio::test]
async fn a_late_word_of_the_same_block_does_not_prolong_it() {
    let (limiter, clock) = limiter();
    let pause = Duration::from_secs(300);
    let one = soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap();
    let other = soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap();
    one.blocked(pause);
    clock.advance(Duration::from_secs(20));
    other.blocked(pause);
    assert_eq!(limiter.status().blocked_for, Some(Duration::from_secs(280)));
}

#[tokio::test]
async fn a_rate_of_nothing_lets_nothing_through() {
    let all = CallRate { burst: 1, ..CallRate::default() };
    for rate in [
        CallRate { per_second: 0.0, ..all },
        CallRate { per_second: -1.0, ..all },
        CallRate { per_second: f64::NAN, ..all },
        CallRate { per_second: 1e-300, ..all },
        CallRate { burst: 0, ..all },
        CallRate { per_window: 0, ..all },
        // One call in the life of the process, which has gone.
        CallRate { per_window: 1, window: Duration::MAX, ..all },
    ] {
        let clock = ManualClock::skipping(SystemTime::UNIX_EPOCH);
        let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
        for round in 0..2 {
            // Also where the clock shows a time other than zero.
            clock.advance(Duration::from_secs(100));
            let first = limiter.acquire(patient(Duration::ZERO)).await;
            assert_eq!(first.is_ok(), rate.window == Duration::MAX && round == 0, "{rate:?}");
            if let Ok(permit) = first {
                permit.used().unwrap().passed();
            }
            assert_eq!(
                soon(limiter.acquire(FOREVER)).await.unwrap_err(),
                Held::Limit(Duration::MAX),
                "{rate:?}"
            );
            assert_eq!(limiter.status().next_in, Duration::MAX, "{rate:?}");
        }
        assert_eq!(limiter.status().waiting, 0);
    }
}

#[tokio::test]
async fn the_budget_is_told() {
    let (limiter, clock) = limiter();
    pass(&limiter, &clock, 5).await;
    assert_eq!(limiter.budget_left(), Some(1_895));
    clock.advance(Duration::from_secs(300));
    assert_eq!(limiter.budget_left(), Some(1_900));
}

#[tokio::test]
async fn a_429_holds_everybody_and_in_adaptive_mode_slows_the_rate_for_a_while() {
    let clock = ManualClock::skipping(SystemTime::UNIX_EPOCH);
    let rate = CallRate { adaptive: true, ..CallRate::default() };
    let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
    limiter.throttled(Duration::from_secs(3));
    limiter.throttled(Duration::from_secs(1));
    let status = limiter.status();
    assert_eq!((status.paused_for, status.pace), (Some(Duration::from_secs(3)), Some(3.0)), "cut once");
    let times = pass(&limiter, &clock, 2).await;
    assert!(times[0] >= Duration::from_secs(3), "{times:?}");
    assert!(times[1] - times[0] > Duration::from_millis(250), "no burst, and slower than before: {times:?}");
    clock.advance(Duration::from_secs(60));
    assert_eq!(limiter.status().pace, Some(6.0));
    // However many, some calls pass.
    for _ in 0..20 {
        clock.advance(Duration::from_secs(1));
        limiter.throttled(Duration::ZERO);
    }
    let pace = limiter.status().pace.unwrap();
    assert!((6.0 / 32.0..6.0 / 16.0).contains(&pace), "{pace}");
    let fixed = RateLimiter::new(CallRate::default(), Arc::new(clock));
    fixed.throttled(Duration::from_secs(1));
    assert_eq!(fixed.status().pace, Some(6.0));
}

/// Says whether the limiter's lock was free whenever a waker was woken or dropped.
struct Nosy {
    limiter: RateLimiter,
    free: Arc<Mutex<Vec<bool>>>,
}

impl Nosy {
    fn look(&self) {
        self.free.lock().unwrap().push(self.limiter.inner.machine.try_lock().is_ok());
    }
}

impl std::task::Wake for Nosy {
    fn wake(self: Arc<Self>) {
        self.look();
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        self.look();
    }
}

#[tokio::test]
async fn wakers_are_woken_and_dropped_outside_the_lock() {
    /// Its timers keep no waker, so that the limiter has the last one.
    #[derive(Debug)]
    struct Timeless(ManualClock);

    #[async_trait::async_trait]
    impl Clock for Timeless {
        fn wall(&self) -> SystemTime {
            self.0.wall()
        }
        fn monotonic(&self) -> Duration {
            self.0.monotonic()
        }
        async fn sleep(&self, _: Duration) {
            std::future::pending::<()>().await;
        }
    }

    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let rate = CallRate { per_second: 1.0, burst: 1, ..CallRate::default() };
    let limiter = RateLimiter::new(rate, Arc::new(Timeless(clock.clone())));
    let free = Arc::default();
    let nosy = || Waker::from(Arc::new(Nosy { limiter: limiter.clone(), free: Arc::clone(&free) }));
    soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().passed();
    let mut calls: Vec<_> = (0..4).map(|_| Box::pin(limiter.acquire(FOREVER))).collect();
    let mut late = Box::pin(limiter.acquire(patient(Duration::from_millis(1_500))));
    assert!(late.poll_unpin(&mut std::task::Context::from_waker(&nosy())).is_pending());
    for call in &mut calls {
        // Twice, so that the second waker takes the place of the first.
        for _ in 0..2 {
            assert!(call.poll_unpin(&mut std::task::Context::from_waker(&nosy())).is_pending());
        }
    }
    let replaced = free.lock().unwrap().len();
    drop(calls.pop());
    clock.advance(Duration::from_secs(1));
    // The next one is woken when this one gives its permit back.
    assert!(late.poll_unpin(&mut std::task::Context::from_waker(&nosy())).is_ready());
    clock.advance(Duration::from_secs(1));
    limiter.throttled(Duration::ZERO);
    assert!(limiter.acquire(patient(Duration::from_millis(1))).await.is_err());
    drop(late);
    drop(calls);
    let free = free.lock().unwrap();
    assert!(replaced >= 4 && free.len() > replaced, "{free:?}");
    assert!(free.iter().all(|free| *free), "{free:?}");
}

#[tokio::test]
async fn absurd_numbers_neither_panic_nor_spoil_anything() {
    let times = [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(1), Duration::MAX];
    let mut passed = 0;
    for per_second in [f64::NEG_INFINITY, -1.0, -0.0, 0.0, 1e-300, 1e-9, 6.0, 1e300, f64::INFINITY, f64::NAN]
    {
        for (burst, per_window, max_waiting) in
            [(0, 0, 0), (1, 1, 1), (u32::MAX, usize::MAX, usize::MAX), (1, usize::MAX, 0), (u32::MAX, 1, 10)]
        {
            for window in times {
                let clock = ManualClock::skipping(SystemTime::UNIX_EPOCH);
                let rate =
                    CallRate { per_second, burst, per_window, window, max_waiting, adaptive: burst > 1 };
                let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
                for patience in times {
                    for priority in [Priority::Interactive, Priority::Background] {
                        if let Ok(permit) = limiter.acquire(Ask { tenant: 1, priority, patience }).await {
                            permit.used().unwrap().passed();
                            passed += 1;
                        }
                    }
                    limiter.throttled(patience.min(Duration::from_secs(10)));
                    clock.advance(patience);
                    let status = limiter.status();
                    assert!(status.pace.is_some_and(|pace| pace >= 0.0), "{status:?}");
                    assert!(
                        status.budget_left <= Some(per_window) && status.waiting == 0,
                        "{rate:?} {status:?}"
                    );
                }
            }
        }
    }
    assert!(passed > 200, "{passed}");
}

/// A clock that jumps to the end of time, and is set back.
#[tokio::test]
async fn a_clock_that_jumps_does_not_close_the_limiter() {
    #[derive(Debug)]
    struct Jumping(Mutex<Duration>);

    #[async_trait::async_trait]
    impl Clock for Jumping {
        fn wall(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }
        fn monotonic(&self) -> Duration {
            *self.0.lock().unwrap()
        }
        async fn sleep(&self, duration: Duration) {
            let mut now = self.0.lock().unwrap();
            *now = now.saturating_add(duration);
        }
    }

    let clock = Arc::new(Jumping(Mutex::default()));
    let limiter = RateLimiter::new(CallRate::default(), Arc::clone(&clock) as Arc<dyn Clock>);
    for reading in [5, u64::MAX, 3, u64::MAX, 0, 100, 50] {
        *clock.0.lock().unwrap() = Duration::from_secs(reading);
        for _ in 0..20 {
            soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().passed();
        }
    }
    *clock.0.lock().unwrap() = Duration::from_secs(1_000);
    let status = limiter.status();
    assert_eq!((status.waiting, status.budget_left, status.next_in), (0, Some(1_900), Duration::ZERO));
}

/// A clock that shows each `step` only, and can be set back.
#[derive(Debug)]
struct Odd {
    clock: ManualClock,
    step: Duration,
    back: Mutex<Duration>,
}

#[async_trait::async_trait]
impl Clock for Odd {
    fn wall(&self) -> SystemTime {
        self.clock.wall()
    }
    fn monotonic(&self) -> Duration {
        let steps = self.clock.monotonic().as_nanos() / self.step.as_nanos();
        (self.step * u32::try_from(steps).unwrap()).saturating_sub(*self.back.lock().unwrap())
    }
    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

#[tokio::test]
async fn a_clock_that_shows_the_time_late_refuses_nobody() {
    let clock = ManualClock::skipping(SystemTime::UNIX_EPOCH);
    let odd = Odd { clock: clock.clone(), step: Duration::from_millis(100), back: Mutex::default() };
    let rate = CallRate { per_second: 20.0, burst: 1, ..CallRate::default() };
    let limiter = RateLimiter::new(rate, Arc::new(odd));
    let times = pass(&limiter, &clock, 41).await;
    assert!(times[40] >= Duration::from_secs(2) && times[40] < Duration::from_secs(5), "{:?}", times[40]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_while_a_call_waits_refuses_nobody() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    clock.advance(Duration::from_secs(100));
    let odd = Arc::new(Odd { clock: clock.clone(), step: Duration::from_millis(1), back: Mutex::default() });
    let rate = CallRate { per_second: 0.1, burst: 1, ..CallRate::default() };
    let limiter = RateLimiter::new(rate, Arc::clone(&odd) as Arc<dyn Clock>);
    soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().passed();
    let mut waiting = Box::pin(limiter.acquire(FOREVER));
    assert!((&mut waiting).now_or_never().is_none());
    *odd.back.lock().unwrap() = Duration::from_secs(50);
    clock.advance(Duration::from_secs(10));
    // How much time passed is not known, so the wait begins once more.
    assert!((&mut waiting).now_or_never().is_none());
    clock.advance(Duration::from_secs(10));
    assert!(waiting.now_or_never().is_some_and(|permit| permit.is_ok()));
}

#[tokio::test]
async fn a_reading_that_is_old_makes_no_time_pass_twice() {
    let (clock, by) = (ManualClock::new(SystemTime::UNIX_EPOCH), Arc::<Mutex<Duration>>::default());
    let late = schedules::Late { clock: clock.clone(), by: Arc::clone(&by) };
    let limiter = RateLimiter::new(CallRate::default(), Arc::new(late));
    soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().blocked(Duration::from_secs(300));
    clock.advance(Duration::from_secs(200));
    for _ in 0..3 {
        assert_eq!(limiter.status().blocked_for, Some(Duration::from_secs(100)));
        *by.lock().unwrap() = Duration::from_secs(150);
    }
}
