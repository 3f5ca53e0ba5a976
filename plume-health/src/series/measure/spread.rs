//! Usual values, and the comparison of a value with them.

use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::series::measure::stats;
use crate::text::plain;

/// The usual range of values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The robust deviation: 1.4826 times the median absolute deviation (MAD), which is the standard deviation for
    /// a normal distribution, and at least 5 % of the median, because values that never differed predict little. If
    /// the median and both of these are below 0.05 there is no scale: the deviation is then a third, so a change of
    /// up to 1 is usual.
    pub deviation: f64,
    /// The number of values. In a baseline, the values of one hour of one day count as one.
    pub samples: usize,
}

/// A value compared with the usual range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Within three deviations of the median.
    Usual,
    /// Above the usual range.
    High,
    /// Below the usual range.
    Low,
    /// The value or the usual range is not known.
    Unknown,
}

named!(Level { Usual = "usual", High = "high", Low = "low", Unknown = "unknown" });

impl Level {
    /// Returns a heading with an icon.
    #[must_use]
    pub fn headline(self) -> &'static str {
        match self {
            Self::Usual => "🟢 As usual",
            Self::High => "🔺 Higher than usual",
            Self::Low => "🔻 Lower than usual",
            Self::Unknown => "⚪ UNKNOWN",
        }
    }
}

/// The number of deviations that is still usual: 3 in 1,000 values of a normal distribution are beyond.
const DEVIATIONS: f64 = 3.0;
const MIN_DEVIATION: f64 = 0.05;
/// Values and deviations below this count as zero.
const ALL_BUT_ZERO: f64 = 0.05;
/// The deviation where all values are near zero: three of them make one.
const DEVIATION_OF_ZERO: f64 = 1.0 / DEVIATIONS;

impl Spread {
    /// Returns `None` without values, or if their distance overflows.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let median = stats::median(values)?;
        let robust = stats::mad(values, median)? * stats::MAD_TO_DEVIATION;
        let is_zero = median.abs() < ALL_BUT_ZERO && robust < ALL_BUT_ZERO;
        let deviation = if is_zero { DEVIATION_OF_ZERO } else { robust.max(median.abs() * MIN_DEVIATION) };
        deviation.is_finite().then_some(Self { median, deviation, samples: values.len() })
    }

    /// Compares a value with the usual range. Returns the level and a sentence.
    #[must_use]
    pub fn judge(usual: Option<&Self>, value: Option<f64>) -> (Level, String) {
        let level = match (usual, value) {
            (Some(usual), Some(value)) => usual.level(value),
            _ => Level::Unknown,
        };
        (level, explanation(usual, value))
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

    /// Returns whether the numbers are finite and in range.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.median.is_finite() && self.deviation.is_finite() && self.deviation >= 0.0
    }
}

fn explanation(usual: Option<&Spread>, now: Option<f64>) -> String {
    let usual = match usual {
        Some(usual) => format!("{} ± {}", plain(usual.median), plain(usual.deviation)),
        None => "unknown".to_owned(),
    };
    format!("usual {usual}, now {}", now.map_or_else(|| "unknown".to_owned(), plain))
}
