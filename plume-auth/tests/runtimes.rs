//! A cache that outlives the runtime it was used on.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::{
    pin::pin,
    sync::{
        Arc, Barrier,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use futures_util::{FutureExt, future::BoxFuture};
use plume_auth::{
    AccessToken, Account, AuthError, AuthErrorKind, CachedTokenProvider, ClientCredentials, Credential,
    IssuedToken, Scope, SecureUrl, TenantId, TokenProvider, TokenRegistry, TokenSource,
};
use plume_runtime::{
    Clock, Limits, ManualClock, RuntimeId, SystemClock, Transport, TransportError, TransportErrorKind,
    current_runtime,
};

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
fn fetch_of_a_dropped_runtime_is_restarted() {
    let provider = CachedTokenProvider::new(HangsOnce::default(), Arc::new(SystemClock::new()));
    let first = runtime();
    first.block_on(async {
        let mut call = Box::pin(provider.token());
        // Polled once, so that the fetch has begun here.
        std::future::poll_fn(|cx| {
            assert!(call.as_mut().poll(cx).is_pending());
            Poll::Ready(())
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
        let clock = Arc::new(ManualClock::new(DateTime::UNIX_EPOCH));
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
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
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
    fn call(&self) -> tokio::task::JoinHandle<Result<AccessToken, AuthError>> {
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
fn fetch_of_an_idle_runtime_is_taken_over() {
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
fn slow_fetch_of_a_running_runtime_is_awaited() {
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

/// Carries requests on one runtime only. There and elsewhere each takes a permit before its end.
#[derive(Debug)]
struct OnlyHere {
    here: RuntimeId,
    placed: tokio::sync::Semaphore,
    misplaced: tokio::sync::Semaphore,
    sent: AtomicU32,
}

impl OnlyHere {
    fn new(runtime: &tokio::runtime::Runtime, permits: usize) -> Arc<Self> {
        let here = runtime.block_on(async { current_runtime() }).unwrap();
        let gate = || tokio::sync::Semaphore::new(permits);
        Arc::new(Self { here, placed: gate(), misplaced: gate(), sent: AtomicU32::new(0) })
    }
}

#[async_trait]
impl Transport for OnlyHere {
    async fn send(
        &self,
        _: http::Request<Bytes>,
        _: &Limits,
    ) -> Result<http::Response<Bytes>, TransportError> {
        if current_runtime() != Some(self.here) {
            self.misplaced.acquire().await.unwrap().forget();
            return Err(TransportError::new(TransportErrorKind::Runtime, "no timers"));
        }
        self.sent.fetch_add(1, Ordering::SeqCst);
        self.placed.acquire().await.unwrap().forget();
        let body = r#"{"token_type":"Bearer","expires_in":600,"access_token":"not.a.token"}"#;
        Ok(http::Response::new(Bytes::from(body)))
    }
}

const SSO: &str = "https://sso.example.net/oauth2/x/v1/token";

fn credentials(transport: &Arc<OnlyHere>, clock: &ManualClock) -> ClientCredentials {
    let transport: Arc<dyn Transport> = Arc::clone(transport) as _;
    let credential = Credential::from_client("client", "not-a-real-secret");
    ClientCredentials::new(SecureUrl::parse(SSO).unwrap(), credential, Scope::raw("x"), transport)
        .clock(Arc::new(clock.clone()))
}

fn manual_clock() -> ManualClock {
    ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000))
}

/// Polls once, outside of a runtime.
fn poll<F: Future + ?Sized>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_caller_on_an_unfit_runtime_fails_alone() {
    for outside in [true, false] {
        let (good, unfit) = (runtime(), tokio::runtime::Builder::new_current_thread().build().unwrap());
        let (transport, clock) = (OnlyHere::new(&good, 0), manual_clock());
        let provider = CachedTokenProvider::new(credentials(&transport, &clock), Arc::new(clock.clone()));
        let mut a = provider.token();
        let turn = |a: &mut BoxFuture<'_, Result<AccessToken, AuthError>>| match outside {
            true => poll(a.as_mut()),
            false => unfit.block_on(async {
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                std::future::poll_fn(|cx| Poll::Ready(a.as_mut().poll(cx))).await
            }),
        };
        assert!(turn(&mut a).is_pending());
        // B waits for what A has begun.
        let waiting = provider.clone();
        let b = good.spawn(async move { waiting.token().await });
        while clock.sleepers() < 2 {
            thread::yield_now();
        }
        transport.misplaced.add_permits(1);
        let error = loop {
            if let Poll::Ready(result) = turn(&mut a) {
                break result.unwrap_err();
            }
        };
        assert_eq!(error.kind(), AuthErrorKind::Runtime);
        assert_eq!(
            error.to_string(),
            "the request to the token endpoint at sso.example.net was not sent: no timers"
        );
        assert!(error.help().contains("enable_all"));
        transport.placed.add_permits(1);
        // No time passes: nothing rests, and nothing waits for a patience to end.
        assert!(good.block_on(b).unwrap().is_ok(), "B, outside: {outside}");
        let status = provider.status();
        assert_eq!((status.failures, status.last_error.is_none()), (0, true));
        let c = provider.clone();
        assert!(good.block_on(good.spawn(async move { c.token().await })).unwrap().is_ok(), "C");
        assert_eq!(transport.sent.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn repeated_callers_on_an_unfit_runtime_block_no_caller() {
    let good = runtime();
    let (transport, clock) = (OnlyHere::new(&good, 0), manual_clock());
    let provider = CachedTokenProvider::new(credentials(&transport, &clock), Arc::new(clock));
    let mut first = provider.token();
    assert!(poll(first.as_mut()).is_pending());
    let mut waiting = provider.token();
    let mut turn = || good.block_on(async { (&mut waiting).now_or_never() });
    assert!(turn().is_none(), "it waits for what the first has begun");
    transport.misplaced.add_permits(1);
    assert!(matches!(poll(first.as_mut()), Poll::Ready(Err(_))));
    // Another one is faster than the one that waits, and its fetch would end in the same way.
    let mut second = provider.token();
    assert!(poll(second.as_mut()).is_pending());
    transport.placed.add_permits(1);
    let token = (0..100_000).find_map(|_| turn().or_else(|| (thread::yield_now(), None).1));
    assert!(token.expect("it waits for the second").is_ok());
    // Whose fetch was given up for the good one.
    assert!(matches!(poll(second.as_mut()), Poll::Ready(Ok(_))));
}

#[test]
fn callers_on_unfit_runtimes_consume_nothing() {
    let good = runtime();
    let (transport, clock) = (OnlyHere::new(&good, 1_000), manual_clock());
    let registry =
        TokenRegistry::builder(Arc::clone(&transport) as Arc<dyn Transport>, Arc::new(clock.clone()));
    let registry = registry.build();
    let url = |text| SecureUrl::parse(text).unwrap();
    let account = Account::new(
        url(SSO),
        url("https://cloud.example.net/api"),
        Credential::from_client("client", "not-a-real-secret"),
        Scope::raw("x"),
    );
    let provider = registry.register(&TenantId::new("a").unwrap(), account).unwrap();
    for _ in 0..1_000 {
        let Poll::Ready(Err(error)) = poll(pin!(provider.token())) else { panic!("there is no runtime") };
        assert_eq!(error.kind(), AuthErrorKind::Runtime);
    }
    assert_eq!(registry.status()[0].failure, None);
    assert!(good.block_on(provider.token()).is_ok());
    assert_eq!(transport.sent.load(Ordering::SeqCst), 1);
}
