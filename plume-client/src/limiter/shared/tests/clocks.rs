//! Clocks that jump, are set back, or show the time late.

use super::*;

/// A clock that jumps to the end of time, and is set back.
#[tokio::test]
async fn a_clock_that_jumps_does_not_close_the_limiter() {
    #[derive(Debug)]
    struct Jumping(Mutex<Duration>);

    #[async_trait::async_trait]
    impl Clock for Jumping {
        fn wall(&self) -> DateTime<Utc> {
            DateTime::UNIX_EPOCH
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
    fn wall(&self) -> DateTime<Utc> {
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
async fn clock_that_lags_refuses_no_call() {
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
    let odd = Odd { clock: clock.clone(), step: Duration::from_millis(100), back: Mutex::default() };
    let rate = CallRate { per_second: 20.0, burst: 1, ..CallRate::default() };
    let limiter = RateLimiter::new(rate, Arc::new(odd));
    let times = pass(&limiter, &clock, 41).await;
    assert!(times[40] >= Duration::from_secs(2) && times[40] < Duration::from_secs(5), "{:?}", times[40]);
}

#[tokio::test]
async fn clock_set_back_during_a_wait_refuses_no_call() {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
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
    let (clock, by) = (ManualClock::new(DateTime::UNIX_EPOCH), Arc::<Mutex<Duration>>::default());
    let late = schedules::Late { clock: clock.clone(), by: Arc::clone(&by) };
    let limiter = RateLimiter::new(CallRate::default(), Arc::new(late));
    soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().blocked(Duration::from_secs(300));
    clock.advance(Duration::from_secs(200));
    for _ in 0..3 {
        assert_eq!(limiter.status().blocked_for, Some(Duration::from_secs(100)));
        *by.lock().unwrap() = Duration::from_secs(150);
    }
}
