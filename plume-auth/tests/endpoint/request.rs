//! The request, and the limits of an exchange.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::FutureExt;
use http::{Method, Request, Response, header};
use plume_auth::{
    AccessToken, AuthError, AuthErrorKind, AuthorizationSetting, CachedTokenProvider, ClientCredentials,
    Credential, IssuedToken, Scope, SecureUrl, StaticToken, TokenProvider, TokenSource,
};
use plume_runtime::{InProcess, Limits, ManualClock, Transport, TransportError, TransportErrorKind};

use crate::support::*;

#[tokio::test]
async fn request_has_the_required_form() {
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
        .clock(Arc::new(ManualClock::skipping(start())));
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
async fn response_size_is_limited_exactly() {
    let padded = |bytes: usize| with_status(200, &format!("{ANSWER}{}", " ".repeat(bytes - ANSWER.len())));
    assert!(setup(vec![padded(64 << 10)]).source.fetch().await.is_ok());
    let setup = setup(vec![padded((64 << 10) + 1)]);
    let error = setup.fail().await;
    assert_eq!(error.kind(), AuthErrorKind::Protocol);
    assert_eq!(setup.requests(), 1, "it would be as large the next time");
}

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
