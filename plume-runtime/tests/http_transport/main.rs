//! `HttpTransport` against real sockets on loopback: ordinary answers, and every way a server can misbehave.
#![cfg(feature = "http-transport")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod answers;
mod client;
mod connections;
mod environment;
#[cfg(feature = "gzip")]
mod gzip;
mod proxies;
mod refusals;
mod runtimes;
mod sizes;
mod times;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls;

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use plume_runtime::{HttpTransport, Transport, TransportError};

use client::{get, patient, transport};

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
#[tokio::test]
async fn without_tls_https_names_the_feature() {
    let error = client::fail("https://api.example.net/canary", &patient()).await;
    assert_eq!(error.kind(), plume_runtime::TransportErrorKind::Refused);
    assert!(error.to_string().contains("rustls"), "{error}");
}

#[cfg(not(feature = "gzip"))]
#[tokio::test]
async fn without_gzip_no_compression_is_requested() {
    let (seen, mut requests) = tokio::sync::mpsc::unbounded_channel();
    let server = testkit::wire::reporting(seen).await;
    transport().send(get(&server.url()), &patient()).await.unwrap();
    let head = requests.recv().await.unwrap().to_ascii_lowercase();
    assert!(head.contains("\r\naccept-encoding: identity\r\n"), "{head}");
    let mut own = get(&server.url());
    own.headers_mut().insert(http::header::ACCEPT_ENCODING, http::HeaderValue::from_static("br"));
    transport().send(own, &patient()).await.unwrap();
    let head = requests.recv().await.unwrap().to_ascii_lowercase();
    assert!(head.contains("\r\naccept-encoding: br\r\n") && !head.contains("identity"), "{head}");
}

#[test]
fn a_transport_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    fn sendable<T: Send>(_: T) {}
    shared::<HttpTransport>();
    shared::<Arc<dyn Transport>>();
    shared::<TransportError>();
    shared::<Response<Bytes>>();
    let (transport, limits) = (transport(), patient());
    sendable(transport.send(get("/"), &limits));
}
