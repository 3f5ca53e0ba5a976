//! Reading the token endpoint's answers. (RFC 6749 §5, `plume-api` auth §1, §5)

use std::time::{Duration, SystemTime};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use crate::{AuthError, AuthErrorKind, Credential, IssuedToken};

/// When the answer does not tell: the shortest lifetime that the Plume Portal offers.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);
/// The longest lifetime that the Plume Portal offers.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The token in an answer that was asked for at `requested_at`.
pub(crate) fn read_token(
    answer: &Response<impl AsRef<[u8]>>,
    requested_at: SystemTime,
    host: &str,
    credential: &Credential,
) -> Result<IssuedToken, AuthError> {
    let status = answer.status();
    let body = answer.body().as_ref();
    let refusal = || read_refusal(status, answer.headers(), body, host, &|text| credential.redact(text));
    if status != StatusCode::OK {
        return Err(refusal());
    }
    let protocol = |what: &str| {
        let message = format!("the token endpoint at {host} answered {status}, but {what}");
        AuthError::answered(AuthErrorKind::Protocol, status, None, message, None)
    };
    let value = parse(body).map_err(protocol)?;
    if value.get("error").is_some() {
        return Err(refusal());
    }
    // Anything but "bearer" asks for more than sending the token, DPoP for example.
    match value.get("token_type").and_then(Value::as_str) {
        Some(kind) if kind.eq_ignore_ascii_case("bearer") => {}
        _ => return Err(protocol("the token is not of type `Bearer`")),
    }
    let Some(token) = value.get("access_token").and_then(Value::as_str) else {
        return Err(protocol("there is no `access_token` in it"));
    };
    let lifetime = lifetime_of(value.get("expires_in"))
        .ok_or_else(|| protocol("the token is expired already (`expires_in` is not positive)"))?;
    let lifetime = match jwt_expiry(token) {
        // The claim may only shorten; it is judged by our clock, which may be off.
        Some(expiry) => match expiry.duration_since(requested_at) {
            Ok(left) if !left.is_zero() => lifetime.min(left),
            _ => {
                return Err(protocol(
                    "the token is expired already by its own `exp` claim; is the clock right?",
                ));
            }
        },
        None => lifetime,
    };
    let scope = value.get("scope").and_then(Value::as_str).map(str::to_owned);
    IssuedToken::new(token, lifetime)
        .map(|issued| issued.with_scope(scope))
        .ok_or_else(|| protocol("its `access_token` is not a bearer token"))
}

/// Reads `expires_in`, which comes as a number or as text. `None` when the token is dead on arrival.
fn lifetime_of(expires_in: Option<&Value>) -> Option<Duration> {
    let seconds = match expires_in {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    match seconds {
        Some(seconds) if seconds.is_nan() => Some(DEFAULT_LIFETIME),
        Some(seconds) if seconds <= 0.0 => None,
        Some(seconds) => Some(Duration::from_secs_f64(seconds.min(MAX_LIFETIME.as_secs_f64()))),
        None => Some(DEFAULT_LIFETIME),
    }
}

/// The `exp` claim of a token that is a JWT (RFC 7519 §4.1.4). Not verified: it only ever shortens.
fn jwt_expiry(token: &str) -> Option<SystemTime> {
    let payload = token.split('.').nth(1)?;
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let seconds = payload.get("exp")?.as_f64().filter(|seconds| seconds.is_finite() && *seconds >= 0.0)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

fn parse(body: &[u8]) -> Result<Value, &'static str> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let Some(first) = body.trim_ascii_start().first() else {
        return Err("the body is empty");
    };
    if *first == b'<' {
        return Err("the body is HTML, not JSON");
    }
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => "the JSON is cut off",
        _ => "the body is not JSON",
    })
}

/// What a refusal means. Both dialects are understood: OAuth's `error` and Okta's `errorCode`. `redact` takes
/// out of the endpoint's words what was sent to it in confidence.
pub(crate) fn read_refusal(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    host: &str,
    redact: &dyn Fn(&str) -> String,
) -> AuthError {
    use AuthErrorKind::{Configuration, CredentialsRejected, Forbidden, Protocol, Throttled, Unavailable};

    let value = parse(body).unwrap_or(Value::Null);
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(|text| safe(&redact(text)));
    let code = text("error").or_else(|| text("errorCode"));
    let description = text("error_description").or_else(|| text("errorSummary"));
    let kind = match (code.as_deref(), status.as_u16()) {
        (Some("invalid_client" | "unauthorized_client"), _) => CredentialsRejected,
        (Some("invalid_scope" | "invalid_grant" | "unsupported_grant_type" | "invalid_request"), _) => {
            Configuration
        }
        (Some("temporarily_unavailable" | "server_error"), _) => Unavailable,
        (_, 429 | 503) => Throttled,
        (_, 408 | 500..) => Unavailable,
        (_, 401) => CredentialsRejected,
        (_, 403) => Forbidden,
        (_, 400 | 404) => Configuration,
        _ => Protocol,
    };
    let said = match (&code, &description) {
        (Some(code), Some(description)) => format!("{code}: {description}"),
        (Some(word), None) | (None, Some(word)) => word.clone(),
        (None, None) => match (status.is_redirection(), parse(body)) {
            (true, _) => "a redirect, which is not followed".to_owned(),
            (_, Err(what)) => what.to_owned(),
            (_, Ok(_)) => "no reason given".to_owned(),
        },
    };
    let what = match kind {
        CredentialsRejected => "rejected the client's credentials",
        Configuration => "refused the request",
        Forbidden => "forbade the request",
        Throttled => "asks for patience",
        Unavailable => "has a problem",
        _ => "gave an unexpected answer",
    };
    let message = format!("the token endpoint at {host} {what} ({status}, {said})");
    let retry_after = retry_after(headers).filter(|_| kind == Throttled);
    AuthError::answered(kind, status, code, message, retry_after)
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3), bounded. Anything else is ignored.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    const MAX: u64 = 300;
    let seconds: u64 = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(MAX)))
}

/// A text of the endpoint, short and without control characters. Secrets are out of it already: half a secret
/// at the cut would be overlooked.
fn safe(text: &str) -> String {
    const MAX_CHARS: usize = 200;
    let mut short: String =
        text.chars().take(MAX_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MAX_CHARS).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential() -> Credential {
        Credential::from_client("0oaEXAMPLE", "not-a-real-secret")
    }

    fn read(status: u16, body: &str) -> Result<IssuedToken, AuthError> {
        let answer = Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap();
        read_token(&answer, SystemTime::UNIX_EPOCH, "sso.example.net", &credential())
    }

    fn lifetime(expires_in: &str) -> Result<u64, AuthErrorKind> {
        let body = format!(r#"{{"token_type":"Bearer","access_token":"abc","expires_in":{expires_in}}}"#);
        read(200, &body).map(|issued| issued.lifetime.as_secs()).map_err(|error| error.kind())
    }

    #[test]
    fn the_sample_answer_is_read() {
        let body = include_str!("../tests/bodies/token.json");
        let issued = read(200, body).unwrap();
        assert_eq!(issued.lifetime, Duration::from_secs(600));
        assert_eq!(issued.scope.as_deref(), Some("partnerId:5e00000000000000000000aa role:partnerIdAdmin"));
    }

    #[test]
    fn a_lifetime_comes_in_many_forms() {
        for (text, seconds) in [
            ("1800", 1800),
            ("1800.0", 1800),
            ("\"1800\"", 1800),
            ("\" 1800 \"", 1800),
            ("null", 600),
            ("\"abc\"", 600),
            ("\"NaN\"", 600),
            ("true", 600),
            ("[]", 600),
            ("{}", 600),
            ("86400", 86_400),
            ("86401", 86_400),
            ("1e308", 86_400),
            ("9223372036854775808", 86_400),
            ("18446744073709551616", 86_400),
        ] {
            assert_eq!(lifetime(text), Ok(seconds), "{text}");
        }
        for text in ["0", "-1", "-9223372036854775808", "\"0\"", "\"-inf\""] {
            assert_eq!(lifetime(text), Err(AuthErrorKind::Protocol), "{text}");
        }
        assert_eq!(
            read(200, r#"{"token_type":"bearer","access_token":"abc"}"#).unwrap().lifetime,
            DEFAULT_LIFETIME
        );
    }

    #[test]
    fn a_jwt_may_only_shorten_its_lifetime() {
        let with_exp = |exp: &str| {
            let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{exp}}}"#));
            read(
                200,
                &format!(r#"{{"token_type":"Bearer","access_token":"h.{payload}.s","expires_in":600}}"#),
            )
            .map(|issued| issued.lifetime.as_secs())
            .map_err(|error| error.kind())
        };
        assert_eq!(with_exp("300"), Ok(300));
        assert_eq!(with_exp("6000"), Ok(600));
        assert_eq!(with_exp("0"), Err(AuthErrorKind::Protocol));
        assert_eq!(with_exp("\"300\""), Ok(600), "a claim of the wrong type says nothing");
        assert_eq!(with_exp("-1"), Ok(600));
        assert_eq!(with_exp("1e300"), Ok(600));
    }

    #[test]
    fn only_bearer_tokens_are_taken() {
        for kind in ["\"Bearer\"", "\"bearer\"", "\"BEARER\""] {
            assert!(read(200, &format!(r#"{{"token_type":{kind},"access_token":"abc"}}"#)).is_ok(), "{kind}");
        }
        for kind in ["\"DPoP\"", "\"mac\"", "null", "5", "\"\""] {
            assert!(
                read(200, &format!(r#"{{"token_type":{kind},"access_token":"abc"}}"#)).is_err(),
                "{kind}"
            );
        }
        for token in ["\"\"", "\"a b\"", "\"a\\r\\nb\"", "\"\\u0000\"", "\"😀\"", "5", "null"] {
            let error =
                read(200, &format!(r#"{{"token_type":"Bearer","access_token":{token}}}"#)).unwrap_err();
            assert_eq!(error.kind(), AuthErrorKind::Protocol, "{token}");
        }
        let long = format!(r#"{{"token_type":"Bearer","access_token":"{}"}}"#, "x".repeat((16 << 10) + 1));
        assert!(read(200, &long).is_err());
    }

    #[test]
    fn refusals_are_classified() {
        use AuthErrorKind::{
            Configuration, CredentialsRejected, Forbidden, Protocol, Throttled, Unavailable,
        };
        for (status, body, kind, code) in [
            (
                401,
                include_str!("../tests/bodies/error-okta-invalid-client.json"),
                CredentialsRejected,
                Some("invalid_client"),
            ),
            (
                400,
                include_str!("../tests/bodies/error-okta-invalid-client.json"),
                CredentialsRejected,
                Some("invalid_client"),
            ),
            (
                400,
                include_str!("../tests/bodies/error-okta-invalid-scope.json"),
                Configuration,
                Some("invalid_scope"),
            ),
            (400, r#"{"error":"invalid_grant"}"#, Configuration, Some("invalid_grant")),
            (400, r#"{"error":"unsupported_grant_type"}"#, Configuration, Some("unsupported_grant_type")),
            (400, r#"{"error":"invalid_request"}"#, Configuration, Some("invalid_request")),
            (400, "<html>", Configuration, None),
            (401, "", CredentialsRejected, None),
            (
                401,
                r#"{"errorCode":"E0000011","errorSummary":"Invalid token"}"#,
                CredentialsRejected,
                Some("E0000011"),
            ),
            (403, "<html>", Forbidden, None),
            (404, r#"{"errorCode":"E0000022"}"#, Configuration, Some("E0000022")),
            (429, r#"{"errorCode":"E0000047"}"#, Throttled, Some("E0000047")),
            (503, "", Throttled, None),
            (408, "", Unavailable, None),
            (500, "oops", Unavailable, None),
            (502, "<html>", Unavailable, None),
            (302, "", Protocol, None),
            (204, "", Protocol, None),
            (200, r#"{"error":"invalid_client"}"#, CredentialsRejected, Some("invalid_client")),
            (200, "", Protocol, None),
            (200, "<html>", Protocol, None),
            (200, r#"{"token_type":"Bea"#, Protocol, None),
            (200, "[]", Protocol, None),
            (200, "{}", Protocol, None),
        ] {
            let error = read(status, body).unwrap_err();
            assert_eq!((error.kind(), error.code()), (kind, code), "{status} {body}");
            assert_eq!(error.status(), Some(status));
            assert!(error.to_string().contains("sso.example.net"), "{error}");
        }
    }

    #[test]
    fn an_echoed_credential_does_not_show() {
        let echoed = credential().header_value().unwrap().to_str().unwrap().to_owned();
        let body = format!(r#"{{"error":"invalid_request","error_description":"bad header {echoed}"}}"#);
        let error = read(400, &body).unwrap_err();
        assert!(!error.to_string().contains(echoed.trim_start_matches("Basic ")), "{error}");
    }

    #[test]
    fn patience_is_bounded() {
        for (header, expected) in [
            ("7", Some(7)),
            ("0", Some(0)),
            ("9223372037", Some(300)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            let answer =
                Response::builder().status(429).header("retry-after", header).body(Vec::new()).unwrap();
            let error = read_token(&answer, SystemTime::UNIX_EPOCH, "h", &credential()).unwrap_err();
            assert_eq!(error.retry_after(), expected.map(Duration::from_secs), "{header}");
        }
    }
}
