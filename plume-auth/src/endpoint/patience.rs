//! How long the endpoint asks to wait.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

/// How long the endpoint asks to wait, bounded: `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), else
/// Okta's `X-Rate-Limit-Reset`, the second since 1970 at which its limit starts again. Times of the server are
/// compared with the server's own `Date`, because our clock may be off; what is over means now. Anything else is
/// ignored.
pub(super) fn patience(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
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

/// What time it is for the server.
pub(super) fn server_time(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(http::header::DATE)?.to_str().ok()?).ok()
}
