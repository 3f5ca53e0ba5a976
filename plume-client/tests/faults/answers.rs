//! Refusals of the API: every status, and the meanings of a 403.

use std::time::Duration;

use futures_util::future::join_all;
use plume_client::{ErrorKind, Resource};
use plume_runtime::Clock;

use crate::cloud::{Cloud, NODES};
use testkit::replies::{reply, with_header};

#[tokio::test]
pub(crate) async fn a_403_of_the_application_is_forbidden_and_final() {
    let cloud = Cloud::scripted([
        reply(403, r#"{"error":{"statusCode":403,"message":"other partner","code":"ACCESS_DENIED"}}"#),
        reply(200, NODES),
    ]);
    let error = cloud.fails().await;
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!((error.code(), error.server_message()), (Some("ACCESS_DENIED"), Some("other partner")));
    assert!(!error.is_transient());
    assert_eq!(cloud.sent(), 1);
    // Neither the token nor the address is to blame.
    assert_eq!(cloud.nodes().await.unwrap(), 1);
    cloud.ends_with(2, 1);
}

#[tokio::test]
pub(crate) async fn a_bearer_challenge_with_403_decides_over_the_body() {
    let challenge = |word: &str| {
        let value = format!(r#"Bearer realm="api", error="{word}", error_description="no""#);
        with_header(reply(403, ""), "www-authenticate", &value)
    };
    let cloud = Cloud::scripted([challenge("insufficient_scope")]);
    assert_eq!(cloud.fails().await.kind(), ErrorKind::Forbidden);
    cloud.ends_with(1, 1);

    let cloud = Cloud::scripted([challenge("invalid_token"), reply(200, NODES)]);
    assert_eq!(cloud.nodes().await.unwrap(), 1);
    cloud.ends_with(2, 2);

    let cloud = Cloud::scripted([challenge("invalid_token")]);
    assert_eq!(cloud.fails().await.kind(), ErrorKind::Unauthorized);
    cloud.ends_with(2, 2);
}

#[tokio::test]
pub(crate) async fn a_403_of_the_firewall_stops_all_calls_and_drops_no_token() {
    let firewall = |body: &'static str| reply(403, body);
    for answer in [
        firewall("<html><head><title>403 Forbidden</title></head><body></body></html>"),
        firewall(r#"{"message":"Forbidden"}"#),
        firewall(""),
        firewall("null"),
        firewall("Request blocked."),
        with_header(firewall(""), "x-amzn-waf-action", "block"),
        with_header(firewall(r#"{"message":"Forbidden"}"#), "x-amzn-errortype", "ForbiddenException"),
        with_header(firewall("<html></html>"), "server", "awselb/2.0"),
        with_header(firewall("<html></html>"), "x-cache", "Error from cloudfront"),
    ] {
        let cloud = Cloud::scripted([answer, reply(200, NODES)]);
        let error = cloud.fails().await;
        assert_eq!(error.kind(), ErrorKind::Blocked);
        assert!(error.is_transient() && error.retry_after().is_some());
        // A clone shares the egress, and so the pause.
        for second in [0, 100, 299] {
            cloud.clock.advance(Duration::from_secs(second) - cloud.clock.monotonic());
            let error = cloud.client.clone().customer("c2").get().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Blocked);
            assert!(error.retry_after().unwrap() <= Duration::from_secs(300 - second), "{error}");
        }
        assert_eq!(cloud.sent(), 1, "nothing is sent during the pause");
        cloud.clock.advance(Duration::from_secs(1));
        assert_eq!(cloud.nodes().await.unwrap(), 1);
        cloud.ends_with(2, 1);
    }
}

#[tokio::test]
pub(crate) async fn after_a_block_one_call_looks_whether_it_is_over() {
    let cloud = Cloud::scripted([reply(403, ""), reply(403, ""), reply(200, NODES)]);
    assert_eq!(cloud.fails().await.kind(), ErrorKind::Blocked);
    cloud.clock.advance(Duration::from_secs(300));
    // Fifty come at once; the address is still blocked, and one of them finds out.
    for result in join_all((0..50).map(|_| cloud.nodes())).await {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Blocked);
    }
    assert_eq!(cloud.sent(), 2);
    cloud.clock.advance(Duration::from_secs(300));
    for result in join_all((0..50).map(|_| cloud.nodes())).await {
        assert_eq!(result.unwrap(), 1);
    }
    cloud.ends_with(52, 1);
}

#[tokio::test]
pub(crate) async fn a_refusal_has_its_type_and_is_sent_once() {
    for (status, kind) in [
        (400, ErrorKind::Rejected),
        (404, ErrorKind::NotFound(Resource::Location)),
        (409, ErrorKind::Rejected),
        (412, ErrorKind::Rejected),
        (422, ErrorKind::Rejected),
    ] {
        let body = format!(
            r#"{{"error":{{"statusCode":{status},"message":"no such location","code":"SAMPLE_CODE"}}}}"#
        );
        let cloud = Cloud::scripted([reply(status, body), reply(200, NODES)]);
        let error = cloud.fails().await;
        assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{status}");
        assert_eq!(error.code(), Some("SAMPLE_CODE"));
        // A location that is not ready may be so later, which is for the caller to decide.
        assert_eq!(error.is_transient(), status == 412, "{status}");
        assert!(!error.help().is_empty());
        cloud.ends_with(1, 1);
    }
}

#[tokio::test]
pub(crate) async fn an_odd_status_is_an_error_with_its_number() {
    for status in [405, 406, 410, 415, 418, 423, 425, 426, 451, 499, 505, 511, 600, 999] {
        let cloud = Cloud::scripted([reply(status, "")]);
        let error = cloud.fails().await;
        assert_eq!(error.status(), Some(status));
        let expected = if status >= 500 { ErrorKind::Server } else { ErrorKind::Rejected };
        assert_eq!(error.kind(), expected, "{status}");
        cloud.ends_with(1, 1);
    }
    // Answers that promise no body are no list either.
    for status in [201, 202, 204, 205, 206, 299] {
        let cloud = Cloud::scripted([reply(status, "")]);
        let error = cloud.fails().await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unreadable, Some(status)));
    }
}

#[tokio::test]
pub(crate) async fn a_refusal_without_words_keeps_its_status() {
    let long = format!("<html>{}</html>", "<p>sorry</p>".repeat(10_000));
    let secret = r#"{"encryptionKey":"canary","note":"canary"#;
    for body in ["", "no", "<html><h1>Bad Request</h1></html>", "[]", "null", "17", "{", &long, secret] {
        let cloud = Cloud::scripted([reply(400, body)]);
        let error = cloud.fails().await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Rejected, Some(400)));
        assert!(error.to_string().contains("400"), "{error}");
        assert!(error.to_string().len() <= 512, "{} bytes of text", error.to_string().len());
        assert!(error.excerpt().is_none_or(|excerpt| excerpt.len() <= 512));
        assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
        cloud.ends_with(1, 1);
    }
}

#[tokio::test]
pub(crate) async fn what_a_refusal_says_is_cut_and_cannot_forge_lines() {
    let message = format!("first\\nsecond\\u001b[31m{}", "x".repeat(100_000));
    let cloud = Cloud::scripted([reply(
        422,
        format!(r#"{{"error":{{"statusCode":422,"message":"{message}","code":"{message}"}}}}"#),
    )]);
    let error = cloud.fails().await;
    assert!(error.to_string().len() < 2_000, "{} bytes of text", error.to_string().len());
    assert!(!error.to_string().chars().any(char::is_control), "{error}");
    cloud.ends_with(1, 1);
}
