//! The shape of a body, without its contents.

use plume_types::decode::without_byte_order_mark;

const MAX_EXCERPT: usize = 160;
/// Longer than names of fields and tags, shorter than an echoed token.
const MAX_NAME: usize = 32;

/// Returns the beginning of a body, safe to show. Values of JSON and text of markup can hold names, addresses and keys, so
/// only names of fields and tags stay.
pub(super) fn excerpt(body: &[u8]) -> Option<String> {
    // Enough to fill the excerpt without values.
    const LOOK_AT: usize = 2_048;
    let body = without_byte_order_mark(body);
    let text = String::from_utf8_lossy(body.get(..LOOK_AT).unwrap_or(body));
    let text = text.trim();
    let shown = match text.chars().next()? {
        '{' | '[' => json_shape(text),
        '<' => markup_shape(text),
        _ => format!("{} bytes of other text", body.len()),
    };
    Some(plume_text::shorten(&shown, MAX_EXCERPT))
}

/// Returns the JSON with `…` in place of every value.
fn json_shape(json: &str) -> String {
    let mut shown = String::new();
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let after = rest.get(1..).unwrap_or_default();
            let Some((text, tail)) = split_string(after) else {
                // Cut inside a string, which may be a name or a value.
                shown.push_str("\"…");
                break;
            };
            if tail.trim_start().starts_with(':') && text.len() <= MAX_NAME {
                shown.push_str(&format!("\"{text}\""));
            } else {
                shown.push_str("\"…\"");
            }
            rest = tail;
        } else if "{}[],:".contains(first) {
            shown.push(first);
            rest = rest.get(1..).unwrap_or_default();
        } else if first.is_whitespace() {
            rest = rest.trim_start();
        } else {
            // A number, a boolean, or anything else without structure.
            let end = rest.find(|c: char| "\"{}[],:".contains(c)).unwrap_or(rest.len());
            shown.push('…');
            rest = rest.get(end..).unwrap_or_default();
        }
    }
    shown
}

/// Splits at the closing quote.
fn split_string(after_quote: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (index, character) in after_quote.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((after_quote.get(..index)?, after_quote.get(index + 1..)?)),
            _ => {}
        }
    }
    None
}

/// Returns the names of tags, without attributes and text.
fn markup_shape(markup: &str) -> String {
    let name = |tag: &str| {
        let end = tag.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(tag.len());
        tag.get(..end).map(|name| if name.len() <= MAX_NAME { format!("<{name}>") } else { "<…>".to_owned() })
    };
    markup.split('<').skip(1).filter(|tag| !tag.starts_with('/')).filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_shows_the_shape_and_no_value() {
        let show = |body: &str| excerpt(body.as_bytes()).unwrap_or_default();
        assert_eq!(
            show(r#"{"wifiNetwork":{"ssid":"canary","encryptionKey":"can\"ary","keys":[1, true]}}"#),
            r#"{"wifiNetwork":{"ssid":"…","encryptionKey":"…","keys":[…,…]}}"#
        );
        assert_eq!(show(r#"{"encryptionKey":"canary"#), r#"{"encryptionKey":"…"#);
        assert_eq!(show("<html class=\"canary\">\n <h1>canary</h1>"), "<html><h1>");
        assert_eq!(excerpt(b"  \n"), None);
        assert_eq!(show("canary"), "6 bytes of other text");
        assert_eq!(show(&"[1,".repeat(5_000)).chars().count(), MAX_EXCERPT + 1);
    }

    #[test]
    fn no_form_of_a_body_shows_a_secret() {
        for body in [
            "<wifiNetwork><encryptionKey>12345678</encryptionKey></wifiNetwork>",
            r#"callback({"wifiNetwork":{"encryptionKey":"12345678"}})"#,
            "\u{feff}{\"encryptionKey\":\"12345678",
            r#"{"encryptionKey":12345678}"#,
            r#""12345678""#,
            "12345678",
            "encryptionKey=12345678",
            r#"{"not-a-real-token-of-an-echo-12345678":1}"#,
            "<not-a-real-token-of-an-echo-12345678>",
        ] {
            let shown = excerpt(body.as_bytes()).unwrap_or_default();
            assert!(!shown.contains("12345678"), "{body}: {shown}");
        }
    }
}
