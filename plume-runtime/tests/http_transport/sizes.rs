//! Heads and bodies of every size, announced truly and falsely.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use http::{Request, header};
use plume_runtime::{Transport, TransportErrorKind};
use tokio::{io::AsyncWriteExt, net::TcpSocket};

use crate::client::{assert_interrupted, fail, get, patient, transport};
use testkit::wire::{Server, read_request};

#[tokio::test]
async fn body_size_limit_is_inclusive() {
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
                assert_eq!(error.status(), Some(http::StatusCode::OK), "{how}");
                assert!(!error.never_sent());
                assert!(!error.is_transient());
                assert!(error.to_string().contains("100000"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn an_announced_length_above_the_limit_costs_no_byte() {
    // No byte of the body arrives, so waiting for it would reach the idle timeout.
    let server = Server::stalling_after(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").await;
    let error = fail(&server.url(), &patient()).await;
    assert_eq!(error.kind(), TransportErrorKind::TooLarge);
}

#[tokio::test]
async fn response_without_a_body_may_announce_any_length() {
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
