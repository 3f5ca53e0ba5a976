//! What is usual, and whether a value is.

use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::series::measure::stats;
use crate::text::plain;

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
    /// How many values it rests on; in a baseline those of one hour of one day are one.
    pub samples: usize,
}

/// A value against what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

named!(Level { Usual = "usual", High = "high", Low = "low", Unknown = "unknown" });

impl Level {
    /// The heading of a value judged so, with its icon.
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

/// So many deviations from the median are still usual: of values spread normally, 3 in 1,000 are further away.
const DEVIATIONS: f64 = 3.0;
const MIN_DEVIATION: f64 = 0.05;
/// Values and deviations below this read as zero.
const ALL_BUT_ZERO: f64 = 0.05;
/// The deviation of values that are all but zero: three of them are one.
const DEVIATION_OF_ZERO: f64 = 1.0 / DEVIATIONS;

impl Spread {
    /// `None` of nothing, or of values so large that their distance is no number.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let median = stats::median(values)?;
        let robust = stats::mad(values, median)? * stats::MAD_TO_DEVIATION;
        let is_zero = median.abs() < ALL_BUT_ZERO && robust < ALL_BUT_ZERO;
        let deviation = if is_zero { DEVIATION_OF_ZERO } else { robust.max(median.abs() * MIN_DEVIATION) };
        deviation.is_finite().then_some(Self { median, deviation, samples: values.len() })
    }

    /// Where a value is, and a sentence about it.
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

    /// Whether the numbers can be.
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
