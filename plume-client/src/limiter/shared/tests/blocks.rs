//! Blocks of the firewall, and the call that probes whether one has ended.

use super::*;

#[tokio::test]
async fn block_fails_waiting_call_and_frees_its_slot() {
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
async fn granted_permit_is_void_once_the_address_is_blocked() {
    let (limiter, _) = limiter();
    let sent = soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap();
    let permit = soon(limiter.acquire(FOREVER)).await.unwrap();
    sent.blocked(Duration::from_secs(300));
    assert_eq!(permit.used().unwrap_err(), Held::Block(Duration::from_secs(300)));
}

#[tokio::test]
async fn after_a_block_one_probe_is_sent_and_other_calls_await_its_result() {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
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
    // The probe is blocked as well, so all calls are.
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
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
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
async fn unsent_probe_passes_to_the_next_call() {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
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
    // The called one does not claim its permit within its second.
    drop(probe);
    clock.advance(Duration::from_secs(1));
    soon(next).await.unwrap().used().unwrap().passed();
    assert!(soon(absent).await.is_ok() && !limiter.status().probing);
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
