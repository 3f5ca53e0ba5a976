//! Servers that let the client wait, flood it, or send it elsewhere.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use plume_client::ErrorKind;
use plume_runtime::{Clock, SystemClock};
use tokio::{io::AsyncWriteExt, net::TcpSocket};

use crate::{
    cloud::Cloud,
    loopback::{HEALTHY, Loopback, patient},
};
use testkit::replies::reply;
use testkit::wire::gzip;
use testkit::wire::{Server, drain, dripping, read_request};

/// Long enough for a machine that is busy, short enough to wait for.
const SHORT: Duration = Duration::from_millis(80);

#[tokio::test]
pub(crate) async fn a_server_that_never_answers_meets_the_time_limit() {
    for head in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Le"] {
        let server = Server::stalling_after(head).await;
        let loopback = Loopback::to(server.address, patient().first_byte_timeout(SHORT));
        let error = loopback.fails().await;
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(error.is_transient());
        assert_eq!(server.connections(), 3, "a read is retried, and not on the same connection");
        loopback.ends_with(3);
    }
}

#[tokio::test]
pub(crate) async fn a_head_that_drips_meets_the_time_limit() {
    let server = Server::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        let clock = SystemClock::new();
        for byte in b"HTTP/1.1 200 OK\r\nX-Sample: ".iter().chain(std::iter::repeat_n(&b'x', 10_000)) {
            clock.sleep(Duration::from_millis(5)).await;
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
    })
    .await;
    let loopback = Loopback::to(server.address, patient().first_byte_timeout(SHORT));
    assert_eq!(loopback.fails().await.kind(), ErrorKind::Timeout);
    loopback.ends_with(3);
}

#[tokio::test]
pub(crate) async fn a_body_that_drips_meets_the_time_limit() {
    let server = dripping(10_000).await;
    let loopback = Loopback::to(server.address, patient().total_timeout(2 * SHORT));
    assert_eq!(loopback.fails().await.kind(), ErrorKind::Timeout);
    loopback.ends_with(3);
}

#[tokio::test]
pub(crate) async fn silence_after_the_head_meets_the_time_limit() {
    for head in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"nodes\":",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[{}]\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ] {
        let server = Server::stalling_after(head).await;
        let loopback = Loopback::to(server.address, patient().idle_read_timeout(SHORT));
        assert_eq!(loopback.fails().await.kind(), ErrorKind::Timeout);
        loopback.ends_with(3);
    }
}

#[tokio::test]
pub(crate) async fn a_kept_connection_that_swallows_requests_is_left() {
    // The first connection responds once; later requests get no response.
    let server = Server::start(|mut stream, number| async move {
        read_request(&mut stream).await;
        stream.write_all(HEALTHY).await.unwrap();
        if number > 0 {
            while !read_request(&mut stream).await.is_empty() {
                stream.write_all(HEALTHY).await.unwrap();
            }
        }
        drain(&mut stream).await;
    })
    .await;
    let loopback = Loopback::to(server.address, patient().first_byte_timeout(4 * SHORT));
    for _ in 0..4 {
        assert_eq!(loopback.nodes().await.unwrap(), 1);
    }
    assert_eq!(server.connections(), 2);
    loopback.ends_with(5);
}

/// Answers every request with a redirect to `target`, or to its own address without one.
async fn redirecting(status: u16, target: Option<String>) -> Server {
    Server::start(move |mut stream, _| {
        let target = target.clone();
        async move {
            let own = format!("http://{}/api/again", stream.local_addr().unwrap());
            let target = target.unwrap_or(own);
            while !read_request(&mut stream).await.is_empty() {
                let head =
                    format!("HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(head.as_bytes()).await.unwrap();
            }
        }
    })
    .await
}

#[tokio::test]
pub(crate) async fn a_redirect_is_not_followed_wherever_it_leads() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let elsewhere = Server::start(move |mut stream, _| {
        let counter = Arc::clone(&counter);
        async move {
            counter.fetch_add(read_request(&mut stream).await.len(), Ordering::SeqCst);
        }
    })
    .await;
    let port = elsewhere.address.port();
    for status in [301, 302, 303, 307, 308] {
        for target in [
            // Another port, another host, another scheme, itself, and what leads nowhere.
            Some(format!("http://127.0.0.1:{port}/api")),
            Some(format!("http://localhost:{port}/api")),
            Some(format!("https://127.0.0.1:{port}/api")),
            Some(format!("//127.0.0.1:{port}/api")),
            Some("/api/elsewhere".to_owned()),
            Some(String::new()),
            None,
        ] {
            let server = redirecting(status, target).await;
            let loopback = Loopback::to(server.address, patient());
            let error = loopback.fails().await;
            assert_eq!((error.kind(), error.status()), (ErrorKind::Unreadable, Some(status)));
            assert!(error.to_string().contains("redirect"), "{error}");
            assert_eq!(server.connections(), 1);
            loopback.ends_with(1);
        }
    }
    assert_eq!((elsewhere.connections(), seen.load(Ordering::SeqCst)), (0, 0), "not one byte went elsewhere");
}

#[tokio::test]
pub(crate) async fn what_the_server_repeats_of_our_request_is_not_shown() {
    for status in [400, 403, 404, 422, 500] {
        let cloud = Cloud::answering(move |request| {
            let shown = request.headers()[http::header::AUTHORIZATION].to_str().unwrap();
            let body = format!(r#"{{"error":{{"statusCode":{status},"message":"bad header: {shown}"}}}}"#);
            reply(status, body)
        });
        // `fails` checks that no token shows.
        assert_eq!(cloud.fails().await.status(), Some(status));
        let sent = cloud.sent();
        cloud.ends_with(sent, 1);
    }
}

#[tokio::test]
pub(crate) async fn interim_answers_without_end_meet_the_time_limit() {
    let server = Server::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        let clock = SystemClock::new();
        while stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").await.is_ok() {
            clock.sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let loopback = Loopback::to(server.address, patient().first_byte_timeout(SHORT));
    assert_eq!(loopback.fails().await.kind(), ErrorKind::Timeout);
    loopback.ends_with(3);
}

#[tokio::test]
pub(crate) async fn a_head_without_measure_is_an_error() {
    let line = |number: usize, length: usize| format!("X-Sample-{number}: {}\r\n", "x".repeat(length));
    for (what, lines, readable) in [
        ("as many headers as may be", (0..90).map(|number| line(number, 10)).collect::<String>(), true),
        ("too many headers", (0..1_000).map(|number| line(number, 10)).collect(), false),
        ("one header of a mebibyte", line(0, 1 << 20), false),
    ] {
        let healthy = String::from_utf8_lossy(HEALTHY).replacen("\r\n", &format!("\r\n{lines}"), 1);
        let server = Server::answering(healthy.into_bytes()).await;
        let loopback = Loopback::to(server.address, patient());
        if readable {
            assert_eq!(loopback.nodes().await.unwrap(), 1, "{what}");
        } else {
            assert_eq!(loopback.fails().await.kind(), ErrorKind::Network, "{what}");
            loopback.ends_with(3);
        }
    }
}

#[tokio::test]
pub(crate) async fn a_packed_body_nobody_asked_for_is_an_error() {
    let packed = gzip::bomb(4_000);
    for (encoding, body) in [
        ("gzip", packed.clone()),
        ("gzip, gzip", gzip::stored(&packed[..60_000.min(packed.len())])),
        ("br", vec![0x0b; 1_000]),
        ("zstd", vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0]),
        ("identity", packed.clone()),
        ("x-unheard-of", packed),
    ] {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let server = Server::answering([head.as_bytes(), &body].concat()).await;
        let loopback = Loopback::to(server.address, patient().max_body_bytes(64 << 10));
        assert_eq!(loopback.fails().await.kind(), ErrorKind::Unreadable, "{encoding}");
        loopback.ends_with(1);
    }
}

#[tokio::test]
pub(crate) async fn a_body_without_end_is_cut_soon_after_the_limit() {
    const LIMIT: usize = 64 << 10;
    // The server's side of the socket holds little, so that what was written is about what was read.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(16 << 10).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let written = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&written);
    let server = Server::on(socket.listen(8).unwrap(), move |mut stream, _| {
        let counter = Arc::clone(&counter);
        async move {
            read_request(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n[").await.unwrap();
            while stream.write_all(&[b' '; 1024]).await.is_ok() {
                counter.fetch_add(1024, Ordering::SeqCst);
            }
        }
    });
    let loopback = Loopback::to(server.address, patient().max_body_bytes(LIMIT));
    let error = loopback.fails().await;
    assert_eq!(error.kind(), ErrorKind::Unreadable);
    assert!(error.to_string().contains("larger than the limit"), "{error}");
    loopback.ends_with(1);
    let written = written.load(Ordering::SeqCst);
    // The limit, and what the buffers of the two kernels hold.
    assert!(written < 2 << 20, "{written} bytes were taken");
}
