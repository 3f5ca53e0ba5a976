//! The wait that a server requests.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{
    HeaderMap, HeaderName,
    header::{DATE, RETRY_AFTER},
};

use crate::time;

/// Returns the wait that the server requests: `Retry-After`, in seconds or as a date (RFC 9110 §5.6.7, §10.2.3).
///
/// A date is compared with [`server_time`], or with `now` if the response has none. A date in the past gives
/// [`Duration::ZERO`], a number of seconds that is too large [`Duration::MAX`], and any other value `None`. The wait has no
/// maximum: the caller sets one.
///
/// ```
/// use std::time::Duration;
/// use http::{HeaderMap, HeaderValue, header::RETRY_AFTER};
///
/// let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("7"))]);
/// assert_eq!(plume_runtime::retry_after(&headers, Default::default()), Some(Duration::from_secs(7)));
/// ```
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = text(headers, &RETRY_AFTER)?;
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    Some(time::between(server_time(headers).unwrap_or(now), time::from_system(until)))
}

/// Returns the time of the server's clock: the `Date` of the response. Compare other times of the server with it.
///
/// ```
/// assert_eq!(plume_runtime::server_time(&http::HeaderMap::new()), None);
/// ```
#[must_use]
pub fn server_time(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text(headers, &DATE)?).ok().map(time::from_system)
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(retry_after_header: &str, date: Option<&str>) -> Option<u64> {
        let now = DateTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        let mut headers = HeaderMap::from_iter([(RETRY_AFTER, retry_after_header.parse().unwrap())]);
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        retry_after(&headers, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn every_form_is_read_and_never_immediate_by_mistake() {
        for (header, expected) in [
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("301", Some(301)),
            ("9223372037", Some(9_223_372_037)),
            ("18446744073709551615", Some(u64::MAX)),
            ("99999999999999999999999", Some(u64::MAX)),
            // The three forms of a date.
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(7)),
            ("Sun Nov  6 08:49:37 1994", Some(7)),
            ("Sun, 06 Nov 1994 09:49:30 GMT", Some(3_600)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 07:49:30 GMT", Some(0)),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("1e3", None),
            ("1, 2", None),
            ("", None),
            ("soon", None),
            ("Sun, 32 Nov 1994 08:49:37 GMT", None),
        ] {
            assert_eq!(wait(header, None), expected, "{header}");
        }
    }

    #[test]
    fn a_date_is_measured_with_the_servers_clock() {
        let until = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(wait(until, Some("Sun, 06 Nov 1994 08:49:17 GMT")), Some(20));
        // A server that is a day ahead, or behind.
        assert_eq!(wait("Mon, 07 Nov 1994 08:49:37 GMT", Some("Mon, 07 Nov 1994 08:49:27 GMT")), Some(10));
        assert_eq!(wait("Sat, 05 Nov 1994 08:49:37 GMT", Some("Sat, 05 Nov 1994 08:49:27 GMT")), Some(10));
        assert_eq!(wait(until, Some("nonsense")), Some(7));
        assert_eq!(wait("5", Some("Sat, 05 Nov 1994 08:49:27 GMT")), Some(5));
    }
}
