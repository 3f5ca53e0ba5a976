//! Secrets that change during calls, and revoked tokens.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::DateTime;
use http::{Request, Response};
use plume_auth::{
    AccessToken, AuthError, AuthErrorKind, CachedTokenProvider, ClientCredentials, Credential,
    CredentialFile, CredentialSource, RotatingCredential, Scope, SecureUrl, TokenEvent, TokenObserver,
    TokenProvider, TokenSource,
};
use plume_runtime::{Clock, Limits, ManualClock, Transport, TransportError, TransportErrorKind};

/// A token endpoint that knows one secret at a time.
#[derive(Debug)]
struct Endpoint {
    secret: Mutex<String>,
    issued: AtomicU32,
    asked: AtomicU32,
    /// A status and a body in place of the usual response, if set.
    instead: Mutex<Option<(u16, String)>>,
    paths: Mutex<Vec<String>>,
}

impl Endpoint {
    fn new(secret: &str) -> Arc<Self> {
        Arc::new(Self {
            secret: Mutex::new(secret.to_owned()),
            issued: AtomicU32::new(0),
            asked: AtomicU32::new(0),
            instead: Mutex::new(None),
            paths: Mutex::default(),
        })
    }

    fn answer_instead(&self, status: u16, body: &str) {
        *self.instead.lock().unwrap() = Some((status, body.to_owned()));
    }
}

#[async_trait]
impl Transport for Endpoint {
    async fn send(&self, request: Request<Bytes>, _: &Limits) -> Result<Response<Bytes>, TransportError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.paths.lock().unwrap().push(request.uri().path().to_owned());
        let answer = |status: u16, body: String| {
            let answer = Response::builder().status(status).header("retry-after", "9");
            Ok(answer.body(Bytes::from(body)).unwrap())
        };
        if let Some((status, body)) = self.instead.lock().unwrap().clone() {
            if status == 0 {
                return Err(TransportError::new(TransportErrorKind::Interrupted, "reset"));
            }
            return answer(status, body);
        }
        let expected =
            format!("Basic {}", STANDARD.encode(format!("0oaEXAMPLE:{}", self.secret.lock().unwrap())));
        if request.headers()["authorization"].to_str().unwrap() != expected {
            return answer(401, r#"{"error":"invalid_client"}"#.to_owned());
        }
        let number = self.issued.fetch_add(1, Ordering::SeqCst) + 1;
        answer(200, format!(r#"{{"token_type":"Bearer","expires_in":600,"access_token":"token-{number}"}}"#))
    }
}

fn clock() -> ManualClock {
    ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))
}

fn source(endpoint: &Arc<Endpoint>, credential: impl CredentialSource + 'static) -> ClientCredentials {
    let url = SecureUrl::parse("https://sso.example.net/oauth2/ausEXAMPLE/v1/token").unwrap();
    ClientCredentials::new(
        url,
        credential,
        Scope::partner_admin("5e00000000000000000000aa"),
        Arc::clone(endpoint) as _,
    )
    .clock(Arc::new(clock()))
}

fn credential(secret: &str) -> Credential {
    Credential::from_client("0oaEXAMPLE", secret)
}

#[derive(Debug, Default)]
struct Rotations(AtomicU32);

impl TokenObserver for Rotations {
    fn observe(&self, event: &TokenEvent) {
        if matches!(event, TokenEvent::Rotated { .. }) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test]
async fn a_hundred_rotations_fail_no_call() {
    let endpoint = Endpoint::new("fake-0");
    let rotating = RotatingCredential::new(credential("fake-0"));
    let rotations = Arc::new(Rotations::default());
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let provider = CachedTokenProvider::builder(source(&endpoint, rotating.clone()), Arc::new(clock.clone()))
        .observer(Arc::clone(&rotations) as _)
        .build();
    for rotation in 0..100 {
        for call in 0..1_000 {
            assert!(provider.token().await.is_ok(), "rotation {rotation}, call {call}");
            if call == 500 {
                // The endpoint and the program change at about the same time, in either order.
                let secret = format!("fake-{}", rotation + 1);
                if rotation % 2 == 0 {
                    *endpoint.secret.lock().unwrap() = secret.clone();
                }
                rotating.replace(credential(&secret));
                *endpoint.secret.lock().unwrap() = secret;
            }
            clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    }
    // The last secret is used for the next token request, at the latest when the old token expires.
    clock.advance(Duration::from_secs(600));
    assert!(provider.token().await.is_ok());
    assert_eq!(rotations.0.load(Ordering::SeqCst), 100);
}

#[tokio::test]
async fn secret_changed_during_a_request_is_used_at_once() {
    /// Is rotated right after it was read for the first time.
    #[derive(Debug, Default)]
    struct JustChanged(AtomicU32);
    impl CredentialSource for JustChanged {
        fn credential(&self) -> Result<Credential, AuthError> {
            let old = self.0.fetch_add(1, Ordering::SeqCst) == 0;
            Ok(credential(if old { "fake-old" } else { "fake-new" }))
        }
    }
    let endpoint = Endpoint::new("fake-new");
    assert!(source(&endpoint, JustChanged::default()).fetch().await.is_ok());
    assert_eq!(endpoint.asked.load(Ordering::SeqCst), 2);
    // One that did not change is not tried twice.
    let wrong = source(&endpoint, credential("fake-old")).fetch().await.unwrap_err();
    assert_eq!(wrong.kind(), AuthErrorKind::CredentialsRejected);
    assert_eq!(endpoint.asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_file_that_changes_is_read_again_and_half_a_file_is_not_used() {
    let header = |secret: &str| format!("Basic {}\n", STANDARD.encode(format!("0oaEXAMPLE:{secret}")));
    let path = std::env::temp_dir().join(format!("plume-auth-rotation-test-{}", std::process::id()));
    std::fs::write(&path, header("fake-1")).unwrap();
    let endpoint = Endpoint::new("fake-1");
    let source = source(&endpoint, CredentialFile::open(&path).unwrap());
    assert!(source.fetch().await.is_ok());
    // Torn, empty and gone: the last good one.
    for torn in ["Basic !", "", "Bearer abc"] {
        std::fs::write(&path, torn).unwrap();
        assert!(source.fetch().await.is_ok());
    }
    std::fs::remove_file(&path).unwrap();
    assert!(source.fetch().await.is_ok());
    assert_eq!(CredentialFile::open(&path).unwrap_err().kind(), AuthErrorKind::Configuration);
    std::fs::write(&path, header("fake-2")).unwrap();
    *endpoint.secret.lock().unwrap() = "fake-2".to_owned();
    assert!(source.fetch().await.is_ok());
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn failing_endpoint_gets_one_attempt_per_later_fetch() {
    let endpoint = Endpoint::new("fake");
    endpoint.answer_instead(0, "");
    let source = source(&endpoint, credential("fake"));
    for asked in [3, 4, 5, 6] {
        assert_eq!(source.fetch().await.unwrap_err().kind(), AuthErrorKind::Unavailable);
        assert_eq!(endpoint.asked.load(Ordering::SeqCst), asked);
    }
    *endpoint.instead.lock().unwrap() = None;
    assert!(source.fetch().await.is_ok());
    endpoint.answer_instead(502, "<html>");
    assert!(source.fetch().await.is_err());
    assert_eq!(endpoint.asked.load(Ordering::SeqCst), 10);
}

#[tokio::test]
async fn revocation_forgets_the_token_before_any_response() {
    for (status, body, kind) in [
        (200, "", None),
        (503, "", Some(AuthErrorKind::Throttled)),
        (400, r#"{"error":"unsupported_token_type"}"#, Some(AuthErrorKind::Configuration)),
        (401, r#"{"error":"invalid_client"}"#, Some(AuthErrorKind::CredentialsRejected)),
        (0, "", Some(AuthErrorKind::Unavailable)),
    ] {
        let endpoint = Endpoint::new("fake");
        let revocation = SecureUrl::parse("https://sso.example.net/oauth2/ausEXAMPLE/v1/revoke").unwrap();
        let source = source(&endpoint, credential("fake")).revocation_url(revocation);
        let provider = CachedTokenProvider::new(source.clone(), Arc::new(clock()));
        provider.token().await.unwrap();
        endpoint.answer_instead(status, body);
        let result = provider.revoke(&source).await;
        assert_eq!(result.as_ref().err().map(AuthError::kind), kind, "{status}");
        if status == 503 {
            assert_eq!(result.unwrap_err().retry_after(), Some(Duration::from_secs(9)));
        }
        assert!(provider.ready().is_none() && provider.status().generation.is_none(), "{status}");
        assert!(endpoint.paths.lock().unwrap().last().unwrap().ends_with("/v1/revoke"));
        // Nothing to revoke is no request.
        let asked = endpoint.asked.load(Ordering::SeqCst);
        assert!(provider.revoke(&source).await.is_ok());
        assert_eq!(endpoint.asked.load(Ordering::SeqCst), asked);
    }
    let endpoint = Endpoint::new("fake");
    let source = source(&endpoint, credential("fake"));
    let provider = CachedTokenProvider::new(source.clone(), Arc::new(clock()));
    provider.token().await.unwrap();
    assert_eq!(provider.revoke(&source).await.unwrap_err().kind(), AuthErrorKind::Configuration);
    assert!(provider.ready().is_none(), "forgotten even so");
}

#[tokio::test]
async fn a_narrower_scope_is_taken() {
    let endpoint = Endpoint::new("fake");
    endpoint.answer_instead(
        200,
        r#"{"token_type":"Bearer","access_token":"abc","expires_in":600,"scope":"partnerId:5e00000000000000000000aa"}"#,
    );
    assert!(source(&endpoint, credential("fake")).fetch().await.is_ok());
}

#[tokio::test]
async fn a_credential_with_a_line_break_is_never_sent() {
    let endpoint = Endpoint::new("fake");
    let error = source(&endpoint, credential("canary\nfake")).fetch().await.unwrap_err();
    assert_eq!(error.kind(), AuthErrorKind::Configuration);
    assert!(!format!("{error} {error:?}").contains("canary"));
    assert_eq!(endpoint.asked.load(Ordering::SeqCst), 0);
}

/// A provider of tokens that are bound to a key (RFC 9449), as it could be added later: the trait it extends stays as
/// it is, and every function of a `TokenProvider` accepts it.
trait BoundTokenProvider: TokenProvider {
    /// The proof that goes beside the token of one request.
    fn proof(&self, token: &AccessToken, method: &http::Method, uri: &http::Uri) -> http::HeaderValue;
}

#[tokio::test]
async fn a_bound_token_fits_into_the_traits() {
    #[derive(Debug)]
    struct Bound(CachedTokenProvider);
    #[async_trait]
    impl TokenProvider for Bound {
        async fn token(&self) -> Result<AccessToken, AuthError> {
            self.0.token().await
        }
        fn ready(&self) -> Option<AccessToken> {
            self.0.ready()
        }
        fn invalidate(&self, token: &AccessToken) {
            self.0.invalidate(token);
        }
    }
    impl BoundTokenProvider for Bound {
        fn proof(&self, token: &AccessToken, method: &http::Method, uri: &http::Uri) -> http::HeaderValue {
            format!("{method} {uri} {}", token.generation()).parse().unwrap()
        }
    }
    let endpoint = Endpoint::new("fake");
    let clock: Arc<dyn Clock> = Arc::new(clock());
    let bound: Arc<dyn BoundTokenProvider> =
        Arc::new(Bound(CachedTokenProvider::new(source(&endpoint, credential("fake")), clock)));
    let token = bound.token().await.unwrap();
    assert_eq!(bound.proof(&token, &http::Method::GET, &http::Uri::from_static("/x")), "GET /x 1");
    let plain: Arc<dyn TokenProvider> = bound;
    assert!(plain.ready().is_some());
}

#[tokio::test]
async fn error_names_the_requested_host() {
    let endpoint = Endpoint::new("fake");
    let elsewhere = SecureUrl::parse("https://revoke.example.org/v1/revoke").unwrap();
    let source = source(&endpoint, credential("fake")).revocation_url(elsewhere);
    let provider = CachedTokenProvider::new(source.clone(), Arc::new(clock()));
    let token = provider.token().await.unwrap();
    for status in [0, 503] {
        endpoint.answer_instead(status, "");
        let error = source.revoke(&token).await.unwrap_err();
        assert!(error.to_string().contains("revoke.example.org"), "{error}");
    }
}
