//! The lifetime of tokens, and clocks that jump.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use plume_auth::{CachedTokenProvider, TokenProvider};
use plume_runtime::{Clock, ManualClock};
use tokio::sync::Semaphore;

use crate::support::{FIRST_REST, Gated, Scripted, provider_of, setup};

#[tokio::test]
async fn suspended_machine_does_not_serve_an_expired_token() {
    let setup = setup(10);
    setup.provider.token().await.unwrap();
    // The monotonic clock stood still; the wall clock says that two hours went by.
    setup.clock.set_wall(setup.clock.wall() + Duration::from_secs(7_200));
    assert_eq!(setup.provider.token().await.unwrap().generation(), 2);
    // Set back by a day: at most one more request.
    setup.clock.set_wall(setup.clock.wall() - Duration::from_secs(86_400));
    setup.provider.token().await.unwrap();
    assert!(setup.asked() <= 3);
}

#[tokio::test]
async fn nearly_expired_token_is_used_without_a_request_loop() {
    // The endpoint hands out one token until its end.
    let source = Scripted::new(&[Ok(("same", 3))]);
    let (provider, clock) = provider_of(&source);
    for _ in 0..600 {
        let _ = provider.token().await;
        tokio::task::yield_now().await;
        clock.advance(Duration::from_millis(100));
    }
    assert!(source.asked() <= 8, "{} requests in 60 s", source.asked());
}

#[tokio::test]
async fn token_is_requested_at_most_once_per_half_lifetime() {
    for seconds in [1, 5, 29, 30, 31, 60, 120, 300, 600, 1_800, 3_600, 86_400] {
        let setup = setup(usize::MAX >> 4);
        let lifetime = Duration::from_secs(seconds);
        let source = Arc::new(Gated {
            asked: AtomicU32::new(0),
            gate: Semaphore::new(1_000_000),
            fails: false.into(),
            lifetime,
        });
        let provider = CachedTokenProvider::new(Arc::clone(&source), Arc::new(setup.clock.clone()));
        let step = (lifetime / 240).max(Duration::from_millis(50));
        let (mut last, mut at, mut now) = (0, Duration::ZERO, Duration::ZERO);
        while now < lifetime * 5 {
            assert!(provider.token().await.is_ok(), "{seconds} s");
            setup.settle().await;
            let asked = source.asked.load(Ordering::SeqCst);
            if asked > last {
                assert!(asked == last + 1 && (last == 0 || now - at >= (lifetime / 2).max(FIRST_REST)));
                (last, at) = (asked, now);
            }
            setup.clock.advance(step);
            now += step;
        }
        assert!(last >= 5, "{seconds} s: {last} requests");
    }
}

#[tokio::test]
async fn instances_that_start_together_do_not_refresh_together() {
    let lifetime = 3_600;
    let mut buckets = std::collections::BTreeMap::<u64, u32>::new();
    for seed in 0..1_000 {
        let clock = ManualClock::new(DateTime::UNIX_EPOCH);
        let source = Scripted::new(&[Ok(("abc", lifetime))]);
        let provider = CachedTokenProvider::builder(source, Arc::new(clock.clone())).seed(seed).build();
        provider.token().await.unwrap();
        *buckets.entry(provider.status().refresh_in.unwrap().as_secs()).or_default() += 1;
    }
    let (first, last) = (buckets.keys().min().unwrap(), buckets.keys().max().unwrap());
    assert!(last - first >= lifetime / 10 / 5, "{first} to {last} s");
    assert!(buckets.values().all(|count| *count <= 20), "{buckets:?}");
}

#[tokio::test]
async fn callers_wait_briefly_in_the_last_seconds_of_a_token() {
    let setup = setup(1);
    setup.provider.token().await.unwrap();
    // Idle until the mandatory window; then the source hangs.
    setup.clock.advance(Duration::from_secs(585));
    let call = tokio::spawn({
        let provider = setup.provider.clone();
        async move { provider.token().await }
    });
    // The fetch's deadline and the caller's patience.
    while setup.clock.sleepers() < 2 {
        tokio::task::yield_now().await;
    }
    setup.clock.advance(Duration::from_secs(2));
    assert_eq!(call.await.unwrap().unwrap().generation(), 1);
    assert!(setup.provider.token().now_or_never().unwrap().is_ok(), "and the next one does not wait at all");
}

#[tokio::test]
async fn clock_limits_cause_no_panic() {
    let year = Duration::from_secs(365 * 86_400);
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    let (early, late) = (DateTime::UNIX_EPOCH - 5 * year, DateTime::UNIX_EPOCH + 7_000 * year);
    for (wall, back) in [(early, early - 20 * year), (late, late - 20 * year), (first, first), (last, first)]
    {
        let setup = setup(10);
        setup.clock.set_wall(wall);
        setup.provider.token().await.unwrap();
        assert!(setup.provider.token().await.is_ok());
        setup.clock.set_wall(back);
        assert!(setup.provider.token().await.is_ok());
        assert_eq!(setup.asked(), 1);
    }
    let source = Scripted::new(&[Ok(("abc", u64::MAX))]);
    let (provider, clock) = provider_of(&source);
    provider.token().await.unwrap();
    clock.advance(Duration::from_secs(1 << 40));
    provider.token().await.unwrap();
    assert!(provider.status().expires_in.is_some());
}

#[tokio::test]
async fn a_wall_clock_that_was_set_back_is_trusted_for_a_second_only() {
    let source = Scripted::new(&[Ok(("a", 600))]);
    let (provider, clock) = provider_of(&source);
    provider.token().await.unwrap();
    assert!(provider.ready().is_some());
    let looked = clock.wall();
    clock.advance(Duration::from_secs(601));
    clock.set_wall(looked + Duration::from_millis(1_001));
    assert!(provider.ready().is_none());
}
