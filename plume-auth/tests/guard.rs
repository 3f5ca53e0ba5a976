//! URLs as users and attackers type them, and what becomes of each.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use plume_auth::{
    RefusedUrl::{self, Address, Character, Extra, Host, Malformed, Port, Scheme, UserInfo},
    UrlGuard,
};
use plume_runtime::{InProcess, Limits, Transport, TransportErrorKind};

/// The input, the verdict with Plume's hosts, the verdict with any public host.
type Row = (&'static str, Result<(), RefusedUrl>, Result<(), RefusedUrl>);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // Plain good ones.
    ("https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token", Ok(()), Ok(())),
    ("https://api.plume.com/api/", Ok(()), Ok(())),
    ("https://piranha-gamma.prod.us-west-2.aws.plumenet.io/api", Ok(()), Ok(())),
    ("  HTTPS://API.PLUME.COM:443/api\n", Ok(()), Ok(())),
    // Other public hosts.
    ("https://api.example.net/", Err(Host), Ok(())),
    ("https://plume.com/", Err(Host), Ok(())),
    ("https://9.9.9.9/", Err(Address), Ok(())),
    ("https://[2620:fe::fe]/", Err(Address), Ok(())),
    // Names that only look like Plume's.
    ("https://evilplume.com/", Err(Host), Ok(())),
    ("https://api.plume.com.example.net/", Err(Host), Ok(())),
    ("https://plume.com.evil.example.net/", Err(Host), Ok(())),
    ("https://api-plume.com/", Err(Host), Ok(())),
    ("https://api.plume.co/", Err(Host), Ok(())),
    ("https://api.plumenet.io.evil.net/", Err(Host), Ok(())),
    ("https://api.plum\u{435}.com/", Err(Character), Err(Character)),
    ("https://api.\u{ff50}lume.com/", Err(Character), Err(Character)),
    ("https://api\u{3002}plume\u{3002}com/", Err(Character), Err(Character)),
    ("https://\u{2460}27.0.0.1/", Err(Character), Err(Character)),
    ("https://api.xn--plum-z8d.com/", Err(Host), Ok(())),
    ("https://xn--pi-6kc.plume.com/", Err(Host), Ok(())),
    // The same host spelled otherwise.
    ("https://api.plume.com./", Err(Host), Err(Host)),
    ("https://api%2eplume%2ecom/", Err(Malformed), Err(Malformed)),
    ("https:api.plume.com/", Err(Scheme), Err(Scheme)),
    ("https:///api.plume.com/", Err(Malformed), Err(Malformed)),
    ("https:\\\\api.plume.com\\", Err(Character), Err(Character)),
    ("https://api.plu\nme.com/", Err(Character), Err(Character)),
    ("https://api.plu\tme.com/", Err(Character), Err(Character)),
    ("https://api.plume.com\u{0}.example.net/", Err(Character), Err(Character)),
    // User information.
    ("https://api.plume.com@evil.example.net/", Err(UserInfo), Err(UserInfo)),
    ("https://api.plume.com:443@127.0.0.1/", Err(UserInfo), Err(UserInfo)),
    ("https://user:canary@api.plume.com/", Err(UserInfo), Err(UserInfo)),
    ("https://@api.plume.com/", Err(UserInfo), Err(UserInfo)),
    ("https://api.plume.com\\@127.0.0.1/", Err(Character), Err(Character)),
    ("https://api.plume.com%40127.0.0.1/", Err(Malformed), Err(Malformed)),
    // Ports, schemes and what follows the path.
    ("https://api.plume.com:22/", Err(Port), Err(Port)),
    ("https://api.plume.com:80/", Err(Port), Err(Port)),
    ("https://api.plume.com:8443/", Err(Port), Err(Port)),
    ("https://api.plume.com:65536/", Err(Malformed), Err(Malformed)),
    ("http://api.plume.com/", Err(Scheme), Err(Scheme)),
    ("http://127.0.0.1/", Err(Scheme), Err(Scheme)),
    ("file:///etc/passwd", Err(Scheme), Err(Scheme)),
    ("gopher://api.plume.com/", Err(Scheme), Err(Scheme)),
    ("javascript:alert(1)", Err(Scheme), Err(Scheme)),
    ("ftp://api.plume.com/", Err(Scheme), Err(Scheme)),
    ("https://api.plume.com/?next=canary", Err(Extra), Err(Extra)),
    ("https://api.plume.com/#canary", Err(Extra), Err(Extra)),
    ("https://api.plume.com/?", Err(Extra), Err(Extra)),
    ("", Err(Malformed), Err(Malformed)),
    ("   ", Err(Malformed), Err(Malformed)),
    ("api.plume.com", Err(Malformed), Err(Malformed)),
    ("https://", Err(Malformed), Err(Malformed)),
    // This machine and private names.
    ("https://localhost/", Err(Host), Err(Host)),
    ("https://LOCALHOST/", Err(Host), Err(Host)),
    ("https://localhost./", Err(Host), Err(Host)),
    ("https://x.localhost/", Err(Host), Err(Host)),
    ("https://printer.local/", Err(Host), Err(Host)),
    ("https://metadata.google.internal/", Err(Host), Err(Host)),
    ("https://router.home.arpa/", Err(Host), Err(Host)),
    ("https://nas.lan/", Err(Host), Err(Host)),
    ("https://metadata/", Err(Host), Err(Host)),
    ("https://mylocalhost.net/", Err(Host), Ok(())),
    // Addresses of version 4, in every base and length.
    ("https://127.0.0.1/", Err(Address), Err(Address)),
    ("https://127.0.0.1./", Err(Address), Err(Address)),
    ("https://2130706433/", Err(Address), Err(Address)),
    ("https://017700000001/", Err(Address), Err(Address)),
    ("https://0x7f000001/", Err(Address), Err(Address)),
    ("https://0x7f.0.0.0x1/", Err(Address), Err(Address)),
    ("https://0177.0.0.1/", Err(Address), Err(Address)),
    ("https://127.1/", Err(Address), Err(Address)),
    ("https://127.0.1/", Err(Address), Err(Address)),
    ("https://%31%32%37.0.0.1/", Err(Malformed), Err(Malformed)),
    ("https://0.0.0.0/", Err(Address), Err(Address)),
    ("https://0/", Err(Address), Err(Address)),
    ("https://10.0.0.1/", Err(Address), Err(Address)),
    ("https://100.64.0.1/", Err(Address), Err(Address)),
    ("https://169.254.169.254/latest/meta-data", Err(Address), Err(Address)),
    ("https://2852039166/", Err(Address), Err(Address)),
    ("https://172.16.0.1/", Err(Address), Err(Address)),
    ("https://192.168.1.1/", Err(Address), Err(Address)),
    ("https://198.18.0.1/", Err(Address), Err(Address)),
    ("https://192.0.2.1/", Err(Address), Err(Address)),
    ("https://198.51.100.1/", Err(Address), Err(Address)),
    ("https://203.0.113.1/", Err(Address), Err(Address)),
    ("https://224.0.0.1/", Err(Address), Err(Address)),
    ("https://240.0.0.1/", Err(Address), Err(Address)),
    ("https://255.255.255.255/", Err(Address), Err(Address)),
    ("https://256.0.0.1/", Err(Malformed), Err(Malformed)),
    // Addresses of version 6, and version 4 inside them.
    ("https://[::1]/", Err(Address), Err(Address)),
    ("https://[::]/", Err(Address), Err(Address)),
    ("https://[0:0:0:0:0:0:0:1]/", Err(Address), Err(Address)),
    ("https://[::ffff:127.0.0.1]/", Err(Address), Err(Address)),
    ("https://[::ffff:7f00:1]/", Err(Address), Err(Address)),
    ("https://[::ffff:9.9.9.9]/", Err(Address), Err(Address)),
    ("https://[::127.0.0.1]/", Err(Address), Err(Address)),
    ("https://[64:ff9b::7f00:1]/", Err(Address), Err(Address)),
    ("https://[64:ff9b::10.0.0.1]/", Err(Address), Err(Address)),
    ("https://[2002:7f00:1::]/", Err(Address), Err(Address)),
    ("https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", Err(Address), Err(Address)),
    ("https://[fc00::1]/", Err(Address), Err(Address)),
    ("https://[fd12:3456::1]/", Err(Address), Err(Address)),
    ("https://[fe80::1]/", Err(Address), Err(Address)),
    ("https://[fe80::1%25eth0]/", Err(Malformed), Err(Malformed)),
    ("https://[ff02::1]/", Err(Address), Err(Address)),
    ("https://[2001:db8::1]/", Err(Address), Err(Address)),
    ("https://[100::1]/", Err(Address), Err(Address)),
];

#[test]
fn every_row_of_the_table_gets_its_verdict() {
    let (plume, public) = (UrlGuard::plume(), UrlGuard::plume().allow_any_public_host());
    for (typed, with_plume, with_any) in TABLE {
        assert_eq!(plume.check(typed).map(drop), *with_plume, "{typed:?} with Plume's hosts");
        assert_eq!(public.check(typed).map(drop), *with_any, "{typed:?} with any public host");
    }
    assert!(TABLE.len() >= 100, "{} rows", TABLE.len());
}

#[test]
fn refusal_does_not_repeat_the_url() {
    for (typed, ..) in TABLE.iter().filter(|(typed, ..)| typed.contains("canary")) {
        let refused = UrlGuard::plume().check(typed).unwrap_err();
        assert!(!format!("{refused}{refused:?}").contains("canary"));
    }
}

#[test]
fn accepted_url_is_used_in_its_parsed_form() {
    let url = UrlGuard::plume().check(" HTTPS://API.PLUME.COM:443/api/ ").unwrap();
    assert_eq!(url.as_str(), "https://api.plume.com/api/");
}

#[test]
fn custom_host_list_replaces_the_default() {
    let guard = UrlGuard::hosts(["sso.example.net", "*.api.example.net"]).unwrap();
    for (typed, expected) in [
        ("https://sso.example.net/", Ok(())),
        ("https://x.api.example.net/", Ok(())),
        ("https://x.y.api.example.net/", Ok(())),
        ("https://api.example.net/", Err(Host)),
        ("https://x.sso.example.net/", Err(Host)),
        ("https://xapi.example.net/", Err(Host)),
        ("https://xn--pi-6kc.api.example.net/", Err(Host)),
        ("https://api.plume.com/", Err(Host)),
    ] {
        assert_eq!(guard.check(typed).map(drop), expected, "{typed}");
    }
    // In full, punycode is a choice of the operator.
    let guard = UrlGuard::hosts(["xn--bcher-kva.example.net"]).unwrap();
    assert!(guard.check("https://xn--bcher-kva.example.net/").is_ok());
}

#[test]
fn patterns_that_would_list_everything_or_nothing_are_refused() {
    for pattern in [
        "",
        "*",
        "*.",
        "*.com",
        "com",
        "*.*.com",
        "a.*.com",
        "https://a.example",
        "a.example:443",
        "127.0.0.1",
        "a..b",
    ] {
        assert!(UrlGuard::hosts([pattern]).is_err(), "{pattern:?}");
    }
}

#[test]
fn other_ports_are_a_choice_of_the_operator() {
    let guard = UrlGuard::plume().ports([443, 8443]);
    assert!(guard.check("https://api.plume.com:8443/").is_ok());
    assert!(guard.check("https://api.plume.com/").is_ok());
    assert_eq!(guard.check("https://api.plume.com:22/"), Err(Port));
}

#[tokio::test]
async fn a_guarded_transport_sends_nowhere_else() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let inner = InProcess::new(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        async { Ok(http::Response::new(Bytes::new())) }
    });
    let transport = UrlGuard::plume().transport(Arc::new(inner));
    let send = async |url: &str| {
        let request = http::Request::get(url).body(Bytes::new()).unwrap();
        transport.send(request, &Limits::default()).await
    };
    send("https://api.plume.com/api/Customers?limit=1").await.unwrap();
    assert_eq!(sent.load(Ordering::SeqCst), 1);
    for url in [
        "https://evil.example.net/",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "http://api.plume.com/",
        "https://api.plume.com:22/",
        "https://user@api.plume.com/",
        "https://api.plume.com@evil.example.net/",
    ] {
        assert_eq!(send(url).await.unwrap_err().kind(), TransportErrorKind::Refused, "{url}");
    }
    assert_eq!(sent.load(Ordering::SeqCst), 1, "nothing was sent");
}
