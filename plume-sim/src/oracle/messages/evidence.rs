//! Facts that a response shows to its client.

use bytes::Bytes;
use http::{
    Response,
    header::{LOCATION, WWW_AUTHENTICATE},
};
use serde_json::Value;

/// Returns the target of a redirect.
pub(crate) fn location(response: &Response<Bytes>) -> Option<String> {
    let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection())?;
    location.to_str().ok().map(str::to_owned)
}

/// Returns the number of rows of a list in any envelope.
pub(crate) fn list_rows(body: &[u8]) -> Option<u64> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    loop {
        match value {
            Value::Array(rows) => return u64::try_from(rows.len()).ok(),
            Value::Object(map) if map.len() == 1 => value = map.into_iter().next()?.1,
            _ => return None,
        }
    }
}

/// Returns whether a 401 names the token as the reason.
pub(crate) fn names_the_token(response: &Response<Bytes>) -> bool {
    let challenge = response.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    let body: Option<Value> = serde_json::from_slice(response.body()).ok();
    let code = body.as_ref().and_then(|body| body.pointer("/error/code")).and_then(Value::as_str);
    challenge.is_some_and(|text| text.contains("invalid_token")) || code == Some("INVALID_TOKEN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_in_every_envelope() {
        for (body, expected) in [
            ("[1,2]", Some(2)),
            ("{\"nodes\":[]}", Some(0)),
            ("{\"nodes\":{\"nodes\":[1]}}", Some(1)),
            ("{\"count\":3}", None),
            ("{\"a\":[1],\"b\":[2]}", None),
            ("[1,", None),
        ] {
            assert_eq!(list_rows(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn a_challenge_or_a_code_names_the_token() {
        let answer = |challenge: &'static str, body: &'static str| {
            let builder = Response::builder().status(401).header(WWW_AUTHENTICATE, challenge);
            names_the_token(&builder.body(Bytes::from_static(body.as_bytes())).unwrap())
        };
        assert!(answer("Bearer error=\"invalid_token\"", ""));
        assert!(answer("Bearer", "{\"error\":{\"code\":\"INVALID_TOKEN\"}}"));
        assert!(!answer("Bearer", "{\"error\":{\"code\":\"AUTHORIZATION_REQUIRED\"}}"));
    }
}
