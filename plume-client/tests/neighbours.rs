//! Effects of one call on others, and errors of changes, in virtual time.
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
use http::Request;
use plume_auth::{AccessToken, AuthError, SecureUrl, StaticToken, TokenProvider};
use plume_client::{CallRate, Client, ClientBuilder, Error, ErrorKind, RateLimiter};
use plume_runtime::{InProcess, ManualClock, TransportErrorKind};
use plume_types::ServiceTier;
use testkit::replies::{Reply, broken, reply, with_header};

const NODES: &str = r#"{"nodes":[{"id":"TST1"}]}"#;
const SECOND: Duration = Duration::from_secs(1);

fn builder(clock: &ManualClock, replies: impl IntoIterator<Item = Reply>) -> ClientBuilder {
    let replies = Mutex::new(VecDeque::from_iter(replies));
    let transport = InProcess::new(move |_: Request<Bytes>| {
        let mut replies = replies.lock().unwrap();
        // The last one is for all that follow.
        let reply = if replies.len() > 1 { replies.pop_front().unwrap() } else { replies[0].clone() };
        async move { reply }
    });
    Client::builder()
        .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
        .token_provider(StaticToken::new("not.a.token").unwrap())
        .transport(Arc::new(transport))
        .clock(Arc::new(clock.clone()))
}

fn client(replies: impl IntoIterator<Item = Reply>) -> (Client, ManualClock) {
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
    (builder(&clock, replies).build().unwrap(), clock)
}

async fn nodes(client: &Client) -> Result<usize, Error> {
    Ok(client.customer("c1").location("l1").nodes().await?.len())
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Has a token until it is lost; then requests get no response.
#[derive(Debug)]
struct Losable {
    token: StaticToken,
    lost: Arc<AtomicBool>,
}

#[async_trait]
impl TokenProvider for Losable {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        if self.lost.load(Ordering::Relaxed) {
            std::future::pending().await
        } else {
            self.token.token().await
        }
    }
}

#[tokio::test]
async fn waiting_for_a_token_holds_no_permit() {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let mut rate = CallRate::default();
    (rate.per_second, rate.burst) = (1.0, 1);
    let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
    let lost = Arc::new(AtomicBool::new(false));
    let provider = Losable { token: StaticToken::new("not.a.token").unwrap(), lost: Arc::clone(&lost) };
    let builder = || builder(&clock, [reply(200, NODES)]).rate_limiter(limiter.clone());
    let unlucky = builder().tenant("unlucky").token_provider(provider).build().unwrap();
    let other = builder().tenant("other").build().unwrap();

    nodes(&other).await.unwrap();
    let stuck = tokio::spawn(async move { nodes(&unlucky).await });
    settle().await;
    assert_eq!(limiter.status().waiting, 1);
    lost.store(true, Ordering::Relaxed);
    clock.advance(SECOND);
    settle().await;

    let call = tokio::spawn(async move { nodes(&other).await });
    for _ in 0..3 {
        settle().await;
        clock.advance(SECOND);
    }
    settle().await;
    assert!(
        call.is_finished() && !stuck.is_finished(),
        "the other tenant waits for a token that is not its own"
    );
    assert_eq!(call.await.unwrap().unwrap(), 1);
    clock.advance(60 * SECOND);
    let error = stuck.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn error_429_of_a_change_pauses_all_calls() {
    let (client, _) = client([with_header(reply(429, ""), "retry-after", "3")]);
    let home = client.customer("c1").location("l1");
    let error = home.reboot_node("TST1", Duration::ZERO).send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::RateLimited, 1));
    assert!(!error.may_have_happened());
    let expected = "not retried: the operation is not idempotent; possible again after 3 s";
    assert!(error.to_string().ends_with(expected), "{error}");
    assert_eq!(client.rate_limiter().status().paused_for, Some(3 * SECOND));
}

#[tokio::test]
async fn refusal_ends_an_outage_for_the_retry_budget() {
    let missing = r#"{"error":{"statusCode":404,"message":"There are no locations with the ID l1"}}"#;
    let fails = || reply(503, "");
    let (client, clock) =
        client([fails(), fails(), fails(), reply(404, missing), fails(), reply(200, NODES)]);
    assert_eq!(nodes(&client).await.unwrap_err().status(), Some(503));
    clock.advance(120 * SECOND);
    assert!(nodes(&client).await.unwrap_err().is_not_found());
    clock.advance(5 * SECOND);
    assert_eq!(nodes(&client).await.unwrap(), 1);
}

#[tokio::test]
async fn error_reports_whether_a_change_may_have_happened() {
    use TransportErrorKind::{Connect, Interrupted};
    for (replies, expected) in [
        (vec![broken(Connect)], false),
        (vec![broken(Interrupted)], true),
        // The first attempt may have arrived, regardless of the others.
        (vec![broken(Interrupted), broken(Connect)], true),
        (vec![reply(503, ""), reply(403, r#"{"error":{"statusCode":403,"message":"x"}}"#)], true),
        (vec![reply(503, "")], true),
        (vec![reply(404, "")], false),
        (vec![reply(429, "")], false),
        (vec![reply(200, "<html>")], true),
        (vec![reply(302, "")], false),
    ] {
        let (client, _) = client(replies.clone());
        let home = client.customer("c1").location("l1");
        let error = home.set_service_level(&ServiceTier::FullService).send().await.unwrap_err();
        assert_eq!(error.may_have_happened(), expected, "{error}: {replies:?}");
        assert!(!nodes(&client).await.unwrap_err().may_have_happened(), "a read changes nothing");
    }
}

#[tokio::test]
async fn a_base_url_without_a_path_gets_the_usual_one_as_advice() {
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
    let help = async |base: &str, replied: Reply| {
        let base = SecureUrl::parse(base).unwrap();
        let client = builder(&clock, [replied]).api_base(base).build().unwrap();
        nodes(&client).await.unwrap_err().help()
    };
    let (bare, whole) = ("https://cloud.example.net/", "https://cloud.example.net/v2");
    for (status, body) in
        [(404, "<html>"), (200, "<html>"), (302, ""), (404, r#"{"error":{"statusCode":404}}"#)]
    {
        assert!(help(bare, reply(status, body)).await.contains("ends in `/api`"), "{status} {body}");
        assert!(!help(whole, reply(status, body)).await.contains("ends in `/api`"), "{status} {body}");
    }
    for (status, body) in [
        (404, r#"{"error":{"statusCode":404,"message":"There are no locations with the ID \"l1\""}}"#),
        (200, r#"{"error":{"statusCode":404,"message":"no such home"}}"#),
        (200, r#"[{"id":"n"#),
        (422, "null"),
        (500, ""),
    ] {
        assert!(!help(bare, reply(status, body)).await.contains("ends in `/api`"), "{status} {body}");
    }
}

#[tokio::test]
async fn a_redirect_names_the_host_of_its_target_only() {
    for (target, text) in [
        (
            "https://login.example.com:8443/?token=canary",
            "redirect to login.example.com:8443, not followed (",
        ),
        ("//user:canary@login.example.com/canary", "redirect to login.example.com, not followed ("),
        ("http://[2001:db8::1]#canary", "redirect to [2001:db8::1], not followed ("),
        ("/login?next=https://canary.example.com/", "redirect, not followed ("),
        ("canary", "redirect, not followed ("),
        ("https://", "redirect, not followed ("),
        ("", "redirect, not followed ("),
    ] {
        let (client, _) = client([with_header(reply(302, ""), "location", target)]);
        let error = nodes(&client).await.unwrap_err();
        assert!(error.to_string().contains(text), "{target}: {error}");
        assert!(!format!("{error:?} {error:#?}").contains("canary"), "{error:#?}");
        assert!(error.help().contains("a redirect is not followed"), "{}", error.help());
    }
}

#[tokio::test]
async fn refusals_have_specific_errors() {
    for (status, body, text, help) in [
        (302, "", "unexpected redirect, not followed (GET ", "Check the base URL"),
        (425, "", "the node is not one of this location (GET ", "The API gives no reason"),
        (
            200,
            r#"{"error":{"statusCode":404,"message":"no such home"}}"#,
            "unexpected response to GET /Customers/{id}/locations/{locationId}/nodes (200 OK): an error, 404 no such home",
            "The API sent an error",
        ),
        (422, "null", "the API rejected the request (GET ", "The API gives no reason"),
        (
            422,
            r#"{"error":{"statusCode":422,"message":"bad key"}}"#,
            "the API rejected",
            "Correct the request",
        ),
    ] {
        let (client, _) = client([reply(status, body)]);
        let error = nodes(&client).await.unwrap_err();
        assert!(error.to_string().starts_with(text), "{error}");
        assert!(error.help().starts_with(help), "{}", error.help());
    }
}
