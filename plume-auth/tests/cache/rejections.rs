//! Rejected tokens, refused credentials and forgotten tokens.

use std::{sync::atomic::Ordering, time::Duration};

use futures_util::future::join_all;
use plume_auth::{AuthErrorKind, TokenPhase, TokenProvider};

use crate::support::{FIRST_REST, Scripted, provider_of, setup};

#[tokio::test]
async fn a_late_rejection_leaves_the_new_token_alone() {
    let setup = setup(10);
    let first = setup.provider.token().await.unwrap();
    setup.provider.invalidate(&first);
    let second = setup.provider.token().await.unwrap();
    assert_eq!(second.generation(), 2);
    setup.provider.invalidate(&first);
    assert_eq!(setup.provider.token().await.unwrap().generation(), 2);
    assert_eq!(setup.asked(), 2);
}

#[tokio::test]
async fn a_rejected_token_is_not_served_again_when_the_refresh_fails() {
    let setup = setup(10);
    let first = setup.provider.token().await.unwrap();
    setup.source.fails.store(true, Ordering::SeqCst);
    setup.provider.invalidate(&first);
    assert!(setup.provider.token().await.is_err());
}

#[tokio::test]
async fn a_storm_of_rejections_causes_one_fetch() {
    let setup = setup(10);
    let first = setup.provider.token().await.unwrap();
    let calls = (0..10_000).map(|_| async {
        setup.provider.invalidate(&first);
        setup.provider.token().await.unwrap().generation()
    });
    assert!(join_all(calls).await.into_iter().all(|generation| generation == 2));
    assert_eq!(setup.asked(), 2);
}

#[tokio::test]
async fn a_rejected_string_is_never_served_again_even_if_it_is_issued_again() {
    let source = Scripted::new(&[Ok(("same", 600)), Ok(("same", 600)), Ok(("other", 600))]);
    let (provider, clock) = provider_of(&source);
    let token = provider.token().await.unwrap();
    provider.invalidate(&token);
    assert_eq!(provider.ready().map(|token| token.generation()), None);
    assert_eq!(provider.token().await.unwrap_err().kind(), AuthErrorKind::TokenRejected);
    clock.advance(FIRST_REST);
    assert_eq!(provider.token().await.unwrap().expose_token(), "other");
}

#[tokio::test]
async fn a_permanent_refusal_is_remembered_for_a_limited_time() {
    let source = Scripted::new(&[Err(AuthErrorKind::CredentialsRejected)]);
    let (provider, clock) = provider_of(&source);
    for _ in 0..10_000 {
        assert!(provider.token().await.is_err());
        clock.advance(Duration::from_micros(100));
    }
    assert_eq!(source.asked(), 1, "10,000 calls in a second");
    assert_eq!(provider.status().phase, TokenPhase::Refused);
    for _ in 0..3_600 {
        let _ = provider.token().await;
        clock.advance(Duration::from_secs(1));
    }
    assert!((50..90).contains(&source.asked()), "{} in an hour", source.asked());
    // A new secret was set, so no call waits for the end of the backoff.
    *source.answers.lock().unwrap() = vec![Ok(("abc", 600))];
    provider.retry_now();
    assert!(provider.token().await.is_ok());
}

#[tokio::test]
async fn forgotten_token_is_not_restored_by_a_fetch_in_flight() {
    let setup = setup(1);
    setup.provider.token().await.unwrap();
    setup.clock.advance(Duration::from_secs(541));
    setup.provider.token().await.unwrap();
    setup.settle().await;
    setup.provider.forget();
    setup.source.gate.add_permits(1);
    setup.settle().await;
    assert_eq!(setup.provider.status().phase, TokenPhase::Cold);
    assert!(setup.provider.ready().is_none());
    assert_eq!(setup.clock.sleepers(), 0, "the fetch ended with it");
}
