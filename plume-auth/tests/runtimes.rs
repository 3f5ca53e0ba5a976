//! A cache that outlives the runtime it was used on.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use plume_auth::{AuthError, AuthErrorKind, CachedTokenProvider, IssuedToken, TokenProvider, TokenSource};
use plume_runtime::{Clock, ManualClock, SystemClock};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// The first fetch never ends, and is tied to the runtime it began on by a timer.
#[derive(Debug, Default)]
struct HangsOnce(AtomicU32);

#[async_trait]
impl TokenSource for HangsOnce {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        if self.0.fetch_add(1, Ordering::SeqCst) == 0 {
            SystemClock::new().sleep(Duration::from_secs(3_600)).await;
        }
        Ok(IssuedToken::new("not.a.token", Duration::from_secs(600)).unwrap())
    }
}

#[test]
fn a_fetch_whose_runtime_is_gone_is_started_anew() {
    let provider = CachedTokenProvider::new(HangsOnce::default(), Arc::new(SystemClock::new()));
    let first = runtime();
    first.block_on(async {
        let mut call = Box::pin(provider.token());
        // Polled once, so that the fetch has begun here.
        std::future::poll_fn(|cx| {
            assert!(call.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    });
    drop(first);
    let second = runtime();
    assert!(second.block_on(provider.token()).is_ok());
    assert!(second.block_on(provider.token()).is_ok());
}

/// Counts, and fails every time.
#[derive(Debug, Default)]
struct Fails(AtomicU32);

#[async_trait]
impl TokenSource for Fails {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(AuthError::new(AuthErrorKind::Unavailable, "down"))
    }
}

#[test]
fn threads_that_race_make_one_request_even_when_it_fails() {
    const THREADS: usize = 4;
    for round in 0..500 {
        let source = Arc::new(Fails::default());
        let clock = Arc::new(ManualClock::new(SystemTime::UNIX_EPOCH));
        let provider = CachedTokenProvider::new(Arc::clone(&source), clock);
        let start = Arc::new(Barrier::new(THREADS));
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let (provider, start) = (provider.clone(), Arc::clone(&start));
                thread::spawn(move || {
                    start.wait();
                    futures_util::FutureExt::now_or_never(provider.token()).map(|result| result.is_err())
                })
            })
            .collect();
        for thread in threads {
            assert_ne!(thread.join().unwrap(), Some(false));
        }
        assert_eq!(source.0.load(Ordering::SeqCst), 1, "round {round}");
    }
}
