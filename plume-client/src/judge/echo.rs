//! Servers that repeat our request in a refusal: the token must not come back in an error.

use bytes::Bytes;
use http::{HeaderValue, Response};
use plume_auth::Redactor;
use plume_types::decode::{self, without_byte_order_mark};
use serde_json::{Map, Value};

/// Whether a body begins as the API's refusals do, whatever the status says.
pub(crate) fn begins_as_refusal(body: &[u8]) -> bool {
    let body = without_byte_order_mark(body).trim_ascii_start();
    body.strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\"error\""))
}

/// The answer without our secrets in its body and headers. What succeeded is left as it is, so that it costs nothing.
///
/// They are taken out of the decoded texts, before anything is cut: an error shows those, and an escape would get around a
/// search in the bytes.
pub(crate) fn without_secrets(
    mut answer: Response<Bytes>,
    redactor: impl FnOnce() -> Redactor,
) -> Response<Bytes> {
    if answer.status().is_success() && !begins_as_refusal(answer.body()) {
        return answer;
    }
    let redactor = redactor();
    let body = without_byte_order_mark(answer.body());
    // Decoded as errors decode it: what is repaired there must have been searched here.
    let clean = match decode::body(body).map(|decoded| decoded.value) {
        Ok(json) => {
            let clean = in_json(&json, &redactor);
            (clean != json).then(|| clean.to_string())
        }
        Err(_) => {
            let text = String::from_utf8_lossy(body);
            let clean = redactor.redact(&text);
            (clean != text).then(|| clean.into_owned())
        }
    };
    if let Some(clean) = clean {
        *answer.body_mut() = clean.into();
    }
    for value in answer.headers_mut().values_mut() {
        if !value.to_str().is_ok_and(|text| redactor.redact(text) == text) {
            *value = HeaderValue::from_static("[redacted]");
        }
    }
    answer
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

    fn seen(status: u16, body: &str) -> String {
        let answer = Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap();
        let redactor = || Redactor::default().and("not-a-real.token").and("12345678");
        String::from_utf8(without_secrets(answer, redactor).into_body().into()).unwrap()
    }

    #[test]
    fn a_secret_is_cut_out_wherever_it_stands() {
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
            assert_eq!(seen(400, body), clean, "{body}");
        }
        assert_eq!(seen(200, "not-a-real.token"), "not-a-real.token", "an answer is the caller's");
        assert_eq!(seen(200, r#" { "error":"not-a-real.token"}"#), r#"{"error":"[redacted]"}"#);
    }

    #[test]
    fn headers_are_looked_at_as_well() {
        let answer = Response::builder()
            .status(500)
            .header("x-request-id", "not-a-real.token")
            .header("x-amzn-requestid", "req-1")
            .body(Bytes::new())
            .unwrap();
        let answer = without_secrets(answer, || Redactor::default().and("not-a-real.token"));
        assert_eq!(answer.headers()["x-request-id"], "[redacted]");
        assert_eq!(answer.headers()["x-amzn-requestid"], "req-1");
    }
}
