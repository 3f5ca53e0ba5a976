//! Answers of token endpoints, good and bad.

use std::sync::LazyLock;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use http::{HeaderMap, Response};

use crate::credential::{Credential, Scope};
use crate::endpoint::answer::{Asked, DEFAULT_LIFETIME, read_token};
use crate::endpoint::refusal::BLOCK;
use crate::endpoint::retry_after::wait_of;
use crate::provider::{AuthError, AuthErrorKind};
use crate::token::IssuedToken;

fn credential() -> Credential {
    Credential::from_client("0oaEXAMPLE", "not-a-real-secret")
}

fn read(status: u16, body: &str) -> Result<IssuedToken, AuthError> {
    let answer = Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap();
    read_token(&answer, &asked(&credential())).map(|reading| reading.issued)
}

fn asked(credential: &Credential) -> Asked<'_> {
    static SCOPE: LazyLock<Scope> = LazyLock::new(|| Scope::raw("partnerId:x role:y"));
    Asked { at: DateTime::UNIX_EPOCH, host: "sso.example.net", credential, scope: &SCOPE }
}

fn lifetime(expires_in: &str) -> Result<u64, AuthErrorKind> {
    let body = format!(r#"{{"token_type":"Bearer","access_token":"abc","expires_in":{expires_in}}}"#);
    read(200, &body).map(|issued| issued.lifetime.as_secs()).map_err(|error| error.kind())
}

#[test]
fn the_sample_answer_is_read() {
    let body = include_str!("../../tests/bodies/token.json");
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
    // A token without a character is invalid, and a repeated member is still found.
    assert!(read(200, r#"{"token_type":"Bearer","access_token":"ab\ud83d","expires_in":1800}"#).is_err());
    let twice = r#"{"token_type":"Bearer","access_token":"a","access_token":"b","note":"\ud83d"}"#;
    assert!(read(200, twice).is_err());
}

#[test]
fn lifetime_is_read_in_many_forms() {
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
fn jwt_claim_has_no_effect_and_a_difference_is_noted() {
    let with_exp = |exp: &str| {
        let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{exp}}}"#));
        let body = format!(r#"{{"token_type":"Bearer","access_token":"h.{payload}.s","expires_in":600}}"#);
        let answer = Response::builder().status(200).body(body.into_bytes()).unwrap();
        let at = DateTime::UNIX_EPOCH + Duration::from_secs(10_000);
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
fn empty_error_is_ignored_and_okta_reason_is_kept() {
    for nothing in ["null", "\"\"", "false"] {
        let body =
            format!(r#"{{"token_type":"Bearer","access_token":"abc","expires_in":60,"error":{nothing}}}"#);
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
    // By the server's clock 10 minutes remain; by the local clock it is years later.
    let answer = Response::builder()
        .status(200)
        .header("date", "Sun, 06 Nov 1994 08:39:37 GMT")
        .body(body.into_bytes())
        .unwrap();
    let at = DateTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    let reading = read_token(&answer, &Asked { at, ..asked(&credential()) }).unwrap();
    assert_eq!(reading.issued.lifetime, Duration::from_secs(600));
}

#[test]
fn only_bearer_tokens_are_taken() {
    for kind in ["\"Bearer\"", "\"bearer\"", "\"BEARER\""] {
        assert!(read(200, &format!(r#"{{"token_type":{kind},"access_token":"abc"}}"#)).is_ok(), "{kind}");
    }
    for kind in ["\"DPoP\"", "\"mac\"", "null", "5", "\"\""] {
        assert!(read(200, &format!(r#"{{"token_type":{kind},"access_token":"abc"}}"#)).is_err(), "{kind}");
    }
    for token in ["\"\"", "\"a b\"", "\"a\\r\\nb\"", "\"\\u0000\"", "\"😀\"", "5", "null"] {
        let error = read(200, &format!(r#"{{"token_type":"Bearer","access_token":{token}}}"#)).unwrap_err();
        assert_eq!(error.kind(), AuthErrorKind::Protocol, "{token}");
    }
    let long = format!(r#"{{"token_type":"Bearer","access_token":"{}"}}"#, "x".repeat((16 << 10) + 1));
    assert!(read(200, &long).is_err());
}

#[test]
fn refusals_are_classified() {
    use AuthErrorKind::{
        Blocked, Configuration, CredentialsRejected, Forbidden, Protocol, Throttled, Unavailable, Unexplained,
    };
    for (status, body, kind, code) in [
        (
            401,
            include_str!("../../tests/bodies/error-okta-invalid-client.json"),
            CredentialsRejected,
            Some("invalid_client"),
        ),
        (
            400,
            include_str!("../../tests/bodies/error-okta-invalid-client.json"),
            CredentialsRejected,
            Some("invalid_client"),
        ),
        (
            400,
            include_str!("../../tests/bodies/error-okta-invalid-scope.json"),
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
fn firewall_signature_is_a_block_with_any_body() {
    for body in ["", "<html>", "null", r#"{"error":"access_denied"}"#, r#"{"error":"invalid_client"}"#] {
        let answer = Response::builder().status(403).header("x-amzn-waf-action", "challenge");
        let error = read_token(&answer.body(body).unwrap(), &asked(&credential())).unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (AuthErrorKind::Blocked, Some(BLOCK)), "{body}");
    }
}

#[test]
fn help_does_not_blame_the_settings_for_a_failure_of_the_endpoint() {
    let help = |status: u16, headers: &[(&'static str, &'static str)]| {
        let answer = Response::builder().status(status);
        let answer = headers.iter().fold(answer, |answer, (name, value)| answer.header(*name, *value));
        read_token(&answer.body("").unwrap(), &asked(&credential())).unwrap_err().help()
    };
    for status in [408, 500, 502, 503, 504, 520] {
        assert_eq!(help(status, &[]), "Retry later: the token endpoint is failing.");
    }
    assert_eq!(help(429, &[]), "Make fewer token requests, or retry later.");
    let later = [("retry-after", "7")];
    assert_eq!(help(429, &later), "Wait as long as the token endpoint requires, then retry.");
    assert_eq!(help(503, &later), "Wait as long as the token endpoint requires, then retry.");
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
fn server_text_cannot_control_a_terminal() {
    let body = r#"{"error":"inv\u202ealid\u200b","error_description":"a\u001b[31m\u2066b\nc\ufeff"}"#;
    assert_eq!(
        read(400, body).unwrap_err().to_string(),
        "the token endpoint at sso.example.net refused the request (400 Bad Request, inv\u{fffd}alid: \
         a\u{fffd}[31m\u{fffd}b c)"
    );
}

#[test]
fn retry_after_is_bounded_and_relative_to_the_server_clock() {
    // 06 Nov 1994 08:49:30, by the server; our clock is an hour off in either direction, or right.
    let right = DateTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
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
            let wait = wait_of(&headers, now);
            // The last number is beyond what some platforms' clocks show, and within what others do.
            if value != "18446744073709551615" {
                assert_eq!(wait, expected.map(Duration::from_secs), "{name}: {value}");
            }
            assert!(wait.is_none_or(|wait| wait.as_secs() <= 300));
        }
    }
}

#[test]
fn retry_after_precedes_the_limit_header_and_a_block_has_its_own_duration() {
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
fn doubled_members_are_ignored() {
    for body in [
        r#"{"token_type":"Bearer","access_token":"abc","access_token":"def"}"#,
        r#"{"token_type":"Bearer","token_type":"Bearer","access_token":"abc"}"#,
        r#"{"token_type":"Bearer","access_token":"abc","expires_in":600,"expires_in":null}"#,
    ] {
        assert_eq!(read(200, body).unwrap_err().kind(), AuthErrorKind::Protocol, "{body}");
    }
    let harmless = r#"{"token_type":"Bearer","access_token":"abc","x":1,"x":2,"y":{"scope":1,"scope":2}}"#;
    assert!(read(200, harmless).is_ok());
    // A refusal is a refusal with any body.
    let refusal = read(401, r#"{"error":"invalid_client","error":"x"}"#).unwrap_err();
    assert_eq!(refusal.kind(), AuthErrorKind::CredentialsRejected);
}

#[test]
fn foreign_token_is_redacted() {
    let message = |description: &str| {
        let body = serde_json::json!({ "error": "invalid_request", "error_description": description });
        read(400, &body.to_string()).unwrap_err().to_string()
    };
    for token in ["eyJhbGciOiJub25lIn0.eyJzdWIiOiJmYWtlIn0.c2ln", "not-a-real-token.0123456789"] {
        assert!(!message(&format!("the token {token}, is odd")).contains(token));
    }
    for harmless in ["https://developer.okta.com/docs/reference/error-codes#E0000011", "ümläut ✓ 24 hours"]
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
fn assumed_lifetime_is_reported() {
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
