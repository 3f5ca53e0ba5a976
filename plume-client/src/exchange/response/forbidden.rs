//! The three meanings of a 403. (`plume-api` limits-and-errors §1, §2; RFC 6750 §3.1)

use http::{HeaderMap, header::WWW_AUTHENTICATE};
use plume_types::ErrorBody;
use serde_json::Value;

use crate::exchange::response::refusal::Refusal;

/// The meaning of a 403.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The API refuses. Final; the token is not the cause.
    Forbidden,
    /// The token is rejected, as with a 401.
    TokenRejected,
    /// The firewall blocks this address. The token is not the cause.
    Blocked,
}

/// Headers that only the firewall or the gateway in front of the API sets.
const OF_THE_FIREWALL: [&str; 2] = ["x-amzn-waf-action", "x-amzn-waf-reason"];

/// Returns the meaning of a 403. `near_limit` is whether the count of calls makes a block likely; it decides ambiguous
/// bodies.
///
/// The firewall responds in place of the API, so its responses have no error body of the API and no Bearer challenge. Any
/// other 403 counts as a block: a needless pause is a delay, but a block that is not respected grows.
pub(super) fn meaning(refusal: &Refusal, near_limit: impl FnOnce() -> bool) -> Meaning {
    if OF_THE_FIREWALL.iter().any(|name| refusal.headers.contains_key(*name)) {
        return Meaning::Blocked;
    }
    if let Some(meaning) = bearer_error(&refusal.headers).and_then(|word| by_oauth_word(&word)) {
        return meaning;
    }
    let Some(json) = &refusal.json else { return Meaning::Blocked };
    // `error`, or the body itself, which some services of the API write without a wrapper.
    let status = |value: &Value| match value.get("statusCode").or_else(|| value.get("status")) {
        Some(Value::Number(number)) => number.as_u64() == Some(403),
        Some(Value::String(text)) => text.trim() == "403",
        _ => false,
    };
    let ambiguous = || if near_limit() { Meaning::Blocked } else { Meaning::Forbidden };
    match json.get("error") {
        Some(Value::String(word)) => by_oauth_word(word).unwrap_or(Meaning::Blocked),
        Some(error @ Value::Object(_)) if is_invalid_token(refusal) && status(error) => {
            Meaning::TokenRejected
        }
        Some(error @ Value::Object(_)) if status(error) => Meaning::Forbidden,
        Some(Value::Object(error)) if !error.is_empty() => ambiguous(),
        _ if status(json) && json.get("name").is_some_and(Value::is_string) => ambiguous(),
        _ => Meaning::Blocked,
    }
}

/// Returns whether a 401 says that it means the token. (RFC 6750 §3.1)
pub(super) fn names_token(refusal: &Refusal) -> bool {
    let word = || refusal.json.as_ref()?.get("error")?.as_str().map(str::to_owned);
    let by_word = |word: String| by_oauth_word(&word) == Some(Meaning::TokenRejected);
    is_invalid_token(refusal) || bearer_error(&refusal.headers).or_else(word).is_some_and(by_word)
}

fn is_invalid_token(refusal: &Refusal) -> bool {
    let code = |body: &ErrorBody| body.code.as_deref() == Some("INVALID_TOKEN");
    refusal.response.body.as_ref().is_some_and(code)
}

fn by_oauth_word(word: &str) -> Option<Meaning> {
    match word.to_ascii_lowercase().as_str() {
        "invalid_token" => Some(Meaning::TokenRejected),
        "insufficient_scope" | "access_denied" | "invalid_request" | "unauthorized_client" => {
            Some(Meaning::Forbidden)
        }
        _ => None,
    }
}

/// Returns the `error` of a Bearer challenge, quoted or not.
fn bearer_error(headers: &HeaderMap) -> Option<String> {
    headers.get_all(WWW_AUTHENTICATE).iter().find_map(|challenge| {
        // One header can hold several challenges (RFC 9110 §11.6.1); each begins with a scheme.
        let mut is_bearer = false;
        challenge.to_str().ok()?.split(',').find_map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let mut words = name.split_whitespace();
            let name = match (words.next()?, words.next()) {
                (scheme, Some(name)) => {
                    is_bearer = scheme.eq_ignore_ascii_case("bearer");
                    name
                }
                (name, None) => name,
            };
            let value = value.trim().trim_matches('"');
            (is_bearer && name.eq_ignore_ascii_case("error")).then(|| value.to_owned())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWS_PAGE: &str = "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>";

    /// Headers and body, and their meaning with few calls made and with many.
    #[test]
    fn each_form_of_a_403_means_one_thing() {
        use Meaning::{Blocked, Forbidden, TokenRejected};
        const NONE: &[(&str, &str)] = &[];
        let bearer = |text| vec![("www-authenticate", text)];
        type Row = (Vec<(&'static str, &'static str)>, &'static str, Meaning, Meaning);
        let table: Vec<Row> = vec![
            // 1-3: the API's own error body, with numbers as numbers or as text.
            (
                NONE.into(),
                r#"{"error":{"statusCode":403,"name":"Error","message":"other partner"}}"#,
                Forbidden,
                Forbidden,
            ),
            (NONE.into(), r#"{"error":{"statusCode":"403","message":"x"}}"#, Forbidden, Forbidden),
            (
                NONE.into(),
                r#"{"error":{"statusCode":403,"code":"INVALID_TOKEN"}}"#,
                TokenRejected,
                TokenRejected,
            ),
            // 4-5: not certain to be the API's.
            (NONE.into(), r#"{"error":{"message":"Access denied"}}"#, Forbidden, Blocked),
            (NONE.into(), r#"{"statusCode":403,"name":"Error","message":"no access"}"#, Forbidden, Blocked),
            // 6-8: a Bearer challenge, whatever the body.
            (
                bearer(r#"Bearer realm="x", error="insufficient_scope", scope="a b""#),
                "",
                Forbidden,
                Forbidden,
            ),
            (bearer(r#"Bearer error="invalid_token""#), AWS_PAGE, TokenRejected, TokenRejected),
            (bearer("bearer Error=invalid_token"), "", TokenRejected, TokenRejected),
            (
                bearer(r#"Basic realm="x", Bearer realm="y", error="invalid_token""#),
                "",
                TokenRejected,
                TokenRejected,
            ),
            (bearer(r#"Bearer realm="y", Basic realm="x", error="invalid_token""#), "", Blocked, Blocked),
            // 9-10: the same words in a body.
            (NONE.into(), r#"{"error":"insufficient_scope"}"#, Forbidden, Forbidden),
            (
                NONE.into(),
                r#"{"error":"invalid_token","error_description":"expired"}"#,
                TokenRejected,
                TokenRejected,
            ),
            // 11-18: none of the API's.
            (NONE.into(), AWS_PAGE, Blocked, Blocked),
            (NONE.into(), r#"{"message":"Forbidden"}"#, Blocked, Blocked),
            (NONE.into(), r#"{"message":null}"#, Blocked, Blocked),
            (NONE.into(), "", Blocked, Blocked),
            (NONE.into(), "null", Blocked, Blocked),
            (NONE.into(), "[]", Blocked, Blocked),
            (NONE.into(), "Request blocked.", Blocked, Blocked),
            (NONE.into(), r#"{"error":{}}"#, Blocked, Blocked),
            (NONE.into(), r#"{"error":"Forbidden"}"#, Blocked, Blocked),
            (NONE.into(), "\u{feff}", Blocked, Blocked),
            // 19-21: headers of the firewall, of the gateway, and of another scheme.
            (vec![("x-amzn-waf-action", "challenge")], r#"{"error":{"statusCode":403}}"#, Blocked, Blocked),
            (
                vec![("x-amzn-errortype", "ForbiddenException")],
                r#"{"message":"Forbidden"}"#,
                Blocked,
                Blocked,
            ),
            (bearer(r#"Basic error="invalid_token""#), "", Blocked, Blocked),
        ];
        for (names, body, few, many) in table {
            let mut answer = http::Response::new(bytes::Bytes::from(body));
            for (name, value) in &names {
                let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
                answer.headers_mut().insert(name, value.parse().unwrap());
            }
            let refusal = Refusal::read(answer, &plume_auth::Redactor::default());
            assert_eq!(meaning(&refusal, || false), few, "{names:?} {body}");
            assert_eq!(meaning(&refusal, || true), many, "near the limit: {names:?} {body}");
        }
    }
}
