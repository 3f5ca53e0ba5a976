//! Servers that let the client wait.

use std::time::Duration;

use plume_runtime::{Clock, SystemClock, Transport};
use tokio::{io::AsyncWriteExt, sync::mpsc};

use crate::client::{assert_timeout, fail, get, patient, transport};
use testkit::wire::{Server, drain, dripping, read_request};

#[tokio::test]
async fn a_server_that_never_answers_meets_the_first_byte_limit() {
    let limits = patient().first_byte_timeout(Duration::from_millis(60));
    let silent = Server::stalling_after(b"").await;
    assert_timeout(&fail(&silent.url(), &limits).await, "the response to begin");
    let half_a_head = Server::stalling_after(b"HTTP/1.1 200 OK\r\nContent-Le").await;
    assert_timeout(&fail(&half_a_head.url(), &limits).await, "the response to begin");
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
    assert_timeout(&fail(&server.url(), &limits).await, "the response to begin");
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
        assert_timeout(&fail(&server.url(), &limits).await, "the next piece of the response");
    }
}

#[tokio::test]
async fn a_dripping_body_meets_the_total_limit() {
    let server = dripping(200).await;
    let limits = patient().total_timeout(Duration::from_millis(150));
    assert_timeout(&fail(&server.url(), &limits).await, "the whole response");
}

#[tokio::test]
async fn idle_timeout_restarts_with_every_chunk() {
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
