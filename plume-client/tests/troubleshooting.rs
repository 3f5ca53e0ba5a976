//! The texts on the troubleshooting pages are the texts of real errors.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use plume_auth::{
    AccessToken, AuthError, AuthErrorKind, CachedTokenProvider, SecureUrl, StaticToken, TokenProvider,
};
use plume_client::{CallRate, Client, Error, ErrorKind, RateLimiter, Settings};
use plume_runtime::{InProcess, ManualClock, TransportError, TransportErrorKind};
use testkit::replies::{Reply, reply, with_header};

const PAGES: [(&str, &str); 6] = [
    ("settings", include_str!("../src/client/troubleshooting/settings.md")),
    ("access", include_str!("../src/client/troubleshooting/access.md")),
    ("limits", include_str!("../src/client/troubleshooting/limits.md")),
    ("refusals", include_str!("../src/client/troubleshooting/refusals.md")),
    ("network", include_str!("../src/client/troubleshooting/network.md")),
    ("responses", include_str!("../src/client/troubleshooting/responses.md")),
];

fn page_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Settings | ErrorKind::Runtime | ErrorKind::Argument => "settings",
        ErrorKind::Auth | ErrorKind::Unauthorized | ErrorKind::Forbidden => "access",
        ErrorKind::Blocked | ErrorKind::RateLimited | ErrorKind::Overloaded => "limits",
        ErrorKind::NotFound(_) | ErrorKind::Rejected | ErrorKind::Unsupported => "refusals",
        ErrorKind::Network | ErrorKind::Timeout | ErrorKind::OutcomeUnknown | ErrorKind::Server => "network",
        ErrorKind::Unreadable | ErrorKind::Drift | ErrorKind::Incomplete => "responses",
        other => panic!("{other:?} has no page"),
    }
}

/// The texts of a page, `…` standing for anything.
fn patterns(page: &str) -> Vec<&str> {
    page.split("```text\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('…').peekable();
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap()) else { return false };
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.is_empty()
}

fn broken(kind: TransportErrorKind, message: &str) -> Reply {
    Err(TransportError::new(kind, message))
}

#[derive(Debug)]
struct NoToken;

#[async_trait::async_trait]
impl TokenProvider for NoToken {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        Err(AuthError::new(AuthErrorKind::CredentialsRejected, "the endpoint does not know the client"))
    }
}

/// A token source whose clock passes the deadline of every call.
#[derive(Debug)]
struct SlowToken(ManualClock);

#[async_trait::async_trait]
impl TokenProvider for SlowToken {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        // The limit of the call begins at its first poll.
        tokio::task::yield_now().await;
        self.0.advance(Duration::from_secs(3_600));
        std::future::pending().await
    }
}

#[derive(Debug, Default)]
struct Fresh;

#[async_trait::async_trait]
impl plume_auth::TokenSource for Fresh {
    async fn fetch(&self) -> Result<plume_auth::IssuedToken, AuthError> {
        Ok(plume_auth::IssuedToken::new(format!("token-{}", fastrand::u64(..)), Duration::from_secs(600))
            .unwrap())
    }
}

fn builder(reply: Reply) -> (plume_client::ClientBuilder, ManualClock) {
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(784_111_770));
    let builder = Client::builder()
        .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
        .token_provider(StaticToken::new("not.a.token").unwrap())
        .transport(Arc::new(InProcess::new(move |_| {
            let reply = reply.clone();
            async move { reply }
        })))
        .clock(Arc::new(clock.clone()));
    (builder, clock)
}

async fn nodes(client: &Client) -> Error {
    client.customer("c1").location("l1").nodes().await.unwrap_err()
}

async fn answered(answer: Reply) -> Error {
    nodes(&builder(answer).0.build().unwrap()).await
}

/// One error for each text.
async fn errors() -> Vec<Error> {
    let mut errors: Vec<Error> = vec![Error::from(
        Settings::from_variables([("PLUME_AUTH_HEADER", "Bearer not.a.token")]).unwrap_err(),
    )];
    let fine = || builder(reply(200, "[]")).0;
    let client = fine().build().unwrap();
    errors.push(client.gateway_reports().location_qoe("l1").await.unwrap_err());
    for message in [
        "HTTP needs a tokio runtime, and the caller is outside of one",
        "HTTP needs a tokio runtime with I/O and timers (`enable_all`), and this one lacks them",
    ] {
        errors.push(answered(broken(TransportErrorKind::Runtime, message)).await);
    }
    errors.push(client.customer("").get().await.unwrap_err());
    errors.push(client.customer("..").get().await.unwrap_err());
    errors.push(client.customer("5f0000000000000000000001\r").get().await.unwrap_err());
    errors.push(client.customer("5f0000000000000000000001 ").get().await.unwrap_err());
    errors.push(Error::from(
        Settings::from_variables([("PLUME_AUTH_HEADER_FILE", "Basic bm90LWEtcmVhbDpzZWNyZXQ=")]).unwrap_err(),
    ));
    errors.push(nodes(&fine().token_provider(NoToken).build().unwrap()).await);
    let (slow, clock) = builder(reply(200, "{}"));
    errors.push(nodes(&slow.token_provider(SlowToken(clock)).build().unwrap()).await);
    for (status, body) in [
        (401, ""),
        (401, r#"{"error":{"statusCode":401,"code":"INVALID_TOKEN"}}"#),
        (403, r#"{"error":{"statusCode":403,"message":"other partner"}}"#),
        (404, r#"{"error":{"statusCode":404,"message":"no such location"}}"#),
        (404, ""),
        (409, ""),
        (412, ""),
        (425, ""),
        (302, ""),
        (501, ""),
        (429, ""),
        (503, ""),
        (200, "<html>"),
    ] {
        errors.push(answered(reply(status, body)).await);
    }
    let redirect = with_header(reply(302, ""), "location", "https://login.example.net/");
    errors.push(answered(redirect).await);
    for (kind, message) in [
        (
            TransportErrorKind::Refused,
            "plain http to x is refused, because it would show the credentials on the wire; use https",
        ),
        (TransportErrorKind::Connect, "the server could not be reached"),
        (TransportErrorKind::TooLarge, "the response is larger than the limit of 9 bytes"),
    ] {
        errors.push(answered(broken(kind, message)).await);
    }
    let circle = builder(reply(200, r#"[{"id":"a"},{"id":"b"}]"#)).0.build().unwrap();
    let mut pages = circle.customers().filter(plume_client::Filter::new().limit(2)).pages();
    // The second page repeats the first.
    pages.next().await.unwrap().unwrap();
    errors.push(pages.next().await.unwrap().unwrap_err());
    let lost =
        builder(broken(TransportErrorKind::Interrupted, "the connection was reset")).0.build().unwrap();
    errors.push(lost.customer("c1").location("l1").optimize().send().await.unwrap_err());
    let (without_id, _) = builder(reply(401, ""));
    errors.push(without_id.build().unwrap().customers().list().await.unwrap_err());
    // A token that was requested for the call: then 401 means the customer, or the role.
    let (customer, clock) = builder(reply(401, ""));
    let tokens = CachedTokenProvider::new(Fresh, Arc::new(clock));
    errors.push(nodes(&customer.token_provider(tokens).build().unwrap()).await);
    let (role, clock) = builder(reply(401, ""));
    let tokens = CachedTokenProvider::new(Fresh, Arc::new(clock));
    errors.push(role.token_provider(tokens).build().unwrap().partner().node("TST1").await.unwrap_err());
    // No new token is accepted.
    let (hopeless, clock) = builder(reply(401, r#"{"error":"invalid_token"}"#));
    let tokens = CachedTokenProvider::new(Fresh, Arc::new(clock));
    let hopeless = hopeless.token_provider(tokens).build().unwrap();
    let _ = nodes(&hopeless).await;
    errors.push(nodes(&hopeless).await);
    // The one that meets the block, and the next.
    let blocked = builder(reply(403, "")).0.build().unwrap();
    errors.push(nodes(&blocked).await);
    errors.push(nodes(&blocked).await);
    // The limit.
    let (limited, clock) = builder(reply(200, "[]"));
    let mut rate = CallRate::default();
    rate.per_second = 0.001;
    rate.burst = 1;
    let limited = limited.rate_limiter(RateLimiter::new(rate, Arc::new(clock))).build().unwrap();
    let _ = limited.customer("c1").location("l1").nodes().await;
    errors.push(nodes(&limited).await);
    let (full, clock) = builder(reply(200, "[]"));
    rate.max_waiting = 0;
    rate.per_second = 1.0;
    let full = full.rate_limiter(RateLimiter::new(rate, Arc::new(clock))).build().unwrap();
    let _ = full.customer("c1").location("l1").nodes().await;
    errors.push(nodes(&full).await);
    let (nothing, clock) = builder(reply(200, "[]"));
    rate.per_second = 0.0;
    let nothing = nothing.rate_limiter(RateLimiter::new(rate, Arc::new(clock))).build().unwrap();
    errors.push(nodes(&nothing).await);
    // The server and its patience.
    let outage = builder(reply(503, "")).0.build().unwrap();
    for _ in 0..20 {
        let _ = nodes(&outage).await;
    }
    errors.push(nodes(&outage).await);
    let mut later = reply(503, "").unwrap();
    later.headers_mut().insert("retry-after", "100".parse().unwrap());
    errors.push(answered(Ok(later)).await);
    errors.push(nodes(&builder(reply(200, r#"[{"id":"x","fan":1}]"#)).0.strict(true).build().unwrap()).await);
    errors
}

#[tokio::test]
async fn every_text_is_real_and_every_error_has_its_text() {
    let errors = errors().await;
    for error in &errors {
        let name = page_of(error.kind());
        let (_, page) = PAGES.iter().find(|(page, _)| *page == name).unwrap();
        let text = error.to_string();
        // Several settings come on several lines.
        let found =
            patterns(page).iter().any(|pattern| text.lines().any(|line| matches(pattern, line.trim())));
        assert!(found, "{:?} is not on the page {name}: {text}", error.kind());
        assert!(error.help().ends_with('.'), "{}", error.help());
    }
    for (name, page) in PAGES {
        for pattern in patterns(page) {
            let shown = errors
                .iter()
                .filter(|error| page_of(error.kind()) == name)
                .any(|error| error.to_string().lines().any(|line| matches(pattern, line.trim())));
            assert!(shown, "no error says what the page {name} shows: {pattern}");
        }
    }
}

#[test]
fn a_pattern_matches_as_a_whole() {
    assert!(matches("a … c", "a b c") && matches("a…", "a") && matches("…: x", "y: x"));
    assert!(!matches("a … c", "a b c d") && !matches("a", "a b") && !matches("b…", "a b"));
}
