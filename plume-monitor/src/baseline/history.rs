//! The values that a baseline is learnt from.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::baseline::options::BaselineOptions;
use crate::baseline::week::Baseline;

/// Values with their times, collected in any order and in several places.
///
/// A [`Baseline`] cannot be merged with another one, because the median of two medians is not the median of all
/// values. Histories can, even if they overlap, because a time has one value. A history grows with its values;
/// [`forget_before`](Self::forget_before) bounds it.
///
/// With serde it is a map from times to values, for storage.
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
    /// Returns a history without values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value. Numbers that are not finite are ignored; of several values at the same time the lowest stays.
    pub fn add(&mut self, at: DateTime<Utc>, value: f64) {
        if value.is_finite() {
            // A negative zero is shown as "-0".
            let value = value + 0.0;
            let kept = self.values.entry(at).or_insert(value);
            *kept = kept.min(value);
        }
    }

    /// Adds all values of another history.
    pub fn merge(&mut self, other: &Self) {
        self.extend(other.values.iter().map(|(at, value)| (*at, *value)));
    }

    /// Removes the values from before this time. Ten weeks at one value per quarter of an hour are 6,720 values,
    /// which are enough.
    pub fn forget_before(&mut self, from: DateTime<Utc>) {
        self.values = self.values.split_off(&from);
    }

    /// Returns the number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns the baseline of these values.
    #[must_use]
    pub fn learn(&self, options: BaselineOptions) -> Baseline {
        Baseline::of(&self.values, options)
    }
}

impl Baseline {
    /// Learns a baseline from values with their times, in any order. Numbers that are not finite are ignored; of
    /// several values at the same time the lowest counts. To collect values over time, use [`History`].
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

/// Formats other than JSON can contain numbers that are not finite.
fn only_values<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<DateTime<Utc>, f64>, D::Error> {
    let values = BTreeMap::<DateTime<Utc>, f64>::deserialize(deserializer)?;
    Ok(values.into_iter().collect::<History>().values)
}
