//! Runtimes and background tasks.

use std::{
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use chrono::DateTime;
use futures_util::FutureExt;
use plume_auth::{AuthErrorKind, CachedTokenProvider, TokenProvider};
use plume_runtime::ManualClock;
use tokio::sync::Semaphore;

use crate::support::{Gated, Scripted, setup};

#[test]
fn outside_a_runtime_the_caller_drives_the_fetch() {
    let setup = setup(1);
    let token = setup.provider.token().now_or_never();
    assert_eq!(token.unwrap().unwrap().generation(), 1);
}

#[tokio::test]
async fn no_request_without_callers() {
    let setup = setup(10);
    setup.provider.token().await.unwrap();
    for _ in 0..24 * 60 {
        setup.clock.advance(Duration::from_secs(60));
        setup.settle().await;
    }
    assert_eq!((setup.asked(), setup.clock.sleepers()), (1, 0));
}

#[tokio::test]
async fn dropped_provider_leaves_no_task() {
    let source = Arc::new(Gated {
        asked: AtomicU32::new(0),
        gate: Semaphore::new(0),
        fails: false.into(),
        lifetime: Duration::from_secs(600),
    });
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    for _ in 0..10_000 {
        let provider = CachedTokenProvider::new(Arc::clone(&source), Arc::new(clock.clone()));
        assert!(provider.token().now_or_never().is_none());
    }
    while Arc::strong_count(&source) > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(clock.sleepers(), 0);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}

#[test]
fn a_runtime_that_shuts_down_does_not_take_the_fetch_with_it() {
    let setup = setup(0);
    let first = tokio::runtime::Builder::new_current_thread().build().unwrap();
    first.block_on(async {
        assert!(setup.provider.token().now_or_never().is_none());
        setup.settle().await;
    });
    assert_eq!(setup.asked(), 1);
    // A caller on another runtime joined before the first one ends.
    let second = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let joined = second.spawn({
        let provider = setup.provider.clone();
        async move { provider.token().await }
    });
    second.block_on(setup.settle());
    drop(first);
    setup.source.gate.add_permits(1);
    assert!(second.block_on(joined).unwrap().is_ok());
    assert!(setup.asked() <= 2);
    // And it is as good as new on a third.
    setup.source.gate.add_permits(1);
    setup.clock.advance(Duration::from_secs(600));
    let third = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(third.block_on(setup.provider.token()).is_ok());
}

#[test]
fn refresh_lost_with_its_runtime_is_restarted() {
    let setup = setup(1);
    let first = tokio::runtime::Builder::new_current_thread().build().unwrap();
    first.block_on(setup.provider.token()).unwrap();
    setup.clock.advance(Duration::from_secs(541));
    first.block_on(async {
        setup.provider.token().await.unwrap();
        setup.settle().await;
    });
    drop(first);
    setup.source.gate.add_permits(1);
    let second = tokio::runtime::Builder::new_current_thread().build().unwrap();
    second.block_on(async {
        assert_eq!(setup.provider.token().await.unwrap().generation(), 1);
        setup.settle().await;
        assert!(setup.provider.token().await.unwrap().generation() > 1);
    });
}

#[test]
fn the_machines_clock_needs_no_runtime() {
    let source = Scripted::new(&[Err(AuthErrorKind::Unavailable), Ok(("abc", 600))]);
    let provider = CachedTokenProvider::new(source, Arc::new(plume_runtime::SystemClock::new()));
    assert!(provider.token().now_or_never().unwrap().is_err());
    provider.retry_now();
    assert!(provider.token().now_or_never().unwrap().is_ok());
}
