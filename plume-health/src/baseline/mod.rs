//! What is usual at this hour of the week, and whether a value is.
//!
//! Homes have rhythms: an evening is not a night, and a Sunday is not a Monday. A [`Baseline`] keeps, for each
//! of the 168 hours of the week, the median and a robust deviation, so that one bad night does not become the
//! rule. Where an hour of the week has too few values, the hour of the day stands in, and then all values
//! together.
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
use crate::{
    Format,
    policy::PolicyError,
    render::{self, series as layout},
    series::stats,
    words::series as words,
};

/// The version of the form of a [`Baseline`] that this version of the crate reads and writes.
pub const BASELINE_VERSION: u32 = 1;

/// How a baseline is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BaselineOptions {
    /// How many minutes the clocks of the home are ahead of UTC, from −1440 to 1440. A change to summer time
    /// moves the hours by one; learn again then, or accept it.
    pub utc_offset_minutes: i32,
    /// How many values an hour of the week, an hour of the day, or all together need to tell what is usual; at
    /// least 1.
    pub min_samples: usize,
}

/// One value a week for four weeks.
const MIN_SAMPLES: usize = 4;
const MAX_OFFSET_MINUTES: i32 = 24 * 60;

impl BaselineOptions {
    /// UTC, and four values.
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

    /// The same with another number of values that are enough.
    #[must_use]
    pub fn with_min_samples(mut self, samples: usize) -> Self {
        self.min_samples = samples;
        self
    }
}

impl Default for BaselineOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// What is usual at each hour of the week. To be stored, it is written and read with serde.
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
    /// little about those to come.
    pub deviation: f64,
    /// How many values it rests on.
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
const HOURS_OF_DAY: i64 = 24;
const HOURS_OF_WEEK: i64 = 168;

impl Spread {
    /// `None` of nothing, or of values so large that their distance is no number.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let median = stats::median(&stats::sorted(values))?;
        let robust = stats::mad(values, median)? * stats::MAD_TO_DEVIATION;
        let deviation = robust.max(median.abs() * MIN_DEVIATION);
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
        let mut week = BTreeMap::<u8, Vec<f64>>::new();
        let mut day = BTreeMap::<u8, Vec<f64>>::new();
        for (at, value) in by_time {
            let (hour_of_week, hour_of_day) = hours(*at, options.utc_offset_minutes);
            week.entry(hour_of_week).or_default().push(*value);
            day.entry(hour_of_day).or_default().push(*value);
        }
        let spreads = |slots: BTreeMap<u8, Vec<f64>>| {
            slots.into_iter().filter_map(|(slot, values)| Some((slot, Spread::of(&values)?))).collect()
        };
        let all: Vec<f64> = by_time.values().copied().collect();
        Self {
            version: BASELINE_VERSION,
            options,
            week: spreads(week),
            day: spreads(day),
            all: Spread::of(&all),
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
        let (hour_of_week, hour_of_day) = hours(at, self.options.utc_offset_minutes);
        [
            (self.week.get(&hour_of_week), Scope::HourOfWeek),
            (self.day.get(&hour_of_day), Scope::HourOfDay),
            (self.all.as_ref(), Scope::Overall),
        ]
        .into_iter()
        .filter_map(|(spread, scope)| Some(Usual { spread: *spread?, scope }))
        .find(|usual| usual.spread.samples >= self.options.min_samples)
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

/// The hour of the week from Monday 0:00 on, and the hour of the day, where clocks are ahead of UTC.
fn hours(at: DateTime<Utc>, offset_minutes: i32) -> (u8, u8) {
    const SECONDS: i64 = 3_600;
    // The first hour of 1970 was on a Thursday.
    const FIRST: i64 = 3 * HOURS_OF_DAY;
    let local = at.timestamp().saturating_add(i64::from(offset_minutes).saturating_mul(60));
    let hour = local.div_euclid(SECONDS).saturating_add(FIRST);
    let within = |hours: i64| u8::try_from(hour.rem_euclid(hours)).unwrap_or_default();
    (within(HOURS_OF_WEEK), within(HOURS_OF_DAY))
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
    pub fn render(&self, format: Format) -> String {
        render::render(format, self, layout::judgement)
    }
}
