//! TLS that does not come about. What needs certificates is measured by the gauge `wire`.

use std::{net::SocketAddr, time::Duration};

use plume_runtime::{HttpTransport, Transport, TransportErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{CANARY, closed_port, fail, fail_with, get, patient};
use testkit::wire::{OK, PATH, Server, drain};

fn https(address: SocketAddr) -> String {
    format!("https://{address}{PATH}")
}

#[tokio::test]
async fn a_port_without_tls_is_a_tls_failure() {
    // What is said first decides: a server that speaks plain HTTP answers the handshake with a 400.
    let server = Server::start(|mut stream, _| async move {
        let mut hello = [0; 1];
        let _ = stream.read(&mut hello).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        drain(&mut stream).await;
    })
    .await;
    let error = fail(&https(server.address), &patient()).await;
    assert_eq!(error.kind(), TransportErrorKind::Tls, "{error:?}");
    assert!(error.never_sent());
    assert!(!error.is_transient());
}

#[tokio::test]
async fn interrupted_handshake_is_retryable() {
    for reset in [true, false] {
        let server = Server::start(move |mut stream, _| async move {
            let mut hello = [0; 4096];
            let _ = stream.read(&mut hello).await;
            if reset {
                stream.set_zero_linger().unwrap();
            } else {
                stream.shutdown().await.unwrap();
                drain(&mut stream).await;
            }
        })
        .await;
        let error = fail(&https(server.address), &patient()).await;
        assert_eq!(error.kind(), TransportErrorKind::Connect, "{error:?}");
        assert!(error.never_sent());
    }
}

#[tokio::test]
async fn a_handshake_that_hangs_meets_the_connect_limit() {
    let server = Server::start(|mut stream, _| async move { drain(&mut stream).await }).await;
    let transport = HttpTransport::builder().connect_timeout(Duration::from_millis(60)).build();
    let error = fail_with(&transport, &https(server.address), &patient()).await;
    assert_eq!(error.kind(), TransportErrorKind::Connect, "{error:?}");
    assert!(error.never_sent());
    assert!(error.to_string().contains("in time"), "{error}");
}

#[tokio::test]
async fn https_to_a_closed_port_is_not_a_tls_error() {
    let error = fail(&https(closed_port().await), &patient()).await;
    assert_eq!(error.kind(), TransportErrorKind::Connect, "{error:?}");
}

#[tokio::test]
async fn extra_roots_that_cannot_be_read_are_not_left_out_in_silence() {
    let url = format!("https://{}{PATH}", closed_port().await);
    for pem in ["", "canary", "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n"] {
        let transport = HttpTransport::builder().extra_root_certificates(pem).build();
        let error = fail_with(&transport, &url, &patient()).await;
        assert_eq!(error.kind(), TransportErrorKind::Refused, "{pem}: {error:?}");
        assert!(!format!("{transport:?}").contains(CANARY));
        // Plain http needs none.
        let server = Server::answering(OK).await;
        assert!(transport.send(get(&server.url()), &patient()).await.is_ok());
    }
}
