//! The call limit and the deadline, as the callers of a client meet them, in virtual time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use futures_util::FutureExt;
use http::{Request, Response};
use plume_auth::{
    AccessToken, AuthError, AuthorizationSetting, CachedTokenProvider, ClientCredentials, Scope, SecureUrl,
    StaticToken, TokenProvider,
};
use plume_client::{CallRate, Client, ClientBuilder, Error, ErrorKind, Priority, RateLimiter};
use plume_runtime::{Clock, InProcess, ManualClock, Transport};
use tokio::task::JoinHandle;

const SECOND: Duration = Duration::from_secs(1);

fn clock() -> ManualClock {
    ManualClock::new(DateTime::UNIX_EPOCH)
}

/// One call per second, none in advance.
fn slow(clock: &ManualClock) -> RateLimiter {
    let mut rate = CallRate::default();
    (rate.per_second, rate.burst) = (1.0, 1);
    RateLimiter::new(rate, Arc::new(clock.clone()))
}

/// The requested customers, in order.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    fn transport(&self) -> Arc<dyn Transport> {
        let asked = Arc::clone(&self.0);
        Arc::new(InProcess::new(move |request: Request<Bytes>| {
            let customer = request.uri().path().split('/').nth(3).unwrap_or_default().to_owned();
            asked.lock().unwrap().push(customer);
            async { Ok(Response::new(Bytes::from_static(br#"{"nodes":[]}"#))) }
        }))
    }

    fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn builder(clock: &ManualClock, limiter: &RateLimiter, asked: &Asked) -> ClientBuilder {
    Client::builder()
        .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
        .token_provider(StaticToken::new("not.a.token").unwrap())
        .transport(asked.transport())
        .rate_limiter(limiter.clone())
        .clock(Arc::new(clock.clone()))
}

async fn nodes(client: Client, customer: &'static str) -> Result<usize, Error> {
    Ok(client.customer(customer).location("l1").nodes().await?.len())
}

fn ask(client: &Client, customer: &'static str) -> JoinHandle<Result<usize, Error>> {
    tokio::spawn(nodes(client.clone(), customer))
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

async fn pass(clock: &ManualClock, seconds: u32) {
    for _ in 0..seconds {
        settle().await;
        clock.advance(SECOND);
    }
    settle().await;
}

/// The end of a task that has no reason to wait any longer. A test must fail, not hang.
async fn ended<T>(task: JoinHandle<T>) -> T {
    settle().await;
    assert!(task.is_finished(), "the call never ends");
    task.await.unwrap()
}

/// Says how often it was asked.
#[derive(Debug, Default)]
struct Counting(AtomicU32);

#[async_trait]
impl TokenProvider for Counting {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        StaticToken::new("not.a.token").unwrap().token().await
    }
}

#[tokio::test]
async fn a_call_without_time_is_not_sent() {
    let (clock, asked, tokens) = (clock(), Asked::default(), Arc::new(Counting::default()));
    let limiter = RateLimiter::new(CallRate::default(), Arc::new(clock.clone()));
    let builder = || builder(&clock, &limiter, &asked);
    let cold = builder().token_provider(Arc::clone(&tokens)).build().unwrap();
    let warm = builder().build().unwrap();
    for client in [cold, warm] {
        let client = client.with_deadline(Duration::ZERO);
        let error = nodes(client.clone(), "c1").await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::Timeout, false), "{error}");
        assert!(error.to_string().contains("the deadline has passed"), "{error}");
        assert_eq!(client.calls_made(), 0);
    }
    assert_eq!(asked.names(), [""; 0]);
    assert_eq!(tokens.0.load(Ordering::Relaxed), 0, "no token either");
    assert_eq!(limiter.budget_left(), Some(1_900));
}

#[tokio::test]
async fn permit_after_the_deadline_is_returned() {
    // The limiter's clock falls behind the client's: the permit comes in time for the one only.
    let (clock, theirs, asked) = (clock(), clock(), Asked::default());
    let limiter = slow(&theirs);
    let client = builder(&clock, &limiter, &asked).deadline(5 * SECOND).build().unwrap();
    nodes(client.clone(), "first").await.unwrap();
    let late = ask(&client, "late");
    settle().await;
    clock.advance(5 * SECOND);
    pass(&theirs, 1).await;
    let error = ended(late).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::Timeout, false), "{error}");
    assert_eq!((asked.names(), client.calls_made()), (vec!["first".to_owned()], 1));
    assert_eq!((limiter.budget_left(), limiter.status().next_in), (Some(1_899), Duration::ZERO));
}

#[tokio::test]
async fn transport_without_a_timeout_does_not_block_a_call() {
    let clock = clock();
    let limiter = RateLimiter::new(CallRate::default(), Arc::new(clock.clone()));
    let client = builder(&clock, &limiter, &Asked::default())
        .transport(Arc::new(InProcess::new(|_| pending())))
        .deadline(5 * SECOND)
        .build()
        .unwrap();
    let home = client.customer("c1").location("l1");
    let read = tokio::spawn({
        let home = home.clone();
        async move { home.nodes().await.map(drop) }
    });
    let change = tokio::spawn(async move { home.reboot_node("TST1", Duration::ZERO).send().await.map(drop) });
    settle().await;
    clock.advance(Duration::from_millis(4_999));
    settle().await;
    assert!(!read.is_finished() && !change.is_finished());
    clock.advance(Duration::from_millis(1));
    let error = ended(read).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Timeout, 1), "{error}");
    let error = ended(change).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::OutcomeUnknown, true), "{error}");
    assert_eq!(clock.sleepers(), 0);
}

#[tokio::test]
async fn the_priority_of_a_call_reaches_the_limiter() {
    let (clock, asked) = (clock(), Asked::default());
    let limiter = slow(&clock);
    let client = builder(&clock, &limiter, &asked).build().unwrap();
    let polling = builder(&clock, &limiter, &asked).priority(Priority::Background).build().unwrap();
    nodes(client.clone(), "first").await.unwrap();
    let mut calls = Vec::new();
    for (client, name) in [
        (polling.clone(), "polling"),
        (client.with_priority(Priority::Background), "polling too"),
        (client.clone(), "urgent"),
        (polling.with_priority(Priority::Interactive), "urgent too"),
    ] {
        calls.push(ask(&client, name));
        settle().await;
    }
    pass(&clock, 4).await;
    assert_eq!(asked.names(), ["first", "urgent", "urgent%20too", "polling", "polling%20too"]);
    for call in calls {
        ended(call).await.unwrap();
    }
}

#[tokio::test]
async fn clients_over_one_provider_are_one_tenant() {
    fn over(provider: impl TokenProvider + Clone + 'static) -> Box<dyn Fn(ClientBuilder) -> ClientBuilder> {
        Box::new(move |builder| builder.token_provider(provider.clone()))
    }
    let cached = || {
        let Ok(AuthorizationSetting::Basic(credential)) = AuthorizationSetting::parse("Basic dTpw") else {
            panic!("it is a credential")
        };
        let source = ClientCredentials::new(
            SecureUrl::parse("https://sso.example.net/token").unwrap(),
            credential,
            Scope::partner_admin("000000000000000000000001"),
            Arc::new(InProcess::new(|_| async {
                let body = r#"{"token_type":"Bearer","expires_in":3600,"access_token":"not.a.token"}"#;
                Ok(Response::new(Bytes::from_static(body.as_bytes())))
            })),
        );
        CachedTokenProvider::new(source, Arc::new(clock()))
    };
    let without_identity: Arc<dyn TokenProvider> = Arc::new(Counting::default());
    for (what, same) in [
        ("a cache", over(cached())),
        ("a shared cache", over(Arc::new(cached()))),
        ("a token", over(StaticToken::new("not.a.token").unwrap())),
        ("a provider of one's own", over(Arc::new(Counting::default()))),
        ("the same without its type", over(without_identity)),
        ("a name", Box::new(|builder| builder.tenant("user:4711"))),
    ] {
        let (clock, asked) = (clock(), Asked::default());
        let limiter = slow(&clock);
        let builder = || builder(&clock, &limiter, &asked);
        nodes(builder().build().unwrap(), "first").await.unwrap();
        let mut calls = Vec::new();
        for name in ["one", "two", "three"] {
            // A client for each question.
            calls.push(ask(&same(builder()).build().unwrap(), name));
            settle().await;
        }
        // Each of these is a tenant of its own.
        for name in ["other", "another"] {
            calls.push(ask(&builder().build().unwrap(), name));
            settle().await;
        }
        assert_eq!(limiter.status().tenants_waiting, 3, "{what}");
        pass(&clock, 5).await;
        assert_eq!(asked.names(), ["first", "one", "other", "another", "two", "three"], "{what}");
        for call in calls {
            ended(call).await.unwrap();
        }
    }
}

#[tokio::test]
async fn users_of_one_client_are_tenants_of_their_own() {
    let (clock, asked) = (clock(), Asked::default());
    let limiter = slow(&clock);
    let client = builder(&clock, &limiter, &asked).build().unwrap();
    nodes(client.clone(), "first").await.unwrap();
    let calls = [("anna", "one"), ("anna", "two"), ("anna", "three"), ("ben", "other")]
        .map(|(user, name)| ask(&client.with_tenant(user), name));
    settle().await;
    assert_eq!(limiter.status().tenants_waiting, 2);
    pass(&clock, 5).await;
    assert_eq!(asked.names(), ["first", "one", "other", "two", "three"]);
    for call in calls {
        ended(call).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_that_is_polled_late_takes_nobodys_place() {
    let (clock, asked) = (clock(), Asked::default());
    let limiter = slow(&clock);
    let client = builder(&clock, &limiter, &asked).build().unwrap();
    nodes(client.clone(), "first").await.unwrap();
    let mut late = Box::pin(nodes(client.clone(), "late"));
    assert!((&mut late).now_or_never().is_none());
    // It is not polled, so its permit passes on. Then its tenant has nothing waiting, and starts again.
    let second = ask(&client, "second");
    pass(&clock, 4).await;
    ended(second).await.unwrap();
    assert_eq!(limiter.status().tenants_waiting, 0);
    nodes(client.clone(), "third").await.unwrap();
    let others: Vec<_> = ["fourth", "fifth"].map(|name| ask(&client, name)).into_iter().collect();
    settle().await;
    assert!((&mut late).now_or_never().is_none());
    let late = tokio::spawn(late);
    pass(&clock, 3).await;
    for call in others.into_iter().chain([late]) {
        ended(call).await.unwrap();
    }
    assert_eq!(asked.names(), ["first", "second", "third", "late", "fourth", "fifth"]);
    // The limiter has no state left: no call waits, and the next one passes at once.
    clock.advance(SECOND);
    let status = limiter.status();
    assert_eq!((status.waiting, status.tenants_waiting, status.next_in), (0, 0, Duration::ZERO));
    let background = nodes(client.with_priority(Priority::Background), "sixth");
    background.now_or_never().expect("there is room").unwrap();
}

#[tokio::test]
async fn old_tenant_is_served_among_many_new_ones() {
    let (clock, asked) = (clock(), Asked::default());
    let limiter = slow(&clock);
    let newcomer =
        |number: u32| builder(&clock, &limiter, &asked).tenant(number.to_string()).build().unwrap();
    nodes(newcomer(0), "first").await.unwrap();
    let old = builder(&clock, &limiter, &asked).tenant("old").build().unwrap();
    let mut calls = vec![ask(&old, "old"), ask(&old, "old")];
    for number in 1..=20 {
        // As many as there are permits, each by a new tenant.
        calls.push(ask(&newcomer(number), "new"));
        pass(&clock, 1).await;
    }
    let places: Vec<_> =
        asked.names().iter().enumerate().filter(|(_, name)| *name == "old").map(|(at, _)| at).collect();
    assert_eq!(places, [1, 3], "{:?}", asked.names());
    pass(&clock, 3).await;
    for call in calls {
        ended(call).await.unwrap();
    }
}

#[tokio::test]
async fn a_deadline_without_end_is_a_deadline_too() {
    let (clock, asked) = (clock(), Asked::default());
    let limiter = slow(&clock);
    let client = builder(&clock, &limiter, &asked).deadline(Duration::MAX).build().unwrap();
    clock.advance(1_000_000_000 * SECOND);
    nodes(client.clone(), "first").await.unwrap();
    let second = ask(&client, "second");
    pass(&clock, 1).await;
    ended(second).await.unwrap();
    assert_eq!(asked.names(), ["first", "second"]);
    assert_eq!(clock.monotonic(), 1_000_000_001 * SECOND);
}

#[tokio::test]
async fn zero_limit_is_a_settings_error() {
    let (clock, asked) = (clock(), Asked::default());
    clock.advance(100 * SECOND);
    let mut rate = CallRate::default();
    rate.per_second = 0.0;
    let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
    for deadline in [SECOND, Duration::MAX] {
        let client = builder(&clock, &limiter, &asked).deadline(deadline).build().unwrap();
        let error = nodes(client, "c1").await.unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Settings, None), "{error}");
        assert!(!error.is_transient() && !error.is_limited() && !error.may_have_happened());
        assert_eq!(
            error.to_string(),
            "GET /Customers/{id}/locations/{locationId}/nodes was not sent: the call limit (`CallRate`) permits no calls"
        );
    }
    assert_eq!(asked.names(), [""; 0]);
}
