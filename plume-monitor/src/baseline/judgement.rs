//! A value compared with the usual values of its time.

use plume_health::series::{Level, Spread};
use serde::{Deserialize, Serialize};

/// The usual values at some time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usual {
    /// The median and deviation.
    pub spread: Spread,
    /// The values that it is based on.
    pub scope: Scope,
}

/// The values that a comparison is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// The values of the same hour of the week.
    HourOfWeek,
    /// The values of the same hour of all days.
    HourOfDay,
    /// All values.
    Overall,
}

plume_health::__named!(Scope { HourOfWeek = "hour_of_week", HourOfDay = "hour_of_day", Overall = "overall" });

/// A value compared with the usual values. Returned by [`Baseline::judge`](crate::baseline::Baseline::judge).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Judgement {
    /// The result.
    pub level: Level,
    /// The value; `None` if it is missing or not finite.
    pub value: Option<f64>,
    /// The usual values at that time.
    pub usual: Option<Usual>,
    /// The result as a sentence, for example "usual 38 ± 4, now 3".
    pub explanation: String,
}
