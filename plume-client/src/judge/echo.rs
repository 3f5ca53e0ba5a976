//! Servers that repeat our request in a refusal: the token must not come back in an error.

use bytes::Bytes;
use http::Response;
use plume_types::decode::without_byte_order_mark;

const INSTEAD: &[u8] = b"[redacted]";
/// Shorter ones are no secrets, and would be found in every other word.
const SHORTEST: usize = 8;

/// Whether a body begins as the API's refusals do, whatever the status says.
pub(crate) fn begins_as_refusal(body: &[u8]) -> bool {
    let body = without_byte_order_mark(body).trim_ascii_start();
    body.strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\"error\""))
}

/// The answer without `secret` in its body. What succeeded is left as it is, so that it costs nothing.
pub(crate) fn without_secret(mut answer: Response<Bytes>, secret: &str) -> Response<Bytes> {
    let secret = secret.as_bytes();
    let refused = !answer.status().is_success() || begins_as_refusal(answer.body());
    if !refused || secret.len() < SHORTEST {
        return answer;
    }
    let mut rest: &[u8] = answer.body();
    let mut clean = Vec::new();
    while let Some((before, after)) = split(rest, secret) {
        clean.extend_from_slice(before);
        clean.extend_from_slice(INSTEAD);
        rest = after;
    }
    if !clean.is_empty() {
        clean.extend_from_slice(rest);
        *answer.body_mut() = clean.into();
    }
    answer
}

/// What stands before and after the first `needle`.
fn split<'t>(text: &'t [u8], needle: &[u8]) -> Option<(&'t [u8], &'t [u8])> {
    let at = text.windows(needle.len()).position(|window| window == needle)?;
    Some((text.get(..at)?, text.get(at + needle.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(status: u16, body: &'static str) -> Bytes {
        let answer = Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap();
        without_secret(answer, "not-a-real-token").into_body()
    }

    #[test]
    fn the_secret_is_cut_out_wherever_it_stands() {
        assert_eq!(seen(400, "not-a-real-token"), "[redacted]");
        assert_eq!(seen(400, "a not-a-real-token, not-a-real-token"), "a [redacted], [redacted]");
        assert_eq!(seen(400, "not-a-real-toke"), "not-a-real-toke");
        assert_eq!(seen(400, ""), "");
        assert_eq!(seen(200, "not-a-real-token"), "not-a-real-token", "an answer is the caller's");
        assert_eq!(seen(200, r#" { "error":"not-a-real-token"}"#), r#" { "error":"[redacted]"}"#);
    }
}
