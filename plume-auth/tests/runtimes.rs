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
use futures_util::FutureExt;
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
                    provider.token().now_or_never().map(|result| result.is_err())
                })
            })
            .collect();
        for thread in threads {
            assert_ne!(thread.join().unwrap(), Some(false));
        }
        assert_eq!(source.0.load(Ordering::SeqCst), 1, "round {round}");
    }
}

/// The first fetch waits for `release`; the others answer at once. Counts how often it was asked and polled.
#[derive(Debug, Default)]
struct Held {
    asked: AtomicU32,
    polled: AtomicU32,
    release: tokio::sync::Notify,
}

#[async_trait]
impl TokenSource for Held {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        if number == 1 {
            let mut released = Box::pin(self.release.notified());
            std::future::poll_fn(|cx| {
                self.polled.fetch_add(1, Ordering::SeqCst);
                released.as_mut().poll(cx)
            })
            .await;
        }
        Ok(IssuedToken::new(format!("token-{number}"), Duration::from_secs(600)).unwrap())
    }
}

struct TwoRuntimes {
    source: Arc<Held>,
    clock: ManualClock,
    provider: CachedTokenProvider,
    first: tokio::runtime::Runtime,
    second: tokio::runtime::Runtime,
}

/// A fetch that began on the first of two runtimes, which is not driven any more.
fn begun_elsewhere() -> TwoRuntimes {
    let current_thread = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    let source = Arc::new(Held::default());
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    let provider = CachedTokenProvider::new(Arc::clone(&source), Arc::new(clock.clone()));
    let (first, second) = (current_thread(), current_thread());
    first.block_on(async {
        assert!(provider.token().now_or_never().is_none());
        while source.polled.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    });
    TwoRuntimes { source, clock, provider, first, second }
}

impl TwoRuntimes {
    fn call(&self) -> tokio::task::JoinHandle<Result<plume_auth::AccessToken, AuthError>> {
        let provider = self.provider.clone();
        self.second.spawn(async move { provider.token().await })
    }

    /// Lets the second runtime run until the fetch and the caller on it wait for the clock.
    fn until_waiting(&self) {
        self.second.block_on(async {
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(self.clock.sleepers(), 2, "the deadline of the fetch and the patience of the caller");
    }
}

#[test]
fn a_fetch_whose_runtime_is_idle_is_taken_over() {
    let setup = begun_elsewhere();
    let call = setup.call();
    setup.until_waiting();
    setup.clock.advance(Duration::from_secs(2));
    setup.until_waiting();
    assert!(!call.is_finished() && setup.source.asked.load(Ordering::SeqCst) == 1, "it is asked first");
    setup.clock.advance(Duration::from_secs(1));
    let token = setup.second.block_on(call).unwrap().unwrap();
    assert_eq!((token.expose_token(), setup.source.asked.load(Ordering::SeqCst)), ("token-2", 2));
    // The late end of the old fetch changes nothing.
    setup.source.release.notify_one();
    setup.first.block_on(async {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(setup.provider.ready().unwrap().expose_token(), "token-2");
    assert_eq!(setup.clock.sleepers(), 0);
}

#[test]
fn a_slow_fetch_whose_runtime_is_driven_is_waited_for() {
    let setup = begun_elsewhere();
    let call = setup.call();
    for _ in 0..5 {
        setup.until_waiting();
        setup.clock.advance(Duration::from_secs(2));
        setup.until_waiting();
        let polled = setup.source.polled.load(Ordering::SeqCst);
        setup.first.block_on(async {
            while setup.source.polled.load(Ordering::SeqCst) == polled {
                tokio::task::yield_now().await;
            }
        });
        setup.clock.advance(Duration::from_secs(1));
    }
    setup.source.release.notify_one();
    setup.first.block_on(async {
        while setup.provider.ready().is_none() {
            tokio::task::yield_now().await;
        }
    });
    let token = setup.second.block_on(call).unwrap().unwrap();
    assert_eq!((token.expose_token(), setup.source.asked.load(Ordering::SeqCst)), ("token-1", 1));
}

#[test]
fn a_caller_elsewhere_does_not_bind_the_fetch_to_its_own_runtime() {
    let setup = begun_elsewhere();
    let polled = setup.source.polled.load(Ordering::SeqCst);
    let _call = setup.call();
    setup.until_waiting();
    assert_eq!(setup.source.polled.load(Ordering::SeqCst), polled);
}
