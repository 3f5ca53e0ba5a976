//! The exit code of every error: by its cause, not by its place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use http::{Request, Response};
use plume::{
    Client, ClientBuilder, Error, ErrorKind, Filter, NotRetried, RateLimiter, Resource, Service, Settings,
    auth::{
        AccessToken, AuthError, AuthErrorKind, CachedTokenProvider, ClientCredentials, Credential, Scope,
        SecureUrl, StaticToken, TokenProvider,
    },
    cli::{exit, exit_code},
    health::{Policy, analyze},
    runtime::{InProcess, ManualClock, TransportError, TransportErrorKind},
};

type Reply = Result<Response<Bytes>, TransportError>;

type Headers = &'static [(&'static str, &'static str)];

/// Status, headers, body, and the exit code.
type Row<B> = (u16, Headers, B, u8);

fn reply(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Reply {
    let builder = Response::builder().status(status);
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    Ok(builder.body(Bytes::from(body.to_owned())).unwrap())
}

fn broken(kind: TransportErrorKind) -> Reply {
    Err(TransportError::new(kind, "planted failure"))
}

fn clock() -> ManualClock {
    ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(784_111_770))
}

/// A client whose transport responds to every request with `answer` of its path.
fn client(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> ClientBuilder {
    Client::builder()
        .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
        .token_provider(StaticToken::new("not.a.token").unwrap())
        .transport(Arc::new(InProcess::new(move |request: Request<Bytes>| {
            let reply = answer(request.uri().path());
            async move { reply }
        })))
        .clock(Arc::new(clock()))
}

async fn nodes(builder: ClientBuilder) -> Error {
    builder.build().unwrap().customer("c1").location("l1").nodes().await.unwrap_err()
}

#[tokio::test]
async fn api_response_has_the_exit_code_of_its_cause() {
    const NONE: Headers = &[];
    const LATER: Headers = &[("retry-after", "7")];
    const CHALLENGE: Headers = &[("www-authenticate", "Bearer error=\"invalid_token\"")];
    const INSUFFICIENT: Headers = &[("www-authenticate", "Bearer error=\"insufficient_scope\"")];
    let application = |status: u16| format!(r#"{{"error":{{"statusCode":{status},"message":"x"}}}}"#);
    let mut rows: Vec<Row<String>> = vec![
        (401, CHALLENGE, String::new(), exit::AUTH),
        (403, NONE, application(403), exit::FAILED),
        (403, INSUFFICIENT, String::new(), exit::FAILED),
        (403, CHALLENGE, String::new(), exit::AUTH),
        (403, NONE, String::new(), exit::LIMITED),
        (403, NONE, "<html>".to_owned(), exit::LIMITED),
        (429, NONE, String::new(), exit::LIMITED),
        (429, LATER, application(429), exit::LIMITED),
        (503, LATER, String::new(), exit::LIMITED),
        (404, NONE, application(404), exit::NOT_FOUND),
        (404, NONE, String::new(), exit::NOT_FOUND),
        (408, NONE, String::new(), exit::NETWORK),
        (400, NONE, application(400), exit::FAILED),
        (409, NONE, String::new(), exit::FAILED),
        (412, NONE, String::new(), exit::FAILED),
        (422, NONE, application(422), exit::FAILED),
        (302, NONE, String::new(), exit::FAILED),
        (200, NONE, "<html>".to_owned(), exit::FAILED),
        (200, NONE, "{".to_owned(), exit::FAILED),
    ];
    // All other server errors, with and without `Retry-After`.
    rows.extend(
        [500, 501, 502, 503, 504, 505, 520, 522].map(|status| (status, NONE, String::new(), exit::NETWORK)),
    );
    rows.extend([500, 502, 504].map(|status| (status, LATER, String::new(), exit::NETWORK)));
    for (status, headers, body, code) in rows {
        let headers = headers.to_vec();
        let shown = format!("{status} {headers:?} {body}");
        let error = nodes(client(move |_| reply(status, &headers, &body))).await;
        assert_eq!(exit_code(&error), code, "{shown}: {error}");
    }
}

#[tokio::test]
async fn token_endpoint_response_has_the_same_exit_codes() {
    const NONE: Headers = &[];
    const LATER: Headers = &[("retry-after", "7")];
    let rows: Vec<Row<&str>> = vec![
        (401, NONE, r#"{"error":"invalid_client"}"#, exit::AUTH),
        (401, NONE, "", exit::AUTH),
        (403, NONE, r#"{"error":"access_denied"}"#, exit::AUTH),
        (403, NONE, "<html>", exit::LIMITED),
        (429, NONE, "", exit::LIMITED),
        (429, LATER, r#"{"errorCode":"E0000047"}"#, exit::LIMITED),
        (503, LATER, "", exit::LIMITED),
        (503, NONE, "", exit::NETWORK),
        (500, NONE, "", exit::NETWORK),
        (502, LATER, "<html>", exit::NETWORK),
        (504, NONE, "", exit::NETWORK),
        (522, NONE, "", exit::NETWORK),
        (400, NONE, r#"{"error":"invalid_scope"}"#, exit::USAGE),
        (404, NONE, "", exit::USAGE),
        (200, NONE, "<html>", exit::FAILED),
        (302, NONE, "", exit::FAILED),
    ];
    for (status, headers, body, code) in rows {
        let (shown, headers) = (format!("{status} {headers:?} {body}"), headers.to_vec());
        let error = signing_in(move || reply(status, &headers, body)).await;
        assert_eq!(error.kind(), ErrorKind::Auth, "{shown}");
        assert_eq!(exit_code(&error), code, "{shown}: {error}");
    }
}

/// Returns the error of a call that obtains its token with client credentials.
async fn signing_in(answer: impl Fn() -> Reply + Send + Sync + 'static) -> Error {
    let transport = Arc::new(InProcess::new(move |_: Request<Bytes>| {
        let reply = answer();
        async move { reply }
    }));
    let clock = Arc::new(clock());
    let source = ClientCredentials::new(
        SecureUrl::parse("https://sso.example.net/oauth2/x/v1/token").unwrap(),
        Credential::from_client("0oaEXAMPLE", "not-a-real-secret"),
        Scope::partner_admin("example"),
        transport,
    )
    .clock(clock.clone());
    nodes(client(|_| unreachable!()).token_provider(CachedTokenProvider::new(source, clock))).await
}

#[tokio::test]
async fn network_failure_has_one_exit_code_in_both_places() {
    use TransportErrorKind::{Connect, Interrupted, Proxy, Refused, Timeout, Tls, TooLarge};
    for (kind, code) in [
        (Connect, exit::NETWORK),
        (Tls, exit::NETWORK),
        (Proxy, exit::NETWORK),
        (Timeout, exit::NETWORK),
        (Interrupted, exit::NETWORK),
        (Refused, exit::USAGE),
        (TooLarge, exit::FAILED),
    ] {
        let error = nodes(client(move |_| broken(kind))).await;
        assert_eq!(exit_code(&error), code, "{kind:?} at the API: {error}");
        let error = signing_in(move || broken(kind)).await;
        assert_eq!(exit_code(&error), code, "{kind:?} at the token endpoint: {error}");
    }
}

#[derive(Debug)]
struct Fails(AuthErrorKind);

#[async_trait::async_trait]
impl TokenProvider for Fails {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        Err(AuthError::new(self.0, "planted failure"))
    }
}

#[tokio::test]
async fn every_token_error_kind_has_an_exit_code() {
    for (kind, code) in [
        (AuthErrorKind::CredentialsRejected, exit::AUTH),
        (AuthErrorKind::Forbidden, exit::AUTH),
        (AuthErrorKind::TokenRejected, exit::AUTH),
        (AuthErrorKind::SignedOut, exit::AUTH),
        (AuthErrorKind::Configuration, exit::USAGE),
        (AuthErrorKind::Blocked, exit::LIMITED),
        (AuthErrorKind::Unexplained, exit::LIMITED),
        (AuthErrorKind::Throttled, exit::LIMITED),
        (AuthErrorKind::Unavailable, exit::NETWORK),
        (AuthErrorKind::Protocol, exit::FAILED),
        (AuthErrorKind::Internal, exit::FAILED),
    ] {
        let error = nodes(client(|_| unreachable!()).token_provider(Fails(kind))).await;
        assert_eq!(exit_code(&error), code, "{kind:?}");
    }
}

/// Checks the kinds that no server response causes.
#[tokio::test]
async fn every_other_error_kind_has_an_exit_code() {
    let none: [(&str, &str); 0] = [];
    let settings = Error::from(Settings::from_variables(none).unwrap_err());
    assert_eq!((settings.kind(), exit_code(&settings)), (ErrorKind::Settings, exit::USAGE));

    let empty = client(|_| reply(200, &[], "[]")).build().unwrap();
    let argument = empty.customer("..").get().await.unwrap_err();
    assert_eq!((argument.kind(), exit_code(&argument)), (ErrorKind::Argument, exit::USAGE));
    let no_base = empty.read_path(Service::Lte, "/x").json().await.unwrap_err();
    assert_eq!((no_base.kind(), exit_code(&no_base)), (ErrorKind::Settings, exit::USAGE));

    // The second call of a blocked address is not sent.
    let blocked = client(|_| reply(403, &[], "")).build().unwrap();
    for _ in 0..2 {
        let error = blocked.customer("c1").get().await.unwrap_err();
        assert_eq!((error.kind(), exit_code(&error)), (ErrorKind::Blocked, exit::LIMITED));
    }

    let mut rate = plume::CallRate::default();
    (rate.per_second, rate.burst) = (0.001, 1);
    let limited = client(|_| reply(200, &[], "[]"));
    let limited = limited.rate_limiter(RateLimiter::new(rate, Arc::new(clock()))).build().unwrap();
    let home = limited.customer("c1").location("l1");
    home.nodes().await.unwrap();
    let error = home.nodes().await.unwrap_err();
    assert_eq!((error.kind(), exit_code(&error)), (ErrorKind::RateLimited, exit::LIMITED));
    (rate.per_second, rate.max_waiting) = (1.0, 0);
    let full = client(|_| reply(200, &[], "[]"));
    let full = full.rate_limiter(RateLimiter::new(rate, Arc::new(clock()))).build().unwrap();
    let home = full.customer("c1").location("l1");
    home.nodes().await.unwrap();
    let error = home.nodes().await.unwrap_err();
    assert_eq!((error.kind(), exit_code(&error)), (ErrorKind::Overloaded, exit::LIMITED));

    // A 401 about the id, the role or the token. A read that was accepted before separates the causes.
    let is_down = Arc::new(AtomicBool::new(false));
    let down = Arc::clone(&is_down);
    let cloud = client(move |path| match path {
        path if !path.ends_with("/k1") => reply(401, &[], ""),
        _ if down.load(Ordering::Relaxed) => reply(503, &[], ""),
        _ => reply(200, &[], r#"{"id":"k1"}"#),
    });
    let cloud = cloud.build().unwrap();
    let count = async || cloud.customers().count().await.unwrap_err();
    let error = count().await;
    assert_eq!((error.kind(), exit_code(&error)), (ErrorKind::Unauthorized, exit::AUTH));
    cloud.customer("k1").get().await.unwrap();
    is_down.store(true, Ordering::Relaxed);
    let error = count().await;
    assert_eq!((error.kind(), error.not_retried()), (ErrorKind::Unauthorized, Some(NotRetried::Unchecked)));
    assert_eq!(exit_code(&error), exit::FAILED);
    is_down.store(false, Ordering::Relaxed);
    let error = count().await;
    assert_eq!((error.kind(), exit_code(&error)), (ErrorKind::Forbidden, exit::FAILED));
    let error = cloud.customer("k2").get().await.unwrap_err();
    assert_eq!((error.kind(), exit_code(&error)), (ErrorKind::NotFound(Resource::Customer), exit::NOT_FOUND));

    let lost = client(|_| broken(TransportErrorKind::Interrupted)).build().unwrap();
    let error = lost.customer("c1").location("l1").optimize().send().await.unwrap_err();
    assert_eq!((error.kind(), exit_code(&error)), (ErrorKind::OutcomeUnknown, exit::NETWORK));

    let circle = client(|_| reply(200, &[], r#"[{"id":"a"},{"id":"b"}]"#)).build().unwrap();
    let mut pages = circle.customers().filter(Filter::new().limit(2)).pages();
    // The second page repeats the first.
    pages.next().await.unwrap().unwrap();
    let error = pages.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), exit_code(&error)), (ErrorKind::Incomplete, exit::FAILED));

    let strict = client(|_| reply(200, &[], r#"[{"id":"x","fan":1}]"#)).strict(true);
    let error = nodes(strict).await;
    assert_eq!((error.kind(), exit_code(&error)), (ErrorKind::Drift, exit::FAILED));
}

#[tokio::test]
async fn incomplete_report_has_the_exit_code_of_the_missing_part() {
    const LOCATION: &str = r#"{"id":"l1","name":"Home","networkStatus":{"status":"online"}}"#;
    const NODES: &str =
        r#"[{"id":"n1","connectionState":"connected","leafToRoot":[],"health":{"status":"good"}}]"#;
    // The suffix of a path, the response to it, and the code.
    let limited: fn() -> Reply = || reply(503, &[("retry-after", "7")], "");
    let outage: fn() -> Reply = || reply(503, &[], "");
    let unsupported: fn() -> Reply = || reply(501, &[], "");
    let fine: fn() -> Reply = || reply(200, &[], "[]");
    for (part, answer, code) in [
        ("/devices", fine, exit::DONE),
        ("/AppQoeStatsByTrafficClass", unsupported, exit::DONE),
        ("/devices", outage, exit::PARTLY),
        ("/devices", limited, exit::PARTLY),
        ("/AppQoeStatsByTrafficClass", limited, exit::PARTLY),
        ("/nodes", outage, exit::PARTLY),
        ("/nodes", limited, exit::LIMITED),
    ] {
        let client = client(move |path| match path {
            path if path.ends_with(part) => answer(),
            path if path.ends_with("/nodes") => reply(200, &[], NODES),
            path if path.ends_with("/l1") => reply(200, &[], LOCATION),
            path if path.ends_with("/serviceLevel") => reply(200, &[], r#"{"status":"fullService"}"#),
            _ => reply(200, &[], "[]"),
        });
        let snapshot = client.build().unwrap().customer("c1").location("l1").snapshot().await.unwrap();
        let report = analyze(&snapshot, &Policy::standard(), snapshot.taken_at);
        assert_eq!(exit::report_code(&snapshot, &report), code, "{part}: {report:?}");
    }
}
