//! Bodies of another shape than requested.

use plume_client::ErrorKind;

use crate::cloud::{Cloud, NODES, assert_unreadable};
use testkit::replies::{reply, with_header};

/// Reads this body as a list of nodes. Returns the numbers of readable and unreadable ones.
async fn nodes_of(body: impl AsRef<[u8]>) -> Result<(usize, usize), plume_client::Error> {
    let cloud = Cloud::scripted([reply(200, body)]);
    let result = cloud.client.customer("c1").location("l1").nodes().await;
    cloud.ends_with(1, 1);
    result.map(|nodes| (nodes.len(), nodes.unreadable()))
}

async fn refuses(body: impl AsRef<[u8]>, what: &str) {
    match nodes_of(body).await {
        Ok(read) => panic!("{what}: {read:?} elements were read"),
        Err(error) => assert_unreadable(&error, what),
    }
}

#[tokio::test]
pub(crate) async fn known_shapes_are_read() {
    for (body, expected) in [
        ("[]", (0, 0)),
        (r#"{"nodes":[]}"#, (0, 0)),
        (r#"{"nodes":{"nodes":[]}}"#, (0, 0)),
        (r#"[{"id":"A"}]"#, (1, 0)),
        (NODES, (1, 0)),
        (r#"{"nodes":{"nodes":[{"id":"A"},{"id":"B"}]}}"#, (2, 0)),
        (r#"{"count":1,"nodes":[{"id":"A"}]}"#, (1, 0)),
        (r#"[{"id":"A"},17,null]"#, (1, 2)),
    ] {
        assert_eq!(nodes_of(body).await.unwrap(), expected, "{body}");
    }
}

#[tokio::test]
pub(crate) async fn other_shapes_are_errors_and_never_an_empty_list() {
    for body in [
        "{}",
        "null",
        "true",
        "\"ok\"",
        "17",
        r#"{"data":[]}"#,
        r#"{"Nodes":[]}"#,
        r#"{"nodes":null}"#,
        r#"{"nodes":{}}"#,
        r#"{"nodes":"none"}"#,
        r#"{"nodes":{"nodes":{"nodes":[]}}}"#,
        r#"{"error":{"statusCode":500,"message":"odd"}}"#,
        r#"{"error":"invalid_token"}"#,
        r#"{"message":"Forbidden"}"#,
        "[17]",
        "[null]",
        "[[]]",
        r#"[{"error":{"statusCode":404}}]"#,
    ] {
        refuses(body, body).await;
    }
}

#[tokio::test]
pub(crate) async fn a_page_in_place_of_an_answer_is_an_error() {
    for body in [
        "<html><body>Please log in</body></html>",
        "<!DOCTYPE html>\n<title>Wi-Fi login</title>",
        "\n\n  <html></html>",
        "<?xml version=\"1.0\"?><nodes/>",
        "Service temporarily unavailable",
        "callback([])",
    ] {
        refuses(body, body).await;
    }
}

#[tokio::test]
pub(crate) async fn nothing_in_place_of_an_answer_is_an_error() {
    for body in ["", " ", "\r\n\r\n", "\u{feff}"] {
        refuses(body, "nothing").await;
    }
    let cloud = Cloud::scripted([reply(204, "")]);
    let error = cloud.fails().await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unreadable, Some(204)));
    cloud.ends_with(1, 1);
}

#[tokio::test]
pub(crate) async fn a_body_that_is_cut_or_goes_on_is_an_error() {
    let whole = r#"{"nodes":[{"id":"TST1","health":{"status":"good"}},{"id":"TST2"}]}"#;
    assert_eq!(nodes_of(whole).await.unwrap(), (2, 0));
    for end in 0..whole.len() {
        refuses(&whole[..end], &whole[..end]).await;
    }
    for more in ["x", "]", "}", "{}", "[]", "null", ",", NODES, "\u{0}", "<html>"] {
        refuses(format!("{whole}{more}"), more).await;
    }
    assert_eq!(
        nodes_of(format!("{whole}\r\n \t\n")).await.unwrap(),
        (2, 0),
        "white space is no second document"
    );
}

#[tokio::test]
pub(crate) async fn bytes_that_are_no_text_are_errors() {
    let in_name = |bytes: &[u8]| [br#"[{"id":"A","nickname":""#, bytes, br#""}]"#].concat();
    for (what, bytes) in [
        ("a stray byte", &b"\xff"[..]),
        ("half a character", b"\xe2\x82"),
        ("an overlong slash", b"\xc0\xaf"),
        ("a surrogate in UTF-8", b"\xed\xa0\x80"),
        ("Latin-1", b"M\xfcller"),
    ] {
        refuses(in_name(bytes), what).await;
    }
    let utf16 =
        |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    refuses(utf16(NODES, u16::to_le_bytes), "UTF-16").await;
    refuses(utf16(NODES, u16::to_be_bytes), "UTF-16").await;
    refuses(utf16(&format!("\u{feff}{NODES}"), u16::to_le_bytes), "UTF-16 with a mark").await;
    // An escaped NUL is text as any other, and so is a pair of surrogates.
    assert_eq!(nodes_of(in_name(br"\u0000")).await.unwrap(), (1, 0));
    assert_eq!(nodes_of(in_name(br"\ud83d\ude00")).await.unwrap(), (1, 0));
}

#[tokio::test]
pub(crate) async fn what_json_does_not_allow_costs_its_field() {
    for (text, expected) in [
        (r"Hall \ud83d", "Hall \u{fffd}"),
        (r"\udc00\ud800", "\u{fffd}\u{fffd}"),
        ("Hall\t1", "Hall\u{fffd}1"),
        ("a\0b\nc", "a\u{fffd}b\u{fffd}c"),
        (r"\x41", "\u{fffd}x41"),
    ] {
        let body = format!(
            r#"{{"nodes":[{{"id":"A","nickname":"{text}","health":{{"score":1e999}}}},{{"id":"B"}}]}}"#
        );
        let cloud = Cloud::scripted([reply(200, body)]);
        let nodes = cloud.client.customer("c1").location("l1").nodes().await.unwrap();
        assert_eq!((nodes.len(), nodes.unreadable()), (2, 0), "{text:?}");
        assert_eq!(nodes[0].nickname.as_deref(), Some(expected), "{text:?}");
        assert!(nodes[0].health.known().is_some_and(|health| health.score.is_unreadable()));
        assert!(cloud.client.drift().count(plume_types::DriftKind::Malformed) >= 2, "{text:?}");
        cloud.ends_with(1, 1);
    }
}

#[tokio::test]
pub(crate) async fn the_label_of_a_body_does_not_matter() {
    for label in ["text/plain", "text/html; charset=iso-8859-1", "application/json; charset=utf-16", "x", ""]
    {
        let cloud = Cloud::scripted([with_header(reply(200, NODES), "content-type", label)]);
        assert_eq!(cloud.nodes().await.unwrap(), 1, "{label}");
        cloud.ends_with(1, 1);
    }
    assert_eq!(nodes_of(format!("\u{feff}{NODES}")).await.unwrap(), (1, 0), "a mark before the text");
    refuses(format!("\u{feff}\u{feff}{NODES}"), "two marks").await;
}

#[tokio::test]
pub(crate) async fn nesting_without_end_is_an_error_and_no_overflow() {
    for depth in [129, 200_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"nodes\":", "}]")] {
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            refuses(deep.clone(), "deep").await;
            refuses(open.repeat(depth), "deep and cut").await;
            // What is not kept, or is deeper than what is kept, is passed over without going into it.
            for field in ["nickname", "health", "nobodyKnows", "wifiConfig"] {
                let body = format!(r#"[{{"id":"A","{field}":{deep}}}]"#);
                assert_eq!(nodes_of(body).await.unwrap(), (1, 0), "{field}");
            }
        }
    }
}

#[tokio::test]
pub(crate) async fn nesting_without_end_in_a_refusal_is_no_overflow_either() {
    for status in [400, 401, 403, 404, 500] {
        let cloud = Cloud::scripted([reply(status, r#"{"error":"#.repeat(200_000))]);
        assert_eq!(cloud.fails().await.status(), Some(status));
    }
}
