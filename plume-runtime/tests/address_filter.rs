//! The dialled address is the checked one: names and addresses against the filter, on real sockets.
//!
//! `127.0.0.1` plays the public internet and `127.0.0.2` the private network, because both are here and a test
//! may send no packet anywhere else.
//!
//! Linux only: elsewhere `127.0.0.2` is not an address of the machine.
#![cfg(all(feature = "http-transport", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use plume_runtime::{
    HttpTransport, HttpTransportBuilder, Limits, Proxy, Resolver, Transport, TransportError,
    TransportErrorKind, is_public_address,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1));
const PRIVATE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

fn is_not_private(address: IpAddr) -> bool {
    address != PRIVATE
}

/// A server that answers one request per connection and counts the connections.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn bound(address: IpAddr, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((address, port)).await?;
        let port = listener.local_addr()?.port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                // Closed after the answer, so that every request needs a connection of its own.
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
                    .await;
            }
        });
        Ok(Self { port, connections })
    }

    fn seen(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Returns prepared results in order, for any name.
#[derive(Debug)]
struct Script(Mutex<VecDeque<Vec<IpAddr>>>);

impl Script {
    fn new<const N: usize>(answers: [&[IpAddr]; N]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers.into_iter().map(<[IpAddr]>::to_vec).collect())))
    }
}

#[async_trait]
impl Resolver for Script {
    async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        self.0.lock().unwrap().pop_front().ok_or_else(|| io::Error::other("the script has ended"))
    }
}

/// Both servers on one port, so that only the address decides who is met.
async fn servers() -> (Server, Server) {
    loop {
        let public = Server::bound(PUBLIC, 0).await.unwrap();
        // Another program may use the same port on the other address.
        if let Ok(private) = Server::bound(PRIVATE, public.port).await {
            return (public, private);
        }
    }
}

async fn get(transport: &HttpTransport, url: &str) -> Result<http::Response<Bytes>, TransportError> {
    let request = http::Request::get(url).body(Bytes::new()).unwrap();
    transport.send(request, &Limits::default()).await
}

fn guarded() -> HttpTransportBuilder {
    HttpTransport::builder().address_filter(is_not_private)
}

#[track_caller]
fn assert_refused(result: Result<http::Response<Bytes>, TransportError>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Refused, "{error:?}");
    assert!(error.never_sent() && !error.is_transient());
    assert!(!format!("{error:?}").contains("127."), "no word about the address: {error:?}");
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_refused_at_the_second_connection() {
    let (public, private) = servers().await;
    let transport = guarded().resolver(Script::new([&[PUBLIC], &[PRIVATE]])).build();
    let url = format!("http://localhost:{}/", public.port);
    assert_eq!(get(&transport, &url).await.unwrap().body(), "ok");
    assert_refused(get(&transport, &url).await);
    assert_eq!((public.seen(), private.seen()), (1, 0));
}

#[tokio::test]
async fn a_mixed_answer_is_refused_as_a_whole() {
    let (public, private) = servers().await;
    let url = format!("http://localhost:{}/", public.port);
    for answer in [[PUBLIC, PRIVATE], [PRIVATE, PUBLIC]] {
        let transport = guarded().resolver(Script::new([&answer])).build();
        assert_refused(get(&transport, &url).await);
    }
    assert_eq!((public.seen(), private.seen()), (0, 0));
}

#[tokio::test]
async fn without_a_filter_the_same_name_reaches_the_private_server() {
    // Else the zeros of the other tests would prove nothing.
    let (public, private) = servers().await;
    let transport = HttpTransport::builder().resolver(Script::new([&[PRIVATE]])).build();
    get(&transport, &format!("http://localhost:{}/", public.port)).await.unwrap();
    assert_eq!((public.seen(), private.seen()), (0, 1));
}

#[tokio::test]
async fn an_address_in_place_of_a_name_is_checked_too() {
    let (public, private) = servers().await;
    let transport = guarded().build();
    get(&transport, &format!("http://127.0.0.1:{}/", public.port)).await.unwrap();
    assert_refused(get(&transport, &format!("http://127.0.0.2:{}/", public.port)).await);
    assert_refused(get(&transport, &format!("https://127.0.0.2:{}/", public.port)).await);
    // Spelled so that only a URL parser sees the address in it.
    assert_refused(get(&transport, &format!("https://0x7f.2:{}/", public.port)).await);
    assert_refused(get(&transport, &format!("https://2130706434:{}/", public.port)).await);
    assert_eq!((public.seen(), private.seen()), (1, 0));
}

#[tokio::test]
async fn names_of_this_machine_are_refused_by_the_public_filter() {
    let server = Server::bound(PUBLIC, 0).await.unwrap();
    let transport = HttpTransport::builder().address_filter(is_public_address).build();
    for url in ["http://localhost", "https://localhost", "https://[::1]", "http://127.0.0.1"] {
        assert_refused(get(&transport, &format!("{url}:{}/", server.port)).await);
    }
    assert_eq!(server.seen(), 0);
}

#[tokio::test]
async fn redirect_to_an_internal_address_is_not_followed() {
    let (_public, private) = servers().await;
    let listener = TcpListener::bind((PUBLIC, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = private.port;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 4096];
        let _ = stream.read(&mut head).await;
        let answer = format!(
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.2:{target}/\r\ncontent-length: 0\r\n\r\n"
        );
        let _ = stream.write_all(answer.as_bytes()).await;
    });
    let answer = get(&guarded().build(), &format!("http://127.0.0.1:{port}/")).await.unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(private.seen(), 0);
}

#[tokio::test]
async fn a_filter_and_a_proxy_exclude_each_other() {
    let server = Server::bound(PUBLIC, 0).await.unwrap();
    let proxy = Proxy::Url(format!("http://127.0.0.1:{}", server.port));
    let transport = guarded().proxy(proxy).build();
    assert_refused(get(&transport, &format!("http://127.0.0.1:{}/", server.port)).await);
    let error = get(&transport, "https://api.example.net/").await.unwrap_err();
    assert!(error.to_string().contains("proxy"), "{error}");
    assert_eq!(server.seen(), 0);
}

#[tokio::test]
async fn an_unknown_name_is_a_failure_to_connect_and_no_refusal() {
    let transport = guarded().resolver(Script::new([])).build();
    let error = get(&transport, "http://localhost:9/").await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Connect, "{error:?}");
}

#[tokio::test]
async fn the_ordinary_transport_still_reaches_this_machine() {
    let server = Server::bound(PUBLIC, 0).await.unwrap();
    get(&HttpTransport::default(), &format!("http://127.0.0.1:{}/", server.port)).await.unwrap();
    get(&HttpTransport::default(), &format!("http://localhost:{}/", server.port)).await.unwrap();
    assert_eq!(server.seen(), 2);
}
