//! The token endpoint as its clients meet it: what is sent, what is tried again, and that no secret shows.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    error::Error as _,
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::{FutureExt, future::join_all};
use http::{Method, Request, Response, header};
use plume_auth::{
    AccessToken, AuthError, AuthErrorKind, AuthorizationSetting, CachedTokenProvider, ClientCredentials,
    Credential, Introspection, IssuedToken, Scope, SecureUrl, StaticToken, TokenProvider, TokenSource,
};
use plume_runtime::{Clock, InProcess, Limits, ManualClock, Transport, TransportError, TransportErrorKind};

const URL: &str = "https://external.sso.example.net/oauth2/ausEXAMPLE/v1/token";
const HOST: &str = "external.sso.example.net";
const ID: &str = "0oaEXAMPLE";
/// Looks different in every encoding. The last word is what no text may show.
const SECRET: &str = "not-a-real-secret/+ &=:canary";
const TOKEN: &str = "not.a.canary-token";
const ANSWER: &str = r#"{"token_type":"Bearer","expires_in":600,"access_token":"not.a.canary-token"}"#;

// --- A scripted endpoint that records its requests ---

type Answer = Result<(u16, String), TransportErrorKind>;

fn with_status(status: u16, body: &str) -> Answer {
    Ok((status, body.to_owned()))
}

struct Seen {
    /// Since the clock's zero.
    at: Duration,
    request: Request<Bytes>,
}

struct Setup {
    source: ClientCredentials,
    clock: ManualClock,
    seen: Arc<Mutex<Vec<Seen>>>,
}

fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_768_471_800)
}

/// A client of an endpoint that sends `answers`, and repeats the last one.
fn setup(answers: Vec<Answer>) -> Setup {
    setup_with(answers, None)
}

/// As [`setup`], with one more header in every answer.
fn setup_with(answers: Vec<Answer>, header: Option<(&'static str, &'static str)>) -> Setup {
    let clock = ManualClock::skipping(start());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, now) = (Arc::clone(&seen), clock.clone());
    let transport = InProcess::new(move |request: Request<Bytes>| {
        let mut log = log.lock().unwrap();
        let answer = answers[log.len().min(answers.len() - 1)].clone();
        log.push(Seen { at: now.monotonic(), request });
        async move {
            match answer {
                Ok((status, body)) => {
                    let answer = Response::builder().status(status);
                    let answer =
                        header.into_iter().fold(answer, |answer, (name, value)| answer.header(name, value));
                    Ok(answer.body(Bytes::from(body)).unwrap())
                }
                Err(kind) => Err(TransportError::new(kind, "the sample network is down")),
            }
        }
    });
    let source = client(URL, Arc::new(transport)).with_clock(Arc::new(clock.clone()));
    Setup { source, clock, seen }
}

fn client(url: &str, transport: Arc<dyn Transport>) -> ClientCredentials {
    ClientCredentials::new(
        SecureUrl::parse(url).unwrap(),
        Credential::from_client(ID, SECRET),
        Scope::partner_admin("5e00000000000000000000aa"),
        transport,
    )
}

impl Setup {
    fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// When each request was made, in milliseconds.
    fn times(&self) -> Vec<u128> {
        self.seen.lock().unwrap().iter().map(|seen| seen.at.as_millis()).collect()
    }

    fn request(&self, number: usize) -> Request<Bytes> {
        self.seen.lock().unwrap()[number].request.clone()
    }

    async fn fail(&self) -> AuthError {
        let error = self.source.fetch().await.unwrap_err();
        assert_silent(&error);
        error
    }
}

/// The form of a request, decoded.
fn form(request: &Request<Bytes>) -> Vec<(String, String)> {
    url::form_urlencoded::parse(request.body()).into_owned().collect()
}

/// Every way in which a secret may look when it comes back.
fn secrets() -> Vec<String> {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let header = STANDARD.encode(format!("{}:{}", encode(ID), encode(SECRET)));
    vec![SECRET.to_owned(), encode(SECRET), encode(&header), header, TOKEN.to_owned()]
}

/// Neither the error nor anything below it shows a secret or a recognisable part of one.
fn assert_silent(error: &AuthError) {
    let mut texts = testkit::error::texts(error);
    texts.extend([error.help().to_owned(), error.code().unwrap_or_default().to_owned()]);
    for text in texts {
        assert_no_secret(&text);
    }
}

fn assert_no_secret(text: &str) {
    assert!(!text.contains("canary"), "{text}");
    for secret in secrets() {
        assert!(!text.contains(&secret[..12]), "{text}");
    }
}

// --- What is sent ---

#[tokio::test]
async fn the_request_is_what_the_endpoint_wants() {
    let setup = setup(vec![with_status(200, ANSWER)]);
    setup.source.fetch().await.unwrap();
    assert_eq!(setup.requests(), 1);
    let request = setup.request(0);
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), URL, "as it was configured");

    let credentials: Vec<_> = request.headers().get_all(header::AUTHORIZATION).iter().collect();
    assert_eq!(credentials.len(), 1);
    assert!(credentials[0].is_sensitive());
    let encoded = credentials[0].to_str().unwrap().strip_prefix("Basic ").unwrap();
    assert_eq!(STANDARD.decode(encoded).unwrap(), b"0oaEXAMPLE:not-a-real-secret%2F%2B%20%26%3D%3Acanary");
    for (name, value) in [
        (header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
        (header::ACCEPT, "application/json"),
        (header::ACCEPT_ENCODING, "identity"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        let values: Vec<_> = request.headers().get_all(&name).iter().collect();
        assert_eq!(values, [value], "{name}");
    }
    assert_eq!(
        request.body(),
        "grant_type=client_credentials&scope=partnerId%3A5e00000000000000000000aa+role%3ApartnerIdAdmin"
    );
    // The header is the only place for the client's id and secret: given twice, Okta refuses the request.
    let elsewhere = format!("{} {}", request.uri(), String::from_utf8_lossy(request.body()));
    for word in ["client_id", "client_secret", ID, "not-a-real"] {
        assert!(!elsewhere.contains(word), "{elsewhere}");
    }
    assert_no_secret(&format!("{request:?}"));
}

#[tokio::test]
async fn a_pasted_header_is_sent_as_it_was_pasted() {
    // The portal does not form-encode what it joins, and that is its business.
    let header = format!("Basic {}", STANDARD.encode("0oaEXAMPLE:not-a-real-secret/+"));
    let AuthorizationSetting::Basic(credential) = AuthorizationSetting::parse(&header).unwrap() else {
        panic!("it says Basic");
    };
    let sent = Arc::new(Mutex::new(None));
    let log = Arc::clone(&sent);
    let transport = InProcess::new(move |request: Request<Bytes>| {
        *log.lock().unwrap() = request.headers().get(header::AUTHORIZATION).cloned();
        async { Ok(Response::new(Bytes::from_static(ANSWER.as_bytes()))) }
    });
    let url = SecureUrl::parse(URL).unwrap();
    let source = ClientCredentials::new(url, credential, Scope::raw("sample"), Arc::new(transport));
    source.fetch().await.unwrap();
    assert_eq!(sent.lock().unwrap().as_ref().unwrap(), header.as_str());
}

#[tokio::test]
async fn a_scope_with_special_characters_stays_one_field() {
    let scope = "partnerId:a&grant_type=password;b=c+d%20ä role:\"x\"";
    let sent: Arc<Mutex<Option<Request<Bytes>>>> = Arc::default();
    let log = Arc::clone(&sent);
    let source = ClientCredentials::new(
        SecureUrl::parse(URL).unwrap(),
        Credential::from_client(ID, SECRET),
        Scope::raw(scope),
        Arc::new(InProcess::new(move |request| {
            *log.lock().unwrap() = Some(request);
            async { Ok(Response::new(Bytes::from_static(ANSWER.as_bytes()))) }
        })),
    );
    source.fetch().await.unwrap();
    let request = sent.lock().unwrap().take().unwrap();
    assert!(request.body().is_ascii());
    assert_eq!(
        form(&request),
        [("grant_type".to_owned(), "client_credentials".to_owned()), ("scope".to_owned(), scope.to_owned()),]
    );
}

/// Answers like [`InProcess`], and remembers the limits of every exchange.
#[derive(Debug, Default)]
struct Limited(Mutex<Vec<Limits>>);

#[async_trait]
impl Transport for Limited {
    async fn send(&self, _: Request<Bytes>, limits: &Limits) -> Result<Response<Bytes>, TransportError> {
        self.0.lock().unwrap().push(limits.clone());
        Err(TransportError::new(TransportErrorKind::Timeout, "too slow"))
    }
}

#[tokio::test]
async fn every_exchange_is_bounded() {
    let transport = Arc::new(Limited::default());
    let source = client(URL, Arc::clone(&transport) as Arc<dyn Transport>)
        .with_clock(Arc::new(ManualClock::skipping(start())));
    source.fetch().await.unwrap_err();
    let token = StaticToken::new(TOKEN).unwrap().token().await.unwrap();
    source.introspect(&token).await.unwrap_err();
    let limits = transport.0.lock().unwrap();
    assert_eq!(limits.len(), 3 + 1, "three attempts and one introspection");
    for limits in limits.iter() {
        assert_eq!(limits.max_body_bytes, 64 << 10);
        assert_eq!(limits.total_timeout, Duration::from_secs(10));
    }
}

#[tokio::test]
async fn an_answer_may_fill_its_limit_and_no_more() {
    let padded = |bytes: usize| with_status(200, &format!("{ANSWER}{}", " ".repeat(bytes - ANSWER.len())));
    assert!(setup(vec![padded(64 << 10)]).source.fetch().await.is_ok());
    let setup = setup(vec![padded((64 << 10) + 1)]);
    let error = setup.fail().await;
    assert_eq!(error.kind(), AuthErrorKind::Protocol);
    assert_eq!(setup.requests(), 1, "it would be as large the next time");
}

// --- What is tried again ---

#[tokio::test]
async fn failures_of_the_network_and_the_server_are_tried_three_times() {
    use TransportErrorKind::{Connect, Interrupted, Timeout};
    for answer in [
        with_status(500, ""),
        with_status(500, r#"{"error":"server_error"}"#),
        with_status(502, "<html>"),
        with_status(504, ""),
        with_status(599, ""),
        with_status(408, ""),
        with_status(400, r#"{"error":"temporarily_unavailable"}"#),
        Err(Connect),
        Err(Timeout),
        Err(Interrupted),
    ] {
        let setup = setup(vec![answer.clone()]);
        let error = setup.fail().await;
        assert_eq!(error.kind(), AuthErrorKind::Unavailable, "{answer:?}");
        assert!(error.is_transient());
        assert!(error.to_string().contains(HOST), "{error}");
        // About 200 ms before the second try and about 400 ms before the third, each give or take a half.
        let [first, second, third] = setup.times()[..] else { panic!("{answer:?}: {:?}", setup.times()) };
        assert_eq!(first, 0, "{answer:?}");
        assert!((100..=300).contains(&second), "{answer:?}: {second}");
        assert!((200..=600).contains(&(third - second)), "{answer:?}: {third}");
        assert_eq!(setup.clock.monotonic().as_millis(), third, "no wait after the last attempt");
        // Every try says the same.
        for number in 1..3 {
            assert_eq!(setup.request(number).uri(), setup.request(0).uri());
            assert_eq!(setup.request(number).headers(), setup.request(0).headers());
            assert_eq!(setup.request(number).body(), setup.request(0).body());
        }
    }
}

#[tokio::test]
async fn tries_that_take_long_are_fewer_so_that_the_reason_is_told() {
    let clock = ManualClock::skipping(SystemTime::UNIX_EPOCH);
    let attempts = Arc::new(Mutex::new(0));
    let (seen, time) = (Arc::clone(&attempts), clock.clone());
    let hangs = InProcess::new(move |_| {
        *seen.lock().unwrap() += 1;
        time.advance(Duration::from_secs(10));
        async { Err(TransportError::new(TransportErrorKind::Timeout, "no answer in time")) }
    });
    let source = ClientCredentials::new(
        SecureUrl::parse("https://sso.example.net/oauth2/x/v1/token").unwrap(),
        Credential::from_client("sim", "not-a-real-secret"),
        Scope::raw("x"),
        Arc::new(hangs),
    )
    .with_clock(Arc::new(clock.clone()));
    let provider = CachedTokenProvider::new(source, Arc::new(clock));
    let error = provider.token().await.unwrap_err();
    assert!(error.is_unreachable() && error.to_string().contains("sso.example.net"), "{error}");
    assert_eq!(*attempts.lock().unwrap(), 2);
}

#[tokio::test]
async fn a_compressed_answer_is_named_as_that() {
    for (status, kind) in [(200, AuthErrorKind::Protocol), (401, AuthErrorKind::CredentialsRejected)] {
        let packed = InProcess::new(move |_| async move {
            let answer = Response::builder().status(status).header("content-encoding", "br");
            Ok(answer.body(Bytes::from_static(b"\x8b\x02\x80")).unwrap())
        });
        let source = ClientCredentials::new(
            SecureUrl::parse("https://sso.example.net/oauth2/x/v1/token").unwrap(),
            Credential::from_client("sim", "not-a-real-secret"),
            Scope::raw("x"),
            Arc::new(packed),
        );
        let error = source.fetch().await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains("the body is compressed (br)"), "{error}");
    }
}

#[tokio::test]
async fn a_later_try_may_succeed() {
    let broken = || Err(TransportErrorKind::Interrupted);
    for (answers, attempts) in [
        (vec![broken(), with_status(200, ANSWER)], 2),
        (vec![broken(), with_status(502, ""), with_status(200, ANSWER)], 3),
    ] {
        let setup = setup(answers);
        assert!(setup.source.fetch().await.is_ok());
        assert_eq!(setup.requests(), attempts);
    }
    let setup = setup(vec![with_status(500, ""), with_status(401, "")]);
    assert_eq!(setup.fail().await.kind(), AuthErrorKind::CredentialsRejected);
    assert_eq!(setup.requests(), 2, "an answer that is final ends it");
}

#[tokio::test]
async fn a_busy_or_failing_endpoint_is_asked_three_times() {
    for status in [429, 503, 408, 500, 502, 504, 520, 522] {
        let recovers =
            setup(vec![with_status(status, ""), with_status(status, ""), with_status(200, ANSWER)]);
        assert!(recovers.source.fetch().await.is_ok(), "{status}");
        assert_eq!(recovers.requests(), 3, "{status}");
        let stays = setup(vec![with_status(status, "")]);
        let error = stays.fail().await;
        assert_eq!(stays.requests(), 3, "{status}");
        assert!(error.is_transient() && !error.help().contains("reuse"), "{status}: {}", error.help());
        let kind = if status == 429 { AuthErrorKind::Throttled } else { AuthErrorKind::Unavailable };
        assert_eq!(error.kind(), kind, "{status}");
    }
}

#[tokio::test]
async fn a_wait_that_the_endpoint_asks_for_is_kept_within_the_fetch_and_told_beyond_it() {
    for status in [429, 503] {
        for (asked, times, expected) in
            [("7", 2, None), ("0", 2, None), ("12", 1, Some(12)), ("300", 1, Some(300))]
        {
            let answers = vec![with_status(status, ""), with_status(200, ANSWER)];
            let setup = setup_with(answers, Some(("retry-after", asked)));
            let failed = setup.source.fetch().await.err();
            assert_eq!(setup.requests(), times, "{status} {asked}");
            if asked == "7" {
                let second = setup.times()[1];
                assert!((7_000..=7_700).contains(&second), "{second} ms");
            }
            let failed = failed.map(|error| (error.kind(), error.retry_after().unwrap().as_secs()));
            assert_eq!(
                failed,
                expected.map(|seconds| (AuthErrorKind::Throttled, seconds)),
                "{status} {asked}"
            );
        }
    }
}

#[tokio::test]
async fn what_another_try_cannot_change_is_tried_once() {
    use AuthErrorKind::{Configuration, CredentialsRejected, Forbidden, Protocol, Unexplained};
    use TransportErrorKind::{Refused, Tls, TooLarge};
    for (answer, kind) in [
        (with_status(400, ""), Configuration),
        (with_status(400, r#"{"error":"invalid_scope"}"#), Configuration),
        (with_status(400, r#"{"error":"invalid_client"}"#), CredentialsRejected),
        (with_status(401, ""), CredentialsRejected),
        (with_status(403, ""), Unexplained),
        (with_status(403, r#"{"error":"access_denied"}"#), Forbidden),
        (with_status(404, ""), Configuration),
        (with_status(200, ""), Protocol),
        (with_status(200, "<html>"), Protocol),
        (with_status(204, ""), Protocol),
        (Err(Refused), Configuration),
        (Err(Tls), Configuration),
        (Err(TooLarge), Protocol),
    ] {
        let setup = setup(vec![answer.clone()]);
        let error = setup.fail().await;
        assert_eq!(error.kind(), kind, "{answer:?}");
        assert!(error.to_string().contains(HOST), "{error}");
        assert_eq!(setup.times(), [0], "{answer:?}");
        assert_eq!(setup.clock.monotonic(), Duration::ZERO, "{answer:?}");
        assert_eq!(error.status(), answer.as_ref().ok().map(|(status, _)| *status));
        assert_eq!(error.source().is_some(), answer.is_err());
    }
}

#[tokio::test]
async fn a_redirect_is_a_protocol_failure_and_nobody_follows_it() {
    for status in [301, 302, 303, 307, 308] {
        let setup = setup(vec![with_status(status, "")]);
        let error = setup.fail().await;
        assert_eq!(error.kind(), AuthErrorKind::Protocol, "{status}");
        assert!(error.to_string().contains("redirect"), "{error}");
        assert_eq!(setup.requests(), 1);
    }
}

// --- Introspection ---

async fn introspect(url: &str, answer: Answer) -> (Setup, Result<Introspection, AuthError>) {
    let mut setup = setup(vec![answer]);
    if url != URL {
        let transport =
            InProcess::new(|_| async { Err(TransportError::new(TransportErrorKind::Connect, "")) });
        setup.source = client(url, Arc::new(transport));
    }
    let token = StaticToken::new(TOKEN).unwrap().token().await.unwrap();
    let result = setup.source.introspect(&token).await;
    if let Err(error) = &result {
        assert_silent(error);
    }
    (setup, result)
}

#[tokio::test]
async fn introspection_goes_to_the_sibling_of_the_token_endpoint() {
    let body = include_str!("bodies/introspect-active.json");
    let (setup, result) = introspect(URL, with_status(200, body)).await;
    let found = result.unwrap();
    assert!(found.active);
    assert_eq!(found.client_id.as_deref(), Some("0oaSAMPLE00000000000"));
    let request = setup.request(0);
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), "https://external.sso.example.net/oauth2/ausEXAMPLE/v1/introspect");
    assert_eq!(request.headers().get_all(header::AUTHORIZATION).iter().count(), 1);
    assert!(request.headers()[header::AUTHORIZATION].is_sensitive());
    assert_eq!(
        form(&request),
        [("token".to_owned(), TOKEN.to_owned()), ("token_type_hint".to_owned(), "access_token".to_owned()),]
    );
}

#[tokio::test]
async fn an_inactive_token_is_an_answer_and_no_error() {
    let body = include_str!("bodies/introspect-inactive.json");
    let (_, result) = introspect(URL, with_status(200, body)).await;
    assert!(!result.unwrap().active);
}

#[tokio::test]
async fn introspection_says_what_went_wrong_without_the_token() {
    let echo = format!(r#"{{"error":"invalid_request","error_description":"what is {TOKEN}?"}}"#);
    for (answer, kind) in [
        (with_status(400, &echo), AuthErrorKind::Configuration),
        (
            with_status(401, &echo.replace("invalid_request", "invalid_client")),
            AuthErrorKind::CredentialsRejected,
        ),
        (with_status(500, TOKEN), AuthErrorKind::Unavailable),
        (with_status(200, TOKEN), AuthErrorKind::Protocol),
        (with_status(200, r#"{"active":"true"}"#), AuthErrorKind::Protocol),
        (Err(TransportErrorKind::Connect), AuthErrorKind::Unavailable),
    ] {
        let (setup, result) = introspect(URL, answer).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(HOST), "{error}");
        assert_eq!(setup.requests(), 1);
    }
    let (_, result) =
        introspect("https://sso.example.net/oauth2/ausEXAMPLE", Err(TransportErrorKind::Tls)).await;
    assert_eq!(result.unwrap_err().kind(), AuthErrorKind::Configuration, "there is no sibling to derive");
}

// --- Lifetimes ---

#[tokio::test]
async fn a_lifetime_counts_from_before_the_request() {
    let clock = ManualClock::new(start());
    let (now, asked) = (clock.clone(), Arc::new(Mutex::new(0)));
    let log = Arc::clone(&asked);
    let transport = InProcess::new(move |_: Request<Bytes>| {
        let mut asked = log.lock().unwrap();
        *asked += 1;
        let first = *asked == 1;
        if first {
            // The answer is 20 s on its way.
            now.advance(Duration::from_secs(20));
        }
        async move {
            let status = if first { 200 } else { 403 };
            Ok(Response::builder().status(status).body(Bytes::from_static(ANSWER.as_bytes())).unwrap())
        }
    });
    let source = client(URL, Arc::new(transport)).with_clock(Arc::new(clock.clone()));
    let provider = CachedTokenProvider::new(source, Arc::new(clock.clone()));
    let token = provider.token().await.unwrap();
    assert_eq!(token.expires_at(), Some(start() + Duration::from_secs(600)));

    // One second before the end, 579 s after the answer, it is served, because a refresh fails …
    clock.advance(Duration::from_secs(579));
    assert_eq!(provider.token().await.unwrap().generation(), 1);
    assert_eq!(*asked.lock().unwrap(), 2);
    // … and 580 s after the answer it is over, although the endpoint had said 600.
    clock.advance(Duration::from_secs(1));
    assert_eq!(provider.token().await.unwrap_err().kind(), AuthErrorKind::Unexplained);
}

#[tokio::test]
async fn a_lifetime_counts_from_before_the_first_try() {
    // The endpoint does not know the duration of the earlier attempts; counting it costs little.
    let setup = setup(vec![with_status(500, ""), with_status(200, ANSWER)]);
    let clock = ManualClock::new(start());
    let provider = CachedTokenProvider::new(setup.source, Arc::new(clock));
    let token = provider.token().await.unwrap();
    assert_eq!(token.expires_at(), Some(start() + Duration::from_secs(600)));
}

#[tokio::test]
async fn the_claim_inside_a_token_does_not_shorten_its_life() {
    // By the token's own clock it is over in five minutes; `expires_in` says ten, and needs no clock.
    let claimed = start() + Duration::from_secs(300);
    let seconds = claimed.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{seconds}}}"#));
    let body = ANSWER.replace(TOKEN, &format!("h.{payload}.s"));
    let setup = setup(vec![with_status(200, &body)]);
    let provider = CachedTokenProvider::new(setup.source, Arc::new(setup.clock));
    let token = provider.token().await.unwrap();
    assert_eq!(token.expires_at(), Some(start() + Duration::from_secs(600)));
    assert_eq!(token.clocks_differ(), Some(Duration::from_secs(300)));
}

#[tokio::test]
async fn many_callers_share_one_fetch_with_its_tries() {
    for (answer, requests) in
        [(with_status(200, ANSWER), 1), (with_status(500, ""), 3), (with_status(401, ""), 1)]
    {
        let setup = setup(vec![answer]);
        let provider = CachedTokenProvider::new(setup.source.clone(), Arc::new(ManualClock::new(start())));
        let results = join_all((0..1_000).map(|_| provider.token())).await;
        assert!(results.windows(2).all(|two| two[0].is_ok() == two[1].is_ok()));
        assert_eq!(setup.requests(), requests);
        let _ = provider.token().await;
        assert_eq!(setup.requests(), requests, "the token is kept, and so is the failure");
    }
}

#[tokio::test]
async fn a_static_token_stays_whatever_the_api_says() {
    let provider = StaticToken::new(&format!(" {TOKEN}\n")).unwrap();
    let token = provider.token().await.unwrap();
    assert_eq!(token.expose_token(), TOKEN);
    assert_eq!(token.header_value(), format!("Bearer {TOKEN}").as_str());
    assert_eq!(token.expires_at(), None);
    provider.invalidate(&token);
    assert_eq!(provider.token().await.unwrap().generation(), token.generation());
    for text in ["", " ", "two words", "line\nbreak", "nul\0", "ä"] {
        assert!(StaticToken::new(text).is_none(), "{text:?}");
    }
}

// --- Secrets ---

#[tokio::test]
async fn no_answer_makes_a_secret_show() {
    for secret in secrets() {
        let quoted = serde_json::to_string(&secret).unwrap();
        let inside = serde_json::to_string(&format!("bad header 'Basic {secret}'!")).unwrap();
        // The cut of a long text goes through the secret.
        let late = serde_json::to_string(&format!("{}{secret}", "x".repeat(180))).unwrap();
        // A token that came with the answer is no less a secret, but no endpoint puts it into its errors.
        let echoes = if secret == TOKEN {
            vec![]
        } else {
            [&quoted, &inside, &late]
                .into_iter()
                .flat_map(|text| {
                    [
                        format!(r#"{{"error":{text}}}"#),
                        format!(r#"{{"error":"invalid_request","error_description":{text}}}"#),
                        format!(r#"{{"error":"invalid_client","error_description":{text}}}"#),
                        format!(r#"{{"errorCode":{text},"errorSummary":{text}}}"#),
                    ]
                })
                .collect()
        };
        let bodies = [
            secret.clone(),
            quoted.clone(),
            format!("<html>{secret}</html>"),
            format!(r#"{{"error":{{"error":{quoted}}}}}"#),
            format!(r#"{{{quoted}:1}}"#),
            format!(r#"{{"error":{quoted}"#),
            format!(r#"{{"token_type":{quoted},"access_token":{quoted}}}"#),
            format!(r#"{{"token_type":"Bearer","access_token":" {TOKEN}"}}"#),
            format!(r#"{{"token_type":"Bearer","access_token":"{TOKEN}","expires_in":0}}"#),
            format!(r#"{{"token_type":"DPoP","access_token":"{TOKEN}","expires_in":{quoted}}}"#),
            r#"{"token_type":"Bearer","access_token":"canary.eyJleHAiOjB9.canary","expires_in":0}"#
                .to_owned(),
        ];
        for body in bodies.into_iter().chain(echoes) {
            for status in [200, 204, 302, 400, 401, 403, 404, 408, 418, 429, 500, 503] {
                let setup = setup(vec![with_status(status, &body)]);
                let error = setup.fail().await;
                assert!(error.to_string().contains(HOST), "{error}");
                assert!(error.to_string().contains(&status.to_string()), "{error}");
                assert!(error.to_string().len() < 600, "{error}");
                assert!(!error.to_string().contains(char::is_control));
            }
        }
    }
}

#[tokio::test]
async fn what_a_pasted_header_holds_does_not_show_either() {
    // Not form-encoded, as the portal makes it, and with base64 that looks different inside a URL.
    let header = format!("Basic {}", STANDARD.encode(format!("{ID}:{SECRET}>>>???~~~")));
    let in_url: String = url::form_urlencoded::byte_serialize(header.as_bytes()).collect();
    assert!(in_url.contains("%2F"), "{in_url}");
    let Ok(AuthorizationSetting::Basic(credential)) = AuthorizationSetting::parse(&header) else {
        panic!("it says Basic");
    };
    for echo in [SECRET, &header, &in_url, header.trim_end_matches('=')] {
        let echo = echo.replace(SECRET, &format!("{SECRET}>>>???~~~"));
        let body = serde_json::json!({"error": "invalid_client", "error_description": echo}).to_string();
        let transport = InProcess::new(move |_: Request<Bytes>| {
            let answer = Response::builder().status(401).body(Bytes::from(body.clone())).unwrap();
            async { Ok(answer) }
        });
        let url = SecureUrl::parse(URL).unwrap();
        let source =
            ClientCredentials::new(url, credential.clone(), Scope::raw("sample"), Arc::new(transport));
        let error = source.fetch().await.unwrap_err();
        assert_silent(&error);
        assert!(!error.to_string().contains(&header[6..18]), "{error}");
        assert!(error.to_string().contains("[redacted]"), "{error}");
    }
}

#[test]
fn ordinary_words_are_not_torn_by_an_odd_secret() {
    for (id, secret) in [("", ""), (ID, ""), (ID, "a"), ("", "e")] {
        let transport = InProcess::new(|_: Request<Bytes>| async {
            Ok(Response::builder()
                .status(400)
                .body(Bytes::from_static(
                    br#"{"error":"invalid_scope","error_description":"a scope is needed"}"#,
                ))
                .unwrap())
        });
        let source = ClientCredentials::new(
            SecureUrl::parse(URL).unwrap(),
            Credential::from_client(id, secret),
            Scope::raw("sample"),
            Arc::new(transport),
        );
        let error = source.fetch().now_or_never().unwrap().unwrap_err();
        assert!(error.to_string().contains("invalid_scope: a scope is needed"), "{error}");
    }
}

#[tokio::test]
async fn nothing_shows_in_debug() {
    fn shown(value: &dyn fmt::Debug) {
        assert_no_secret(&format!("{value:?}"));
        assert_no_secret(&format!("{value:#?}"));
    }
    let issued = IssuedToken::new(TOKEN, Duration::from_secs(600)).unwrap();
    shown(&issued);
    shown(&issued.clone().with_scope(Some("sample".to_owned())));
    shown(&Credential::from_client(ID, SECRET));
    let fixed = StaticToken::new(TOKEN).unwrap();
    shown(&fixed);
    let token = fixed.token().await.unwrap();
    shown(&token);
    shown(token.header_value());

    let setup = setup(vec![with_status(200, ANSWER), with_status(401, SECRET)]);
    shown(&setup.source);
    let provider = CachedTokenProvider::new(setup.source.clone(), Arc::new(ManualClock::new(start())));
    shown(&provider);
    let token = provider.token().await.unwrap();
    assert_eq!(token.expose_token(), TOKEN);
    shown(&provider);
    shown(&token);
    provider.invalidate(&token);
    provider.token().await.unwrap_err();
    shown(&provider);

    let introspected = introspect(URL, with_status(200, include_str!("bodies/introspect-active.json"))).await;
    shown(&introspected.1);
}

#[tokio::test]
async fn an_error_can_be_followed_to_its_cause() {
    for kind in [
        TransportErrorKind::Refused,
        TransportErrorKind::Connect,
        TransportErrorKind::Tls,
        TransportErrorKind::Timeout,
        TransportErrorKind::Interrupted,
        TransportErrorKind::TooLarge,
    ] {
        let error = setup(vec![Err(kind)]).fail().await;
        let cause = error.source().unwrap().downcast_ref::<TransportError>().unwrap();
        assert_eq!(cause.kind(), kind);
        assert!(error.to_string().contains("the sample network is down"), "{error}");
        assert_eq!(error.status(), None);
    }
}

// --- The types ---

#[test]
fn providers_can_be_shared_between_threads_and_futures_sent() {
    fn shared<T: Send + Sync + 'static>() {}
    fn sendable<T: Send>(_: T) {}
    shared::<ClientCredentials>();
    shared::<CachedTokenProvider>();
    shared::<StaticToken>();
    shared::<Credential>();
    shared::<AccessToken>();
    shared::<IssuedToken>();
    shared::<AuthError>();
    shared::<Arc<dyn TokenProvider>>();
    shared::<Arc<dyn TokenSource>>();

    let source = setup(vec![with_status(200, ANSWER)]).source;
    let token = StaticToken::new(TOKEN).unwrap().token().now_or_never().unwrap().unwrap();
    sendable(source.fetch());
    sendable(source.introspect(&token));
    let provider: Box<dyn TokenProvider> =
        Box::new(CachedTokenProvider::new(source.clone(), Arc::new(ManualClock::new(start()))));
    sendable(provider.token());
    provider.invalidate(&token);
    let provider: Arc<dyn TokenProvider> = Arc::new(StaticToken::new(TOKEN).unwrap());
    sendable(Arc::new(provider).token());
}
