//! The values that a baseline is learnt from.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::baseline::options::BaselineOptions;
use crate::baseline::week::Baseline;

/// Values and their times, to be gathered bit by bit and in several places, and learnt from at any time.
///
/// A [`Baseline`] cannot be added to another one, because the median of two medians is not the median of all. What
/// it is learnt from can: in any order, and also if parts overlap, because a time has one value. Its size is
/// that of the values; [`forget_before`](Self::forget_before) bounds it.
///
/// To be stored, it is written and read with serde, as a map from times to values.
///
/// ```
/// use chrono::{DateTime, TimeDelta, Utc};
/// use plume_health::series::Level;
/// use plume_monitor::baseline::{BaselineOptions, History};
///
/// let monday: DateTime<Utc> = "2026-01-05T20:00:00Z".parse()?;
/// let mut history = History::new();
/// history.extend([(monday, 34.0), (monday + TimeDelta::weeks(1), 36.0)]);
/// let mut elsewhere = History::new();
/// elsewhere.extend([(monday + TimeDelta::weeks(2), 38.0), (monday + TimeDelta::weeks(3), 41.0)]);
/// history.merge(&elsewhere);
///
/// let baseline = history.learn(BaselineOptions::new());
/// assert_eq!(baseline.judge(monday + TimeDelta::weeks(4), Some(3.0)).level, Level::Low);
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History {
    #[serde(deserialize_with = "only_values")]
    values: BTreeMap<DateTime<Utc>, f64>,
}

impl History {
    /// Without any values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value. One that is no finite number is none, and of several at the same time the lowest stays.
    pub fn add(&mut self, at: DateTime<Utc>, value: f64) {
        if value.is_finite() {
            // A negative zero reads as "-0", which is no value that anybody measured.
            let value = value + 0.0;
            let kept = self.values.entry(at).or_insert(value);
            *kept = kept.min(value);
        }
    }

    /// Adds all values of another history.
    pub fn merge(&mut self, other: &Self) {
        self.extend(other.values.iter().map(|(at, value)| (*at, *value)));
    }

    /// Drops the values from before this time: ten weeks of quarters of an hour are 6,720 values, and enough.
    pub fn forget_before(&mut self, from: DateTime<Utc>) {
        self.values = self.values.split_off(&from);
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// What is usual by these values.
    #[must_use]
    pub fn learn(&self, options: BaselineOptions) -> Baseline {
        Baseline::of(&self.values, options)
    }
}

impl Baseline {
    /// Learns from values and their times. The order does not matter. A value that is no finite number is none,
    /// and of several at the same time the lowest counts. To gather the values bit by bit: [`History`].
    #[must_use]
    pub fn learn(values: impl IntoIterator<Item = (DateTime<Utc>, f64)>, options: BaselineOptions) -> Self {
        values.into_iter().collect::<History>().learn(options)
    }
}

impl Extend<(DateTime<Utc>, f64)> for History {
    fn extend<I: IntoIterator<Item = (DateTime<Utc>, f64)>>(&mut self, values: I) {
        values.into_iter().for_each(|(at, value)| self.add(at, value));
    }
}

impl FromIterator<(DateTime<Utc>, f64)> for History {
    fn from_iter<I: IntoIterator<Item = (DateTime<Utc>, f64)>>(values: I) -> Self {
        let mut history = Self::new();
        history.extend(values);
        history
    }
}

/// Formats other than JSON can carry what is no value.
fn only_values<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<DateTime<Utc>, f64>, D::Error> {
    let values = BTreeMap::<DateTime<Utc>, f64>::deserialize(deserializer)?;
    Ok(values.into_iter().collect::<History>().values)
}
