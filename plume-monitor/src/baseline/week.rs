//! The usual values of each hour of the week.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plume_health::policy::PolicyError;
use plume_health::series::{Spread, median};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::baseline::judgement::{Judgement, Scope, Usual};
use crate::baseline::options::{BaselineOptions, MAX_OFFSET_MINUTES};

/// The version of the [`Baseline`] format that this version of the crate reads and writes.
pub const BASELINE_VERSION: u32 = 2;

/// The usual values of each hour of the week with enough values. Store it with serde.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
// The implementations below validate the input.
#[serde(remote = "Self", deny_unknown_fields)]
#[non_exhaustive]
pub struct Baseline {
    version: u32,
    options: BaselineOptions,
    /// By hour of the week, from Monday 0:00.
    week: BTreeMap<u8, Spread>,
    /// By hour of the day.
    day: BTreeMap<u8, Spread>,
    all: Option<Spread>,
}

const HOURS_OF_DAY: i64 = 24;
const HOURS_OF_WEEK: i64 = 168;

impl Baseline {
    /// Computes the week. The values of `by_time` are finite.
    pub(super) fn of(by_time: &BTreeMap<DateTime<Utc>, f64>, options: BaselineOptions) -> Self {
        let options = options.in_range();
        let mut hours = BTreeMap::<i64, Vec<f64>>::new();
        for (at, value) in by_time {
            hours.entry(hour(*at, options.utc_offset_minutes)).or_default().push(*value);
        }
        let mut week = BTreeMap::<u8, Vec<f64>>::new();
        let mut day = BTreeMap::<u8, Vec<f64>>::new();
        let mut days = BTreeMap::<i64, usize>::new();
        let mut all = Vec::new();
        for (hour, values) in hours {
            let Some(value) = median(&values) else { continue };
            week.entry(within(hour, HOURS_OF_WEEK)).or_default().push(value);
            day.entry(within(hour, HOURS_OF_DAY)).or_default().push(value);
            let of_day = days.entry(hour.div_euclid(HOURS_OF_DAY)).or_default();
            *of_day = of_day.saturating_add(1);
            all.push(value);
        }
        let needed = options.min_samples;
        let spreads = |slots: BTreeMap<u8, Vec<f64>>| {
            slots
                .into_iter()
                .filter(|(_, values)| values.len() >= needed)
                .filter_map(|(slot, values)| Some((slot, Spread::of(&values)?)))
                .collect()
        };
        let largest = days.values().max().copied().unwrap_or_default();
        let is_spread_out = needed == 1 || largest.saturating_mul(2) <= all.len();
        Self {
            version: BASELINE_VERSION,
            options,
            week: spreads(week),
            day: spreads(day),
            all: Spread::of(&all).filter(|_| days.len() >= needed && is_spread_out),
        }
    }

    /// Returns the options.
    #[must_use]
    pub fn options(&self) -> BaselineOptions {
        self.options
    }

    /// Returns the usual values at this time; `None` if there are too few values.
    #[must_use]
    pub fn usual(&self, at: DateTime<Utc>) -> Option<Usual> {
        let hour = hour(at, self.options.utc_offset_minutes);
        [
            (self.week.get(&within(hour, HOURS_OF_WEEK)), Scope::HourOfWeek),
            (self.day.get(&within(hour, HOURS_OF_DAY)), Scope::HourOfDay),
            (self.all.as_ref(), Scope::Overall),
        ]
        .into_iter()
        .find_map(|(spread, scope)| Some(Usual { spread: *spread?, scope }))
    }

    /// Compares a value with the usual values: usual is up to three deviations from the median, inclusive.
    ///
    /// A value that is missing or not finite gives [`Level::Unknown`](plume_health::series::Level::Unknown), and so does any value without usual values.
    #[must_use]
    pub fn judge(&self, at: DateTime<Utc>, value: Option<f64>) -> Judgement {
        let value = value.filter(|value| value.is_finite()).map(|value| value + 0.0);
        let usual = self.usual(at);
        let (level, explanation) = Spread::judge(usual.as_ref().map(|usual| &usual.spread), value);
        Judgement { level, value, usual, explanation }
    }

    fn validate(&self) -> Result<(), PolicyError> {
        PolicyError::check_version(self.version, BASELINE_VERSION)?;
        let offset = self.options.utc_offset_minutes;
        if !(-MAX_OFFSET_MINUTES..=MAX_OFFSET_MINUTES).contains(&offset) {
            return Err(PolicyError::new(
                "options.utc_offset_minutes",
                format!("{offset} is not from -1440 to 1440"),
            ));
        }
        let sound = |slots: &BTreeMap<u8, Spread>, hours: i64| {
            slots.iter().all(|(slot, spread)| i64::from(*slot) < hours && spread.is_sound())
        };
        if !sound(&self.week, HOURS_OF_WEEK) {
            return Err(PolicyError::new("week", "an hour or a deviation is out of range"));
        }
        if !sound(&self.day, HOURS_OF_DAY) {
            return Err(PolicyError::new("day", "an hour or a deviation is out of range"));
        }
        if self.all.is_some_and(|spread| !spread.is_sound()) {
            return Err(PolicyError::new("all", "the deviation is out of range"));
        }
        Ok(())
    }
}

/// Returns the hour since a Monday 0:00 on clocks with this offset from UTC.
fn hour(at: DateTime<Utc>, offset_minutes: i32) -> i64 {
    const SECONDS: i64 = 3_600;
    // 1970 began on a Thursday.
    const FIRST: i64 = 3 * HOURS_OF_DAY;
    let local = at.timestamp().saturating_add(i64::from(offset_minutes).saturating_mul(60));
    local.div_euclid(SECONDS).saturating_add(FIRST)
}

/// Returns the hour of a week or day.
fn within(hour: i64, period: i64) -> u8 {
    u8::try_from(hour.rem_euclid(period)).unwrap_or_default()
}

impl Serialize for Baseline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Baseline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let baseline = Self::deserialize(deserializer)?;
        baseline.validate().map_err(D::Error::custom)?;
        Ok(baseline)
    }
}
