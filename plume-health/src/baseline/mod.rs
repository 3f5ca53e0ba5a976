//! What is usual at this hour of the week, and whether a value is.
//!
//! Homes have rhythms: an evening is not a night, and a Sunday is not a Monday. A [`Baseline`] keeps, for each
//! of the 168 hours of the week, the median and a robust deviation. The values of one hour of one day count as one,
//! their median, and some days are needed: so one bad night does not become the rule, however often it was sampled.
//! Where an hour of the week has too few days, the hour of the day is used, and then all hours together.
//!
//! ```
//! use chrono::{DateTime, TimeDelta, Utc};
//! use plume_health::baseline::{Baseline, BaselineOptions, Level, Scope};
//!
//! let monday: DateTime<Utc> = "2026-01-05T20:30:00Z".parse()?;
//! // Devices online on five Monday evenings.
//! let seen = [34.0, 36.0, 38.0, 41.0, 42.0];
//! let history = (0..).map(|week| monday + TimeDelta::weeks(week)).zip(seen);
//! let baseline = Baseline::learn(history, BaselineOptions::new());
//!
//! let judgement = baseline.judge(monday + TimeDelta::weeks(5), Some(3.0));
//! assert_eq!(judgement.level, Level::Low);
//! assert_eq!(judgement.explanation, "usual 38 ± 4.4, now 3");
//! assert_eq!(judgement.usual.map(|usual| usual.scope), Some(Scope::HourOfWeek));
//! # Ok::<(), chrono::ParseError>(())
//! ```

mod history;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

pub use self::history::History;
use crate::policy::PolicyError;
use crate::render;
use crate::render::{Rendering, series as layout};
use crate::series::stats;
use crate::words::series as words;

/// The version of the form of a [`Baseline`] that this version of the crate reads and writes.
pub const BASELINE_VERSION: u32 = 2;

/// How a baseline is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BaselineOptions {
    /// How many minutes the clocks of the home are ahead of UTC, from −1440 to 1440; a number beyond counts as the
    /// nearest of these. A change to summer time moves the hours by one; learn again then, or accept it.
    pub utc_offset_minutes: i32,
    /// How many days with a value an hour of the week, an hour of the day, or all hours together need for a usual
    /// value; 0 counts as 1. With two or more, at most half of all hours together may be of the same day.
    pub min_samples: usize,
}

/// Four weeks for an hour of the week, four days for an hour of the day.
const MIN_SAMPLES: usize = 4;
const MAX_OFFSET_MINUTES: i32 = 24 * 60;

impl BaselineOptions {
    /// UTC, and four days.
    #[must_use]
    pub fn new() -> Self {
        Self { utc_offset_minutes: 0, min_samples: MIN_SAMPLES }
    }

    /// The same for clocks that are so many minutes ahead of UTC.
    #[must_use]
    pub fn with_utc_offset_minutes(mut self, minutes: i32) -> Self {
        self.utc_offset_minutes = minutes;
        self
    }

    /// The same with another number of days that are enough.
    #[must_use]
    pub fn with_min_samples(mut self, samples: usize) -> Self {
        self.min_samples = samples;
        self
    }

    fn in_range(mut self) -> Self {
        self.utc_offset_minutes = self.utc_offset_minutes.clamp(-MAX_OFFSET_MINUTES, MAX_OFFSET_MINUTES);
        self.min_samples = self.min_samples.max(1);
        self
    }
}

impl Default for BaselineOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// The usual values of each hour of the week that has enough of them. To be stored, it is written and read with
/// serde.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Baseline {
    version: u32,
    options: BaselineOptions,
    /// By hour of the week, from Monday 0:00 on.
    week: BTreeMap<u8, Spread>,
    /// By hour of the day.
    day: BTreeMap<u8, Spread>,
    all: Option<Spread>,
}

/// What is usual.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The robust deviation: 1.4826 times the median absolute deviation (MAD), which is the standard deviation of
    /// values that are spread normally; at least 5 % of the median, because values that never differed say
    /// little about those to come. Where the median and both of these are below 0.05 there is no scale, and it is a
    /// third: a change of up to 1 is usual then.
    pub deviation: f64,
    /// How many values it rests on; in a [`Baseline`] those of one hour of one day are one.
    pub samples: usize,
}

/// What is usual at some time, and how narrowly that is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Usual {
    /// What is usual.
    pub spread: Spread,
    /// Which values it rests on.
    pub scope: Scope,
}

/// Which values something rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// Those of the same hour of the week.
    HourOfWeek,
    /// Those of the same hour of all days.
    HourOfDay,
    /// All.
    Overall,
}

/// A value against what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Level {
    /// Within three deviations of the median.
    Usual,
    /// Above.
    High,
    /// Below.
    Low,
    /// The value is not known, or what is usual is not.
    Unknown,
}

/// A value judged. Made by [`Baseline::judge`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Judgement {
    /// The verdict.
    pub level: Level,
    /// The value; `None` if it is missing or no finite number.
    pub value: Option<f64>,
    /// What is usual at that time.
    pub usual: Option<Usual>,
    /// The sentence, for example "usual 38 ± 4, now 3".
    pub explanation: String,
}

/// So many deviations from the median are still usual: of values spread normally, 3 in 1,000 are further away.
const DEVIATIONS: f64 = 3.0;
const MIN_DEVIATION: f64 = 0.05;
/// Values and deviations below this read as zero.
const ALL_BUT_ZERO: f64 = 0.05;
/// The deviation of values that are all but zero: three of them are one.
const DEVIATION_OF_ZERO: f64 = 1.0 / DEVIATIONS;
const HOURS_OF_DAY: i64 = 24;
const HOURS_OF_WEEK: i64 = 168;

impl Spread {
    /// `None` of nothing, or of values so large that their distance is no number.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let median = stats::median(&stats::sorted(values))?;
        let robust = stats::mad(values, median)? * stats::MAD_TO_DEVIATION;
        let is_zero = median.abs() < ALL_BUT_ZERO && robust < ALL_BUT_ZERO;
        let deviation = if is_zero { DEVIATION_OF_ZERO } else { robust.max(median.abs() * MIN_DEVIATION) };
        deviation.is_finite().then_some(Self { median, deviation, samples: values.len() })
    }

    /// Where a value is, and a sentence about it.
    pub(crate) fn judge(usual: Option<&Self>, value: Option<f64>) -> (Level, String) {
        let level = match (usual, value) {
            (Some(usual), Some(value)) => usual.level(value),
            _ => Level::Unknown,
        };
        (level, words::usual(usual, value))
    }

    fn level(&self, value: f64) -> Level {
        let (distance, limit) = (value - self.median, DEVIATIONS * self.deviation);
        if distance > limit {
            Level::High
        } else if distance < -limit {
            Level::Low
        } else {
            Level::Usual
        }
    }

    fn is_sound(&self) -> bool {
        self.median.is_finite() && self.deviation.is_finite() && self.deviation >= 0.0
    }
}

impl Baseline {
    /// Learns from values and their times. The order does not matter. A value that is no finite number is none,
    /// and of several at the same time the lowest counts. To gather the values bit by bit: [`History`].
    #[must_use]
    pub fn learn(values: impl IntoIterator<Item = (DateTime<Utc>, f64)>, options: BaselineOptions) -> Self {
        values.into_iter().collect::<History>().learn(options)
    }

    fn of(by_time: &BTreeMap<DateTime<Utc>, f64>, options: BaselineOptions) -> Self {
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
            let Some(value) = stats::median(&stats::sorted(&values)) else { continue };
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

    /// How it was made.
    #[must_use]
    pub fn options(&self) -> BaselineOptions {
        self.options
    }

    /// What is usual at this time; `None` if there are too few values to tell.
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

    /// Whether a value is usual at this time: within three deviations of the median, the limit included.
    ///
    /// A value that is missing or no finite number is `Unknown`, and so is any value where nothing is usual.
    #[must_use]
    pub fn judge(&self, at: DateTime<Utc>, value: Option<f64>) -> Judgement {
        let value = value.filter(|value| value.is_finite()).map(stats::without_negative_zero);
        let usual = self.usual(at);
        let (level, explanation) = Spread::judge(usual.as_ref().map(|usual| &usual.spread), value);
        Judgement { level, value, usual, explanation }
    }

    fn validate(&self) -> Result<(), PolicyError> {
        let fault = |key: &'static str, problem: String| Err(PolicyError { key, problem });
        if self.version != BASELINE_VERSION {
            return fault(
                "version",
                format!("{} is not supported, expected {BASELINE_VERSION}", self.version),
            );
        }
        let offset = self.options.utc_offset_minutes;
        if !(-MAX_OFFSET_MINUTES..=MAX_OFFSET_MINUTES).contains(&offset) {
            return fault("options.utc_offset_minutes", format!("{offset} is more than a day"));
        }
        let sound = |slots: &BTreeMap<u8, Spread>, hours: i64| {
            slots.iter().all(|(slot, spread)| i64::from(*slot) < hours && spread.is_sound())
        };
        if !sound(&self.week, HOURS_OF_WEEK) {
            return fault("week", "an hour or a deviation cannot be".to_owned());
        }
        if !sound(&self.day, HOURS_OF_DAY) {
            return fault("day", "an hour or a deviation cannot be".to_owned());
        }
        if self.all.is_some_and(|spread| !spread.is_sound()) {
            return fault("all", "the deviation cannot be".to_owned());
        }
        Ok(())
    }
}

/// The hour, counted from a Monday 0:00, where clocks are ahead of UTC.
fn hour(at: DateTime<Utc>, offset_minutes: i32) -> i64 {
    const SECONDS: i64 = 3_600;
    // The first hour of 1970 was on a Thursday.
    const FIRST: i64 = 3 * HOURS_OF_DAY;
    let local = at.timestamp().saturating_add(i64::from(offset_minutes).saturating_mul(60));
    local.div_euclid(SECONDS).saturating_add(FIRST)
}

/// The hour of a week or day.
fn within(hour: i64, period: i64) -> u8 {
    u8::try_from(hour.rem_euclid(period)).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    options: BaselineOptions,
    week: BTreeMap<u8, Spread>,
    day: BTreeMap<u8, Spread>,
    all: Option<Spread>,
}

impl<'de> Deserialize<'de> for Baseline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Document { version, options, week, day, all } = Document::deserialize(deserializer)?;
        let baseline = Self { version, options, week, day, all };
        baseline.validate().map_err(D::Error::custom)?;
        Ok(baseline)
    }
}

impl Judgement {
    /// Writes the judgement. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render::render(format, self, layout::judgement)
    }
}
