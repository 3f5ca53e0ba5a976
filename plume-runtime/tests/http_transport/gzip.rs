//! Compressed answers.

use http::header;
use plume_runtime::{Transport, TransportErrorKind};
use tokio::{io::AsyncWriteExt, sync::mpsc};

use crate::client::{assert_interrupted, fail, get, patient, transport};
use testkit::wire::gzip::{answer, bomb, stored};
use testkit::wire::{Server, drain, read_request};

#[tokio::test]
async fn compressed_response_is_requested_and_decompressed() {
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
