//! How long the server asks to wait.

use std::time::{Duration, SystemTime};

use http::{
    HeaderMap, HeaderName,
    header::{DATE, RETRY_AFTER},
};

/// `Retry-After` beyond this is cut.
const LONGEST: Duration = Duration::from_secs(300);

/// `Retry-After`, in seconds or as one of the three dates (RFC 9110 §5.6.7, §10.2.3), bounded.
///
/// A date is compared with the answer's own `Date`, where it has one: the server's clock, not ours, tells how far off
/// it is. A date in the past means now; anything else is ignored.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = text(headers, &RETRY_AFTER)?;
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_or(LONGEST, Duration::from_secs)
    } else {
        let until = httpdate::parse_http_date(text).ok()?;
        let now = text_date(headers).unwrap_or(now);
        until.duration_since(now).unwrap_or_default()
    };
    Some(wait.min(LONGEST))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

fn text_date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, &DATE)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(retry_after_header: &str, date: Option<&str>) -> Option<u64> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        let mut headers = HeaderMap::from_iter([(RETRY_AFTER, retry_after_header.parse().unwrap())]);
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        retry_after(&headers, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn every_form_is_read_bounded_and_never_immediate_by_mistake() {
        for (header, expected) in [
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("301", Some(300)),
            ("9223372037", Some(300)),
            ("18446744073709551615", Some(300)),
            ("99999999999999999999999", Some(300)),
            // The three forms of a date.
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(7)),
            ("Sun Nov  6 08:49:37 1994", Some(7)),
            ("Sun, 06 Nov 1994 09:49:30 GMT", Some(300)),
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
