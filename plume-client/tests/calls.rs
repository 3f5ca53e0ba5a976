//! Calls with failures, against a transport that responds from a list.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use plume_auth::{
    CachedTokenProvider, ClientCredentials, Credential, Scope, SecureUrl, StaticToken, TokenSource,
};
use plume_client::{
    Client, Error, ErrorKind, QoePeriod, RateLimiter, Resource, Service, Settings, WifiDetails,
};
use plume_runtime::{Clock, InProcess, ManualClock, TransportErrorKind};
use testkit::replies::{Counting, Reply, broken, reply, with_header};

struct Setup {
    client: Client,
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
    tokens: Arc<Counting>,
    clock: ManualClock,
}

/// A client whose transport gives `replies` in order, the last one again and again.
fn setup(replies: impl IntoIterator<Item = Reply>) -> Setup {
    let replies = Mutex::new(replies.into_iter().collect::<VecDeque<_>>());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    let transport = InProcess::new(move |request| {
        seen.lock().unwrap().push(request);
        let mut replies = replies.lock().unwrap();
        let reply = if replies.len() > 1 { replies.pop_front().unwrap() } else { replies[0].clone() };
        async move { reply }
    });
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(784_111_770));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let tokens = Arc::new(Counting::new("token", Duration::from_secs(600)));
    let client = Client::builder()
        .api_base(SecureUrl::parse("https://cloud.example.net/api/").unwrap())
        .token_provider(CachedTokenProvider::new(Arc::clone(&tokens), Arc::clone(&shared)))
        .transport(Arc::new(transport))
        .rate_limiter(RateLimiter::unlimited(Arc::clone(&shared)))
        .clock(shared)
        .build()
        .unwrap();
    Setup { client, requests, tokens, clock }
}

impl Setup {
    fn sent(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    fn tokens_issued(&self) -> usize {
        self.tokens.issued()
    }

    async fn nodes(&self) -> Result<usize, Error> {
        let nodes = self.client.customer("c1").location("l1").nodes().await?;
        Ok(nodes.len())
    }
}

const NODES: &str = r#"{"nodes":[{"id":"TST1"}]}"#;
const INVALID_TOKEN: &str = r#"{"error":{"statusCode":401,"message":"Invalid","code":"INVALID_TOKEN"}}"#;
const UNAUTHORIZED: &str =
    r#"{"error":{"statusCode":401,"message":"Authorization Required","code":"AUTHORIZATION_REQUIRED"}}"#;

#[tokio::test]
async fn request_has_the_form_that_the_api_expects() {
    let setup = setup([reply(200, NODES)]);
    setup.nodes().await.unwrap();
    let requests = setup.requests.lock().unwrap();
    let request = &requests[0];
    assert_eq!(request.uri(), "https://cloud.example.net/api/Customers/c1/locations/l1/nodes");
    assert_eq!(request.headers()["accept"], "application/json");
    assert_eq!(request.headers()["authorization"], "Bearer token-1");
    assert!(request.headers()["authorization"].is_sensitive());
}

#[tokio::test]
async fn a_rejected_token_is_replaced_once_and_the_call_replayed_once() {
    let setup = setup([reply(401, INVALID_TOKEN), reply(200, NODES)]);
    assert_eq!(setup.nodes().await.unwrap(), 1);
    assert_eq!((setup.sent(), setup.tokens_issued()), (2, 2));
    assert_eq!(setup.requests.lock().unwrap()[1].headers()["authorization"], "Bearer token-2");
}

#[tokio::test]
async fn a_401_that_stays_is_an_unknown_customer_and_no_loop() {
    let setup = setup([reply(401, UNAUTHORIZED)]);
    let error = setup.nodes().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound(Resource::Customer));
    // The token was requested for this very call, so it is not to blame.
    assert_eq!((setup.sent(), setup.tokens_issued()), (1, 1));
    let lead = "no such customer, or no access to it, or the role does not allow this operation (GET /Customers/{id}";
    assert!(error.to_string().starts_with(lead), "{error}");
    assert!(!format!("{} {}", error, error.help()).contains("token"), "{error}");
    assert!(!error.is_transient() && error.retry_after().is_none());
}

#[tokio::test]
async fn a_401_without_a_customer_is_about_the_role() {
    let setup = setup([reply(401, UNAUTHORIZED)]);
    let error = setup.client.partner().node("TST1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(error.to_string().starts_with("the role does not allow this operation, or "), "{error}");
    assert_eq!((setup.sent(), setup.tokens_issued()), (1, 1));
}

#[tokio::test]
async fn a_401_about_the_token_is_not_taken_for_an_unknown_customer() {
    let challenge = with_header(reply(401, ""), "www-authenticate", r#"Bearer error="invalid_token""#);
    let bodies = [reply(401, INVALID_TOKEN), reply(401, r#"{"error":"invalid_token"}"#), challenge];
    for answer in bodies {
        let setup = setup([answer]);
        let error = setup.nodes().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        assert!(error.to_string().starts_with("the API rejected the access token ("), "{error}");
        assert_eq!((setup.sent(), setup.tokens_issued()), (2, 2));
    }
}

#[tokio::test]
async fn a_slow_token_endpoint_does_not_outlast_the_call() {
    #[derive(Debug)]
    struct Never;
    #[async_trait]
    impl plume_auth::TokenProvider for Never {
        async fn token(&self) -> Result<plume_auth::AccessToken, plume_auth::AuthError> {
            std::future::pending().await
        }
    }
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let client = Client::builder()
        .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
        .token_provider(Never)
        .transport(Arc::new(InProcess::new(|_| async { reply(200, NODES) })))
        .clock(Arc::new(clock.clone()))
        .deadline(Duration::from_secs(5))
        .build()
        .unwrap();
    let customer = client.customer("c1");
    // The call is polled first, and waits.
    let (result, ()) = tokio::join!(customer.get(), async { clock.advance(Duration::from_secs(5)) });
    let error = result.unwrap_err();
    assert_eq!((error.kind(), clock.monotonic()), (ErrorKind::Timeout, Duration::from_secs(5)));
    assert_eq!(client.rate_limiter().budget_left(), Some(1_900), "nothing was sent");
}

#[tokio::test]
async fn static_token_is_not_retried() {
    let calls = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&calls);
    let client = Client::builder()
        .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
        .token_provider(StaticToken::new("fixed").unwrap())
        .transport(Arc::new(InProcess::new(move |_| {
            *seen.lock().unwrap() += 1;
            async { reply(401, UNAUTHORIZED) }
        })))
        .build()
        .unwrap();
    // The customer or the token is unknown; the two cannot be distinguished.
    assert_eq!(client.customer("c1").get().await.unwrap_err().kind(), ErrorKind::Unauthorized);
    assert_eq!(*calls.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_403_of_the_application_is_final_and_drops_no_token() {
    let setup =
        setup([reply(403, r#"{"error":{"statusCode":403,"message":"other partner"}}"#), reply(200, NODES)]);
    let error = setup.nodes().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(error.server_message(), Some("other partner"));
    assert_eq!(setup.nodes().await.unwrap(), 1);
    assert_eq!(setup.tokens_issued(), 1);
}

#[tokio::test]
async fn a_403_of_the_firewall_pauses_everything_and_drops_no_token() {
    for body in ["<html><title>403 Forbidden</title></html>", "", r#"{"message":"Forbidden"}"#, "null"] {
        let setup = setup([reply(403, body), reply(200, NODES)]);
        let error = setup.nodes().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Blocked, "{body}");
        assert!(error.help().contains("five minutes"));
        setup.clock.advance(Duration::from_secs(299));
        let error = setup.nodes().await.unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Blocked, Some(Duration::from_secs(1))));
        assert_eq!(setup.sent(), 1, "nothing is sent during the pause");
        setup.clock.advance(Duration::from_secs(1));
        assert_eq!(setup.nodes().await.unwrap(), 1);
        assert_eq!(setup.tokens_issued(), 1);
    }
}

#[tokio::test]
async fn bearer_challenge_overrides_the_body() {
    let refused = || reply(403, "");
    let setup = setup([
        with_header(refused(), "www-authenticate", r#"Bearer error="invalid_token""#),
        with_header(refused(), "www-authenticate", r#"Bearer error="insufficient_scope""#),
    ]);
    assert_eq!(setup.nodes().await.unwrap_err().kind(), ErrorKind::Forbidden);
    assert_eq!((setup.sent(), setup.tokens_issued()), (2, 2));
}

#[tokio::test]
async fn server_failures_get_three_attempts() {
    for status in [408, 500, 502, 503, 504] {
        let setup = setup([reply(status, ""), reply(status, ""), reply(200, NODES)]);
        assert_eq!(setup.nodes().await.unwrap(), 1, "{status}");
    }
    let setup = setup([reply(503, "")]);
    let error = setup.nodes().await.unwrap_err();
    assert_eq!((error.kind(), error.status(), setup.sent()), (ErrorKind::Server, Some(503), 3));
    assert_eq!(error.attempts().len(), 3);
    assert!(error.to_string().contains("after 3 attempts"), "{error}");
}

#[tokio::test]
async fn an_unreadable_response_lists_its_attempts() {
    let setup = setup([reply(503, ""), reply(200, "<html>")]);
    let error = setup.nodes().await.unwrap_err();
    assert!(error.is_unreadable(), "{error:?}");
    let outcomes: Vec<&str> = error.attempts().iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert_eq!(outcomes, ["503 Service Unavailable", "200 OK"]);
    assert_eq!(error.not_retried(), None);
    // A body that is refused before it is decoded.
    let setup = self::setup([with_header(reply(200, "x"), "content-encoding", "br")]);
    let error = setup.nodes().await.unwrap_err();
    assert_eq!((error.attempts().len(), error.attempts()[0].outcome.as_str()), (1, "200 OK"));
}

#[tokio::test]
async fn an_error_text_names_no_fact_twice() {
    let busy = |message: &str| {
        let body = format!(r#"{{"error":{{"statusCode":429,"message":"{message}"}}}}"#);
        with_header(reply(429, &body), "retry-after", "7200")
    };
    let text = setup([busy("Too Many Requests")]).nodes().await.unwrap_err();
    let (text, report) = (text.to_string(), text.report().to_string());
    assert!(text.contains(": 429 Too Many Requests); Retry-After is 2 h, cut to 5 min"), "{text}");
    assert_eq!(report.matches("not retried").count(), 1, "{report}");
    let text = setup([busy("slow down")]).nodes().await.unwrap_err().to_string();
    assert!(text.contains(": 429 Too Many Requests, slow down)"), "{text}");
}

#[tokio::test]
async fn refusals_are_not_retried() {
    for (status, kind) in [
        (400, ErrorKind::Rejected),
        (404, ErrorKind::NotFound(Resource::Other)),
        (405, ErrorKind::Rejected),
        (409, ErrorKind::Rejected),
        (412, ErrorKind::Rejected),
        (418, ErrorKind::Rejected),
        (422, ErrorKind::Rejected),
        (425, ErrorKind::Rejected),
        (451, ErrorKind::Rejected),
        (501, ErrorKind::Unsupported),
        (301, ErrorKind::Unreadable),
        (307, ErrorKind::Unreadable),
        (206, ErrorKind::Unreadable),
        (505, ErrorKind::Server),
        (511, ErrorKind::Server),
    ] {
        let setup = setup([reply(status, "")]);
        let error = setup.nodes().await.unwrap_err();
        assert_eq!((error.kind(), error.status(), setup.sent()), (kind, Some(status), 1), "{status}");
    }
}

#[tokio::test]
async fn requested_wait_is_kept() {
    let setup = setup([with_header(reply(429, ""), "retry-after", "7"), reply(200, NODES)]);
    let before = setup.clock.monotonic();
    setup.nodes().await.unwrap();
    assert!(setup.clock.monotonic() - before >= Duration::from_secs(7));
}

#[tokio::test]
async fn patience_beyond_the_deadline_is_an_error_at_once() {
    let setup = setup([with_header(reply(429, ""), "retry-after", "120"), reply(200, NODES)]);
    let before = setup.clock.monotonic();
    let error = setup.nodes().await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(120))));
    assert_eq!(setup.clock.monotonic(), before);
}

#[tokio::test]
async fn broken_connection_is_retried_if_the_operation_is_idempotent() {
    for kind in [TransportErrorKind::Connect, TransportErrorKind::Timeout, TransportErrorKind::Interrupted] {
        let setup = setup([broken(kind), reply(200, NODES)]);
        assert_eq!(setup.nodes().await.unwrap(), 1, "{kind:?}");
    }
    // A POST that only reads may be repeated too.
    let setup = setup([broken(TransportErrorKind::Interrupted), reply(200, "{}")]);
    setup.client.customer("c1").location("l1").app_qoe(QoePeriod::LastHour).await.unwrap();
    let requests = setup.requests.lock().unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].method(), http::Method::POST);
    assert_eq!(requests[1].body(), r#"{"timePeriod":"lastHour"}"#);
}

#[tokio::test]
async fn hopeless_failures_are_not_retried() {
    for (kind, expected) in [
        (TransportErrorKind::Refused, ErrorKind::Settings),
        (TransportErrorKind::Runtime, ErrorKind::Runtime),
        (TransportErrorKind::Tls, ErrorKind::Network),
        (TransportErrorKind::TooLarge, ErrorKind::Unreadable),
    ] {
        let setup = setup([broken(kind)]);
        assert_eq!(setup.nodes().await.unwrap_err().kind(), expected);
        assert_eq!(setup.sent(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_something_else_is_an_error_and_never_an_empty_list() {
    for body in [
        "",
        "<html><body>Please log in</body></html>",
        r#"{"nodes":[{"id":"TST1"}"#,
        r#"{"nodes":null}"#,
        r#"{"data":[]}"#,
        "{}",
        "null",
        r#"{"error":{"statusCode":500,"message":"odd"}}"#,
        "[17]",
    ] {
        let setup = setup([reply(200, body)]);
        let error = setup.nodes().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unreadable, Some(200)), "{body}");
        assert!(error.to_string().contains("/Customers/{id}/locations/{locationId}/nodes"), "{error}");
    }
    // A byte order mark before the text is allowed.
    let setup = setup([reply(200, format!("\u{feff}{NODES}"))]);
    assert_eq!(setup.nodes().await.unwrap(), 1);
}

#[tokio::test]
async fn a_read_that_is_cut_off_is_transient() {
    for (body, transient) in [(r#"{"nodes":[{"id":"TST1"}"#, true), ("[", true), ("[17]", false), ("", false)]
    {
        let error = setup([reply(200, body)]).nodes().await.unwrap_err();
        assert_eq!((error.is_transient(), error.is_retryable()), (transient, transient), "{body}");
        assert_eq!(
            error.help() == "The response was cut off; try again.",
            transient,
            "{body}: {}",
            error.help()
        );
    }
}

#[tokio::test]
async fn errors_contain_no_secret_and_no_customer_data() {
    let body = r#"{"wifiNetwork":{"ssid":"canary","encryptionKey":"canary","keys":"canary"#;
    let setup = setup([reply(200, body)]);
    let error = setup.client.customer("c1").location("l1").wifi_network().await.unwrap_err();
    let shown = format!("{error} {error:?} {:?} {}", error.excerpt(), error.help());
    assert!(!shown.contains("canary"), "{shown}");
    assert!(!shown.contains("token-1"), "{shown}");
    assert!(error.excerpt().unwrap().contains("encryptionKey"));
    assert!(!format!("{:?}", setup.client).contains("token-1"));
}

#[tokio::test]
async fn unusable_ids_are_refused_before_anything_is_sent() {
    let setup = setup([reply(200, NODES)]);
    for id in ["", " ", ".", "..", "%2e%2e"] {
        let error = setup.client.customer(id).get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument, "{id}");
        let error = setup.client.customer("c1").location(id).nodes().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument, "{id}");
    }
    assert_eq!((setup.sent(), setup.tokens_issued()), (0, 0));
}

#[tokio::test]
async fn reports_without_their_base_url_are_an_error() {
    let setup = setup([reply(200, "{}")]);
    let error = setup.client.gateway_reports().location_qoe("l1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Settings);
    assert!(error.to_string().contains("PLUME_REPORTS_BASE"), "{error}");
    assert_eq!(setup.sent(), 0);
}

#[tokio::test]
async fn raw_calls_decode_into_custom_types() {
    #[derive(serde::Deserialize)]
    struct Mode {
        #[serde(rename = "networkMode")]
        mode: String,
    }
    let setup = setup([
        reply(200, r#"{"networkMode":"router"}"#),
        reply(200, r#"{"networkMode":"router"}"#),
        reply(200, r#"{"networkMode":17}"#),
    ]);
    let path = "/Customers/c1/locations/l1/networkMode";
    let mode: Mode = setup.client.read_path(Service::Api, path).with("a", "b c").json_as().await.unwrap();
    assert_eq!(mode.mode, "router");
    assert_eq!(
        setup.client.read_path(Service::Api, path).json_as::<serde_json::Value>().await.unwrap()["networkMode"],
        "router"
    );
    let error = setup.client.read_path(Service::Api, path).json_as::<Mode>().await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unreadable);
    assert_eq!(setup.requests.lock().unwrap()[0].uri().query(), Some("a=b+c"));
    let error = setup.client.read_path(Service::Api, "/a/../b").json().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
}

#[tokio::test]
async fn unknown_parts_are_counted_as_drift() {
    let setup = setup([reply(200, r#"{"nodes":[{"id":"TST1","fanSpeed":3},{"id":"TST2","fanSpeed":4}]}"#)]);
    setup.nodes().await.unwrap();
    setup.nodes().await.unwrap();
    let drift = setup.client.clone().drift();
    let place = drift.iter().next().unwrap();
    assert_eq!((place.path.as_str(), place.count), ("nodes[].fanSpeed", 4));
}

#[tokio::test]
async fn calls_are_counted_by_all_clones_together() {
    let setup = setup([reply(503, ""), reply(200, NODES)]);
    setup.nodes().await.unwrap();
    assert_eq!(setup.client.clone().calls_made(), 2);
}

#[test]
fn a_client_can_be_shared_and_its_futures_sent() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    fn sent<T: Send>(_: &T) {}
    shared::<Client>();
    shared::<Error>();
    let setup = setup([reply(200, NODES)]);
    sent(&setup.client.customer("c1").location("l1").snapshot());
}

/// Texts of a server about a refused call, in every form of an error.
fn told(error: &Error) -> String {
    format!("{error} {error:?} {} {:?} {:?}", error.report(), error.server_message(), error.excerpt())
}

#[tokio::test]
async fn errors_repeat_no_sent_secret() {
    // The token is `token-1`, and what is encrypted is a passphrase.
    for echo in [r"token\u002d1", r"token\\u002d1", "token%2D1", "token&#45;1", r"to\u200bken-1", "token-1"] {
        for body in [
            format!(r#"{{"error":{{"statusCode":400,"message":"the token {echo} is odd"}}}}"#),
            format!(r#"{{"error":{{"statusCode":400,"code":"{echo}"}}}}"#),
            format!(r#"{{"{echo}":"x"}}"#),
            format!("<{echo}>"),
            format!(r#"{{"error":{{"statusCode":400,"message":"{}{echo}"}}}}"#, "x".repeat(295)),
        ] {
            let setup = setup([reply(400, &body)]);
            let error = setup.client.customer("c").get().await.unwrap_err();
            assert!(!told(&error).contains("token-1") && !told(&error).contains(echo), "{body}: {error}");
        }
    }
    let setup = setup([reply(
        422,
        r#"{"error":{"statusCode":422,"message":"`n\u006ft-a-real-key` is too simple"}}"#,
    )]);
    let network = WifiDetails {
        ssid: Some("Home".into()),
        encryption_key: Some("not-a-real-key".into()),
        ..WifiDetails::default()
    };
    let change = setup.client.customer("c").location("l").replace_wifi_network(&network);
    let error = change.send().await.unwrap_err();
    assert_eq!(error.server_message(), Some("`[redacted]` is too simple"));
}

#[tokio::test]
async fn server_text_cannot_control_a_terminal() {
    let body =
        r#"{"error":{"statusCode":409,"code":"A\u202eB","message":"a\u001b[31m\u2066b\nc\ufeff\u200d"}}"#;
    let error = setup([reply(409, body)]).client.customer("c").get().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the API rejected the request (GET /Customers/{id}: 409 Conflict, A\u{fffd}B: a\u{fffd}[31m\u{fffd}b c)"
    );
    assert!(!told(&error).contains(['\u{202e}', '\u{1b}', '\u{2066}', '\u{feff}', '\u{200d}']));
    // The name of a field, in the excerpt.
    let error =
        setup([reply(200, "{\"a\u{202e}\u{200b}\":[]}")]).client.customer("c").locations().await.unwrap_err();
    assert_eq!(error.excerpt(), Some("{\"a\u{fffd}\":[]}"));
}

#[tokio::test]
async fn a_compressed_answer_is_named_as_that() {
    let packed = |status: u16, body: &'static [u8], coding: &str| {
        let answer = Response::builder().status(status).header("content-encoding", coding);
        Ok(answer.body(Bytes::from_static(body)).unwrap())
    };
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03";
    for (reply, kind, part) in [
        (packed(200, gzip, "gzip"), ErrorKind::Unreadable, ": compressed (gzip)"),
        (packed(200, b"\x8b\x02\x80", "identity, br"), ErrorKind::Unreadable, ": compressed (br)"),
        (packed(404, gzip, "gzip"), ErrorKind::NotFound(Resource::Other), "compressed body (gzip)"),
    ] {
        let setup = setup([reply]);
        let error = setup.nodes().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(setup.sent(), 1);
    }
    // A proxy that unpacked the body and left the header.
    assert_eq!(setup([packed(200, NODES.as_bytes(), "gzip")]).nodes().await.unwrap(), 1);
}

#[tokio::test]
async fn a_clock_that_shows_any_time_costs_no_panic() {
    for wall in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let setup = setup([reply(403, "<html>blocked</html>")]);
        setup.clock.set_wall(wall);
        for _ in 0..2 {
            let error = setup.nodes().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Blocked);
            assert!(error.to_string().contains("firewall"), "{error}");
        }
        let setup = self::setup([reply(200, NODES)]);
        setup.clock.set_wall(wall);
        let snapshot = setup.client.customer("c1").location("l1").snapshot().await.unwrap();
        assert!(serde_json::to_string(&snapshot.taken_at).is_ok());
    }
}

#[tokio::test]
async fn a_narrowed_scope_can_be_read() {
    for (scope, missing) in [
        ("", vec![]),
        (r#","scope":"role:partnerIdAdmin partnerId:5e00000000000000000000aa""#, vec![]),
        (r#","scope":"partnerId:5e00000000000000000000aa""#, vec!["role:partnerIdAdmin"]),
    ] {
        let body = format!(r#"{{"token_type":"Bearer","access_token":"abc","expires_in":600{scope}}}"#);
        let transport = InProcess::new(move |request: Request<Bytes>| {
            let answer =
                if request.uri().path().ends_with("/token") { reply(200, &body) } else { reply(200, "[]") };
            async move { answer }
        });
        let settings = Settings::from_variables([
            ("PLUME_SSO_URL", "https://sso.example.net/oauth2/x/v1/token"),
            ("PLUME_AUTH_HEADER", "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA=="),
            ("PLUME_PARTNER_ID", "5e00000000000000000000aa"),
            ("PLUME_API_BASE", "https://cloud.example.net/api"),
        ]);
        let client = Client::builder().settings(settings.unwrap()).transport(Arc::new(transport));
        let client = client.clock(Arc::new(ManualClock::skipping(DateTime::UNIX_EPOCH))).build().unwrap();
        assert!(client.scope_not_granted().is_empty(), "no token yet");
        client.customer("c").locations().await.unwrap();
        assert_eq!(client.scope_not_granted(), missing, "{scope}");
    }
}

#[tokio::test]
async fn help_for_a_certificate_names_the_setting() {
    let at_api = setup([broken(TransportErrorKind::Tls)]).client.customer("c").get().await.unwrap_err();
    assert!(at_api.help().contains("PLUME_EXTRA_ROOTS"), "{}", at_api.help());
    let reset = setup([broken(TransportErrorKind::Connect)]).client.customer("c").get().await.unwrap_err();
    assert!(!reset.help().contains("PLUME_EXTRA_ROOTS"), "{}", reset.help());

    let transport = InProcess::new(|_| async { broken(TransportErrorKind::Tls) });
    let source = ClientCredentials::new(
        SecureUrl::parse("https://sso.example.net/oauth2/x/v1/token").unwrap(),
        Credential::from_client("0oaEXAMPLE", "not-a-real-secret"),
        Scope::raw("x"),
        Arc::new(transport),
    );
    assert!(source.fetch().await.unwrap_err().help().contains("PLUME_EXTRA_ROOTS"));
}
