//! Shares of good, fair and poor values.

use std::collections::BTreeMap;

use chrono::{DateTime, Timelike, Utc};
use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::series::measure::clean::Clean;
use crate::series::measure::stats;
use crate::series::measure::timeline::Coverage;
use crate::series::measure::trend::{SeriesTrend, trend};

/// The grade of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grade {
    /// Good.
    Good,
    /// Fair.
    Fair,
    /// Poor.
    Poor,
    /// No valid value.
    Unknown,
}

named!(Grade { Good = "good", Fair = "fair", Poor = "poor", Unknown = "unknown" });

/// The values of an hour of the day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HourOfDay {
    /// The hour in UTC, from 0 to 23.
    pub hour: u32,
    /// The median of its values.
    pub median: f64,
    /// The number of its values.
    pub samples: usize,
}

/// A series of values where higher is better, each graded as good, fair or poor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GradedSeries {
    /// The grade of the median.
    pub grade: Grade,
    /// Samples with a valid value. Of several at the same time the lowest counts.
    pub samples: usize,
    /// Samples without a value, or unreadable.
    pub missing_samples: usize,
    /// Samples with an impossible value: not finite, or outside of the scale.
    pub invalid_samples: usize,
    /// Good samples in percent of the valid ones.
    pub good_percent: Option<f64>,
    /// Fair samples in percent of the valid ones.
    pub fair_percent: Option<f64>,
    /// Poor samples in percent of the valid ones.
    pub poor_percent: Option<f64>,
    /// The median.
    pub median: Option<f64>,
    /// The 5th percentile (nearest rank).
    pub p5: Option<f64>,
    /// The hour of the day with the lowest median, the earliest of several.
    pub worst_hour: Option<HourOfDay>,
    /// The direction of the values: [`slope_per_day`](Self::slope_per_day) over the whole time.
    pub trend: SeriesTrend,
    /// The robust slope per day (Theil–Sen: the median of the slopes between all pairs of samples).
    pub slope_per_day: Option<f64>,
    /// The share of the time that is known.
    pub coverage: Coverage,
}

/// The limits of a graded series.
pub(crate) struct Scale {
    /// The lowest good value.
    pub(crate) good_from: f64,
    /// The lowest fair value.
    pub(crate) fair_from: f64,
    /// A change beyond this over the whole time is a trend.
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
    let median = stats::middle(&sorted);
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

fn worst_hour(timed: &[(DateTime<Utc>, f64)]) -> Option<HourOfDay> {
    let mut hours = BTreeMap::<u32, Vec<f64>>::new();
    for (at, value) in timed {
        hours.entry(at.hour()).or_default().push(*value);
    }
    hours
        .into_iter()
        .filter_map(|(hour, values)| {
            let median = stats::median(&values)?;
            Some(HourOfDay { hour, median, samples: values.len() })
        })
        // The earliest of equal hours.
        .min_by(|a, b| a.median.total_cmp(&b.median))
}
