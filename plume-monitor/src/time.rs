//! Arithmetic of times that neither overflows nor panics.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// The time by which clocks may differ. A time that lies further ahead is from before the clock was set back.
pub(crate) const CLOCKS: Duration = Duration::from_secs(60);

/// Returns whether this much time has passed. A clock that was set back has passed none.
pub(crate) fn has_passed(since: DateTime<Utc>, now: DateTime<Utc>, span: Duration) -> bool {
    now.signed_duration_since(since).to_std().is_ok_and(|passed| passed >= span)
}

/// Returns the time `span` later, clamped to the last one.
pub(crate) fn later(time: DateTime<Utc>, span: Duration) -> DateTime<Utc> {
    let span = TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
    time.checked_add_signed(span).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
