//! Gaps: how much of its time a series tells.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// Time about which nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Gap {
    /// From.
    pub from: DateTime<Utc>,
    /// To.
    pub to: DateTime<Utc>,
}

impl Gap {
    /// A gap.
    #[must_use]
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self { from, to }
    }
}

/// How much of its time a series tells.
///
/// A sample stands for the time up to the next one, if that comes within one and a half of the usual step; else
/// for one usual step, and what follows is a gap. The usual step is the one that the name of the series tells; else
/// the most frequent of those that come more than once, give or take a tenth, the shortest of several; else the
/// median.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Coverage {
    /// The time of the first sample, with or without a value.
    pub first: Option<DateTime<Utc>>,
    /// The time of the last sample, with or without a value.
    pub last: Option<DateTime<Utc>>,
    /// The usual step in seconds; `None` with fewer than two times and without a name that tells it.
    pub step_seconds: Option<i64>,
    /// Time with a valid value in percent of the time from the first sample to one step after the last.
    pub known_percent: Option<f64>,
    /// The rest of that time, oldest first.
    pub gaps: Vec<Gap>,
    /// The length of the longest gap in seconds, 0 without any; `None` when there is no step to measure by.
    pub longest_gap_seconds: Option<i64>,
}

/// Whether a jump of so many seconds is a gap: more than one and a half of the usual step.
#[must_use]
pub fn is_gap(jump: i64, step: i64) -> bool {
    jump.saturating_mul(2) > step.saturating_mul(3)
}

/// A number of days, for slopes.
#[expect(clippy::cast_precision_loss, reason = "a slope needs no more digits")]
pub(crate) fn days(delta: TimeDelta) -> f64 {
    const MILLIS: f64 = 86_400_000.0;
    delta.num_milliseconds() as f64 / MILLIS
}

/// The time of so many seconds since 1970; the last there is beyond the calendar.
#[must_use]
pub fn time_at(seconds: i64) -> DateTime<Utc> {
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
    coverage.gaps = gaps.into_iter().map(|(from, to)| Gap::new(time_at(from), time_at(to))).collect();
    coverage
}

#[expect(clippy::cast_precision_loss, reason = "2^52 seconds are not on the calendar")]
fn known_percent(unknown: i64, all: i64) -> f64 {
    all.saturating_sub(unknown) as f64 * 100.0 / all as f64
}
