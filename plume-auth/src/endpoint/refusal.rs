//! Classification of refusals, and their text.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use serde_json::Value;

use crate::credential::Redactor;
use crate::endpoint::json::{parse, unreadable};
use crate::endpoint::retry_after::wait_of;
use crate::provider::{AuthError, AuthErrorKind};

/// Maximum time for which the firewall in front of the cloud blocks an address.
pub(super) const BLOCK: Duration = Duration::from_secs(300);

/// Classifies a refusal, by OAuth's `error` or Okta's `errorCode`. `redactor` removes what was sent from the endpoint's
/// text.
pub(super) fn read_refusal(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    host: &str,
    now: DateTime<Utc>,
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
        // The client is known but may not use this grant (RFC 6749 §5.2).
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
        // With `Retry-After` the server is busy; without it, it has failed.
        (_, 503) if headers.contains_key(RETRY_AFTER) => Throttled,
        (_, 408 | 500..) => Unavailable,
        (_, 401) => CredentialsRejected,
        // An authorization server sends its code. A firewall sends a page of its own.
        (_, 403) if code.is_some() => Forbidden,
        // Some servers respond like this to a wrong secret, and some gateways send JSON without a code.
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
        Blocked => "is behind a firewall that blocks this address",
        Unexplained => {
            "refused the request without a reason: a firewall blocks this address, or the credentials are wrong"
        }
        Throttled => "is busy",
        Unavailable => "failed",
        _ => "sent an unexpected response",
    };
    let message = format!("the token endpoint at {host} {what} ({status}, {said})");
    let wait = match kind {
        Throttled => wait_of(headers, now),
        Blocked | Unexplained => Some(wait_of(headers, now).unwrap_or_default().max(BLOCK)),
        _ => None,
    };
    AuthError::answered(kind, status, code, message, wait)
}

/// Returns whether the headers are those of a firewall.
fn by_a_firewall(headers: &HeaderMap) -> bool {
    ["x-amzn-waf-action", "x-amzn-waf-reason"].iter().any(|name| headers.contains_key(*name))
}

/// Shortens a text of the endpoint for display and masks what looks like an unknown token. The secrets that were sent are
/// redacted before, because half a secret at the cut would not be found.
fn safe(text: &str) -> String {
    const MAX_CHARS: usize = 200;
    // First, because invisible characters would split words.
    let text = plume_text::on_screen(text);
    plume_text::shorten(&without_tokens(&text), MAX_CHARS)
}

/// Masks long words of letters and digits, which may be tokens.
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
