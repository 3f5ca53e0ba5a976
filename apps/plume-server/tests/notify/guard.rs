//! Receivers inside the network are refused before any packet.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use plume::runtime::{Limits, Resolver, Transport, TransportErrorKind};
use plume_server::{
    guard::Guard,
    notify::{Channel, Means},
};
use serde_json::json;

const PRIVATE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(9, 9, 9, 9));

/// Returns prepared results, and counts the look-ups.
#[derive(Debug, Default)]
struct Script(Mutex<VecDeque<Vec<IpAddr>>>);

#[async_trait]
impl Resolver for Script {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        self.0.lock().unwrap().pop_front().ok_or_else(|| io::Error::other("the script has ended"))
    }
}

async fn refused(guard: &Guard, url: &str) -> bool {
    let Ok(request) = http::Request::post(url).body(Bytes::new()) else { return true };
    let error = guard.send(request, &Limits::default()).await.unwrap_err();
    assert!(error.never_sent(), "{url}: {error}");
    error.kind() == TransportErrorKind::Refused
}

#[tokio::test]
async fn urls_inside_the_network_are_refused() {
    let guard = Guard::resolving([], Arc::<Script>::default());
    for url in [
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[fc00::1]/",
        "https://[fe80::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://localhost/",
        "https://localhost./",
        "https://alerts.internal/",
        "https://user@hooks.example.com/",
        "https://hooks.example.com@127.0.0.1/",
        "https://hooks.example.com:22/",
        "http://hooks.example.com/",
        "file:///etc/passwd",
        "https://hooks.ex\u{430}mple.com/",
        "https://hooks.example.com/#fragment",
    ] {
        assert!(guard.check(url).is_err(), "{url}");
        // A fragment is no part of a request.
        assert!(url.contains('#') || refused(&guard, url).await, "{url}");
    }
    for url in ["https://hooks.example.com/x?sig=not-a-key", "https://hooks.example.com:8443/"] {
        assert!(guard.check(url).is_ok(), "{url}");
    }
}

#[tokio::test]
async fn a_name_with_a_private_address_is_refused_at_every_connection() {
    let script = Script(Mutex::new([vec![PRIVATE], vec![PUBLIC, PRIVATE], vec![PRIVATE]].into()));
    let guard = Guard::resolving([], Arc::new(script));
    for _ in 0..3 {
        assert!(refused(&guard, "https://hooks.example.com/x").await);
    }
}

#[tokio::test]
async fn origins_of_the_operator_are_allowed_exactly() {
    let guard = Guard::resolving(["http://127.0.0.1:9".to_owned()], Arc::<Script>::default());
    assert!(guard.check("http://127.0.0.1:9/am").is_ok());
    for other in
        ["http://127.0.0.1:10/", "https://127.0.0.1:9/", "http://127.0.0.1/", "http://x@127.0.0.1:9/"]
    {
        assert!(guard.check(other).is_err(), "{other}");
    }
    let request = http::Request::post("http://127.0.0.1:9/am").body(Bytes::new()).unwrap();
    let error = guard.send(request, &Limits::default()).await.unwrap_err();
    // It is not the guard that refuses.
    assert_eq!(error.kind(), TransportErrorKind::Connect);
}

#[tokio::test]
async fn a_mail_server_inside_the_network_has_to_be_listed() {
    let script = || Script(Mutex::new([vec![PUBLIC], vec![PUBLIC, PRIVATE], vec![PRIVATE]].into()));
    let guard = Guard::resolving(["smtp://relay.internal:25".to_owned()], Arc::new(script()));
    let name = "mail.example.net";
    assert_eq!(guard.addresses("smtp", name, 587).await.unwrap(), [(PUBLIC, 587).into()]);
    // The next look-up has another result.
    for _ in 0..2 {
        let refused = guard.addresses("smtp", name, 587).await.unwrap_err().to_string();
        let expected = "the address of smtp://mail.example.net:587 is not public; \
                        list it in `channels.local_origins` to allow it";
        assert_eq!(refused, expected);
    }
    assert!(guard.addresses("smtp", "127.0.0.1", 25).await.is_err());
    assert!(guard.addresses("smtp", "::1", 25).await.is_err());
    assert!(guard.addresses("smtps", name, 465).await.unwrap_err().to_string().starts_with("failed to"));
    let guard = Guard::resolving(
        ["smtp://relay.internal:25".to_owned()],
        Arc::new(Script(Mutex::new([vec![PRIVATE]].into()))),
    );
    assert_eq!(guard.addresses("smtp", "relay.internal", 25).await.unwrap(), [(PRIVATE, 25).into()]);
    assert!(guard.addresses("smtp", "relay.internal", 26).await.is_err());
}

#[test]
fn a_channel_is_checked_when_it_is_entered() {
    let guard = Guard::resolving([], Arc::<Script>::default());
    let means = Means { guard, has_mail: true, has_bot: false };
    let check = |target: serde_json::Value| {
        let channel: Channel = serde_json::from_value(json!({ "name": "Main", "target": target })).unwrap();
        channel.validate(&means).map_err(|invalid| invalid.to_string())
    };
    let url = "https://hooks.example.com/";
    assert_eq!(check(json!({ "kind": "webhook", "url": url, "key": crate::bed::KEY })), Ok(()));
    assert_eq!(check(json!({ "kind": "telegram", "token": "1:not-a-real-token", "chat": -5 })), Ok(()));
    assert_eq!(check(json!({ "kind": "mail", "to": ["Ada <ada@example.net>"] })), Ok(()));
    for (target, error) in [
        (json!({ "kind": "webhook", "url": url, "key": "canary" }), "key must begin with whsec_"),
        (json!({ "kind": "webhook", "url": url, "key": "whsec_Y2FuYXJ5" }), "key must have 24 to 64 bytes"),
        (json!({ "kind": "slack", "url": "https://10.0.0.1/" }), "url must name a host, not an address"),
        (
            json!({ "kind": "mail", "to": ["ada@example.net\r\nBcc: eve@example.net"] }),
            "to has an entry that is no mail address",
        ),
        (json!({ "kind": "mail", "to": [] }), "to must have 1 to 50 addresses"),
        (
            json!({ "kind": "telegram", "chat": 5 }),
            "token is missing, and `telegram.token` is not configured",
        ),
    ] {
        assert_eq!(check(target), Err(error.to_owned()));
    }
    let channel: Channel = serde_json::from_value(
        json!({ "name": "Main", "target": { "kind": "slack", "url": "https://canary.example.com/" } }),
    )
    .unwrap();
    assert!(!format!("{channel:?}").contains("canary"));
}
