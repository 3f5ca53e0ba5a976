//! Requests that hold a marker wherever they can, and what must hold for every error.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use plume_runtime::{HttpTransport, Limits, Transport, TransportError, TransportErrorKind};
use tokio::net::TcpListener;

/// A marker that must not appear in errors: it is in the path, the query and the header of every request.
pub(crate) const CANARY: &str = "canary";

pub(crate) fn transport() -> HttpTransport {
    HttpTransport::default()
}

/// A request with a canary wherever a request can hold one.
pub(crate) fn request(method: Method, url: &str) -> Request<Bytes> {
    let mut bearer = HeaderValue::from_static("Bearer canary-token");
    bearer.set_sensitive(true);
    Request::builder()
        .method(method)
        .uri(url)
        .header(header::AUTHORIZATION, bearer)
        .body(Bytes::from_static(b"canary-body"))
        .unwrap()
}

pub(crate) fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

/// Longer than any test may take, so that each test meets the one limit that it sets itself.
pub(crate) fn patient() -> Limits {
    Limits::default()
        .total_timeout(Duration::from_secs(20))
        .first_byte_timeout(Duration::from_secs(20))
        .idle_read_timeout(Duration::from_secs(20))
}

pub(crate) async fn fail_with(transport: &HttpTransport, url: &str, limits: &Limits) -> TransportError {
    let error = transport.send(request(Method::POST, url), limits).await.unwrap_err();
    assert_silent(&error);
    error
}

/// The error of a request to `url`; that it shows nothing of the request is checked on the way.
pub(crate) async fn fail(url: &str, limits: &Limits) -> TransportError {
    fail_with(&transport(), url, limits).await
}

/// Neither the error nor anything below it shows the URL, a header or the body.
pub(crate) fn assert_silent(error: &TransportError) {
    for text in testkit::error::texts(error) {
        assert!(!text.contains(CANARY), "{text}");
    }
}

pub(crate) fn assert_interrupted(error: &TransportError) {
    assert_eq!(error.kind(), TransportErrorKind::Interrupted, "{error:?}");
    assert!(!error.never_sent(), "the server has seen the request");
    assert!(error.is_transient());
}

pub(crate) fn assert_timeout(error: &TransportError, what: &str) {
    assert_eq!(error.kind(), TransportErrorKind::Timeout, "{error:?}");
    // All limits of these tests are below a second, which is how a short one is written.
    assert_eq!(error.to_string(), format!("no response in time: waited 1 s for {what}"));
    assert!(!error.never_sent(), "the server may have seen the request");
    assert!(error.is_transient());
}

/// A loopback address without a listener.
pub(crate) async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}
