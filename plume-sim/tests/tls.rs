//! The server over TLS, with a client that trusts its certificate and one that does not.
#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::sync::Arc;

use plume_sim::{
    Server,
    faults::{Effect, FaultPlan, FaultRule, ResetStage},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use common::builder;

async fn connect(server: &Server, root: Option<&str>, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = root {
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn exchange(mut stream: TlsStream<TcpStream>) -> (String, std::io::Result<usize>) {
    stream.write_all(b"GET /api/Customers HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).await;
    (String::from_utf8(answer).unwrap(), end)
}

#[tokio::test]
async fn only_clients_that_trust_the_certificate_get_a_response() {
    let server = builder().build().serve_tls(([127, 0, 0, 1], 0)).await.unwrap();
    assert!(server.endpoints().sso_url().starts_with("https://127.0.0.1:"));
    let root = server.root_certificate_pem().unwrap().to_owned();
    for name in ["127.0.0.1", "localhost"] {
        let (answer, _) = exchange(connect(&server, Some(&root), name).await.unwrap()).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    assert!(connect(&server, Some(&root), "example.net").await.is_err(), "another name");
    assert!(connect(&server, None, "localhost").await.is_err(), "no trust");
    let other = builder().build().serve_tls(([127, 0, 0, 1], 0)).await.unwrap();
    assert_ne!(other.root_certificate_pem(), Some(root.as_str()), "no two servers share a key");
    assert!(connect(&other, Some(&root), "localhost").await.is_err());
    server.stop().await;
}

#[tokio::test]
async fn faults_reach_through_tls() {
    let plan = FaultPlan::new(1).rule(FaultRule::new(Effect::Reset { at: ResetStage::Body }));
    let server = builder().faults(plan).build().serve_tls(([127, 0, 0, 1], 0)).await.unwrap();
    let root = server.root_certificate_pem().unwrap().to_owned();
    let (answer, end) = exchange(connect(&server, Some(&root), "localhost").await.unwrap()).await;
    assert!(end.is_err());
    assert!(answer.contains("\r\n\r\n{"), "the head and a part of the body came: {answer}");
}

#[tokio::test]
async fn client_without_a_handshake_does_not_block_shutdown() {
    let server = builder().build().serve_tls(([127, 0, 0, 1], 0)).await.unwrap();
    let idle = TcpStream::connect(server.address()).await.unwrap();
    server.stop().await;
    drop(idle);
}
