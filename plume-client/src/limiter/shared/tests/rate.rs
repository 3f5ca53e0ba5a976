//! The rate of permits.

use super::*;

#[tokio::test]
async fn no_window_exceeds_the_limit() {
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
async fn held_permits_do_not_enlarge_a_burst() {
    let (limiter, clock) = limiter();
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(soon(limiter.acquire(FOREVER)).await.unwrap());
    }
    clock.advance(Duration::from_secs(10));
    let refused = limiter.acquire(patient(Duration::ZERO)).await.unwrap_err();
    assert!(matches!(refused, Held::Limit(_)), "twenty are outstanding: {refused:?}");
    for permit in held {
        permit.used().unwrap().passed();
    }
    assert!(limiter.acquire(patient(Duration::ZERO)).await.is_err());
}

#[tokio::test]
async fn call_with_a_short_deadline_gets_the_estimated_wait() {
    let (limiter, clock) = limiter();
    pass(&limiter, &clock, 20).await;
    let held = limiter.acquire(patient(Duration::from_millis(100))).await.unwrap_err();
    assert!(matches!(held, Held::Limit(wait) if wait > Duration::from_millis(100)), "{held:?}");
}

#[tokio::test]
async fn callers_are_served_in_order_and_hopeless_ones_fail_at_once() {
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
async fn deadline_applies_without_a_limit_too() {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let limiter = RateLimiter::unlimited(Arc::new(clock.clone()));
    limiter.throttled(Duration::from_secs(3));
    let mut call = Box::pin(limiter.acquire(FOREVER));
    clock.advance(Duration::from_millis(2_999));
    assert!((&mut call).now_or_never().is_none());
    clock.advance(Duration::from_millis(1));
    assert!(soon(call).await.is_ok());
}

#[tokio::test]
async fn a_block_is_likely_when_a_tenth_of_the_window_is_left() {
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
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
async fn zero_rate_grants_no_permit() {
    let all = CallRate { burst: 1, ..CallRate::default() };
    for rate in [
        CallRate { per_second: 0.0, ..all },
        CallRate { per_second: -1.0, ..all },
        CallRate { per_second: f64::NAN, ..all },
        CallRate { per_second: 1e-300, ..all },
        CallRate { burst: 0, ..all },
        CallRate { per_window: 0, ..all },
        // A single call in total, which was used.
        CallRate { per_window: 1, window: Duration::MAX, ..all },
    ] {
        let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
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
async fn remaining_budget_is_reported() {
    let (limiter, clock) = limiter();
    pass(&limiter, &clock, 5).await;
    assert_eq!(limiter.budget_left(), Some(1_895));
    clock.advance(Duration::from_secs(300));
    assert_eq!(limiter.budget_left(), Some(1_900));
}

#[tokio::test]
async fn error_429_pauses_all_calls_and_slows_the_adaptive_rate() {
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
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
                let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
                let rate =
                    CallRate { per_second, burst, per_window, window, max_waiting, adaptive: burst > 1 };
                let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
                for patience in times {
                    for priority in [Priority::Interactive, Priority::Background] {
                        if let Ok(permit) =
                            limiter.acquire(PermitRequest { tenant: 1, priority, patience }).await
                        {
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
