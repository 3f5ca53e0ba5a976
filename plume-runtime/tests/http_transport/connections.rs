//! Connections that break, and connections that are kept.

use http::Method;
use plume_runtime::{Transport, TransportErrorKind};
use tokio::{io::AsyncWriteExt, sync::mpsc};

use crate::client::{assert_interrupted, closed_port, fail, fail_with, get, patient, request, transport};
use testkit::wire::{OK, PATH, Server, keeping, read_request};

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
