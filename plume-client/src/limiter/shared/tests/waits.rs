//! Waits that end, are dropped or are never polled.

use super::*;

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
async fn ten_thousand_waits_dropped_at_any_point_leave_no_state() {
    let (limiter, clock) = slow();
    soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().passed();
    let mut lot = fastrand::Rng::with_seed(1);
    let mut running: Vec<tokio::task::JoinHandle<()>> = Vec::new();
    for caller in 0..10_000 {
        let limiter = limiter.clone();
        running.push(tokio::spawn(async move {
            let ask = PermitRequest { tenant: caller % 7, ..FOREVER };
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
async fn unpolled_wait_blocks_no_call() {
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
    // It keeps its place while it is remembered.
    clock.advance(Duration::from_secs(2));
    assert!(soon(forgotten).await.is_ok());
}

#[tokio::test]
async fn unclaimed_permit_passes_on_after_a_second() {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
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
        fn wall(&self) -> DateTime<Utc> {
            self.0.wall()
        }
        fn monotonic(&self) -> Duration {
            self.0.monotonic()
        }
        async fn sleep(&self, _: Duration) {
            std::future::pending::<()>().await;
        }
    }

    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
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
