//! Ordinary answers, and what goes with a request.

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use plume_runtime::{HttpTransport, Transport, TransportErrorKind};
use tokio::{io::AsyncWriteExt, sync::mpsc};

use crate::client::{fail_with, get, patient, request, transport};
use testkit::wire::{OK, Server, read_request, read_request_bytes, reporting};

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
    const ANSWER: &[u8] =
        b"HTTP/1.1 201 Created\r\nx-twice: one\r\nx-twice: two\r\nset-cookie: session=sample\r\n\
        content-length: 8\r\n\r\n\x00\xffanswer";
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream, _| {
        let seen = seen.clone();
        async move {
            loop {
                let request = read_request_bytes(&mut stream).await;
                if request.is_empty() {
                    return;
                }
                seen.send(request).unwrap();
                stream.write_all(ANSWER).await.unwrap();
            }
        }
    })
    .await;
    let transport = transport();
    // Escapes stay as they are: a client that encoded a path wants these bytes.
    let path = "/a%2Fb%20c/%7Bd%7D?x=1%262&y=";
    let url = format!("http://{}{path}", server.address);
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

    let put = requests.recv().await.unwrap();
    let head = put.strip_suffix(b"\r\n\r\n\xff\x00question").unwrap();
    let head = std::str::from_utf8(head).unwrap();
    let mut lines = head.lines();
    assert_eq!(lines.next().unwrap(), format!("PUT {path} HTTP/1.1"));
    let values = |name: &str| -> Vec<&str> {
        lines
            .clone()
            .filter_map(|line| line.split_once(": "))
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .collect()
    };
    assert_eq!(values("host"), [server.address.to_string()]);
    assert_eq!(values("x-sample"), ["first", "second"]);
    assert_eq!(values("content-type"), ["text/plain"]);
    assert_eq!(values("user-agent"), [concat!("plume-sdk/", env!("CARGO_PKG_VERSION"))]);
    let second = String::from_utf8(requests.recv().await.unwrap()).unwrap().to_ascii_lowercase();
    assert!(!second.contains("\r\ncookie:"), "cookies are not kept: {second}");
    assert!(!head.contains("\r\nreferer:") && !second.contains("\r\nreferer:"), "{head}\n{second}");
}

#[tokio::test]
async fn the_user_agent_can_be_chosen() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = reporting(seen).await;
    let transport = HttpTransport::builder().user_agent("sample/1.0").build();
    transport.send(get(&server.url()), &patient()).await.unwrap();
    let head = requests.recv().await.unwrap().to_ascii_lowercase();
    assert!(head.contains("\r\nuser-agent: sample/1.0\r\n"), "{head}");
}

#[tokio::test]
async fn invalid_user_agent_is_refused_by_name() {
    let server = Server::answering(OK).await;
    let transport = HttpTransport::builder().user_agent("sample\n1.0").build();
    let error = fail_with(&transport, &server.url(), &patient()).await;
    assert_eq!(error.kind(), TransportErrorKind::Refused);
    assert!(error.to_string().contains("user agent"), "{error}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = Server::answering(OK).await;
    for status in [301, 302, 303, 307, 308] {
        for target in [elsewhere.url(), "/target".to_owned(), "https://sso.example.net/target".to_owned()] {
            let head =
                format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
            let server = Server::answering(head).await;
            let answer = transport().send(request(Method::POST, &server.url()), &patient()).await.unwrap();
            assert_eq!(answer.status().as_u16(), status);
            assert_eq!(answer.headers()[header::LOCATION], target.as_str());
            // One request each: the server closes the connection after its answer.
            assert_eq!(server.connections(), 1, "{status} to {target}");
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}
