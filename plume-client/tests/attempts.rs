//! Shared limits of the attempts of a call: its time, its count, and the parts of a snapshot.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use http::{Request, Response};
use plume_auth::{
    AccessToken, AuthError, AuthErrorKind, CachedTokenProvider, SecureUrl, StaticToken, TokenProvider,
};
use plume_client::{CallRate, Client, ClientBuilder, ErrorKind, NotRetried, RateLimiter, Resource};
use plume_runtime::{Clock, Limits, ManualClock, Transport, TransportError};
use plume_types::PartFailureKind;
use testkit::replies::Counting;

/// Each answer: how long it takes, its status, its body.
type Answer = (u64, u16, &'static str);

/// Gives answers, and notes how long each request may take.
#[derive(Debug)]
struct Cloud {
    clock: ManualClock,
    answer: Mutex<Answers>,
    /// The path of each request and the most time that its attempt has.
    seen: Mutex<Vec<(String, Duration)>>,
}

#[derive(Debug)]
enum Answers {
    /// One after the other, the last one again and again.
    InOrder(VecDeque<Answer>),
    /// By the end of the path; else 404 without a body.
    ByPath(&'static [(&'static str, Answer)]),
}

impl Cloud {
    fn new(answers: Answers) -> Arc<Self> {
        let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
        Arc::new(Self { clock, answer: Mutex::new(answers), seen: Mutex::default() })
    }

    fn in_order(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Self::new(Answers::InOrder(answers.into_iter().collect()))
    }

    fn builder(self: &Arc<Self>) -> ClientBuilder {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        Client::builder()
            .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
            .token_provider(CachedTokenProvider::new(
                Counting::new("fake", Duration::from_secs(86_400)),
                Arc::clone(&clock),
            ))
            .transport(Arc::clone(self) as Arc<dyn Transport>)
            .rate_limiter(RateLimiter::unlimited(Arc::clone(&clock)))
            .clock(clock)
    }

    fn client(self: &Arc<Self>) -> Client {
        self.builder().build().unwrap()
    }

    fn sent(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

#[async_trait]
impl Transport for Cloud {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        let path = request.uri().path().to_owned();
        let (takes, status, body) = match &mut *self.answer.lock().unwrap() {
            Answers::InOrder(answers) if answers.len() > 1 => answers.pop_front().unwrap(),
            Answers::InOrder(answers) => answers[0],
            Answers::ByPath(answers) => {
                let found = answers.iter().find(|(end, _)| path.ends_with(end));
                found.map_or((0, 404, ""), |(_, answer)| *answer)
            }
        };
        self.seen.lock().unwrap().push((path, limits.total_timeout));
        self.clock.sleep(Duration::from_secs(takes)).await;
        Ok(Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap())
    }
}

const INVALID_TOKEN: &str = r#"{"error":{"statusCode":401,"code":"INVALID_TOKEN"}}"#;
const NO_CUSTOMER: &str = r#"{"error":{"statusCode":401,"code":"AUTHORIZATION_REQUIRED"}}"#;

#[tokio::test]
async fn replay_with_another_token_is_not_counted_as_an_attempt() {
    let cloud = Cloud::in_order([(0, 401, INVALID_TOKEN), (0, 503, ""), (0, 503, ""), (0, 200, "[]")]);
    assert!(cloud.client().customer("c1").location("l1").nodes().await.is_ok());
    assert_eq!(cloud.sent(), 4);
}

#[tokio::test]
async fn each_attempt_is_limited_by_the_remaining_time() {
    let cloud = Cloud::in_order([(25, 503, ""), (0, 200, "[]")]);
    let client = cloud.builder().deadline(Duration::from_secs(40)).build().unwrap();
    client.customer("c1").location("l1").nodes().await.unwrap();
    let seen = cloud.seen.lock().unwrap();
    assert_eq!(seen[0].1, Duration::from_secs(30), "the limit of one attempt");
    assert!(seen[1].1 <= Duration::from_secs(15) && seen[1].1 > Duration::from_secs(14), "{:?}", seen[1]);
}

#[tokio::test]
async fn the_wait_for_a_permit_uses_the_time_that_is_left() {
    // A permit every 20 s. The first attempt takes 15 s, so the second would have to wait for 5 s.
    for (deadline, sent, why) in [(30, 2, None), (18, 1, Some(NotRetried::Deadline))] {
        let cloud = Cloud::in_order([(15, 503, ""), (0, 200, "[]")]);
        let mut rate = CallRate::default();
        (rate.per_second, rate.burst) = (0.05, 1);
        let limiter = RateLimiter::new(rate, Arc::new(cloud.clock.clone()));
        let client =
            cloud.builder().rate_limiter(limiter).deadline(Duration::from_secs(deadline)).build().unwrap();
        let result = client.customer("c1").location("l1").nodes().await;
        assert_eq!((cloud.sent(), result.as_ref().err().and_then(|error| error.not_retried())), (sent, why));
        assert!(cloud.clock.monotonic() <= Duration::from_secs(deadline), "{:?}", cloud.clock.monotonic());
        assert_eq!(result.is_ok(), why.is_none());
    }
}

#[tokio::test]
async fn a_401_is_an_answer_and_ends_an_outage() {
    let cloud = Cloud::in_order([(0, 503, "")]);
    let client = cloud.client();
    let nodes = async || client.customer("c1").location("l1").nodes().await.unwrap_err();
    // A minute and more of failures uses up the budget.
    for _ in 0..14 {
        let _ = nodes().await;
        cloud.clock.advance(Duration::from_secs(5));
    }
    assert_eq!(nodes().await.not_retried(), Some(NotRetried::BudgetUsedUp));
    *cloud.answer.lock().unwrap() = Answers::InOrder([(0, 401, NO_CUSTOMER)].into());
    assert_eq!(nodes().await.kind(), ErrorKind::NotFound(Resource::Customer));
    // Some seconds later there are second attempts again.
    *cloud.answer.lock().unwrap() = Answers::InOrder([(0, 503, "")].into());
    cloud.clock.advance(Duration::from_secs(5));
    assert_eq!(nodes().await.not_retried(), Some(NotRetried::AttemptsUsedUp));
}

const NODES: &str = r#"{"nodes":[{"id":"TST1","connectionState":"connected"}]}"#;
const OTHERS: [(&str, Answer); 3] = [
    ("/nodes", (0, 200, NODES)),
    ("/devices", (0, 200, "[]")),
    ("/AppQoeStatsByTrafficClass", (0, 200, "{}")),
];

#[tokio::test]
async fn single_refused_location_discards_no_token() {
    const UNAUTHORIZED: &[(&str, Answer)] =
        &[("/l1", (0, 401, NO_CUSTOMER)), OTHERS[0], OTHERS[1], OTHERS[2]];
    const BARE: &[(&str, Answer)] = &[("/l1", (0, 404, "")), OTHERS[0], OTHERS[1], OTHERS[2]];
    const FORBIDDEN: &[(&str, Answer)] =
        &[("/l1", (0, 403, r#"{"error":{"statusCode":403}}"#)), OTHERS[0], OTHERS[1], OTHERS[2]];
    for answers in [UNAUTHORIZED, BARE, FORBIDDEN] {
        let cloud = Cloud::new(Answers::ByPath(answers));
        let snapshot = cloud.client().customer("c1").location("l1").snapshot().await.unwrap();
        assert_eq!(snapshot.location.failure().unwrap().kind, PartFailureKind::Refused);
        assert_eq!(snapshot.nodes.known().unwrap().len(), 1);
        assert!(snapshot.devices.known().is_some() && snapshot.qoe.known().is_some());
        assert!(snapshot.service_level.failure().is_some());
    }
    // The API itself says that there is no such location: an empty list of nodes would mean nothing.
    const NO_LOCATION: &[(&str, Answer)] = &[
        ("/l1", (0, 404, r#"{"error":{"statusCode":404,"message":"no such location"}}"#)),
        ("/nodes", (0, 200, "[]")),
        OTHERS[1],
        OTHERS[2],
    ];
    let cloud = Cloud::new(Answers::ByPath(NO_LOCATION));
    let error = cloud.client().customer("c1").location("l1").snapshot().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound(Resource::Location));
    // Nothing at all is known.
    let cloud = Cloud::new(Answers::ByPath(&[("", (0, 401, NO_CUSTOMER))]));
    let error = cloud.client().customer("c1").location("l1").snapshot().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound(Resource::Customer));
}

#[tokio::test]
async fn empty_snapshot_fails_with_the_widest_cause() {
    const MISSING: Answer = (0, 404, "");
    const AWAY: Answer = (0, 503, "");
    const BLOCK: Answer = (0, 403, "");
    for (part, answer, kind) in [
        ("/nodes", BLOCK, ErrorKind::Blocked),
        ("/devices", BLOCK, ErrorKind::Blocked),
        ("/AppQoeStatsByTrafficClass", BLOCK, ErrorKind::Blocked),
        ("/devices", (0, 503, ""), ErrorKind::Server),
        ("/devices", (0, 401, ""), ErrorKind::NotFound(Resource::Customer)),
        ("/devices", MISSING, ErrorKind::NotFound(Resource::Other)),
    ] {
        let parts: &'static [(&str, Answer)] = vec![(part, answer), ("/l1", MISSING), ("", MISSING)].leak();
        let cloud = Cloud::new(Answers::ByPath(parts));
        let error = cloud.client().customer("c1").location("l1").snapshot().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{part}: {error}");
    }
    let cloud = Cloud::new(Answers::ByPath(&[("/l1", BLOCK), ("/nodes", AWAY), ("", MISSING)]));
    let error = cloud.client().customer("c1").location("l1").snapshot().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Blocked);
}

#[tokio::test]
async fn the_optional_parts_of_a_snapshot_share_its_deadline() {
    const SLOW: &[(&str, Answer)] = &[
        ("/l1", (25, 200, r#"{"id":"l1"}"#)),
        ("/serviceLevel", (0, 200, "{}")),
        OTHERS[0],
        OTHERS[1],
        OTHERS[2],
    ];
    let cloud = Cloud::new(Answers::ByPath(SLOW));
    let client = cloud.builder().deadline(Duration::from_secs(40)).build().unwrap();
    let snapshot = client.customer("c1").location("l1").snapshot().await.unwrap();
    assert!(snapshot.location.known().is_some());
    let seen = cloud.seen.lock().unwrap();
    let (path, most) = seen.last().unwrap();
    assert!(path.ends_with("/serviceLevel"), "{path}");
    assert_eq!(*most, Duration::from_secs(15), "of the 40 s of the call");
}

/// Has a token for the first call alone.
#[derive(Debug)]
struct FirstOnly(AuthErrorKind, AtomicBool);

#[async_trait]
impl TokenProvider for FirstOnly {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        if self.1.swap(true, Ordering::Relaxed) {
            return Err(AuthError::new(self.0, "planted failure"));
        }
        StaticToken::new("not.a.token").unwrap().token().await
    }
}

#[tokio::test]
async fn a_part_without_a_token_fails_by_the_cause_of_that() {
    for (cause, kind) in [
        (AuthErrorKind::CredentialsRejected, PartFailureKind::Refused),
        (AuthErrorKind::Unavailable, PartFailureKind::ServerError),
        (AuthErrorKind::Protocol, PartFailureKind::Unreadable),
        (AuthErrorKind::Throttled, PartFailureKind::Limited),
    ] {
        let cloud = Cloud::new(Answers::ByPath(&[("/l1", (0, 200, r#"{"id":"l1"}"#))]));
        let client = cloud.builder().token_provider(FirstOnly(cause, AtomicBool::new(false)));
        let snapshot = client.build().unwrap().customer("c1").location("l1").snapshot().await.unwrap();
        assert!(snapshot.location.known().is_some(), "{cause:?}");
        assert_eq!(snapshot.nodes.failure().unwrap().kind, kind, "{cause:?}");
    }
}

#[tokio::test]
async fn a_part_of_a_list_is_not_the_list() {
    let cloud = Cloud::in_order([(0, 206, NODES)]);
    let error = cloud.client().customer("c1").location("l1").nodes().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unreadable, Some(206)));
    assert!(error.to_string().starts_with("unexpected partial response"), "{error}");
    // A change was made, whatever the server calls it.
    let cloud = Cloud::in_order([(0, 206, "{}")]);
    assert!(cloud.client().customer("c1").location("l1").optimize().send().await.is_ok());
}
