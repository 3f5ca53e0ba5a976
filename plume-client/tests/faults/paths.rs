//! Ids and bases that would lead a request elsewhere.

use percent_encoding::percent_decode_str;
use plume_auth::SecureUrl;
use plume_client::{ErrorKind, Service};
use plume_runtime::ManualClock;

use crate::cloud::{Cloud, NODES};
use testkit::replies::reply;

#[tokio::test]
pub(crate) async fn an_id_is_one_segment_or_refused() {
    let long = "x".repeat(4_096);
    for id in [
        "",
        " ",
        "\t",
        ".",
        "..",
        "%2e",
        "%2e%2e",
        "%2E.",
        ".%2e",
        &long,
        "a\r\nX: y",
        "\u{0}",
        "a\r",
        "a ",
        " a",
        "\u{200b}a",
        "\u{feff}a",
        "a\u{202e}b",
    ] {
        let cloud = Cloud::scripted([reply(200, NODES)]);
        for error in [
            cloud.client.customer(id).get().await.unwrap_err(),
            cloud.client.customer(id).location("l1").nodes().await.unwrap_err(),
            cloud.client.customer("c1").location(id).nodes().await.unwrap_err(),
            cloud.client.partner().node(id).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Argument, "{id:?}");
        }
        cloud.ends_with(0, 0);
    }
    for id in ["a/b", "a\\b", "?x", "#x", "a b", "a;b", "a%2fb", "%", "ä", "😀", "...", "@x"] {
        let cloud = Cloud::scripted([reply(200, NODES)]);
        cloud.client.customer("c1").location(id).nodes().await.unwrap();
        cloud.with_requests(|requests| {
            let uri = requests[0].uri();
            assert_eq!(uri.authority().unwrap(), "cloud.example.net");
            assert_eq!(uri.query(), None, "{id:?}");
            let segments: Vec<_> = uri.path().split('/').collect();
            assert_eq!(segments.len(), 7, "{id:?}: {uri}");
            assert_eq!((segments[4], segments[6]), ("locations", "nodes"));
            assert_eq!(percent_decode_str(segments[5]).decode_utf8().unwrap(), id);
        });
        cloud.ends_with(1, 1);
    }
}

#[tokio::test]
pub(crate) async fn a_raw_path_cannot_climb() {
    let cloud = Cloud::scripted([reply(200, "{}")]);
    for path in
        ["", "x", "/", "//x", "/a/../b", "/a/./b", "/a/%2e%2e/b", "/a?x=1", "/a#x", "/a b", "/a\\b", "/ä"]
    {
        let error = cloud.client.read_path(Service::Api, path).json().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument, "{path}");
    }
    cloud.ends_with(0, 0);
}

#[tokio::test]
pub(crate) async fn a_base_is_joined_or_refused() {
    for (base, expected) in [
        ("https://cloud.example.net", "https://cloud.example.net/Customers/c1/locations/l1/nodes"),
        ("https://cloud.example.net/", "https://cloud.example.net/Customers/c1/locations/l1/nodes"),
        ("https://cloud.example.net/api", "https://cloud.example.net/api/Customers/c1/locations/l1/nodes"),
        ("https://cloud.example.net/api/", "https://cloud.example.net/api/Customers/c1/locations/l1/nodes"),
        (
            "https://cloud.example.net:8443/a/b//",
            "https://cloud.example.net:8443/a/b/Customers/c1/locations/l1/nodes",
        ),
        ("http://127.0.0.1:1/api", "http://127.0.0.1:1/api/Customers/c1/locations/l1/nodes"),
        (" https://CLOUD.example.net/api\n", "https://cloud.example.net/api/Customers/c1/locations/l1/nodes"),
    ] {
        let clock = ManualClock::skipping(chrono::DateTime::UNIX_EPOCH);
        let base = SecureUrl::parse(base).unwrap();
        let cloud = Cloud::built(clock, |_| reply(200, NODES), |builder| builder.api_base(base));
        assert_eq!(cloud.nodes().await.unwrap(), 1);
        cloud.with_requests(|requests| assert_eq!(requests[0].uri(), expected));
        cloud.ends_with(1, 1);
    }
    for base in [
        "",
        "cloud.example.net",
        "http://cloud.example.net/api",
        "https://user@cloud.example.net/api",
        "https://user:canary@cloud.example.net/api",
        "https://cloud.example.net/api?x=1",
        "https://cloud.example.net/api#x",
        "https://",
        "ftp://cloud.example.net",
        "file:///api",
        "http://127.0.0.1@cloud.example.net/",
    ] {
        let error = SecureUrl::parse(base).unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
