//! Conversions of times.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

/// Cuts a time to milliseconds as in the API, and clamps it to the years 0 to 9999, which ISO 8601 can write.
pub(super) fn cut(time: DateTime<Utc>) -> DateTime<Utc> {
    const FIRST: i64 = -62_167_219_200_000;
    const END: i64 = 253_402_300_799_999;
    DateTime::from_timestamp_millis(time.timestamp_millis().clamp(FIRST, END)).unwrap_or(DateTime::UNIX_EPOCH)
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
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        for (time, written) in [
            (at(0), "1970-01-01T00:00:00+00:00"),
            (at(-1), "1969-12-31T23:59:59+00:00"),
            (at(253_402_300_799), "9999-12-31T23:59:59+00:00"),
            (at(253_402_300_800), "9999-12-31T23:59:59.999+00:00"),
            (DateTime::<Utc>::MAX_UTC, "9999-12-31T23:59:59.999+00:00"),
            (at(-100_000_000_000), "0000-01-01T00:00:00+00:00"),
            (DateTime::<Utc>::MIN_UTC, "0000-01-01T00:00:00+00:00"),
            (DateTime::from_timestamp(0, 1_999_999).unwrap(), "1970-01-01T00:00:00.001+00:00"),
        ] {
            assert_eq!(cut(time).to_rfc3339(), written, "{time}");
        }
    }
}
