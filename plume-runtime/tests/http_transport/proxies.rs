//! Proxies that were chosen.

use plume_runtime::{HttpTransport, Proxy, Transport, TransportErrorKind};
use tokio::{io::AsyncWriteExt, sync::mpsc};

use crate::client::{CANARY, closed_port, fail_with, get, patient};
use testkit::wire::{OK, PATH, Server, drain, read_request, reporting};

#[tokio::test]
async fn chosen_proxy_receives_the_request() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let proxy = reporting(seen).await;
    for (credentials, expected) in [("", None), ("user:sample@", Some("Basic dXNlcjpzYW1wbGU="))] {
        let transport = HttpTransport::builder()
            .proxy(Proxy::Url(format!("http://{credentials}{}", proxy.address)))
            .build();
        // There is no listener, so the response can only be from the proxy.
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
async fn plain_http_uses_no_remote_proxy() {
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
async fn a_proxy_that_refuses_the_tunnel_is_a_failed_connection_and_407_is_final() {
    for (status, kind, is_transient, message) in [
        (
            "407 Proxy Authentication Required",
            TransportErrorKind::Proxy,
            false,
            "the proxy refused the credentials of its setting, or requires some (407)",
        ),
        (
            "503 Service Unavailable",
            TransportErrorKind::Connect,
            true,
            "the proxy did not connect to the server",
        ),
    ] {
        let (seen, mut requests) = mpsc::unbounded_channel();
        let proxy = Server::start(move |mut stream, _| {
            let seen = seen.clone();
            async move {
                seen.send(read_request(&mut stream).await).unwrap();
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
                drain(&mut stream).await;
            }
        })
        .await;
        let url = format!("http://user:canary@{}", proxy.address);
        let transport = HttpTransport::builder().proxy(Proxy::Url(url)).build();
        let url = format!("https://api.example.net{PATH}");
        let error = fail_with(&transport, &url, &patient()).await;
        assert_eq!((error.kind(), error.is_transient()), (kind, is_transient), "{error:?}");
        assert_eq!(error.to_string(), message);
        assert!(error.never_sent());
        let head = requests.recv().await.unwrap();
        assert!(head.starts_with("CONNECT api.example.net:443 "), "{head}");
        assert!(!head.contains(CANARY), "the proxy sees the host only: {head}");
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn unreachable_proxy_is_not_reported_as_the_server() {
    let refusing = format!("http://user:canary@{}", closed_port().await);
    for (proxy, message) in [
        (refusing.as_str(), "the proxy could not be reached: "),
        ("http://user:canary@proxy.invalid:3128", "the name of the proxy could not be resolved: "),
    ] {
        let transport = HttpTransport::builder().proxy(Proxy::Url(proxy.to_owned())).build();
        let error = fail_with(&transport, &format!("https://api.example.net{PATH}"), &patient()).await;
        assert_eq!(error.kind(), TransportErrorKind::Connect, "{error:?}");
        assert!(error.to_string().starts_with(message), "{error}");
    }
}
