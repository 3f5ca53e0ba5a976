//! The texts about a URL that is refused. They come after the name of a setting, and never repeat the URL.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use plume_auth::SecureUrl;

#[test]
fn each_refusal_of_a_url_names_its_cause() {
    for (url, message) in [
        ("", "is empty"),
        (" \n", "is empty"),
        (
            "https://a.example.net/x y",
            "contains a space, a line break or an invisible character; type it again",
        ),
        (
            "https://a.example.net/\u{200b}x",
            "contains a space, a line break or an invisible character; type it again",
        ),
        ("a.example.net", "is not a URL; expected https://host/path"),
        ("http://a.example.net/", "must start with https:// (plain http is for this machine only)"),
        ("ftp://a.example.net/", "must start with https://"),
        ("https://user@a.example.net/", "must not contain a user name or password"),
        ("https://:word@a.example.net/", "must not contain a user name or password"),
        ("https://a.example.net/?x", "must end before any `?` or `#`"),
        ("https://a.example.net/#x", "must end before any `?` or `#`"),
    ] {
        assert_eq!(SecureUrl::parse(url).unwrap_err().to_string(), message, "{url:?}");
    }
    assert_eq!(SecureUrl::parse("http://127.0.0.1:80/x/").unwrap().as_base(), "http://127.0.0.1/x");
}
