//! Requests that are refused before a packet is sent.

use plume_runtime::{Transport, TransportErrorKind};
use tokio::sync::mpsc;

use crate::client::{fail, get, patient, transport};
use testkit::wire::keeping;

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
