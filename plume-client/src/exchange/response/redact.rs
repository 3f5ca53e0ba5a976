//! The redaction of secrets that servers echo in error responses.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use plume_auth::Redactor;
use plume_types::decode::{self, without_byte_order_mark};
use serde_json::{Map, Value};

/// Returns whether a body begins like an error of the API, whatever the status.
pub(super) fn begins_as_refusal(body: &[u8]) -> bool {
    let body = without_byte_order_mark(body).trim_ascii_start();
    body.strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\"error\""))
}

/// Returns the body of a success, unchanged unless it begins like an error.
pub(super) fn success(body: Bytes, redactor: impl FnOnce() -> Redactor) -> Bytes {
    if begins_as_refusal(&body) { refusal(body, &redactor()).0 } else { body }
}

/// Returns a body without secrets of the request, and its JSON.
///
/// The secrets are removed from decoded strings, because an error shows those, and an escape would hide a secret from a
/// search in the bytes.
pub(super) fn refusal(body: Bytes, redactor: &Redactor) -> (Bytes, Option<Value>) {
    let bytes = without_byte_order_mark(&body);
    match decode::body::<Value>(bytes) {
        Ok(decoded) => {
            let clean = in_json(&decoded.value, redactor);
            let body = if clean == decoded.value { body } else { clean.to_string().into() };
            (body, Some(clean))
        }
        Err(_) => {
            let text = String::from_utf8_lossy(bytes);
            let clean = redactor.redact(&text);
            (if clean == text { body.clone() } else { clean.into_owned().into() }, None)
        }
    }
}

/// Redacts header values that echo a secret.
pub(super) fn headers(headers: &mut HeaderMap, redactor: &Redactor) {
    for value in headers.values_mut() {
        if !value.to_str().is_ok_and(|text| redactor.redact(text) == text) {
            *value = HeaderValue::from_static("[redacted]");
        }
    }
}

fn in_json(json: &Value, redactor: &Redactor) -> Value {
    let text = |text: &str| redactor.redact(text).into_owned();
    match json {
        Value::String(value) => Value::String(text(value)),
        Value::Array(items) => items.iter().map(|item| in_json(item, redactor)).collect(),
        Value::Object(object) => Value::Object(
            object.iter().map(|(name, value)| (text(name), in_json(value, redactor))).collect::<Map<_, _>>(),
        ),
        // A passphrase may be a number.
        Value::Number(number) if text(&number.to_string()) != number.to_string() => Value::from("[redacted]"),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Redactor {
        Redactor::default().and("not-a-real.token").and("12345678")
    }

    fn seen(is_success: bool, body: &str) -> String {
        let body = Bytes::from(body.to_owned());
        let body = if is_success { success(body, secrets) } else { refusal(body, &secrets()).0 };
        String::from_utf8(body.into()).unwrap()
    }

    #[test]
    fn secret_is_redacted_at_any_position() {
        for (body, clean) in [
            ("not-a-real.token", "[redacted]"),
            ("a not-a-real.token, not-a-real.token", "a [redacted], [redacted]"),
            ("not-a-real.toke", "not-a-real.toke"),
            ("", ""),
            ("<p>not-a-real&#46;token</p>", "<p>[redacted]</p>"),
            (r#"{"error":{"message":"not-a-real\u002etoken"}}"#, r#"{"error":{"message":"[redacted]"}}"#),
            (r#"{"error":{"message":"not-a-real\\u002etoken"}}"#, r#"{"error":{"message":"[redacted]"}}"#),
            (
                r#"{"not-a-real\u002etoken":[{"a":"x not-a-real%2Etoken"}]}"#,
                r#"{"[redacted]":[{"a":"x [redacted]"}]}"#,
            ),
            (r#"{"value":12345678,"other":1234567}"#, r#"{"other":1234567,"value":"[redacted]"}"#),
            (r#"{"error": {"message": "x"}}"#, r#"{"error": {"message": "x"}}"#),
            // Cut off, so it is not JSON.
            (r#"{"error":"not-a-real\u002etoken"#, r#"{"error":"[redacted]"#),
        ] {
            assert_eq!(seen(false, body), clean, "{body}");
        }
        assert_eq!(seen(true, "not-a-real.token"), "not-a-real.token", "an answer is the caller's");
        assert_eq!(seen(true, r#" { "error":"not-a-real.token"}"#), r#"{"error":"[redacted]"}"#);
    }

    #[test]
    fn secrets_of_headers_are_redacted_too() {
        let mut seen = HeaderMap::new();
        seen.insert("x-request-id", HeaderValue::from_static("not-a-real.token"));
        seen.insert("x-amzn-requestid", HeaderValue::from_static("req-1"));
        headers(&mut seen, &secrets());
        assert_eq!(seen["x-request-id"], "[redacted]");
        assert_eq!(seen["x-amzn-requestid"], "req-1");
    }
}
