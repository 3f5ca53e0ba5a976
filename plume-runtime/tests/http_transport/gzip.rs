//! Compressed answers.

use http::header;
use plume_runtime::{Transport, TransportErrorKind};
use tokio::{io::AsyncWriteExt, sync::mpsc};

use crate::{
    client::{assert_interrupted, fail, get, patient, transport},
    server::{Server, drain, read_request},
};

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
    let packed =
        bits.as_bytes().chunks(8).map(|byte| byte.iter().rev().fold(0, |value, bit| value << 1 | (bit & 1)));
    HEAD.into_iter().chain(packed).collect()
}

fn answer(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
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
