//! Reading the token endpoint's answers. (RFC 6749 §5, `plume-api` auth §1, §5)

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, Response, StatusCode, header::RETRY_AFTER};
use plume_runtime::compression;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::credential::{Credential, Scope};
use crate::error::{AuthError, AuthErrorKind};
use crate::redact::Redactor;
use crate::token::IssuedToken;

/// When the answer does not tell: the shortest lifetime that the Plume Portal offers.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);
/// The longest lifetime that the Plume Portal offers.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// A claim and `expires_in` that differ by less than this say the same.
const CLOCKS_AGREE: Duration = Duration::from_secs(60);
/// How long the firewall in front of the cloud blocks an address at the most.
const BLOCK: Duration = Duration::from_secs(300);
/// The words of an answer that decide something. An answer that gives one of them twice is not believed: two
/// parsers could read it differently.
const DECISIVE: &[&str] =
    &["access_token", "token_type", "expires_in", "scope", "error", "errorCode", "active", "exp"];

/// What was asked, as far as it matters for reading the answer.
pub(crate) struct Asked<'a> {
    /// Just before the request was sent.
    pub(crate) at: SystemTime,
    pub(crate) host: &'a str,
    pub(crate) credential: &'a Credential,
    pub(crate) scope: &'a Scope,
}

/// A token, and what was odd about the answer.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) issued: IssuedToken,
    /// There was no usable `expires_in`, so the default was taken.
    pub(crate) lifetime_assumed: bool,
    /// By how much the token's own `exp` claim differs from `expires_in`, if that is more than a delay.
    pub(crate) clocks_differ: Option<Duration>,
    /// The words of the scope that were asked for and not granted.
    pub(crate) not_granted: Vec<String>,
}

/// The token in an answer.
pub(crate) fn read_token(
    answer: &Response<impl AsRef<[u8]>>,
    asked: &Asked<'_>,
) -> Result<Reading, AuthError> {
    let Asked { at: requested_at, host, credential, scope: asked_scope } = *asked;
    let status = answer.status();
    let body = answer.body().as_ref();
    let refusal = || read_refusal(status, answer.headers(), body, host, requested_at, &credential.redactor());
    if status != StatusCode::OK {
        return Err(refusal());
    }
    let protocol = |what: &str| {
        let message = format!("the token endpoint at {host} answered {status}, but {what}");
        AuthError::answered(AuthErrorKind::Protocol, status, None, message, None)
    };
    let value = parse(body).map_err(|what| protocol(&unreadable(answer.headers(), body, what)))?;
    // OAuth's form of a refusal and Okta's. A member that is there and says nothing is none.
    let says = |key: &str| value.get(key).is_some_and(|said| !said.is_null() && said != "" && said != false);
    if says("error") || says("errorCode") {
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
    let told = lifetime_of(value.get("expires_in"))
        .map_err(|Dead| protocol("the token is expired already (`expires_in` is not positive)"))?;
    // `expires_in` counts from the request and needs no clock, so it wins over the token's own claim.
    let lifetime = told.unwrap_or(DEFAULT_LIFETIME);
    let issued_at = server_time(answer.headers()).unwrap_or(requested_at);
    let clocks_differ = jwt_expiry(token).and_then(|claimed| {
        let off = match claimed.duration_since(issued_at) {
            Ok(left) => left.abs_diff(lifetime),
            Err(past) => past.duration().saturating_add(lifetime),
        };
        (told.is_some() && off > CLOCKS_AGREE).then_some(off)
    });
    let scope = value.get("scope").and_then(Value::as_str).map(str::to_owned);
    let not_granted = asked_scope.not_granted(scope.as_deref());
    let issued = IssuedToken::new(token, lifetime)
        .map(|issued| issued.with_scope(scope))
        .ok_or_else(|| protocol("its `access_token` is not a bearer token"))?;
    Ok(Reading { issued, lifetime_assumed: told.is_none(), clocks_differ, not_granted })
}

/// What time it is for the server.
fn server_time(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(http::header::DATE)?.to_str().ok()?).ok()
}

struct Dead;

/// Reads `expires_in`, which comes as a number or as text. `Ok(None)` when it says nothing that can be read.
fn lifetime_of(expires_in: Option<&Value>) -> Result<Option<Duration>, Dead> {
    let seconds = match expires_in {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    match seconds {
        // No double holds it: written as a number it is replaced before it gets here.
        Some(seconds) if seconds.is_nan() || seconds == f64::INFINITY => Ok(None),
        Some(seconds) if seconds <= 0.0 => Err(Dead),
        Some(seconds) => Ok(Some(Duration::from_secs_f64(seconds.min(MAX_LIFETIME.as_secs_f64())))),
        None => Ok(None),
    }
}

/// The `exp` claim of a token that is a JWT (RFC 7519 §4.1.4). Not verified: it is only compared.
fn jwt_expiry(token: &str) -> Option<SystemTime> {
    let payload = token.split('.').nth(1)?;
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let seconds = payload.get("exp")?.as_f64().filter(|seconds| seconds.is_finite() && *seconds >= 0.0)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

/// Whether a word that decides something stands in the object twice.
struct Duplicated(bool);

impl<'de> Deserialize<'de> for Duplicated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Duplicated;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Duplicated, A::Error> {
                let mut seen: Vec<String> = Vec::new();
                let mut twice = false;
                while let Some((key, IgnoredAny)) = map.next_entry::<String, _>()? {
                    if DECISIVE.contains(&key.as_str()) {
                        twice |= seen.contains(&key);
                        seen.push(key);
                    }
                }
                Ok(Duplicated(twice))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// The JSON of an answer, or what is wrong with it.
pub(crate) fn parse(body: &[u8]) -> Result<Value, &'static str> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let Some(first) = body.trim_ascii_start().first() else {
        return Err("the body is empty");
    };
    if *first == b'<' {
        return Err("the body is HTML, not JSON");
    }
    match serde_json::from_slice(body) {
        Ok(value) => once(value, body),
        Err(error) => {
            // One bad character or number in an answer must not cost all of it.
            let repaired = std::str::from_utf8(body).ok().and_then(plume_text::repair_json);
            if let Some(json) = repaired.map(|repaired| repaired.json)
                && let Ok(value) = serde_json::from_str(&json)
            {
                return once(value, json.as_bytes());
            }
            Err(match error.classify() {
                serde_json::error::Category::Eof => "the JSON is cut off",
                _ => "the body is not JSON",
            })
        }
    }
}

/// The value, if its body says each decisive word once.
fn once(value: Value, body: &[u8]) -> Result<Value, &'static str> {
    if value.is_object() && serde_json::from_slice(body).is_ok_and(|Duplicated(twice)| twice) {
        return Err("it says one thing twice");
    }
    Ok(value)
}

/// Why a body cannot be read: `what` is wrong with it, unless it is compressed.
fn unreadable(headers: &HeaderMap, body: &[u8], what: &str) -> String {
    match compression(headers) {
        Some(compression) if !body.is_empty() => {
            format!("the body is compressed ({compression}), which was not asked for")
        }
        _ => what.to_owned(),
    }
}

/// What a refusal means. Both dialects are understood: OAuth's `error` and Okta's `errorCode`. `redactor` takes
/// out of the endpoint's words what was sent to it in confidence.
pub(crate) fn read_refusal(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    host: &str,
    now: SystemTime,
    redactor: &Redactor,
) -> AuthError {
    use AuthErrorKind::{
        Blocked, Configuration, CredentialsRejected, Forbidden, Protocol, Throttled, Unavailable, Unexplained,
    };

    let parsed = parse(body);
    let is_json = parsed.is_ok();
    let value = parsed.unwrap_or(Value::Null);
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(|text| safe(&redactor.redact(text)));
    let code = text("error").or_else(|| text("errorCode"));
    let description = text("error_description").or_else(|| text("errorSummary"));
    let kind = match (code.as_deref(), status.as_u16()) {
        (_, 403) if by_a_firewall(headers) => Blocked,
        (Some("invalid_client"), _) => CredentialsRejected,
        // The client is known, and may not use this grant (RFC 6749 §5.2).
        (
            Some(
                "unauthorized_client"
                | "invalid_scope"
                | "invalid_grant"
                | "unsupported_grant_type"
                | "invalid_request",
            ),
            _,
        ) => Configuration,
        (Some("temporarily_unavailable" | "server_error"), _) => Unavailable,
        (_, 429) => Throttled,
        // A server that says when to come back is busy; one that does not has failed.
        (_, 503) if headers.contains_key(RETRY_AFTER) => Throttled,
        (_, 408 | 500..) => Unavailable,
        (_, 401) => CredentialsRejected,
        // An authorization server gives its code when it forbids something. A firewall sends a page of its own.
        (_, 403) if code.is_some() => Forbidden,
        // Some servers answer a wrong secret so, and some gateways in front of one in JSON without a code.
        (_, 403) if is_json || body.trim_ascii().is_empty() => Unexplained,
        (_, 403) => Blocked,
        (_, 400 | 404) => Configuration,
        _ => Protocol,
    };
    let said = match (&code, &description) {
        (Some(code), Some(description)) => format!("{code}: {description}"),
        (Some(word), None) | (None, Some(word)) => word.clone(),
        (None, None) => match (status.is_redirection(), parse(body)) {
            (true, _) => "a redirect, which is not followed".to_owned(),
            (_, Err(what)) => unreadable(headers, body, what),
            (_, Ok(_)) => "no reason given".to_owned(),
        },
    };
    let what = match kind {
        CredentialsRejected => "rejected the client's credentials",
        Configuration => "refused the request",
        Forbidden => "forbade the request",
        Blocked => "is shielded by a firewall that blocks this address",
        Unexplained => {
            "refused the request without a reason: a firewall blocks this address, or the credentials are wrong"
        }
        Throttled => "is busy",
        Unavailable => "has a problem",
        _ => "gave an unexpected answer",
    };
    let message = format!("the token endpoint at {host} {what} ({status}, {said})");
    let patience = match kind {
        Throttled => patience(headers, now),
        Blocked | Unexplained => Some(patience(headers, now).unwrap_or_default().max(BLOCK)),
        _ => None,
    };
    AuthError::answered(kind, status, code, message, patience)
}

/// Whether headers show that a firewall answered.
fn by_a_firewall(headers: &HeaderMap) -> bool {
    ["x-amzn-waf-action", "x-amzn-waf-reason"].iter().any(|name| headers.contains_key(*name))
}

/// How long the endpoint asks to wait, bounded: `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), else
/// Okta's `X-Rate-Limit-Reset`, the second since 1970 at which its limit starts anew. Times of the server are
/// compared with the server's own `Date`, because our clock may be off; what is over means now. Anything else is
/// ignored.
fn patience(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    const MAX: Duration = Duration::from_secs(300);
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.trim());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let their_now = server_time(headers).unwrap_or(now);
    let until = |then: SystemTime| then.duration_since(their_now).unwrap_or_default();
    let asked = text("retry-after").and_then(|text| {
        if is_number(text) {
            // More digits than fit are still a long time.
            return Some(text.parse().map_or(MAX, Duration::from_secs));
        }
        httpdate::parse_http_date(text).ok().map(until)
    });
    let reset = || {
        let seconds: u64 = text("x-rate-limit-reset").filter(|text| is_number(text))?.parse().ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).map(until)
    };
    asked.or_else(reset).map(|wait| wait.min(MAX))
}

/// A text of the endpoint, short and harmless on a screen. Secrets that were sent are out of it already: half a
/// secret at the cut would be overlooked. What looks like a token that we do not know goes here.
fn safe(text: &str) -> String {
    const MAX_CHARS: usize = 200;
    // First of all: what is torn by invisible characters is no word.
    let text = plume_text::on_screen(text);
    plume_text::shorten(&without_tokens(&text), MAX_CHARS)
}

/// Masks long words of letters and digits, as tokens are. A message loses little by it.
fn without_tokens(text: &str) -> String {
    const MIN_CHARS: usize = 24;
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '=' | '~');
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word);
        let has = |what: fn(&char) -> bool| word.chars().any(|c| what(&c));
        if word.len() >= MIN_CHARS && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic) {
            masked.push_str("[redacted]");
        } else {
            masked.push_str(word);
        }
        let between = after.find(part).unwrap_or(after.len());
        let (between, after) = after.split_at(between);
        masked.push_str(between);
        rest = after;
    }
    masked
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    fn credential() -> Credential {
        Credential::from_client("0oaEXAMPLE", "not-a-real-secret")
    }

    fn read(status: u16, body: &str) -> Result<IssuedToken, AuthError> {
        let answer = Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap();
        read_token(&answer, &asked(&credential())).map(|reading| reading.issued)
    }

    fn asked(credential: &Credential) -> Asked<'_> {
        static SCOPE: LazyLock<Scope> = LazyLock::new(|| Scope::raw("partnerId:x role:y"));
        Asked { at: SystemTime::UNIX_EPOCH, host: "sso.example.net", credential, scope: &SCOPE }
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
    fn one_bad_character_does_not_cost_the_token() {
        let body = "{\"token_type\":\"Bearer\",\"access_token\":\"abc\",\"expires_in\":1800,\
            \"scope\":\"partnerId:x role:y\",\"note\":\"a\tb \\ud83d\",\"limit\":1e999}";
        let issued = read(200, body).unwrap();
        assert_eq!(issued.lifetime, Duration::from_secs(1800));
        let refusal = read(400, r#"{"error":"invalid_scope","error_description":"no \ud83d"}"#).unwrap_err();
        assert_eq!(refusal.kind(), AuthErrorKind::Configuration);
        // A token that lost a character is none, and a word that stands twice is still seen.
        assert!(read(200, r#"{"token_type":"Bearer","access_token":"ab\ud83d","expires_in":1800}"#).is_err());
        let twice = r#"{"token_type":"Bearer","access_token":"a","access_token":"b","note":"\ud83d"}"#;
        assert!(read(200, twice).is_err());
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
            ("1e999", 600),
            ("\"1e999\"", 600),
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
        for text in ["0", "-1", "-9223372036854775808", "\"0\"", "\"-inf\"", "\"-1e999\""] {
            assert_eq!(lifetime(text), Err(AuthErrorKind::Protocol), "{text}");
        }
        assert_eq!(
            read(200, r#"{"token_type":"bearer","access_token":"abc"}"#).unwrap().lifetime,
            DEFAULT_LIFETIME
        );
    }

    #[test]
    fn the_claim_of_a_jwt_changes_nothing_and_a_difference_is_seen() {
        let with_exp = |exp: &str| {
            let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{exp}}}"#));
            let body =
                format!(r#"{{"token_type":"Bearer","access_token":"h.{payload}.s","expires_in":600}}"#);
            let answer = Response::builder().status(200).body(body.into_bytes()).unwrap();
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000);
            let reading = read_token(&answer, &Asked { at, ..asked(&credential()) }).unwrap();
            assert_eq!(reading.issued.lifetime.as_secs(), 600, "{exp}");
            reading.clocks_differ.map(|off| off.as_secs())
        };
        assert_eq!(with_exp("10600"), None);
        assert_eq!(with_exp("10541"), None, "a minute is a slow request");
        assert_eq!(with_exp("10300"), Some(300));
        assert_eq!(with_exp("14200"), Some(3_600), "an hour: a wrong time zone");
        assert_eq!(with_exp("7000"), Some(3_600), "over before it was issued");
        assert_eq!(with_exp("0"), Some(10_600));
        assert_eq!(with_exp("\"300\""), None, "a claim of the wrong type says nothing");
        assert_eq!(with_exp("-1"), None);
        assert_eq!(with_exp("1e300"), None);
    }

    #[test]
    fn an_error_that_says_nothing_is_none_and_okta_keeps_its_reason() {
        for nothing in ["null", "\"\"", "false"] {
            let body = format!(
                r#"{{"token_type":"Bearer","access_token":"abc","expires_in":60,"error":{nothing}}}"#
            );
            assert_eq!(read(200, &body).unwrap().lifetime.as_secs(), 60, "{nothing}");
        }
        let okta = r#"{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit"}"#;
        let error = read(200, okta).unwrap_err();
        assert_eq!((error.kind(), error.code()), (AuthErrorKind::Protocol, Some("E0000047")));
        assert!(error.to_string().contains("E0000047: API call exceeded rate limit"), "{error}");
        let okta = r#"{"access_token":"abc","token_type":"Bearer","errorCode":"invalid_client"}"#;
        assert_eq!(read(200, okta).unwrap_err().kind(), AuthErrorKind::CredentialsRejected);
    }

    #[test]
    fn a_clock_that_is_ahead_costs_no_token() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"exp":784111777}"#);
        let body = format!(r#"{{"token_type":"Bearer","access_token":"h.{payload}.s","expires_in":600}}"#);
        // By the server's clock 10 minutes are left, by ours it is years later.
        let answer = Response::builder()
            .status(200)
            .header("date", "Sun, 06 Nov 1994 08:39:37 GMT")
            .body(body.into_bytes())
            .unwrap();
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let reading = read_token(&answer, &Asked { at, ..asked(&credential()) }).unwrap();
        assert_eq!(reading.issued.lifetime, Duration::from_secs(600));
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
            Blocked, Configuration, CredentialsRejected, Forbidden, Protocol, Throttled, Unavailable,
            Unexplained,
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
            (403, "<html>", Blocked, None),
            (403, "", Unexplained, None),
            (403, " \r\n", Unexplained, None),
            (403, r#"{"errorCode":"E0000006"}"#, Forbidden, Some("E0000006")),
            (403, r#"{"error":"access_denied"}"#, Forbidden, Some("access_denied")),
            (403, r#"{"message":"Forbidden"}"#, Unexplained, None),
            (403, r#"{"message":null}"#, Unexplained, None),
            (403, "null", Unexplained, None),
            (400, r#"{"error":"unauthorized_client"}"#, Configuration, Some("unauthorized_client")),
            (401, r#"{"error":"unauthorized_client"}"#, Configuration, Some("unauthorized_client")),
            (404, r#"{"errorCode":"E0000022"}"#, Configuration, Some("E0000022")),
            (429, r#"{"errorCode":"E0000047"}"#, Throttled, Some("E0000047")),
            (503, "", Unavailable, None),
            (520, "", Unavailable, None),
            (522, "<html>", Unavailable, None),
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
    fn what_a_firewall_signs_is_a_block_whatever_its_body() {
        for body in ["", "<html>", "null", r#"{"error":"access_denied"}"#, r#"{"error":"invalid_client"}"#] {
            let answer = Response::builder().status(403).header("x-amzn-waf-action", "challenge");
            let error = read_token(&answer.body(body).unwrap(), &asked(&credential())).unwrap_err();
            assert_eq!((error.kind(), error.retry_after()), (AuthErrorKind::Blocked, Some(BLOCK)), "{body}");
        }
    }

    #[test]
    fn advice_blames_nobody_for_what_the_endpoint_does() {
        let help = |status: u16, headers: &[(&'static str, &'static str)]| {
            let answer = Response::builder().status(status);
            let answer = headers.iter().fold(answer, |answer, (name, value)| answer.header(*name, *value));
            read_token(&answer.body("").unwrap(), &asked(&credential())).unwrap_err().help()
        };
        for status in [408, 500, 502, 503, 504, 520] {
            assert_eq!(help(status, &[]), "Try again later: the token endpoint has a problem of its own.");
        }
        assert_eq!(help(429, &[]), "Make fewer token requests, or try again later.");
        let later = [("retry-after", "7")];
        assert_eq!(help(429, &later), "Wait as long as the token endpoint asks, then try again.");
        assert_eq!(help(503, &later), "Wait as long as the token endpoint asks, then try again.");
    }

    #[test]
    fn an_echoed_credential_does_not_show() {
        let echoed = credential().header_value().unwrap().to_str().unwrap().to_owned();
        let body = format!(r#"{{"error":"invalid_request","error_description":"bad header {echoed}"}}"#);
        let error = read(400, &body).unwrap_err();
        assert!(!error.to_string().contains(echoed.trim_start_matches("Basic ")), "{error}");
    }

    #[test]
    fn no_encoding_and_no_invisible_character_saves_an_echoed_secret() {
        let credential = Credential::from_client("0oaEXAMPLE", "not-a-real.secret+/");
        let said = |description: &str| {
            let body = format!(r#"{{"error":"invalid_request","error_description":"it is {description}!"}}"#);
            let answer = Response::builder().status(400).body(body.into_bytes()).unwrap();
            read_token(&answer, &asked(&credential)).unwrap_err().to_string()
        };
        for echo in [
            r"not-a-real\u002esecret+\/",
            r"not-a-real\\u002esecret+/",
            "not-a-real%2Esecret%2B%2F",
            "not-a-real%252esecret%252b%252f",
            "not-a-real&#46;secret&#x2B;&#47;",
            r"not-a-real.\u200bsec\u202eret+/",
            "not-a-real.sec\u{200b}ret+/",
        ] {
            assert_eq!(
                said(echo),
                "the token endpoint at sso.example.net refused the request (400 Bad Request, invalid_request: it is \
                 [redacted]!)",
                "{echo}"
            );
        }
    }

    #[test]
    fn what_a_server_says_cannot_steer_a_screen() {
        let body = r#"{"error":"inv\u202ealid\u200b","error_description":"a\u001b[31m\u2066b\nc\ufeff"}"#;
        assert_eq!(
            read(400, body).unwrap_err().to_string(),
            "the token endpoint at sso.example.net refused the request (400 Bad Request, inv\u{fffd}alid: \
             a\u{fffd}[31m\u{fffd}b c)"
        );
    }

    #[test]
    fn patience_is_bounded_and_judged_by_the_servers_clock() {
        // 06 Nov 1994 08:49:30, by the server; our clock is an hour off in either direction, or right.
        let right = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        let hour = Duration::from_secs(3_600);
        for (name, value, expected) in [
            ("retry-after", "7", Some(7)),
            ("retry-after", "0", Some(0)),
            ("retry-after", "9223372037", Some(300)),
            ("retry-after", "99999999999999999999999", Some(300)),
            ("retry-after", "-1", None),
            ("retry-after", "1.5", None),
            ("retry-after", "", None),
            ("retry-after", "soon", None),
            ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("retry-after", "Sunday, 06-Nov-94 08:49:37 GMT", Some(7)),
            ("retry-after", "Sun Nov  6 08:49:37 1994", Some(7)),
            ("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("retry-after", "Sat, 06 Nov 2094 08:49:00 GMT", Some(300)),
            ("x-rate-limit-reset", "784111790", Some(20)),
            ("x-rate-limit-reset", "784111000", Some(0)),
            ("x-rate-limit-reset", "18446744073709551615", None),
            ("x-rate-limit-reset", "tomorrow", None),
        ] {
            for now in [right - hour, right, right + hour] {
                let headers = HeaderMap::from_iter([
                    (http::header::DATE, "Sun, 06 Nov 1994 08:49:30 GMT".parse().unwrap()),
                    (http::HeaderName::from_static(name), value.parse().unwrap()),
                ]);
                let wait = patience(&headers, now);
                // The last number is beyond what some platforms' clocks show, and within what others do.
                if value != "18446744073709551615" {
                    assert_eq!(wait, expected.map(Duration::from_secs), "{name}: {value}");
                }
                assert!(wait.is_none_or(|wait| wait.as_secs() <= 300));
            }
        }
    }

    #[test]
    fn retry_after_goes_before_the_limit_header_and_a_block_has_a_length_of_its_own() {
        let answer = |status: u16, headers: &[(&'static str, &'static str)]| {
            let mut answer = Response::builder().status(status);
            for (name, value) in headers {
                answer = answer.header(*name, *value);
            }
            read_token(&answer.body(Vec::new()).unwrap(), &asked(&credential())).unwrap_err().retry_after()
        };
        let both = [("retry-after", "7"), ("x-rate-limit-reset", "60")];
        assert_eq!(answer(429, &both), Some(Duration::from_secs(7)));
        assert_eq!(answer(429, &both[1..]), Some(Duration::from_secs(60)));
        assert_eq!(answer(503, &both), Some(Duration::from_secs(7)));
        assert_eq!(answer(403, &[]), Some(BLOCK));
        assert_eq!(answer(403, &both), Some(BLOCK));
        assert_eq!(answer(401, &both), None);
    }

    #[test]
    fn what_is_said_twice_is_not_believed() {
        for body in [
            r#"{"token_type":"Bearer","access_token":"abc","access_token":"def"}"#,
            r#"{"token_type":"Bearer","token_type":"Bearer","access_token":"abc"}"#,
            r#"{"token_type":"Bearer","access_token":"abc","expires_in":600,"expires_in":null}"#,
        ] {
            assert_eq!(read(200, body).unwrap_err().kind(), AuthErrorKind::Protocol, "{body}");
        }
        let harmless =
            r#"{"token_type":"Bearer","access_token":"abc","x":1,"x":2,"y":{"scope":1,"scope":2}}"#;
        assert!(read(200, harmless).is_ok());
        // A refusal stays one, whatever its body looks like.
        let refusal = read(401, r#"{"error":"invalid_client","error":"x"}"#).unwrap_err();
        assert_eq!(refusal.kind(), AuthErrorKind::CredentialsRejected);
    }

    #[test]
    fn a_token_of_somebody_else_does_not_show() {
        let message = |description: &str| {
            let body = serde_json::json!({ "error": "invalid_request", "error_description": description });
            read(400, &body.to_string()).unwrap_err().to_string()
        };
        for token in ["eyJhbGciOiJub25lIn0.eyJzdWIiOiJmYWtlIn0.c2ln", "not-a-real-token.0123456789"] {
            assert!(!message(&format!("the token {token}, is odd")).contains(token));
        }
        for harmless in
            ["https://developer.okta.com/docs/reference/error-codes#E0000011", "ümläut ✓ 24 hours"]
        {
            assert!(message(harmless).contains(harmless), "{}", message(harmless));
        }
    }

    #[test]
    fn a_narrower_scope_is_named() {
        let missing = |scope: &str| {
            let body = format!(r#"{{"token_type":"Bearer","access_token":"abc"{scope}}}"#);
            let answer = Response::builder().status(200).body(body.into_bytes()).unwrap();
            read_token(&answer, &asked(&credential())).unwrap().not_granted
        };
        assert_eq!(missing(""), Vec::<String>::new(), "no word means no change");
        assert_eq!(missing(r#","scope":"role:y partnerId:x extra""#), Vec::<String>::new());
        assert_eq!(missing(r#","scope":"partnerId:x""#), ["role:y"]);
        assert_eq!(missing(r#","scope":"""#), ["partnerId:x", "role:y"]);
    }

    #[test]
    fn an_assumed_lifetime_is_told() {
        let assumed = |rest: &str| {
            let body = format!(r#"{{"token_type":"Bearer","access_token":"abc"{rest}}}"#);
            let answer = Response::builder().status(200).body(body.into_bytes()).unwrap();
            read_token(&answer, &asked(&credential())).unwrap().lifetime_assumed
        };
        assert!(assumed(""));
        assert!(assumed(r#","expires_in":null"#));
        assert!(assumed(r#","expires_in":"abc""#));
        assert!(!assumed(r#","expires_in":600"#));
    }
}
