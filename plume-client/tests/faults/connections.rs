//! Connections that break, and names that do not lead to any.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use plume_client::ErrorKind;
use plume_runtime::{HttpTransport, Resolver, TransportErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    cloud::{Cloud, NODES},
    loopback::{HEALTHY, Loopback, patient},
};
use testkit::replies::{broken, reply};
use testkit::wire::{Server, drain, read_request};

/// The bytes sent before the connection breaks.
const STAGES: [(&str, &[u8]); 5] = [
    ("before the head", b""),
    ("inside the head", b"HTTP/1.1 200 O"),
    ("after the head", b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n"),
    ("inside the body", b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"nodes\":[{\"id\""),
    ("inside a chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n{\"nodes\":["),
];

/// Breaks the first connections after `bytes`, by a reset, and is healthy on all later ones.
async fn breaking(bytes: &'static [u8], connections: usize) -> Server {
    Server::start(move |mut stream, number| async move {
        if number < connections {
            read_request(&mut stream).await;
            stream.write_all(bytes).await.unwrap();
            stream.set_zero_linger().unwrap();
        } else {
            while !read_request(&mut stream).await.is_empty() {
                stream.write_all(HEALTHY).await.unwrap();
            }
        }
    })
    .await
}

#[tokio::test]
pub(crate) async fn a_reset_at_any_stage_is_repaired_by_another_try() {
    for (stage, bytes) in STAGES {
        let server = breaking(bytes, 1).await;
        let loopback = Loopback::to(server.address, patient());
        assert_eq!(loopback.nodes().await.unwrap(), 1, "{stage}");
        assert_eq!(server.connections(), 2, "{stage}");
        loopback.ends_with(2);
    }
}

#[tokio::test]
pub(crate) async fn resets_without_end_are_three_tries_and_an_error() {
    let calls = STAGES.map(|(stage, bytes)| async move {
        let server = breaking(bytes, usize::MAX).await;
        let loopback = Loopback::to(server.address, patient());
        let error = loopback.fails().await;
        assert_eq!(error.kind(), ErrorKind::Network, "{stage}");
        assert!(error.is_transient() && error.attempts().len() == 3, "{stage}: {error:?}");
        assert_eq!(server.connections(), 3, "{stage}");
        loopback.ends_with(3);
    });
    futures_util::future::join_all(calls).await;
}

#[tokio::test]
pub(crate) async fn a_reset_before_the_request_is_read_is_repaired() {
    let server = Server::start(|mut stream, number| async move {
        if number == 0 {
            stream.set_zero_linger().unwrap();
            return;
        }
        read_request(&mut stream).await;
        stream.write_all(HEALTHY).await.unwrap();
        drain(&mut stream).await;
    })
    .await;
    let loopback = Loopback::to(server.address, patient());
    assert_eq!(loopback.nodes().await.unwrap(), 1);
    loopback.ends_with(2);
}

#[tokio::test]
pub(crate) async fn a_kept_connection_that_the_server_has_closed_goes_unnoticed() {
    let server = Server::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        // Nothing says that the connection will not be kept.
        stream.write_all(HEALTHY).await.unwrap();
    })
    .await;
    let loopback = Loopback::to(server.address, patient());
    for _ in 0..20 {
        assert_eq!(loopback.nodes().await.unwrap(), 1);
    }
    assert!(server.connections() >= 20);
}

#[tokio::test]
pub(crate) async fn a_body_cut_by_a_clean_close_is_never_a_shorter_list() {
    // Without a length, the end of the connection is the end of the body: only the JSON shows that it is cut.
    for body in [r#"{"nodes":[{"id":"TST1"}"#, r#"[{"id":"TST1"},"#, "[", ""] {
        let server = Server::answering(format!("HTTP/1.1 200 OK\r\n\r\n{body}").into_bytes()).await;
        let loopback = Loopback::to(server.address, patient());
        assert_eq!(loopback.fails().await.kind(), ErrorKind::Unreadable, "{body}");
    }
}

#[tokio::test]
pub(crate) async fn a_length_that_is_not_true_is_an_error() {
    let announced = |length: &str| {
        let body = "{\"nodes\":[{\"id\":\"TST1\"}]}";
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
    };
    let calls = [
        // Too long: the rest never comes.
        ("26", ErrorKind::Network),
        ("4096", ErrorKind::Network),
        // Beyond the limit, so no call waits for it.
        ("1073741824", ErrorKind::Unreadable),
        ("18446744073709551615", ErrorKind::Network),
        // Too short: the JSON is cut.
        ("24", ErrorKind::Unreadable),
        ("0", ErrorKind::Unreadable),
        // No number at all.
        ("-1", ErrorKind::Network),
        ("25, 26", ErrorKind::Network),
        ("abc", ErrorKind::Network),
    ]
    .map(|(length, kind)| async move {
        let server = Server::answering(announced(length)).await;
        let loopback = Loopback::to(server.address, patient());
        let error = loopback.fails().await;
        assert_eq!(error.kind(), kind, "{length}: {error}");
        loopback.ends_with(if kind == ErrorKind::Network { 3 } else { 1 });
    });
    futures_util::future::join_all(calls).await;
}

#[tokio::test]
pub(crate) async fn chunks_that_are_none_are_an_error() {
    let calls = ["xyz\r\n{}\r\n0\r\n\r\n", "ffffffffffffffffff\r\n", "-1\r\n", "5\r\n[]\r\n", ""].map(
        |chunks| async move {
            let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
            let server = Server::answering(answer.into_bytes()).await;
            let loopback = Loopback::to(server.address, patient());
            assert_eq!(loopback.fails().await.kind(), ErrorKind::Network, "{chunks:?}");
            loopback.ends_with(3);
        },
    );
    futures_util::future::join_all(calls).await;
}

#[tokio::test]
pub(crate) async fn permanent_failure_gets_one_attempt() {
    for (fault, kind) in [
        (TransportErrorKind::Refused, ErrorKind::Settings),
        (TransportErrorKind::Runtime, ErrorKind::Runtime),
        (TransportErrorKind::Tls, ErrorKind::Network),
        (TransportErrorKind::TooLarge, ErrorKind::Unreadable),
    ] {
        let cloud = Cloud::scripted([broken(fault), reply(200, NODES)]);
        let error = cloud.fails().await;
        assert_eq!(error.kind(), kind);
        assert!(!error.is_transient(), "{fault:?}");
        // What did not leave this machine counts for nothing.
        if matches!(fault, TransportErrorKind::Refused | TransportErrorKind::Runtime) {
            let left = cloud.client.rate_limiter().budget_left();
            assert_eq!((cloud.sent(), cloud.client.calls_made(), left), (1, 0, Some(1_900)));
        } else {
            cloud.ends_with(1, 1);
        }
    }
    for fault in [TransportErrorKind::Connect, TransportErrorKind::Timeout, TransportErrorKind::Interrupted] {
        let cloud = Cloud::scripted([broken(fault), reply(200, NODES)]);
        assert_eq!(cloud.nodes().await.unwrap(), 1, "{fault:?}");
        cloud.ends_with(2, 1);
    }
}

/// Gives one answer after the other, the last one again and again.
#[derive(Debug)]
struct Names {
    answers: Vec<Result<Vec<IpAddr>, io::ErrorKind>>,
    asked: AtomicUsize,
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(number).or(self.answers.last()).unwrap();
        answer.clone().map_err(|kind| io::Error::new(kind, "no such name"))
    }
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Loopback as well, but without a listener.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

#[tokio::test]
pub(crate) async fn names_that_lead_nowhere_are_tried_again_and_the_next_address_too() {
    let server = breaking(b"", 0).await;
    let asking = |answers| {
        let names = Arc::new(Names { answers, asked: AtomicUsize::new(0) });
        let transport = HttpTransport::builder().resolver(Arc::clone(&names) as Arc<dyn Resolver>).build();
        let base = format!("http://localhost:{}/api", server.address.port());
        (Loopback::through(transport, &base, patient()), names)
    };
    for nowhere in [Err(io::ErrorKind::NotFound), Err(io::ErrorKind::TimedOut), Ok(vec![]), Ok(vec![NOBODY])]
    {
        let (loopback, names) = asking(vec![nowhere.clone()]);
        let error = loopback.fails().await;
        assert_eq!(error.kind(), ErrorKind::Network, "{nowhere:?}: {error}");
        assert!(error.is_transient() && error.to_string().contains("localhost"), "{error}");
        assert_eq!(names.asked.load(Ordering::SeqCst), 3);
        loopback.ends_with(3);
        // The name comes back while the client lives.
        let (loopback, _) = asking(vec![nowhere, Ok(vec![HERE])]);
        assert_eq!(loopback.nodes().await.unwrap(), 1);
        loopback.ends_with(2);
    }
    let (loopback, _) = asking(vec![Ok(vec![NOBODY, HERE])]);
    assert_eq!(loopback.nodes().await.unwrap(), 1, "the second address is tried");
    loopback.ends_with(1);
}

#[tokio::test]
pub(crate) async fn a_server_that_speaks_something_else_is_an_error() {
    for words in [&b"SSH-2.0-sample\r\n"[..], b"\x15\x03\x01\x00\x02\x02\x28", b"<html>canary</html>"] {
        let server = Server::start(move |mut stream, _| async move {
            let mut first = [0; 1];
            let _ = stream.read(&mut first).await;
            let _ = stream.write_all(words).await;
            let _ = stream.shutdown().await;
            drain(&mut stream).await;
        })
        .await;
        let loopback = Loopback::to(server.address, patient());
        assert_eq!(loopback.fails().await.kind(), ErrorKind::Network);
        loopback.ends_with(3);
    }
}
