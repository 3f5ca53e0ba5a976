//! Retries, and failures that a retry cannot change.

use std::{
    error::Error as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use http::Response;
use plume_auth::{
    AuthErrorKind, CachedTokenProvider, ClientCredentials, Credential, Scope, SecureUrl, TokenProvider,
    TokenSource,
};
use plume_runtime::{Clock, InProcess, ManualClock, TransportError, TransportErrorKind};

use crate::support::*;

#[tokio::test]
async fn network_and_server_failures_get_three_attempts() {
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
        // About 200 ms before the second attempt and about 400 ms before the third, each within a half.
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
async fn slow_attempts_are_fewer_so_that_the_cause_is_reported() {
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
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
    .clock(Arc::new(clock.clone()));
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
async fn later_attempt_can_succeed() {
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
async fn busy_or_failing_endpoint_gets_three_attempts() {
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
async fn requested_wait_is_kept_within_the_fetch_and_reported_beyond_it() {
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
async fn permanent_failure_gets_one_attempt() {
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
async fn redirect_is_a_protocol_error_and_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let setup = setup(vec![with_status(status, "")]);
        let error = setup.fail().await;
        assert_eq!(error.kind(), AuthErrorKind::Protocol, "{status}");
        assert!(error.to_string().contains("redirect"), "{error}");
        assert_eq!(setup.requests(), 1);
    }
}
