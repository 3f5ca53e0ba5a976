//! Connections that are slow, idle or too many. Row WB15.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{Router, routing::get};
use plume::runtime::{Clock, SystemClock};
use plume_server::{
    program::{ConnectionLimits, serve_connections},
    stop::Stop,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};

const ASKED: &str = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
/// More than the buffers of two sockets hold.
const BIG: usize = 32 << 20;

/// A server with small limits.
async fn serve(limits: ConnectionLimits) -> (SocketAddr, Stop, JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = Stop::default();
    let routes =
        Router::new().route("/", get(async || "well\n")).route("/big", get(async || "x".repeat(BIG)));
    let served = tokio::spawn(serve_connections(listener, routes, limits, stop.stopping()));
    (address, stop, served)
}

fn limits() -> ConnectionLimits {
    ConnectionLimits {
        all: 100,
        of_network: 50,
        head: Duration::from_millis(500),
        stalled: Duration::from_millis(500),
        ..ConnectionLimits::default()
    }
}

/// Connects from an address of this machine.
async fn connect(from: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 0, from), 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

async fn ask(mut stream: TcpStream, text: &str) -> String {
    let _ = stream.write_all(text.as_bytes()).await;
    rest(stream).await
}

/// The bytes that arrive until the server closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let limit = SystemClock::new();
    tokio::select! {
        _ = stream.read_to_end(&mut answer) => String::from_utf8(answer).unwrap(),
        () = limit.limit(Duration::from_secs(20)) => panic!("the connection stays open"),
    }
}

#[tokio::test]
async fn idle_and_slow_connections_end_and_one_network_does_not_take_all() {
    let (address, stop, served) = serve(limits()).await;
    let mut open = Vec::new();
    for number in 0..300 {
        let mut stream = connect(2, address).await;
        if number % 2 == 0 {
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: ").await;
        }
        open.push(stream);
    }
    assert!(ask(connect(3, address).await, ASKED).await.ends_with("well\n"), "another address");
    assert_eq!(ask(connect(2, address).await, ASKED).await, "", "the same one");
    // All of them are closed by the server: by the limit, or when no head arrives.
    for stream in open {
        rest(stream).await;
    }
    assert!(ask(connect(2, address).await, ASKED).await.ends_with("well\n"));
    // Also after a request.
    let kept = ask(connect(2, address).await, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(kept.ends_with("well\n"), "{kept}");
    stop.stop();
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn all_connections_together_are_limited() {
    let (address, _stop, _served) =
        serve(ConnectionLimits { head: Duration::from_secs(60), ..limits() }).await;
    let mut open = Vec::new();
    for number in 0..100 {
        open.push(connect(2 + number / 50, address).await);
    }
    assert_eq!(ask(connect(9, address).await, ASKED).await, "");
    open.pop();
    // The place is free as soon as the server has seen the end.
    let mut answer = String::new();
    for _ in 0..1_000 {
        answer = ask(connect(9, address).await, ASKED).await;
        if !answer.is_empty() {
            break;
        }
    }
    assert!(answer.ends_with("well\n"));
}

#[tokio::test]
async fn a_long_head_is_refused() {
    let (address, _stop, _served) = serve(limits()).await;
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(100_000));
    assert!(!ask(connect(2, address).await, &long).await.contains("well"));
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: a\r\n".repeat(1_000));
    assert!(!ask(connect(2, address).await, &many).await.contains("well"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_client_that_does_not_read_has_no_place_for_long() {
    let (address, _stop, _served) = serve(ConnectionLimits { all: 1, of_network: 1, ..limits() }).await;
    let mut stalled = connect(2, address).await;
    stalled.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 1];
    stalled.read_exact(&mut first).await.unwrap();
    assert_eq!(ask(connect(3, address).await, ASKED).await, "", "its place is taken");
    let clock = SystemClock::new();
    let began = clock.monotonic();
    while ask(connect(3, address).await, ASKED).await.is_empty() {
        assert!(clock.monotonic() - began < Duration::from_secs(60), "the connection stays open");
    }
}

#[tokio::test]
async fn an_open_connection_does_not_delay_the_end() {
    let (address, stop, served) = serve(ConnectionLimits { head: Duration::from_secs(60), ..limits() }).await;
    let open = connect(2, address).await;
    assert!(ask(connect(2, address).await, ASKED).await.ends_with("well\n"));
    stop.stop();
    served.await.unwrap().unwrap();
    drop(open);
}
