//! The wait that the endpoint asks for.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use plume_runtime::{retry_after, server_time};

/// Returns the wait that the endpoint asks for, at most five minutes: `Retry-After`, else Okta's `X-Rate-Limit-Reset`, in
/// seconds since 1970. Times of the server are compared with its own `Date`, because our clock may be wrong; a time in the
/// past means now. Other values are ignored.
pub(super) fn patience(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    const MAX: Duration = Duration::from_secs(300);
    let reset = || {
        let text = headers.get("x-rate-limit-reset")?.to_str().ok()?.trim();
        let seconds = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        let reset = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
        Some(reset.duration_since(server_time(headers).unwrap_or(now)).unwrap_or_default())
    };
    retry_after(headers, now).or_else(reset).map(|wait| wait.min(MAX))
}
