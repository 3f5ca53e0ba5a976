//! `HttpTransport` against real sockets on loopback: ordinary answers, and every way a server can misbehave.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    error::Error,
    net::SocketAddr,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use plume_runtime::{
    Clock, HttpTransport, Limits, Proxy, SystemClock, Transport, TransportError, TransportErrorKind,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// Stands for anything that must not show: it is in the path, the query and the header of every request.
const CANARY: &str = "canary";
const PATH: &str = "/canary-path?token=canary-query";

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// --- A server that does what the test says, byte by byte ---

struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Hands every connection to `behave`, together with its number, counted from 0.
    fn on<F, W>(listener: TcpListener, behave: F) -> Self
    where
        F: Fn(TcpStream, usize) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(behave(stream, number));
            }
        });
        Self { address, connections, task }
    }

    async fn start<F, W>(behave: F) -> Self
    where
        F: Fn(TcpStream, usize) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), behave)
    }

    /// Reads one request, writes `bytes` and closes.
    async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        Self::start(move |mut stream, _| {
            let bytes = Arc::clone(&bytes);
            async move {
                read_request(&mut stream).await;
                // The client may have heard enough before the end.
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                drain(&mut stream).await;
            }
        })
        .await
    }

    /// Reads one request, writes `bytes` and says nothing more, for ever.
    async fn stalling_after(bytes: &'static [u8]) -> Self {
        Self::start(move |mut stream, _| async move {
            read_request(&mut stream).await;
            stream.write_all(bytes).await.unwrap();
            drain(&mut stream).await;
        })
        .await
    }

    /// Reads one request, writes `bytes` and tears the connection down with a reset.
    async fn resetting_after(bytes: &'static [u8]) -> Self {
        Self::start(move |mut stream, _| async move {
            read_request(&mut stream).await;
            stream.write_all(bytes).await.unwrap();
            stream.set_zero_linger().unwrap();
        })
        .await
    }

    fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Head and body of one request, as text. Empty when the client closed without one.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_ascii_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        match stream.read_buf(&mut bytes).await {
            Ok(1..) => {}
            _ => return String::new(),
        }
    }
}

/// Waits until the client closes, so that the server's own close cannot turn into a reset by unread bytes.
async fn drain(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}

// --- The client's side ---

fn transport() -> HttpTransport {
    HttpTransport::default()
}

/// A request with a canary wherever a request can hold one.
fn request(method: Method, url: &str) -> Request<Bytes> {
    let mut bearer = HeaderValue::from_static("Bearer canary-token");
    bearer.set_sensitive(true);
    Request::builder()
        .method(method)
        .uri(url)
        .header(header::AUTHORIZATION, bearer)
        .body(Bytes::from_static(b"canary-body"))
        .unwrap()
}

fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

/// Longer than any test may take, so that each test meets the one limit that it sets itself.
fn patient() -> Limits {
    Limits::default()
        .total_timeout(Duration::from_secs(20))
        .first_byte_timeout(Duration::from_secs(20))
        .idle_read_timeout(Duration::from_secs(20))
}

async fn fail_with(transport: &HttpTransport, url: &str, limits: &Limits) -> TransportError {
    let error = transport.send(request(Method::POST, url), limits).await.unwrap_err();
    assert_silent(&error);
    error
}

/// The error of a request to `url`; that it shows nothing of the request is checked on the way.
async fn fail(url: &str, limits: &Limits) -> TransportError {
    fail_with(&transport(), url, limits).await
}

/// Neither the error nor anything below it shows the URL, a header or the body.
fn assert_silent(error: &TransportError) {
    let mut texts = vec![error.to_string(), format!("{error:?}"), format!("{error:#?}")];
    let mut next = error.source();
    while let Some(cause) = next {
        texts.extend([cause.to_string(), format!("{cause:?}")]);
        next = cause.source();
    }
    for text in texts {
        assert!(!text.contains(CANARY), "{text}");
    }
}

fn assert_interrupted(error: &TransportError) {
    assert_eq!(error.kind(), TransportErrorKind::Interrupted, "{error:?}");
    assert!(!error.never_sent(), "the server has seen the request");
    assert!(error.is_transient());
}

fn assert_timeout(error: &TransportError, what: &str) {
    assert_eq!(error.kind(), TransportErrorKind::Timeout, "{error:?}");
    assert!(error.to_string().contains(what), "{error}");
    assert!(!error.never_sent(), "the server may have seen the request");
    assert!(error.is_transient());
}

/// An address of this machine where nobody listens.
async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

// --- Ordinary answers ---

#[tokio::test]
async fn every_status_is_an_answer() {
    let server = Server::start(|mut stream, _| async move {
        loop {
            let request = read_request(&mut stream).await;
            let Some(status) = request.split(' ').nth(1).and_then(|path| path.strip_prefix('/')) else {
                return;
            };
            let head = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
        }
    })
    .await;
    let transport = transport();
    for status in (200..=599).chain([600, 799, 999]) {
        let url = format!("http://{}/{status}", server.address);
        let answer = transport.send(get(&url), &patient()).await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
    }
    assert_eq!(server.connections(), 1, "a connection is kept whatever the status");
}

#[tokio::test]
async fn headers_and_body_arrive_in_both_directions() {
    let server = MockServer::start().await;
    Mock::given(matchers::any())
        .respond_with(
            ResponseTemplate::new(StatusCode::CREATED)
                .append_header("x-twice", "one")
                .append_header("x-twice", "two")
                .append_header("set-cookie", "session=sample")
                .set_body_bytes(&b"\x00\xffanswer"[..]),
        )
        .mount(&server)
        .await;
    let transport = transport();
    // Escapes stay as they are: a client that encoded a path wants these bytes.
    let path = "/a%2Fb%20c/%7Bd%7D?x=1%262&y=";
    let url = format!("{}{path}", server.uri());
    let request = Request::put(&url)
        .header("x-sample", "first")
        .header("x-sample", "second")
        .header(header::CONTENT_TYPE, "text/plain")
        .body(Bytes::from_static(b"\xff\x00question"))
        .unwrap();
    let answer = transport.send(request, &patient()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(answer.headers().get_all("x-twice").iter().collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(answer.body().as_ref(), b"\x00\xffanswer");
    assert!(transport.send(get(&url), &patient()).await.is_ok());

    let seen = server.received_requests().await.unwrap();
    assert_eq!(seen[0].method, Method::PUT);
    let target = &seen[0].url;
    assert_eq!(format!("{}?{}", target.path(), target.query().unwrap_or_default()), path);
    assert_eq!(seen[0].headers[header::HOST], server.address().to_string());
    assert_eq!(seen[0].body, b"\xff\x00question");
    assert_eq!(seen[0].headers.get_all("x-sample").iter().collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(seen[0].headers[header::CONTENT_TYPE], "text/plain");
    assert_eq!(seen[0].headers[header::USER_AGENT], concat!("plume-sdk/", env!("CARGO_PKG_VERSION")));
    assert!(!seen[1].headers.contains_key(header::COOKIE), "cookies are not kept");
    assert!(seen.iter().all(|request| !request.headers.contains_key(header::REFERER)), "{seen:?}");
}

#[tokio::test]
async fn the_user_agent_can_be_chosen() {
    let server = MockServer::start().await;
    let transport = HttpTransport::builder().user_agent("sample/1.0").build();
    transport.send(get(&server.uri()), &patient()).await.unwrap();
    let seen = server.received_requests().await.unwrap();
    assert_eq!(seen[0].headers[header::USER_AGENT], "sample/1.0");
}

#[tokio::test]
async fn a_user_agent_that_is_no_header_is_refused_by_its_name() {
    let server = Server::answering(OK).await;
    let transport = HttpTransport::builder().user_agent("sample\n1.0").build();
    let error = fail_with(&transport, &server.url(), &patient()).await;
    assert_eq!(error.kind(), TransportErrorKind::Refused);
    assert!(error.to_string().contains("user agent"), "{error}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = MockServer::start().await;
    for status in [301, 302, 303, 307, 308] {
        let server = MockServer::start().await;
        for target in [
            format!("{}/target", elsewhere.uri()),
            "/target".to_owned(),
            "https://sso.example.net/target".to_owned(),
        ] {
            server.reset().await;
            Mock::given(matchers::any())
                .respond_with(ResponseTemplate::new(status).insert_header("location", target.as_str()))
                .mount(&server)
                .await;
            let url = format!("{}/start", server.uri());
            let answer = transport().send(request(Method::POST, &url), &patient()).await.unwrap();
            assert_eq!(answer.status().as_u16(), status);
            assert_eq!(answer.headers()[header::LOCATION], target.as_str());
            let seen = server.received_requests().await.unwrap();
            assert_eq!(seen.len(), 1, "{status} to {target}");
        }
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

// --- Sizes ---

#[tokio::test]
async fn a_body_may_be_as_large_as_the_limit_and_no_larger() {
    const LIMIT: usize = 100_000;
    for (size, fits) in [(0, true), (LIMIT - 1, true), (LIMIT, true), (LIMIT + 1, false)] {
        let announced =
            [format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n").into_bytes(), vec![b'x'; size]]
                .concat();
        let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for chunk in vec![b'x'; size].chunks(1_000) {
            chunked.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            chunked.extend(chunk);
            chunked.extend(b"\r\n");
        }
        chunked.extend(b"0\r\n\r\n");
        let until_closed = [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; size]].concat();
        for (how, bytes) in [("announced", announced), ("chunked", chunked), ("until closed", until_closed)] {
            let server = Server::answering(bytes).await;
            let limits = patient().max_body_bytes(LIMIT);
            if fits {
                let answer = transport().send(get(&server.url()), &limits).await.unwrap();
                assert_eq!(answer.body().len(), size, "{how}");
            } else {
                let error = fail(&server.url(), &limits).await;
                assert_eq!(error.kind(), TransportErrorKind::TooLarge, "{how}");
                assert!(!error.never_sent());
                assert!(!error.is_transient());
                assert!(error.to_string().contains("100000"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn an_announced_length_above_the_limit_costs_no_byte() {
    // Not one byte of the body ever comes: whoever waited for it would meet the idle limit.
    let server = Server::stalling_after(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").await;
    let error = fail(&server.url(), &patient()).await;
    assert_eq!(error.kind(), TransportErrorKind::TooLarge);
}

#[tokio::test]
async fn an_answer_without_a_body_may_announce_any_length() {
    // RFC 9110 §8.6: the length is that of the body a GET would have had.
    let server =
        Server::answering(&b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1073741824\r\n\r\n"[..])
            .await;
    let head = Request::head(server.url()).body(Bytes::new()).unwrap();
    let answer = transport().send(head, &patient()).await.unwrap();
    assert!(answer.body().is_empty());
    assert_eq!(answer.headers()[header::CONTENT_LENGTH], "1073741824");

    let server =
        Server::answering(&b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1073741824\r\n\r\n"[..]).await;
    let answer = transport().send(get(&server.url()), &patient()).await.unwrap();
    assert!(answer.body().is_empty());
}

#[tokio::test]
async fn bytes_beyond_the_announced_length_are_not_part_of_the_answer() {
    let server =
        Server::answering(&b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nmore"[..])
            .await;
    let transport = transport();
    for _ in 0..2 {
        let answer = transport.send(get(&server.url()), &patient()).await.unwrap();
        assert_eq!(answer.body(), "ok");
    }
    assert_eq!(server.connections(), 2, "such a connection is not used again");
}

#[tokio::test]
async fn an_endless_body_is_cut_soon_after_the_limit() {
    // The server's side of the socket holds little, so that what was written is about what was read.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(16 << 10).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let written = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&written);
    let server = Server::on(socket.listen(8).unwrap(), move |mut stream, number| {
        let counter = Arc::clone(&counter);
        async move {
            read_request(&mut stream).await;
            let head: &[u8] = match number {
                0 => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                _ => b"HTTP/1.1 200 OK\r\n\r\n",
            };
            let piece = match number {
                0 => [&b"400\r\n"[..], &[b'x'; 1024], b"\r\n"].concat(),
                _ => vec![b'x'; 1024],
            };
            stream.write_all(head).await.unwrap();
            while stream.write_all(&piece).await.is_ok() {
                counter.fetch_add(piece.len(), Ordering::SeqCst);
            }
        }
    });
    for _ in ["chunked", "until closed"] {
        let error = fail(&server.url(), &patient().max_body_bytes(64 << 10)).await;
        assert_eq!(error.kind(), TransportErrorKind::TooLarge);
    }
    assert_eq!(server.connections(), 2);
    // Twice the limit, and what the two kernels' buffers hold.
    let written = written.load(Ordering::SeqCst);
    assert!(written < 4 << 20, "{written} bytes were taken");
}

#[tokio::test]
async fn a_head_without_end_is_an_error() {
    for line in ["X-Sample: x\r\n".to_owned(), format!("X-Sample: {}\r\n", "x".repeat(64 << 10))] {
        let written = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&written);
        let server = Server::start(move |mut stream, _| {
            let (line, counter) = (line.clone(), Arc::clone(&counter));
            async move {
                read_request(&mut stream).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
                while stream.write_all(line.as_bytes()).await.is_ok() {
                    counter.fetch_add(line.len(), Ordering::SeqCst);
                }
            }
        })
        .await;
        assert_interrupted(&fail(&server.url(), &patient()).await);
        let written = written.load(Ordering::SeqCst);
        assert!(written < 8 << 20, "{written} bytes were taken");
    }
}

// --- Times ---

#[tokio::test]
async fn a_server_that_never_answers_meets_the_first_byte_limit() {
    let limits = patient().first_byte_timeout(Duration::from_millis(60));
    let silent = Server::stalling_after(b"").await;
    assert_timeout(&fail(&silent.url(), &limits).await, "the answer to begin");
    let half_a_head = Server::stalling_after(b"HTTP/1.1 200 OK\r\nContent-Le").await;
    assert_timeout(&fail(&half_a_head.url(), &limits).await, "the answer to begin");
}

#[tokio::test]
async fn interim_answers_without_end_meet_the_first_byte_limit() {
    let server = Server::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        let clock = SystemClock::new();
        while stream.write_all(b"HTTP/1.1 102 Processing\r\n\r\n").await.is_ok() {
            clock.sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let limits = patient().first_byte_timeout(Duration::from_millis(60));
    assert_timeout(&fail(&server.url(), &limits).await, "the answer to begin");
}

#[tokio::test]
async fn a_body_that_stalls_meets_the_idle_limit() {
    let limits = patient().idle_read_timeout(Duration::from_millis(60));
    for beginning in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let server = Server::stalling_after(beginning).await;
        assert_timeout(&fail(&server.url(), &limits).await, "the next piece of the answer");
    }
}

/// A server that sends `pieces` bytes, one every 20 ms.
async fn dripping(pieces: usize) -> Server {
    Server::start(move |mut stream, _| async move {
        read_request(&mut stream).await;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {pieces}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let clock = SystemClock::new();
        for _ in 0..pieces {
            clock.sleep(Duration::from_millis(20)).await;
            if stream.write_all(b"x").await.is_err() {
                return;
            }
        }
        drain(&mut stream).await;
    })
    .await
}

#[tokio::test]
async fn a_dripping_body_meets_the_total_limit() {
    let server = dripping(200).await;
    let limits = patient().total_timeout(Duration::from_millis(150));
    assert_timeout(&fail(&server.url(), &limits).await, "the whole answer");
}

#[tokio::test]
async fn the_idle_limit_begins_anew_with_every_piece() {
    let server = dripping(20).await;
    let limits = patient().idle_read_timeout(Duration::from_millis(300));
    let answer = transport().send(get(&server.url()), &limits).await.unwrap();
    assert_eq!(answer.body().len(), 20);
}

#[tokio::test]
async fn a_dropped_exchange_closes_its_connection() {
    let (asked, mut was_asked) = mpsc::unbounded_channel();
    let (closed, mut was_closed) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream, _| {
        let (asked, closed) = (asked.clone(), closed.clone());
        async move {
            read_request(&mut stream).await;
            asked.send(()).unwrap();
            drain(&mut stream).await;
            closed.send(()).unwrap();
        }
    })
    .await;
    let transport = transport();
    let limits = patient();
    tokio::select! {
        _ = transport.send(get(&server.url()), &limits) => panic!("there is no answer"),
        _ = was_asked.recv() => {}
    }
    // The transport still lives: it is the future's end that closes, not the pool's.
    assert_eq!(was_closed.recv().await, Some(()));
    drop(transport);
}

// --- Connections that break ---

#[tokio::test]
async fn a_refused_connection_was_never_used() {
    let url = format!("http://{}{PATH}", closed_port().await);
    let error = fail(&url, &patient()).await;
    assert_eq!(error.kind(), TransportErrorKind::Connect, "{error:?}");
    assert!(error.never_sent());
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_connection_that_breaks_has_been_used() {
    let partial = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    for (what, server) in [
        ("reset before the head", Server::resetting_after(b"").await),
        ("reset in the head", Server::resetting_after(b"HTTP/1.1 200 O").await),
        ("reset in the body", Server::resetting_after(partial).await),
        ("closed before the head", Server::answering(&b""[..]).await),
        ("closed in the head", Server::answering(&b"HTTP/1.1 200 O"[..]).await),
        ("shorter than announced", Server::answering(&partial[..]).await),
        (
            "chunks without end",
            Server::answering(&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"[..])
                .await,
        ),
        (
            "bad chunk size",
            Server::answering(&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhalf\r\n"[..])
                .await,
        ),
        (
            "two lengths",
            Server::answering(&b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"[..])
                .await,
        ),
    ] {
        let error = fail(&server.url(), &patient()).await;
        assert_eq!(error.kind(), TransportErrorKind::Interrupted, "{what}");
        assert_interrupted(&error);
        assert_eq!(server.connections(), 1, "the transport does not repeat: {what}");
    }
}

#[tokio::test]
async fn garbage_instead_of_http_is_an_interruption() {
    for garbage in [
        &b"SSH-2.0-sample\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"<html>canary</html>",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ] {
        let server = Server::answering(garbage).await;
        assert_interrupted(&fail(&server.url(), &patient()).await);
    }
}

// --- What is refused ---

#[tokio::test]
async fn plain_http_leaves_this_machine_never() {
    // The second half is what a careless reader of URLs would take for this machine. A name that had been
    // looked up would give `Connect`, so `Refused` means that no packet left.
    for (url, host) in [
        ("http://api.example.net/canary", "api.example.net"),
        ("http://192.0.2.1:8080/canary", "192.0.2.1"),
        ("http://[2001:db8::1]/canary", "[2001:db8::1]"),
        ("http://127.0.0.1@api.example.net/canary", "api.example.net"),
        ("http://localhost:canary@api.example.net/", "api.example.net"),
        ("http://localhost.example.net/", "localhost.example.net"),
        ("http://127.0.0.1.example.net/", "127.0.0.1.example.net"),
        ("http://[::ffff:192.0.2.1]/", "[::ffff:192.0.2.1]"),
        ("http://0x7f000001/", "0x7f000001"),
        ("http://2130706433/", "2130706433"),
        ("http://0.0.0.0/", "0.0.0.0"),
    ] {
        let error = fail(url, &patient()).await;
        assert_eq!(error.kind(), TransportErrorKind::Refused, "{url}");
        assert!(error.never_sent());
        assert!(!error.is_transient());
        assert!(error.to_string().contains("use https"), "{error}");
        assert!(error.to_string().contains(host), "{error}");
    }
}

#[tokio::test]
async fn two_readers_of_one_url_cannot_be_played_off_against_each_other() {
    // One library checks the host, another one dials it. What they read differently must not get through.
    for url in [
        "http://127.0.0.1\\@api.example.net/",
        "http://a@127.0.0.1@api.example.net/",
        "http://api.example.net@127.0.0.1@api.example.net/",
        "http://[::1].example.net/",
        "http://[::1]example.net/",
        "http://[::1]@api.example.net/",
        "http://localhost%2eexample.net/",
        "http://localhost%00.example.net/",
        "http://localhost%09.example.net/",
        "http://localhost:80:80@api.example.net/",
        "http:/\\api.example.net/",
        "http:///api.example.net/",
    ] {
        // Most are no URL for the first one, so that no request can be made of them.
        if url.parse::<http::Uri>().is_ok() {
            let error = fail(url, &patient()).await;
            assert_eq!(error.kind(), TransportErrorKind::Refused, "{url}: {error:?}");
        }
    }
    // For both, the host ends where the query or the fragment begins.
    let server = keeping(mpsc::unbounded_channel().0).await;
    for end in ["?@api.example.net/", "#@api.example.net/"] {
        let url = format!("http://{}{end}", server.address);
        assert!(transport().send(get(&url), &patient()).await.is_ok(), "{url}");
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_url_must_name_a_scheme_and_a_host() {
    for url in ["/canary", "*", "ftp://api.example.net/canary", "api.example.net:443"] {
        let error = fail(url, &patient()).await;
        assert_eq!(error.kind(), TransportErrorKind::Refused, "{url}");
        assert!(error.never_sent());
    }
}

// --- TLS ---

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls {
    use super::*;

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
    async fn a_handshake_that_is_cut_may_be_tried_again() {
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
    async fn https_to_a_closed_port_is_no_tls_failure() {
        let error = fail(&https(closed_port().await), &patient()).await;
        assert_eq!(error.kind(), TransportErrorKind::Connect, "{error:?}");
    }
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
#[tokio::test]
async fn without_tls_https_names_the_feature() {
    let error = fail("https://api.example.net/canary", &patient()).await;
    assert_eq!(error.kind(), TransportErrorKind::Refused);
    assert!(error.to_string().contains("rustls"), "{error}");
}

// --- Connections that are kept ---

/// Answers every request on every connection, and reports the connection's number with each.
async fn keeping(seen: mpsc::UnboundedSender<usize>) -> Server {
    Server::start(move |mut stream, number| {
        let seen = seen.clone();
        async move {
            while !read_request(&mut stream).await.is_empty() {
                let _ = seen.send(number);
                stream.write_all(OK).await.unwrap();
            }
        }
    })
    .await
}

#[tokio::test]
async fn clones_share_one_connection() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = keeping(seen).await;
    let transport = transport();
    for transport in [transport.clone(), transport.clone(), transport] {
        transport.send(get(&server.url()), &patient()).await.unwrap();
        assert_eq!(requests.recv().await, Some(0));
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_closed_while_idle_goes_unnoticed() {
    let (closed, mut was_closed) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream, _| {
        let closed = closed.clone();
        async move {
            read_request(&mut stream).await;
            // Nothing says that the connection will not be kept.
            stream.write_all(OK).await.unwrap();
            drop(stream);
            closed.send(()).unwrap();
        }
    })
    .await;
    let transport = transport();
    for number in 1..=20 {
        // POST, so that nothing below may repeat a request that may have been seen.
        let answer = transport.send(request(Method::POST, &server.url()), &patient()).await;
        assert_eq!(answer.unwrap().body(), "ok", "request {number}");
        was_closed.recv().await.unwrap();
        // The end of the connection lies in the socket; each turn lets the runtime look at its sockets.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(server.connections(), 20);
}

#[tokio::test]
async fn a_connection_closed_on_a_later_request_is_an_interruption() {
    // The transport cannot know whether the server acted before it closed. It repeats nothing; the caller
    // knows which requests may be repeated.
    let (asked, mut requests) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream, number| {
        let asked = asked.clone();
        async move {
            read_request(&mut stream).await;
            stream.write_all(OK).await.unwrap();
            read_request(&mut stream).await;
            asked.send(number).unwrap();
        }
    })
    .await;
    let transport = transport();
    transport.send(get(&server.url()), &patient()).await.unwrap();
    assert_interrupted(&fail_with(&transport, &server.url(), &patient()).await);
    assert_eq!(requests.recv().await, Some(0));
    assert_eq!(server.connections(), 1);
    // What broke is not used again.
    assert!(transport.send(get(&server.url()), &patient()).await.is_ok());
}

#[test]
fn a_transport_survives_the_runtime_it_was_used_on() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let servers = runtime();
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = servers.block_on(keeping(seen));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let url = server.url();
    std::thread::scope(|scope| {
        scope.spawn(|| servers.block_on(stopped));
        let transport = transport();
        for number in 0..3 {
            let answer = runtime().block_on(transport.send(get(&url), &patient()));
            assert_eq!(answer.unwrap().body(), "ok");
            assert_eq!(requests.blocking_recv(), Some(number));
        }
        stop.send(()).unwrap();
    });
}

// --- Proxies ---

/// Reports the head of every request, and answers it.
async fn reporting(seen: mpsc::UnboundedSender<String>) -> Server {
    Server::start(move |mut stream, _| {
        let seen = seen.clone();
        async move {
            seen.send(read_request(&mut stream).await).unwrap();
            stream.write_all(OK).await.unwrap();
            drain(&mut stream).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_chosen_proxy_is_asked_in_place_of_the_server() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let proxy = reporting(seen).await;
    for (credentials, expected) in [("", None), ("user:sample@", Some("Basic dXNlcjpzYW1wbGU="))] {
        let transport = HttpTransport::builder()
            .proxy(Proxy::Url(format!("http://{credentials}{}", proxy.address)))
            .build();
        // Nobody listens there: the answer can only come from the proxy.
        let target = closed_port().await;
        let answer = transport.send(get(&format!("http://{target}/sample?x=1")), &patient()).await.unwrap();
        assert_eq!(answer.body(), "ok");
        let head = requests.recv().await.unwrap();
        assert!(head.starts_with(&format!("GET http://{target}/sample?x=1 HTTP/1.1\r\n")), "{head}");
        let shown = head.lines().find_map(|line| line.strip_prefix("proxy-authorization: "));
        assert_eq!(shown, expected);
    }
}

#[tokio::test]
async fn plain_http_goes_through_no_proxy_elsewhere() {
    // The request is for this machine: a proxy elsewhere would see its credentials on the wire, and could
    // not reach this machine by that name.
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = reporting(seen).await;
    for proxy in
        ["http://192.0.2.1:3128", "http://user:canary@proxy.example.net:3128", "proxy.example.net:3128"]
    {
        let transport = HttpTransport::builder().proxy(Proxy::Url(proxy.to_owned())).build();
        let answer = transport.send(get(&server.url()), &patient()).await.unwrap();
        assert_eq!(answer.body(), "ok");
        let head = requests.recv().await.unwrap();
        assert!(head.starts_with("GET /canary-path"), "{head}");
        assert!(!head.to_ascii_lowercase().contains("proxy-"), "{head}");
    }
}

#[tokio::test]
async fn a_proxy_never_shows_its_credentials() {
    for url in [
        format!("http://user:canary@{}", closed_port().await),
        "http://user:canary@[".to_owned(),
        "http://user:canary@exa mple".to_owned(),
        "canary://user:canary@127.0.0.1:1".to_owned(),
        String::new(),
    ] {
        let builder = HttpTransport::builder().proxy(Proxy::Url(url.clone()));
        assert!(!format!("{builder:?}").contains(CANARY));
        let transport = builder.build();
        assert!(!format!("{transport:?}").contains(CANARY));
        assert!(!format!("{:?}", Proxy::Url(url)).contains(CANARY));
        let target = format!("http://{}{PATH}", closed_port().await);
        fail_with(&transport, &target, &patient()).await;
    }
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_not_left_out_in_silence() {
    let server = Server::answering(OK).await;
    for url in [
        "socks5://127.0.0.1:1080",
        "ftp://127.0.0.1:21",
        "canary://127.0.0.1:1",
        "http://",
        "http://\"canary\":3128",
        "",
    ] {
        let transport = HttpTransport::builder().proxy(Proxy::Url(url.to_owned())).build();
        let error = fail_with(&transport, &server.url(), &patient()).await;
        assert_eq!(error.kind(), TransportErrorKind::Refused, "{url}: {error:?}");
        assert!(error.to_string().contains("proxy"), "{error}");
    }
    assert_eq!(server.connections(), 0);
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn a_proxy_that_refuses_the_tunnel_is_a_failed_connection() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let proxy = Server::start(move |mut stream, _| {
        let seen = seen.clone();
        async move {
            seen.send(read_request(&mut stream).await).unwrap();
            let _ = stream
                .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                .await;
            drain(&mut stream).await;
        }
    })
    .await;
    let transport = HttpTransport::builder().proxy(Proxy::Url(format!("http://{}", proxy.address))).build();
    let url = format!("https://api.example.net{PATH}");
    let error = fail_with(&transport, &url, &patient()).await;
    assert_eq!(error.kind(), TransportErrorKind::Connect, "{error:?}");
    assert!(error.never_sent());
    let head = requests.recv().await.unwrap();
    assert!(head.starts_with("CONNECT api.example.net:443 "), "{head}");
    assert!(!head.contains(CANARY), "the proxy sees the host only: {head}");
}

// --- What the environment says. A test cannot set its own environment, so these run themselves again ---

const CHILD: &str = "PLUME_TEST_CHILD";

/// Runs the test `name` of this file in a process of its own, with `variables` set.
fn run_again(name: &str, variables: &[(&str, &str)]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .envs(variables.iter().copied())
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    // A name that fits no test would succeed too.
    assert!(said.contains("1 passed"), "{said}");
}

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

#[tokio::test]
async fn proxies_of_the_environment_are_ignored() {
    if is_child() {
        let server = Server::answering(OK).await;
        let answer = transport().send(get(&server.url()), &patient()).await.unwrap();
        assert_eq!(answer.body(), "ok");
        assert_eq!(server.connections(), 1);
        return;
    }
    let hostile = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    hostile.set_nonblocking(true).unwrap();
    let url = format!("http://{}", hostile.local_addr().unwrap());
    let variables = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .map(|name| (name, url.as_str()));
    run_again("proxies_of_the_environment_are_ignored", &variables);
    let met = hostile.accept().map(|_| ()).unwrap_err();
    assert_eq!(met.kind(), std::io::ErrorKind::WouldBlock, "nobody came");
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn the_proxy_of_the_environment_is_used_when_that_is_chosen() {
    if is_child() {
        let transport = HttpTransport::builder().proxy(Proxy::System).build();
        let url = format!("https://api.example.net{PATH}");
        let error = fail_with(&transport, &url, &patient()).await;
        assert!(error.never_sent(), "{error:?}");
        // Plain http is for this machine, and goes nowhere else.
        let server = Server::answering(OK).await;
        assert_eq!(transport.send(get(&server.url()), &patient()).await.unwrap().body(), "ok");
        return;
    }
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let heads = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = proxy.accept().unwrap();
        let mut head = [0; 1_024];
        let length = stream.read(&mut head).unwrap();
        let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
        proxy.set_nonblocking(true).unwrap();
        let others = proxy.accept().is_ok();
        (String::from_utf8_lossy(&head[..length]).into_owned(), others)
    });
    let name = "the_proxy_of_the_environment_is_used_when_that_is_chosen";
    run_again(name, &[("HTTPS_PROXY", &url), ("HTTP_PROXY", &url), ("http_proxy", &url)]);
    let (head, others) = heads.join().unwrap();
    assert!(head.starts_with("CONNECT api.example.net:443 "), "{head}");
    assert!(!others, "only https went there");
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
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

/// On systems where the certificates are files that these variables name.
#[cfg(all(target_os = "linux", feature = "rustls"))]
#[tokio::test]
async fn a_machine_without_certificates_can_talk_to_itself() {
    if is_child() {
        let server = Server::answering(OK).await;
        let transport = transport();
        assert!(transport.send(get(&server.url()), &patient()).await.is_ok());
        let url = format!("https://{}{PATH}", server.address);
        for _ in 0..2 {
            let error = fail_with(&transport, &url, &patient()).await;
            assert_eq!(error.kind(), TransportErrorKind::Refused, "{error:?}");
            assert!(error.to_string().contains("ca-certificates"), "{error}");
        }
        // What failed for https leaves http alone.
        assert!(transport.send(get(&server.url()), &patient()).await.is_ok());
        return;
    }
    run_again(
        "a_machine_without_certificates_can_talk_to_itself",
        &[("SSL_CERT_FILE", "/nonexistent/sample.pem"), ("SSL_CERT_DIR", "/nonexistent")],
    );
}

// --- Compressed answers ---

#[cfg(feature = "gzip")]
mod gzip {
    use super::*;

    const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

    /// A gzip stream that stores `text` as it is (RFC 1951 §3.2.4).
    fn stored(text: &[u8]) -> Vec<u8> {
        let length = u16::try_from(text.len()).unwrap();
        let crc = !text.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
        });
        [
            &HEAD[..],
            &[1],
            &length.to_le_bytes(),
            &(!length).to_le_bytes(),
            text,
            &crc.to_le_bytes(),
            &u32::from(length).to_le_bytes(),
        ]
        .concat()
    }

    /// A gzip stream that unpacks to `258 * repeats` zeros and more, without an end: fixed codes (RFC 1951
    /// §3.2.6), one zero, then "repeat 258 bytes from one byte ago", which takes 13 bits.
    fn bomb(repeats: usize) -> Vec<u8> {
        let mut bits = String::from("1");
        bits.push_str("10");
        bits.push_str("00110000");
        bits.push_str(&"1100010100000".repeat(repeats));
        let packed = bits
            .as_bytes()
            .chunks(8)
            .map(|byte| byte.iter().rev().fold(0, |value, bit| value << 1 | (bit & 1)));
        HEAD.into_iter().chain(packed).collect()
    }

    fn answer(body: &[u8]) -> Vec<u8> {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    #[tokio::test]
    async fn a_compressed_answer_is_asked_for_and_unpacked() {
        let (seen, mut requests) = mpsc::unbounded_channel();
        let server = Server::start(move |mut stream, _| {
            let seen = seen.clone();
            async move {
                seen.send(read_request(&mut stream).await).unwrap();
                stream.write_all(&answer(&stored(b"unpacked"))).await.unwrap();
                drain(&mut stream).await;
            }
        })
        .await;
        let answer = transport().send(get(&server.url()), &patient()).await.unwrap();
        assert_eq!(answer.body(), "unpacked");
        let head = requests.recv().await.unwrap();
        assert!(head.contains("accept-encoding: gzip\r\n"), "{head}");
        // Both would lie about the body that the caller gets.
        assert!(!answer.headers().contains_key(header::CONTENT_ENCODING));
        assert!(!answer.headers().contains_key(header::CONTENT_LENGTH));
    }

    #[tokio::test]
    async fn the_limit_counts_unpacked_bytes() {
        let server = Server::answering(answer(&stored(&[b'x'; 1_000]))).await;
        let limits = patient().max_body_bytes(1_000);
        let answer = transport().send(get(&server.url()), &limits).await.unwrap();
        assert_eq!(answer.body().len(), 1_000);
        let error = fail(&server.url(), &patient().max_body_bytes(999)).await;
        assert_eq!(error.kind(), TransportErrorKind::TooLarge);
    }

    #[tokio::test]
    async fn a_bomb_is_cut_at_the_limit() {
        // 6.5 KB that unpack to 1 MB.
        let server = Server::answering(answer(&bomb(4_000))).await;
        let error = fail(&server.url(), &patient().max_body_bytes(64 << 10)).await;
        assert_eq!(error.kind(), TransportErrorKind::TooLarge);
        // It is the limit that ends it: with room for all of it, the missing end does.
        let error = fail(&server.url(), &patient().max_body_bytes(2 << 20)).await;
        assert_interrupted(&error);
    }

    #[tokio::test]
    async fn a_broken_stream_is_an_interruption() {
        let mut wrong_sum = stored(b"unpacked");
        let at = wrong_sum.len() - 5;
        wrong_sum[at] ^= 1;
        for body in [&b"canary"[..], &wrong_sum, &stored(b"unpacked")[..16]] {
            let server = Server::answering(answer(body)).await;
            assert_interrupted(&fail(&server.url(), &patient()).await);
        }
    }
}

#[cfg(not(feature = "gzip"))]
#[tokio::test]
async fn without_gzip_no_compression_is_asked_for() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = reporting(seen).await;
    transport().send(get(&server.url()), &patient()).await.unwrap();
    let head = requests.recv().await.unwrap().to_ascii_lowercase();
    assert!(!head.contains("accept-encoding"), "{head}");
}

// --- The types ---

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
