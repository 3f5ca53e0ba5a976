//! Ordinary answers, and what goes with a request.

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use plume_runtime::{HttpTransport, Transport, TransportErrorKind};
use tokio::io::AsyncWriteExt;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use crate::client::{fail_with, get, patient, request, transport};
use testkit::wire::{OK, Server, read_request};

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
