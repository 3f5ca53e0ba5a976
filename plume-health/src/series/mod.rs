//! What all series have in common: gaps, trend, and the share of time that was good, fair or poor.
//!
//! A gap is never filled: not with zero and not with anything in between. Time without a valid value is unknown
//! time, and every share is a share of the values that there are.

pub(crate) mod clean;
pub(crate) mod stats;
pub(crate) mod step;
pub(crate) mod timeline;

use std::collections::BTreeMap;

use chrono::{DateTime, Timelike, Utc};
use serde::Serialize;

pub(crate) use clean::Clean;

/// Time about which nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Gap {
    /// From.
    pub from: DateTime<Utc>,
    /// To.
    pub to: DateTime<Utc>,
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

/// Where a series is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SeriesTrend {
    /// Up, by more than chance and noise would.
    Rising,
    /// Neither.
    Steady,
    /// Down.
    Falling,
    /// There are too few values to tell.
    Unknown,
}

/// How good a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Grade {
    /// Good.
    Good,
    /// Fair.
    Fair,
    /// Poor.
    Poor,
    /// There is no valid value.
    Unknown,
}

/// An hour of the day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HourOfDay {
    /// The hour in UTC, from 0 to 23.
    pub hour: u32,
    /// The median of its values.
    pub median: f64,
    /// How many values it has.
    pub samples: usize,
}

/// A series of values of which more is better, each of them good, fair or poor.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GradedSeries {
    /// The grade of the median.
    pub grade: Grade,
    /// Samples with a valid value. Of several at the same time the lowest counts.
    pub samples: usize,
    /// Samples without a value, or unreadable.
    pub missing_samples: usize,
    /// Samples whose value cannot be: not finite, or off the scale.
    pub invalid_samples: usize,
    /// Good samples in percent of the valid ones.
    pub good_percent: Option<f64>,
    /// Fair samples in percent of the valid ones.
    pub fair_percent: Option<f64>,
    /// Poor samples in percent of the valid ones.
    pub poor_percent: Option<f64>,
    /// The median.
    pub median: Option<f64>,
    /// 5 % of the values are not above this (nearest rank).
    pub p5: Option<f64>,
    /// The hour of the day with the lowest median; the earliest of several.
    pub worst_hour: Option<HourOfDay>,
    /// Where the values are going: what [`slope_per_day`](Self::slope_per_day) makes over the whole time.
    pub trend: SeriesTrend,
    /// The robust slope (Theil–Sen: the median of the slopes between all pairs of samples) per day.
    pub slope_per_day: Option<f64>,
    /// How much of its time the series tells.
    pub coverage: Coverage,
}

/// The limits of a graded series.
pub(crate) struct Scale {
    /// A good value is at least this.
    pub(crate) good_from: f64,
    /// A fair value is at least this.
    pub(crate) fair_from: f64,
    /// More than this over the whole time is a trend.
    pub(crate) trend_beyond: f64,
}

impl Scale {
    fn grade(&self, value: f64) -> Grade {
        if value >= self.good_from {
            Grade::Good
        } else if value >= self.fair_from {
            Grade::Fair
        } else {
            Grade::Poor
        }
    }
}

pub(crate) fn grade(series: &Clean, scale: &Scale) -> GradedSeries {
    let values = series.values();
    let sorted = stats::sorted(&values);
    let median = stats::median(&sorted);
    let share = |wanted: Grade| {
        let count = values.iter().filter(|value| scale.grade(**value) == wanted).count();
        stats::percent(count, values.len())
    };
    let (trend, slope_per_day) = trend(&series.timed, scale.trend_beyond);
    GradedSeries {
        grade: median.map_or(Grade::Unknown, |median| scale.grade(median)),
        samples: values.len(),
        missing_samples: series.missing,
        invalid_samples: series.invalid,
        good_percent: share(Grade::Good),
        fair_percent: share(Grade::Fair),
        poor_percent: share(Grade::Poor),
        median,
        p5: stats::nearest_rank(&sorted, 5),
        worst_hour: worst_hour(&series.timed),
        trend,
        slope_per_day,
        coverage: series.coverage(),
    }
}

/// Fewer samples than this have no trend.
const TREND_FROM: usize = 5;

/// The robust slope per day, and whether it makes more than `beyond` over the whole time.
pub(crate) fn trend(timed: &[(DateTime<Utc>, f64)], beyond: f64) -> (SeriesTrend, Option<f64>) {
    let (Some((first, _)), Some((last, _))) = (timed.first(), timed.last()) else {
        return (SeriesTrend::Unknown, None);
    };
    if timed.len() < TREND_FROM {
        return (SeriesTrend::Unknown, None);
    }
    let days = |at: &DateTime<Utc>| timeline::days(at.signed_duration_since(*first));
    let points: Vec<(f64, f64)> = timed.iter().map(|(at, value)| (days(at), *value)).collect();
    let Some(slope) = stats::theil_sen(&points) else {
        return (SeriesTrend::Unknown, None);
    };
    let change = slope * days(last);
    let trend = if change > beyond {
        SeriesTrend::Rising
    } else if change < -beyond {
        SeriesTrend::Falling
    } else {
        SeriesTrend::Steady
    };
    (trend, Some(slope))
}

fn worst_hour(timed: &[(DateTime<Utc>, f64)]) -> Option<HourOfDay> {
    let mut hours = BTreeMap::<u32, Vec<f64>>::new();
    for (at, value) in timed {
        hours.entry(at.hour()).or_default().push(*value);
    }
    hours
        .into_iter()
        .filter_map(|(hour, values)| {
            let median = stats::median(&stats::sorted(&values))?;
            Some(HourOfDay { hour, median, samples: values.len() })
        })
        // The first of equals.
        .min_by(|a, b| a.median.total_cmp(&b.median))
}
