//! Conversions of times.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

/// Converts a time, cut to milliseconds as in the API and clamped to the years 0 to 9999, outside of which chrono may
/// panic.
pub(super) fn utc(time: SystemTime) -> DateTime<Utc> {
    const FIRST: i64 = -62_167_219_200_000;
    const END: i64 = 253_402_300_799_999;
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let since = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    };
    DateTime::from_timestamp_millis(since.clamp(FIRST, END)).unwrap_or(DateTime::UNIX_EPOCH)
}

/// Formats a time as the API does.
pub(super) fn time(time: DateTime<Utc>) -> Value {
    time.to_rfc3339_opts(SecondsFormat::Millis, true).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_of_a_clock_has_a_form() {
        let at = |seconds: i64| {
            let by = Duration::from_secs(seconds.unsigned_abs());
            let epoch = SystemTime::UNIX_EPOCH;
            if seconds < 0 { epoch.checked_sub(by) } else { epoch.checked_add(by) }.unwrap()
        };
        for (seconds, written) in [
            (0, "1970-01-01T00:00:00+00:00"),
            (-1, "1969-12-31T23:59:59+00:00"),
            (253_402_300_799, "9999-12-31T23:59:59+00:00"),
            (253_402_300_800, "9999-12-31T23:59:59.999+00:00"),
            (i64::MAX, "9999-12-31T23:59:59.999+00:00"),
            (-100_000_000_000, "0000-01-01T00:00:00+00:00"),
            (i64::MIN + 1, "0000-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(utc(at(seconds)).to_rfc3339(), written, "{seconds}");
        }
    }
}
