//! Faults of a connection without TLS.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use plume_runtime::{Clock, SystemClock};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::wire::fault::{Expected, Fault};
use testkit::wire::gzip;
use testkit::wire::{Server, drain, read_request};

/// The response of a healthy server.
pub(crate) const BODY: &[u8] = b"{\"nodes\":[{\"id\":\"TST1\"}]}";
pub(crate) const HEALTHY: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"nodes\":[{\"id\":\"TST1\"}]}";

const STAGES: [(&str, &str, &[u8]); 5] = [
    ("reset before the head", "closed before the head", b""),
    ("reset inside the head", "closed inside the head", b"HTTP/1.1 200 O"),
    ("reset after the head", "closed after the head", b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n"),
    (
        "reset inside the body",
        "closed inside the body",
        b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"nodes\":[",
    ),
    (
        "reset inside a chunk",
        "closed inside a chunk",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n{\"nodes\":",
    ),
];

/// Fixed responses, and how the connection ends.
fn fixed() -> Vec<(&'static str, Expected, Vec<u8>)> {
    use Expected::{Broken, CutOff, Unreadable, Works};
    let with =
        |headers: &str, body: &[u8]| [format!("HTTP/1.1 200 OK\r\n{headers}\r\n").as_bytes(), body].concat();
    let length = |length: &str| with(&format!("Content-Length: {length}\r\n"), BODY);
    let chunks = |chunks: &str| with("Transfer-Encoding: chunked\r\n", chunks.as_bytes());
    let bomb = gzip::bomb(400_000);
    vec![
        ("healthy", Works, HEALTHY.to_vec()),
        ("length one too long", Broken, length("26")),
        ("length one too short", CutOff, length("24")),
        ("length of a gigabyte", Unreadable, length("1073741824")),
        ("length beyond 64 bits", Broken, length("18446744073709551616")),
        ("length below zero", Broken, length("-1")),
        ("two lengths", Broken, with("Content-Length: 25\r\nContent-Length: 26\r\n", BODY)),
        ("no length, cut JSON", CutOff, with("", b"{\"nodes\":[")),
        ("chunk size that is no number", Broken, chunks("xyz\r\n{}\r\n0\r\n\r\n")),
        ("chunk size beyond 64 bits", Broken, chunks("ffffffffffffffffff\r\n{}\r\n")),
        ("chunk longer than it says", Broken, chunks("2\r\n{\"nodes\":[]}\r\n0\r\n\r\n")),
        ("chunks without end", Broken, chunks("2\r\n[]\r\n")),
        ("gzip bomb, 100 MB in 650 KB", Unreadable, gzip::answer(&bomb)),
        ("gzip in gzip", Unreadable, gzip::answer(&gzip::stored(&gzip::stored(BODY)))),
        ("gzip in name only", Broken, gzip::answer(b"{\"nodes\":[]}")),
        ("gzip cut off", Broken, gzip::answer(gzip::stored(BODY).split_at(20).0)),
        ("gzip, healthy", Works, gzip::answer(&gzip::stored(BODY))),
        (
            "packed by brotli",
            Unreadable,
            with("Content-Encoding: br\r\nContent-Length: 4\r\n", b"\x0b\x02\x80["),
        ),
        (
            "packed by zstd",
            Unreadable,
            with("Content-Encoding: zstd\r\nContent-Length: 4\r\n", b"\x28\xb5\x2f\xfd"),
        ),
        ("a page with 200", Unreadable, with("Content-Length: 13\r\n", b"<html></html>")),
        ("nothing with 200", Unreadable, with("Content-Length: 0\r\n", b"")),
        ("another protocol", Broken, b"SSH-2.0-sample\r\n".to_vec()),
        ("zeros", Broken, vec![0; 64]),
        ("a status that is no number", Broken, b"HTTP/1.1 abc OK\r\n\r\n".to_vec()),
        ("one header of a mebibyte", Broken, with(&format!("X-Sample: {}\r\n", "x".repeat(1 << 20)), BODY)),
        ("ten thousand headers", Broken, with(&"X-Sample: x\r\n".repeat(10_000), BODY)),
    ]
}

pub(crate) async fn faults() -> io::Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for (name, expected, bytes) in fixed() {
        faults.push(Fault::new(name, expected, Server::answering(bytes).await));
    }
    for (reset, closed, bytes) in STAGES {
        faults.push(Fault::new(reset, Expected::Broken, Server::resetting_after(bytes).await));
        faults.push(Fault::new(closed, Expected::Broken, Server::answering(bytes).await));
    }
    let server = Server::start(|stream, _| async move {
        let _ = stream.set_zero_linger();
    })
    .await;
    faults.push(Fault::new("reset before the request", Expected::Broken, server));
    let closed = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    faults.push(Fault::nowhere("no listener", Expected::Broken, format!("http://{closed}/api")));
    faults.extend(slow().await);
    faults.extend(endless().await);
    faults.extend(redirects().await);
    Ok(faults)
}

async fn slow() -> Vec<Fault> {
    let drip = |head: &'static [u8]| {
        Server::start(move |mut stream, _| async move {
            read_request(&mut stream).await;
            let _ = stream.write_all(head).await;
            let clock = SystemClock::new();
            while stream.write_all(b" ").await.is_ok() {
                clock.sleep(Duration::from_millis(20)).await;
            }
        })
    };
    vec![
        Fault::new("silence", Expected::Slow, Server::stalling_after(b"").await),
        Fault::new(
            "silence inside the head",
            Expected::Slow,
            Server::stalling_after(b"HTTP/1.1 200 OK\r\nX:").await,
        ),
        Fault::new(
            "silence after the head",
            Expected::Slow,
            Server::stalling_after(b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n").await,
        ),
        Fault::new(
            "silence inside the body",
            Expected::Slow,
            Server::stalling_after(b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"nodes\":").await,
        ),
        Fault::new("a head byte by byte", Expected::Slow, drip(b"HTTP/1.1 200 OK\r\nX-Sample: ").await),
        Fault::new(
            "a body byte by byte",
            Expected::Slow,
            drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await,
        ),
        Fault::new(
            "interim answers without end",
            Expected::Slow,
            Server::start(|mut stream, _| async move {
                read_request(&mut stream).await;
                let clock = SystemClock::new();
                while stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").await.is_ok() {
                    clock.sleep(Duration::from_millis(1)).await;
                }
            })
            .await,
        ),
    ]
}

async fn endless() -> Vec<Fault> {
    let endless = |head: &'static [u8], piece: Vec<u8>| {
        let piece: Arc<[u8]> = piece.into();
        Server::start(move |mut stream, _| {
            let piece = Arc::clone(&piece);
            async move {
                read_request(&mut stream).await;
                let _ = stream.write_all(head).await;
                while stream.write_all(&piece).await.is_ok() {}
            }
        })
    };
    let chunk = [&b"4000\r\n"[..], &vec![b' '; 0x4000], b"\r\n"].concat();
    vec![
        Fault::new(
            "a body without end, in chunks",
            Expected::Unreadable,
            endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk).await,
        ),
        Fault::new(
            "a body without end, until closed",
            Expected::Unreadable,
            endless(b"HTTP/1.1 200 OK\r\n\r\n", vec![b' '; 0x4000]).await,
        ),
        Fault::new(
            "a head without end",
            Expected::Flooded,
            endless(b"HTTP/1.1 200 OK\r\n", b"X-Sample: x\r\n".repeat(1_000)).await,
        ),
        Fault::new(
            "a chunk extension without end",
            Expected::Flooded,
            endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=", vec![b'x'; 0x4000]).await,
        ),
    ]
}

async fn redirects() -> Vec<Fault> {
    let bytes = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&bytes);
    let elsewhere = Server::start(move |mut stream, _| {
        let counter = Arc::clone(&counter);
        async move {
            let mut buffer = [0; 1024];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                counter.fetch_add(read, Ordering::SeqCst);
            }
        }
    })
    .await;
    let port = elsewhere.address.port();
    let redirect = |status: u16, target: String| {
        Server::start(move |mut stream, _| {
            let target = target.clone();
            async move {
                while !read_request(&mut stream).await.is_empty() {
                    let head =
                        format!("HTTP/1.1 {status} x\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
                    let _ = stream.write_all(head.as_bytes()).await;
                }
                drain(&mut stream).await;
            }
        })
    };
    let mut faults = Vec::new();
    for (name, status, target) in [
        ("301 to another port", 301, format!("http://127.0.0.1:{port}/api")),
        ("302 to another host", 302, format!("http://localhost:{port}/api")),
        ("303 to another scheme", 303, format!("https://127.0.0.1:{port}/api")),
        ("307 to another host without a scheme", 307, format!("//localhost:{port}/api")),
        ("308 to itself", 308, "/api".to_owned()),
    ] {
        let server = redirect(status, target).await;
        faults.push(Fault::new(name, Expected::Unreadable, server).watching(&bytes));
    }
    // The forbidden listener must stay open as long as a client could connect.
    std::mem::forget(elsewhere);
    faults
}
