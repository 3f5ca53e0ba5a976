//! Arithmetic of points in time that does not panic.
//!
//! A point in time is a [`DateTime<Utc>`]. Its operators `+` and `-` panic at the ends of the calendar; these functions
//! stop there, so that a clock that shows any time is safe.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta, Utc};

/// Returns the point in time `by` after `time`, at most [`DateTime::MAX_UTC`].
///
/// ```
/// use std::time::Duration;
/// use plume_runtime::{chrono::{DateTime, Utc}, time};
///
/// let minute = Duration::from_secs(60);
/// assert_eq!(time::after(DateTime::UNIX_EPOCH, minute).timestamp(), 60);
/// assert_eq!(time::after(DateTime::<Utc>::MAX_UTC, minute), DateTime::<Utc>::MAX_UTC);
/// ```
#[must_use]
pub fn after(time: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).ok();
    by.and_then(|by| time.checked_add_signed(by)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Returns the point in time `by` before `time`, at least [`DateTime::MIN_UTC`].
///
/// ```
/// use std::time::Duration;
/// use plume_runtime::{chrono::DateTime, time};
///
/// let hour = Duration::from_secs(3_600);
/// assert_eq!(time::before(time::from_unix(3_600), hour), DateTime::UNIX_EPOCH);
/// ```
#[must_use]
pub fn before(time: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).ok();
    by.and_then(|by| time.checked_sub_signed(by)).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// Returns the time from `earlier` to `later`; zero if `later` is not after it.
///
/// ```
/// use std::time::Duration;
/// use plume_runtime::{chrono::{DateTime, Utc}, time};
///
/// let later = time::after(DateTime::UNIX_EPOCH, Duration::from_secs(60));
/// assert_eq!(time::between(DateTime::UNIX_EPOCH, later), Duration::from_secs(60));
/// assert_eq!(time::between(later, DateTime::UNIX_EPOCH), Duration::ZERO);
/// ```
#[must_use]
pub fn between(earlier: DateTime<Utc>, later: DateTime<Utc>) -> Duration {
    later.signed_duration_since(earlier).to_std().unwrap_or_default()
}

/// Returns the point in time `seconds` after 1970, at most [`DateTime::MAX_UTC`].
///
/// ```
/// use plume_runtime::time;
///
/// assert_eq!(time::from_unix(784_111_777).to_rfc3339(), "1994-11-06T08:49:37+00:00");
/// ```
#[must_use]
pub fn from_unix(seconds: u64) -> DateTime<Utc> {
    after(DateTime::UNIX_EPOCH, Duration::from_secs(seconds))
}

/// Converts a time of the standard library, such as that of a file. It is clamped to the calendar of chrono, whose own
/// conversion panics outside of it.
///
/// ```
/// use plume_runtime::{chrono::DateTime, time};
///
/// assert_eq!(time::from_system(std::time::UNIX_EPOCH), DateTime::UNIX_EPOCH);
/// ```
#[must_use]
pub fn from_system(time: SystemTime) -> DateTime<Utc> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => after(DateTime::UNIX_EPOCH, since),
        Err(error) => before(DateTime::UNIX_EPOCH, error.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_stops_at_the_ends_of_the_calendar() {
        let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        let epoch = DateTime::UNIX_EPOCH;
        for by in [Duration::MAX, Duration::from_millis(u64::MAX), Duration::from_secs(1 << 53)] {
            assert_eq!(after(epoch, by), last, "{by:?}");
            assert_eq!(after(first, Duration::MAX), last);
            assert_eq!(before(epoch, by), first, "{by:?}");
            assert_eq!(before(last, Duration::MAX), first);
        }
        assert_eq!(between(last, first), Duration::ZERO);
        assert_eq!(after(first, between(first, last)), last);
        assert_eq!(from_unix(u64::MAX), last);
    }

    #[test]
    fn every_time_of_the_standard_library_is_converted() {
        let far = Duration::from_secs(u64::MAX >> 1);
        let ends = [
            (UNIX_EPOCH.checked_add(far), DateTime::<Utc>::MAX_UTC),
            (UNIX_EPOCH.checked_sub(far), DateTime::<Utc>::MIN_UTC),
        ];
        for (time, expected) in ends {
            // Windows counts in 64 bits of 100 ns and has no such time.
            assert!(time.is_none_or(|time| from_system(time) == expected), "{time:?}");
        }
        let nanosecond = UNIX_EPOCH + Duration::new(1_768_471_200, 1);
        assert_eq!(from_system(nanosecond).timestamp_nanos_opt(), Some(1_768_471_200_000_000_001));
        let before = UNIX_EPOCH - Duration::from_nanos(1);
        assert_eq!(from_system(before).timestamp_nanos_opt(), Some(-1));
    }
}
