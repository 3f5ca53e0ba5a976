//! Gaps.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Coverage, Gap};

/// Whether a jump of so many seconds is a gap: more than one and a half of the usual step.
pub(crate) fn is_gap(jump: i64, step: i64) -> bool {
    jump.saturating_mul(2) > step.saturating_mul(3)
}

/// A number of days, for slopes.
#[expect(clippy::cast_precision_loss, reason = "a slope needs no more digits")]
pub(crate) fn days(delta: TimeDelta) -> f64 {
    const MILLIS: f64 = 86_400_000.0;
    delta.num_milliseconds() as f64 / MILLIS
}

/// The time of so many seconds since 1970; the last there is beyond the calendar.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// How much of its time a series tells. Both lists are ascending without repetition; `known` are those of
/// `times` that have a valid value. Without a `step` nothing is measured.
pub(crate) fn coverage(times: &[DateTime<Utc>], known: &[DateTime<Utc>], step: Option<i64>) -> Coverage {
    let mut coverage =
        Coverage { first: times.first().copied(), last: times.last().copied(), ..Coverage::default() };
    let (Some(first), Some(last)) = (coverage.first, coverage.last) else {
        return coverage;
    };
    let Some(step) = step else {
        return coverage;
    };
    let (from, to) = (first.timestamp(), last.timestamp().saturating_add(step));
    let mut gaps = Vec::<(i64, i64)>::new();
    // Up to where something is known.
    let mut covered = from;
    for next in known.iter().map(DateTime::timestamp).chain([to]) {
        // The sample before has covered one step of the jump already.
        if is_gap(next.saturating_sub(covered).saturating_add(step), step) {
            gaps.push((covered, next));
        }
        covered = next.saturating_add(step);
    }
    let length = |(from, to): &(i64, i64)| to.saturating_sub(*from);
    let unknown = gaps.iter().map(length).fold(0_i64, i64::saturating_add);
    coverage.step_seconds = Some(step);
    // At least one step is covered, so this is never a division by zero.
    coverage.known_percent = Some(known_percent(unknown, length(&(from, to))));
    coverage.longest_gap_seconds = Some(gaps.iter().map(length).max().unwrap_or_default());
    coverage.gaps = gaps.into_iter().map(|(from, to)| Gap { from: at(from), to: at(to) }).collect();
    coverage
}

#[expect(clippy::cast_precision_loss, reason = "2^52 seconds are not on the calendar")]
fn known_percent(unknown: i64, all: i64) -> f64 {
    all.saturating_sub(unknown) as f64 * 100.0 / all as f64
}
