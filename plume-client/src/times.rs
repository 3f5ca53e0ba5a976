//! Times of a [`Clock`](plume_runtime::Clock) in the forms that people and models have.
//!
//! A clock can show any time. The libraries for dates panic at those that they cannot hold, so every conversion is here.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

/// The last second of the year 9999, in seconds since 1970.
const LAST: u64 = 253_402_300_799;

/// The time to the millisecond, as everywhere in the API. A time that is none of the years 0 to 9999 becomes the nearest
/// that is.
pub(crate) fn utc(time: SystemTime) -> DateTime<Utc> {
    const FIRST: i64 = -62_167_219_200_000;
    const END: i64 = LAST as i64 * 1_000 + 999;
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let since = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    };
    DateTime::from_timestamp_millis(since.clamp(FIRST, END)).unwrap_or(DateTime::UNIX_EPOCH)
}

/// The time as HTTP writes it. `None` before 1970 and after the year 9999, for which there is no such form.
pub(crate) fn http_date(time: SystemTime) -> Option<String> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since.as_secs() <= LAST).then(|| httpdate::fmt_http_date(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_of_a_clock_has_a_form_or_none() {
        let at = |seconds: i64| {
            let by = Duration::from_secs(seconds.unsigned_abs());
            let epoch = SystemTime::UNIX_EPOCH;
            if seconds < 0 { epoch.checked_sub(by) } else { epoch.checked_add(by) }.unwrap()
        };
        for (seconds, written, date) in [
            (0, "1970-01-01T00:00:00+00:00", Some("Thu, 01 Jan 1970 00:00:00 GMT")),
            (-1, "1969-12-31T23:59:59+00:00", None),
            (253_402_300_799, "9999-12-31T23:59:59+00:00", Some("Fri, 31 Dec 9999 23:59:59 GMT")),
            (253_402_300_800, "9999-12-31T23:59:59.999+00:00", None),
            (i64::MAX, "9999-12-31T23:59:59.999+00:00", None),
            (-100_000_000_000, "0000-01-01T00:00:00+00:00", None),
            (i64::MIN + 1, "0000-01-01T00:00:00+00:00", None),
        ] {
            assert_eq!(utc(at(seconds)).to_rfc3339(), written, "{seconds}");
            assert_eq!(http_date(at(seconds)).as_deref(), date, "{seconds}");
        }
    }
}
