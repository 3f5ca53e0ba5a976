//! Moments in milliseconds since 1970, the unit of time in this crate.

use chrono::{DateTime, SecondsFormat, Utc};

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
/// The step of most report series.
pub(crate) const QUARTER: i64 = 15 * MINUTE;

/// The end of the year 9999. Later times are clamped to it, so no sum of moments can overflow.
pub(crate) const LATEST: i64 = 253_402_300_799_000;

/// Returns `time` in milliseconds since 1970, clamped to 1970 to 9999.
pub(crate) fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis().clamp(0, LATEST)
}

/// Returns the last multiple of `step` that is not after `moment`.
pub(crate) fn floor(moment: i64, step: i64) -> i64 {
    moment - moment.rem_euclid(step)
}

/// Formats a moment as ISO 8601 in UTC with milliseconds and `Z`, as the cloud does.
pub(crate) fn iso(moment: i64) -> String {
    DateTime::from_timestamp_millis(moment)
        .map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
        .unwrap_or_default()
}

/// Formats a moment as in an HTTP header.
pub(crate) fn http_date(moment: i64) -> String {
    DateTime::from_timestamp_millis(moment)
        .map(|time| time.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .unwrap_or_default()
}

/// Parses a time sent by a client.
pub(crate) fn parse_iso(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_cloud_writes_them() {
        assert_eq!(iso(1_726_952_552_777), "2024-09-21T21:02:32.777Z");
        assert_eq!(http_date(1_726_952_552_777), "Sat, 21 Sep 2024 21:02:32 GMT");
        assert_eq!(parse_iso("2024-09-21T21:02:32.777Z"), Some(1_726_952_552_777));
        assert_eq!(parse_iso("yesterday"), None);
    }

    #[test]
    fn clocks_beyond_the_calendar_are_clamped() {
        assert_eq!(millis(DateTime::<Utc>::MIN_UTC), 0);
        assert_eq!(millis(DateTime::<Utc>::MAX_UTC), LATEST);
        assert_eq!(iso(LATEST), "9999-12-31T23:59:59.000Z");
    }

    #[test]
    fn floor_rounds_down_before_1970_too() {
        assert_eq!(floor(QUARTER + 1, QUARTER), QUARTER);
        assert_eq!(floor(-1, QUARTER), -QUARTER);
    }
}
