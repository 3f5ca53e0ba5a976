//! Gaps, and the share of the time that a series covers.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Time without data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Gap {
    /// The start.
    pub from: DateTime<Utc>,
    /// The end.
    pub to: DateTime<Utc>,
}

impl Gap {
    /// Returns a gap.
    #[must_use]
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self { from, to }
    }
}

/// The share of its time that a series covers.
///
/// A sample covers the time to the next one if that comes within one and a half usual steps. Otherwise it covers
/// one usual step, and a gap follows. The usual step is the one that the name of the series states; else the most
/// frequent of the steps that occur more than once within a tolerance of a tenth, the shortest of several; else the
/// median.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Coverage {
    /// The time of the first sample, with or without a value.
    pub first: Option<DateTime<Utc>>,
    /// The time of the last sample, with or without a value.
    pub last: Option<DateTime<Utc>>,
    /// The usual step in seconds; `None` with fewer than two times and no step in the name.
    pub step_seconds: Option<i64>,
    /// Time with a valid value in percent of the time from the first sample to one step after the last.
    pub known_percent: Option<f64>,
    /// The time without a valid value, oldest first.
    pub gaps: Vec<Gap>,
    /// The length of the longest gap in seconds, 0 without gaps; `None` without a usual step.
    pub longest_gap_seconds: Option<i64>,
}

/// Returns whether a jump of this many seconds is a gap: longer than one and a half usual steps.
#[must_use]
pub fn is_gap(jump: i64, step: i64) -> bool {
    jump.saturating_mul(2) > step.saturating_mul(3)
}

/// Returns a number of days, for slopes.
#[expect(clippy::cast_precision_loss, reason = "a slope needs no more digits")]
pub(crate) fn days(delta: TimeDelta) -> f64 {
    const MILLIS: f64 = 86_400_000.0;
    delta.num_milliseconds() as f64 / MILLIS
}

/// Returns the time this many seconds after 1970, clamped to the calendar.
#[must_use]
pub fn time_at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Computes the coverage. Both lists are ascending without duplicates; `known` are the `times` with a valid value.
/// Without a `step` nothing is measured.
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
    // The end of the known time so far.
    let mut covered = from;
    for next in known.iter().map(DateTime::timestamp).chain([to]) {
        // The sample before already covers one step of the jump.
        if is_gap(next.saturating_sub(covered).saturating_add(step), step) {
            gaps.push((covered, next));
        }
        covered = next.saturating_add(step);
    }
    let length = |(from, to): &(i64, i64)| to.saturating_sub(*from);
    let unknown = gaps.iter().map(length).fold(0_i64, i64::saturating_add);
    coverage.step_seconds = Some(step);
    // At least one step is covered, so the divisor is not zero.
    coverage.known_percent = Some(known_percent(unknown, length(&(from, to))));
    coverage.longest_gap_seconds = Some(gaps.iter().map(length).max().unwrap_or_default());
    coverage.gaps = gaps.into_iter().map(|(from, to)| Gap::new(time_at(from), time_at(to))).collect();
    coverage
}

#[expect(clippy::cast_precision_loss, reason = "2^52 seconds are not on the calendar")]
fn known_percent(unknown: i64, all: i64) -> f64 {
    all.saturating_sub(unknown) as f64 * 100.0 / all as f64
}
