//! Fetches: shared by callers, retried after failures, and bounded.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::DateTime;
use futures_util::{FutureExt, future::join_all};
use plume_auth::{AuthError, AuthErrorKind, CachedTokenProvider, IssuedToken, TokenProvider, TokenSource};
use plume_runtime::ManualClock;

use crate::support::{FETCH_DEADLINE, FIRST_REST, MAX_REST, Scripted, provider_of, setup};

/// Requests an endless wait.
#[derive(Debug)]
struct Patient;

#[async_trait]
impl TokenSource for Patient {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        Err(AuthError::throttled("later", Duration::MAX))
    }
}

#[tokio::test]
async fn many_callers_make_one_request_and_share_its_token() {
    let setup = setup(0);
    let calls = join_all((0..1_000).map(|_| setup.provider.token()));
    setup.source.gate.add_permits(1);
    let tokens: Vec<_> = calls.await.into_iter().map(|token| token.unwrap().generation()).collect();
    assert_eq!(tokens, vec![1; 1_000]);
    assert_eq!(setup.asked(), 1);
}

#[tokio::test]
async fn many_callers_share_a_failure_and_the_source_rests() {
    let setup = setup(10);
    setup.source.fails.store(true, Ordering::SeqCst);
    let results = join_all((0..1_000).map(|_| setup.provider.token())).await;
    assert!(results.iter().all(Result::is_err));
    assert!(setup.provider.token().await.is_err());
    assert_eq!(setup.asked(), 1);
    setup.clock.advance(FIRST_REST);
    assert!(setup.provider.token().await.is_err());
    assert_eq!(setup.asked(), 2);
    // The second failure rests twice as long.
    setup.clock.advance(FIRST_REST);
    assert!(setup.provider.token().await.is_err());
    assert_eq!(setup.asked(), 2);
}

#[tokio::test]
async fn recovery_needs_only_time() {
    let setup = setup(100);
    setup.source.fails.store(true, Ordering::SeqCst);
    for _ in 0..50 {
        assert!(setup.provider.token().await.is_err());
        setup.clock.advance(Duration::from_secs(3600));
    }
    setup.source.fails.store(false, Ordering::SeqCst);
    setup.clock.advance(MAX_REST);
    assert!(setup.provider.token().await.is_ok());
}

#[tokio::test]
async fn the_old_token_is_served_while_the_new_one_is_fetched() {
    let setup = setup(1);
    assert_eq!(setup.provider.token().await.unwrap().generation(), 1);
    setup.clock.advance(Duration::from_secs(541));
    for _ in 0..10 {
        assert_eq!(setup.provider.token().await.unwrap().generation(), 1);
    }
    setup.settle().await;
    assert_eq!(setup.asked(), 2, "one refresh beside the callers");
    setup.source.gate.add_permits(1);
    setup.settle().await;
    assert_eq!(setup.provider.token().await.unwrap().generation(), 2);
}

#[tokio::test]
async fn a_failed_refresh_is_invisible_while_the_token_is_valid() {
    let setup = setup(100);
    setup.provider.token().await.unwrap();
    setup.source.fails.store(true, Ordering::SeqCst);
    // From the advisory window to one second before the end, second by second.
    for second in 541..600 {
        setup.clock.advance(Duration::from_secs(if second == 541 { 541 } else { 1 }));
        assert!(setup.provider.token().await.is_ok(), "{second} s");
        setup.settle().await;
    }
    assert!(setup.asked() <= 1 + 8, "{} requests", setup.asked());
    setup.clock.advance(Duration::from_secs(1));
    assert!(setup.provider.token().await.is_err(), "an expired token is not served");
}

#[tokio::test]
async fn a_failure_in_the_last_seconds_is_invisible_too() {
    let source = Scripted::new(&[Ok(("a", 600)), Err(AuthErrorKind::Unavailable)]);
    let (provider, clock) = provider_of(&source);
    provider.token().await.unwrap();
    clock.advance(Duration::from_secs(585));
    assert_eq!(provider.token().await.unwrap().expose_token(), "a");
    assert_eq!(source.asked(), 2);
}

#[tokio::test]
async fn a_fetch_outlives_its_callers() {
    let setup = setup(0);
    let mut call = Box::pin(setup.provider.token());
    assert!((&mut call).now_or_never().is_none());
    drop(call);
    setup.source.gate.add_permits(1);
    assert_eq!(setup.provider.token().await.unwrap().generation(), 1);
    assert_eq!(setup.asked(), 1);
}

#[tokio::test]
async fn a_caller_that_gives_up_bounds_its_own_wait_only() {
    let setup = setup(0);
    let mut hasty = Box::pin(setup.provider.token());
    let patient = tokio::spawn({
        let provider = setup.provider.clone();
        async move { provider.token().await }
    });
    assert!((&mut hasty).now_or_never().is_none());
    setup.settle().await;
    drop(hasty);
    setup.source.gate.add_permits(1);
    assert!(patient.await.unwrap().is_ok());
    assert_eq!(setup.asked(), 1);
}

#[tokio::test]
async fn a_hung_fetch_ends_at_its_deadline() {
    let setup = setup(0);
    let provider = setup.provider.clone();
    let call = tokio::spawn(async move { provider.token().await });
    while setup.clock.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    setup.clock.advance(FETCH_DEADLINE);
    assert_eq!(call.await.unwrap().unwrap_err().kind(), AuthErrorKind::Unavailable);
}

#[tokio::test]
async fn panic_in_the_source_is_an_error_and_blocks_no_caller() {
    #[derive(Debug, Default)]
    struct Panics(AtomicU32);
    #[async_trait]
    impl TokenSource for Panics {
        async fn fetch(&self) -> Result<IssuedToken, AuthError> {
            assert!(self.0.fetch_add(1, Ordering::SeqCst) > 0, "the first call panics");
            Ok(IssuedToken::new("abc", Duration::from_secs(600)).unwrap())
        }
    }
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let provider = CachedTokenProvider::new(Panics::default(), Arc::new(clock.clone()));
    assert_eq!(provider.token().await.unwrap_err().kind(), AuthErrorKind::Internal);
    clock.advance(FIRST_REST);
    assert!(provider.token().await.is_ok());
}

#[tokio::test]
async fn a_wait_without_end_is_a_rest_of_five_minutes() {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let provider = CachedTokenProvider::new(Patient, Arc::new(clock.clone()));
    for _ in 0..3 {
        assert_eq!(provider.token().await.unwrap_err().kind(), AuthErrorKind::Throttled);
        let rest = provider.status().refresh_in.unwrap();
        assert!((300..=330).contains(&rest.as_secs()), "{rest:?}");
        clock.advance(rest);
    }
    assert_eq!(provider.status().failures, 3);
}
