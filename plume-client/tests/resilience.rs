//! Outages, blocks and limits as the whole client meets them, in virtual time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use http::Request;
use plume_auth::{
    AccessToken, AuthError, AuthErrorKind, CachedTokenProvider, IssuedToken, SecureUrl, TokenProvider,
    TokenSource,
};
use plume_client::{CallRate, Client, ClientBuilder, Error, ErrorKind, NotRetried, RateLimiter, RetryPolicy};
use plume_runtime::{Clock, InProcess, ManualClock, TransportError, TransportErrorKind};
use testkit::replies::{Counting, Reply, reply, with_header};

const NODES: &str = r#"{"nodes":[{"id":"TST1"}]}"#;
const BLOCK_PAGE: &str = "<html><head><title>403 Forbidden</title></head></html>";
const SECOND: Duration = Duration::from_secs(1);
/// Shorter than a block.
const TOKEN_LIFE: Duration = Duration::from_secs(120);

struct World {
    client: Client,
    clock: ManualClock,
    sent: Arc<Mutex<Vec<Duration>>>,
    tokens: Arc<Counting>,
}

impl World {
    /// A client as the public builder makes it, whose server answers by `answer` from the number of the request.
    fn new(answer: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::with(answer, |builder, _| builder)
    }

    fn with(
        answer: impl Fn(usize) -> Reply + Send + Sync + 'static,
        more: impl FnOnce(ClientBuilder, Arc<dyn Clock>) -> ClientBuilder,
    ) -> Self {
        let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(784_111_770));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let sent: Arc<Mutex<Vec<Duration>>> = Arc::default();
        let (seen, now) = (Arc::clone(&sent), clock.clone());
        let transport = InProcess::new(move |_: Request<Bytes>| {
            let mut seen = seen.lock().unwrap();
            seen.push(now.monotonic());
            let reply = answer(seen.len() - 1);
            async move { reply }
        });
        let tokens = Arc::new(Counting::new("token", TOKEN_LIFE));
        let builder = Client::builder()
            .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
            .token_provider(CachedTokenProvider::new(Arc::clone(&tokens), Arc::clone(&shared)))
            .transport(Arc::new(transport))
            .clock(Arc::clone(&shared));
        Self { client: more(builder, shared).build().unwrap(), clock, sent, tokens }
    }

    fn sent(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    async fn nodes(&self) -> Result<usize, Error> {
        Ok(self.client.customer("c1").location("l1").nodes().await?.len())
    }
}

#[tokio::test]
async fn an_outage_of_ten_minutes_is_not_multiplied() {
    let world = World::new(|_| reply(503, ""));
    let (mut calls, mut before) = (0, 0);
    let begin = world.clock.monotonic();
    let mut last = None;
    while world.clock.monotonic() - begin < 600 * SECOND {
        if world.clock.monotonic() - begin < 60 * SECOND {
            before = world.sent();
            calls = 0;
        }
        calls += 1;
        last = Some(world.nodes().await.unwrap_err());
        world.clock.advance(SECOND / 10);
    }
    let sent = world.sent() - before;
    assert!(calls > 1_000 && sent * 100 <= calls * 110, "{sent} requests for {calls} calls");
    let last = last.unwrap();
    assert_eq!((last.kind(), last.status()), (ErrorKind::Server, Some(503)));
    assert!(last.to_string().ends_with("too many calls fail at the moment"), "{last}");
    assert_eq!(last.not_retried(), Some(NotRetried::BudgetUsedUp));
}

#[tokio::test]
async fn one_failure_in_a_hundred_is_never_seen() {
    let lot = Mutex::new(fastrand::Rng::with_seed(7));
    let world = World::with(
        move |_| if lot.lock().unwrap().u32(..100) == 0 { reply(503, "") } else { reply(200, NODES) },
        |builder, clock| builder.rate_limiter(RateLimiter::unlimited(clock)),
    );
    const CALLS: usize = 50_000;
    let mut failed = 0;
    for _ in 0..CALLS {
        failed += usize::from(world.nodes().await.is_err());
    }
    assert!(failed * 10_000 <= CALLS, "{failed} of {CALLS} failed");
    assert!(world.sent() > CALLS + CALLS / 200, "there were failures to hide: {}", world.sent() - CALLS);
}

#[tokio::test]
async fn block_is_respected_and_probed_once_at_its_end() {
    let world = World::new(|number| match number {
        0 | 1 => reply(403, BLOCK_PAGE),
        _ => reply(200, NODES),
    });
    let blocked = world.nodes().await.unwrap_err();
    assert!(blocked.is_blocked() && blocked.is_retryable());
    assert_eq!(blocked.retry_after(), Some(300 * SECOND));
    let end = world.clock.wall() + 300 * SECOND;
    // Longer than the lifetime of a token: a call that cannot be sent requests none.
    for _ in 0..299 {
        world.clock.advance(SECOND);
        let error = world.nodes().await.unwrap_err();
        assert_eq!((error.kind(), error.blocked_until()), (ErrorKind::Blocked, Some(end)));
        assert!(error.to_string().ends_with("until Sun, 06 Nov 1994 08:54:30 GMT"), "{error}");
    }
    assert_eq!((world.sent(), world.tokens.issued()), (1, 1));
    world.clock.advance(SECOND);
    assert!(world.nodes().await.unwrap_err().is_blocked(), "the probe meets the block again");
    assert!(world.nodes().await.unwrap_err().is_blocked());
    assert_eq!(world.sent(), 2, "one probe, and then a pause again");
    world.clock.advance(300 * SECOND);
    assert_eq!(world.nodes().await.unwrap(), 1);
    assert_eq!(world.tokens.issued(), 3, "one for each call that was sent");
}

#[tokio::test]
async fn ambiguous_refusal_is_classified_by_the_number_of_calls() {
    const AMBIGUOUS: &str = r#"{"error":{"message":"no"}}"#;
    const MANY: usize = 1_720;
    let world = World::new(|number| match number {
        0 | MANY => reply(403, AMBIGUOUS),
        _ => reply(200, NODES),
    });
    assert_eq!(
        world.nodes().await.unwrap_err().kind(),
        ErrorKind::Forbidden,
        "hardly a block, after one call"
    );
    for _ in 1..MANY {
        world.nodes().await.unwrap();
    }
    assert!(world.client.rate_limiter().budget_left().unwrap() < 190);
    assert!(world.nodes().await.unwrap_err().is_blocked());
}

#[tokio::test]
async fn clones_share_the_block_the_count_and_the_budget() {
    let world = World::new(|_| reply(403, ""));
    let clones: Vec<Client> = (0..50).map(|_| world.client.clone()).collect();
    for client in &clones {
        assert!(client.customer("c1").get().await.unwrap_err().is_blocked());
    }
    assert_eq!((world.sent(), world.client.calls_made()), (1, 1));
    assert!(world.client.rate_limiter().status().blocked_for.is_some());
}

#[tokio::test]
async fn every_attempt_takes_its_own_permit_and_token() {
    let world = World::with(
        |number| if number < 2 { reply(503, "") } else { reply(200, NODES) },
        // Each try has to wait longer than a token lives.
        |builder, clock| {
            let mut rate = CallRate::default();
            rate.per_second = 1.0 / 700.0;
            rate.burst = 1;
            builder
                .rate_limiter(RateLimiter::new(rate, clock))
                .deadline(Duration::from_secs(3_600))
                .retry(RetryPolicy::default().without_budget())
        },
    );
    assert_eq!(world.nodes().await.unwrap(), 1);
    assert_eq!((world.sent(), world.tokens.issued()), (3, 3));
    let sent = world.sent.lock().unwrap();
    assert!(sent.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(700)), "{sent:?}");
}

#[tokio::test]
async fn a_policy_can_be_given_to_the_client_and_to_a_call() {
    let world =
        World::with(|_| reply(503, ""), |builder, _| builder.retry(RetryPolicy::default().max_attempts(5)));
    assert_eq!(world.nodes().await.unwrap_err().attempts().len(), 5);
    let once = world.client.with_retry(RetryPolicy::none());
    let error = once.customer("c1").get().await.unwrap_err();
    assert_eq!((error.attempts().len(), error.not_retried()), (1, Some(NotRetried::AttemptsUsedUp)));
    // A deadline of its own: the wait that the server requests is too long for it.
    let world = World::new(|number| match number {
        0 => with_header(reply(503, ""), "retry-after", "20"),
        _ => reply(200, NODES),
    });
    let hurried = world.client.with_deadline(10 * SECOND);
    let before = world.clock.monotonic();
    let error = hurried.customer("c1").location("l1").nodes().await.unwrap_err();
    assert_eq!(world.clock.monotonic(), before, "reported at once");
    assert_eq!((error.retry_after(), error.not_retried()), (Some(20 * SECOND), Some(NotRetried::Deadline)));
    assert!(error.to_string().ends_with("not retried: the wait of 20 s would pass the deadline"), "{error}");
}

#[tokio::test]
async fn wait_is_at_least_the_backoff_and_the_requested_wait() {
    for (header, at_least, at_most) in [
        ("3", 3.0, 3.3),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 7.0, 7.3),
        // Nonsense, and "now", leave our own back-off.
        ("0", 0.0, 0.3),
        ("-5", 0.0, 0.3),
        ("1.5", 0.0, 0.3),
    ] {
        let world = World::new(move |number| match number {
            0 => with_header(reply(503, ""), "retry-after", header),
            _ => reply(200, NODES),
        });
        world.nodes().await.unwrap();
        let sent = world.sent.lock().unwrap();
        let waited = (sent[1] - sent[0]).as_secs_f64();
        assert!(waited > 0.0 && (at_least..at_most).contains(&waited), "{header}: {waited}");
    }
}

#[tokio::test]
async fn error_429_pauses_all_calls() {
    let world = World::new(|number| match number {
        0 => with_header(reply(429, ""), "retry-after", "5"),
        _ => reply(200, NODES),
    });
    let impatient = world.client.with_retry(RetryPolicy::none());
    assert_eq!(impatient.customer("c1").get().await.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(world.client.rate_limiter().status().paused_for, Some(5 * SECOND));
    let before = world.clock.monotonic();
    world.nodes().await.unwrap();
    assert!(world.clock.monotonic() - before >= 5 * SECOND);
}

#[tokio::test]
async fn full_queue_is_a_distinct_error() {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let mut rate = CallRate::default();
    rate.per_second = 0.1;
    rate.burst = 1;
    rate.max_waiting = 2;
    let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
    let world = World::with(|_| reply(200, NODES), {
        let limiter = limiter.clone();
        |builder, _| builder.rate_limiter(limiter).tenant("one")
    });
    world.nodes().await.unwrap();
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let client = world.client.clone();
            tokio::spawn(async move {
                client.customer("c1").location("l1").nodes().await.map(|nodes| nodes.len())
            })
        })
        .collect();
    while limiter.status().waiting < 2 {
        tokio::task::yield_now().await;
    }
    let error = world.nodes().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert!(error.is_limited() && error.is_retryable());
    for _ in 0..2 {
        clock.advance(10 * SECOND);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
    for task in waiting {
        assert_eq!(task.await.unwrap().unwrap(), 1);
    }
}

#[tokio::test]
async fn error_report_has_every_attempt() {
    let world = World::new(|number| match number {
        0 => Err(TransportError::new(TransportErrorKind::Connect, "the server could not be reached")
            .with_source(std::io::Error::other("no route to host"))),
        1 => with_header(reply(502, "<html>canary</html>"), "retry-after", "2"),
        _ => with_header(
            reply(503, r#"{"error":{"statusCode":503,"code":"BUSY","message":"try later"}}"#),
            "x-amzn-requestid",
            "4f1c-example",
        ),
    });
    let error = world.nodes().await.unwrap_err();
    assert_eq!(error.request_id(), Some("4f1c-example"));
    assert_eq!((error.code(), error.server_message()), (Some("BUSY"), Some("try later")));
    assert_eq!(error.attempts()[2].pause, 2 * SECOND);
    assert_eq!(
        error.to_string(),
        "the API failed (GET /Customers/{id}/locations/{locationId}/nodes: 503 Service Unavailable, BUSY: try later), \
         after 3 attempts (before: the server could not be reached; 502 Bad Gateway)"
    );
    let report = error.report().to_string();
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines.len(), 7, "{report}");
    assert!(lines[1].starts_with("attempt 1: the server could not be reached in 0.0 s"), "{report}");
    assert!(lines[3].contains("(waited before: paused 2.0 s"), "{report}");
    assert_eq!(
        lines[4..],
        [
            "not retried: the maximum number of attempts is reached",
            "request id: 4f1c-example",
            "help: Retry later."
        ]
    );
    assert_eq!(format!("{error:?}"), report, "as `main` prints it");
    assert!(format!("{error:#?}").starts_with("Error {\n    kind: Server,"), "{error:#?}");
    let json = serde_json::to_value(&error).unwrap();
    assert_eq!(
        (&json["kind"], &json["status"], &json["code"]),
        (&"server".into(), &503.into(), &"BUSY".into())
    );
    let copy = error.clone();
    assert_eq!(copy.to_string(), error.to_string());
    // The causes of a failure of the network.
    let world = World::new(|_| {
        Err(TransportError::new(TransportErrorKind::Tls, "no trusted TLS connection")
            .with_source(std::io::Error::other("certificate has expired")))
    });
    let error = world.nodes().await.unwrap_err();
    assert_eq!((error.kind(), error.not_retried()), (ErrorKind::Network, Some(NotRetried::Final)));
    assert!(
        error.report().to_string().contains("\ncaused by: certificate has expired\n"),
        "{}",
        error.report()
    );
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn unknown_parts_are_reported_once_and_an_error_in_strict_mode() {
    const ODD: &str = r#"{"nodes":[{"id":"TST1","fan":3},{"id":"TST2","fan":4,"connectionState":"dozing"}]}"#;
    let reported: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&reported);
    let world = World::with(
        |_| reply(200, ODD),
        |builder, _| {
            builder.on_drift(move |sighting| {
                let text =
                    format!("{}: {} {}", sighting.operation.name, sighting.place.kind, sighting.place.path);
                seen.lock().unwrap().push(text);
            })
        },
    );
    for _ in 0..3 {
        assert_eq!(world.nodes().await.unwrap(), 2);
    }
    let mut reported = reported.lock().unwrap().clone();
    reported.sort();
    assert_eq!(
        reported,
        [
            "location.nodes: unknown field nodes[].fan",
            "location.nodes: unknown value nodes[].connectionState"
        ]
    );
    let log = world.client.drift_log();
    assert_eq!(log.take().iter().map(|place| place.count).sum::<u64>(), 9);
    assert!(world.client.drift().is_empty());

    let world = World::with(|_| reply(200, ODD), |builder, _| builder.strict(true));
    let error = world.nodes().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Drift, Some(200)));
    assert_eq!(error.drift().unwrap().iter().count(), 2);
    assert_eq!(
        error.to_string(),
        "the response to GET /Customers/{id}/locations/{locationId}/nodes (200 OK) differs from the models at \
         nodes[].connectionState (unknown value), nodes[].fan (unknown field)"
    );
}

/// A token source that is not ready at its first poll.
#[derive(Debug)]
struct Late(Counting);

#[async_trait::async_trait]
impl TokenSource for Late {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        tokio::task::yield_now().await;
        self.0.fetch().await
    }
}

#[tokio::test]
async fn a_clock_that_skips_sleeps_leaves_a_token_fetch_its_time() {
    let world = World::with(
        |_| reply(200, NODES),
        |builder, clock| {
            let source = Arc::new(Late(Counting::new("token", TOKEN_LIFE)));
            builder.token_provider(CachedTokenProvider::new(source, clock))
        },
    );
    let home = world.client.customer("c1").location("l1");
    assert_eq!(home.nodes().await.unwrap().len(), 1);
}

/// A provider whose endpoint fails in a way that can pass, or for good.
#[derive(Debug)]
struct Failing(AuthErrorKind);

#[async_trait::async_trait]
impl TokenProvider for Failing {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        Err(AuthError::new(self.0, "the sample endpoint is down"))
    }
}

#[tokio::test]
async fn only_a_permanent_token_failure_is_reported_as_repeating() {
    for (kind, why) in
        [(AuthErrorKind::Unavailable, None), (AuthErrorKind::CredentialsRejected, Some(NotRetried::Final))]
    {
        let world = World::with(|_| reply(200, NODES), |builder, _| builder.token_provider(Failing(kind)));
        let error = world.client.customer("c1").location("l1").nodes().await.unwrap_err();
        assert_eq!((error.kind(), error.not_retried()), (ErrorKind::Auth, why));
        assert_eq!(error.is_transient(), why.is_none());
        assert_eq!(error.report().to_string().contains("not retried"), why.is_some(), "{error:?}");
    }
}
