//! The wait that the endpoint requests.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;
use plume_runtime::{retry_after, server_time, time};

/// Returns the wait that the endpoint requests, at most five minutes: `Retry-After`, else Okta's `X-Rate-Limit-Reset`, in
/// seconds since 1970. Times of the server are compared with its own `Date`, because our clock may be wrong; a time in the
/// past means now. Other values are ignored.
pub(super) fn wait_of(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    const MAX: Duration = Duration::from_secs(300);
    let reset = || {
        let text = headers.get("x-rate-limit-reset")?.to_str().ok()?.trim();
        let seconds = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        Some(time::between(server_time(headers).unwrap_or(now), time::from_unix(seconds)))
    };
    retry_after(headers, now).or_else(reset).map(|wait| wait.min(MAX))
}
