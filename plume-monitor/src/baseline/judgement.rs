//! A value against what is usual at its time.

use plume_health::series::{Level, Spread};
use serde::Serialize;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// Those of the same hour of the week.
    HourOfWeek,
    /// Those of the same hour of all days.
    HourOfDay,
    /// All.
    Overall,
}

plume_health::__named!(Scope { HourOfWeek = "hour_of_week", HourOfDay = "hour_of_day", Overall = "overall" });

/// A value judged. Made by [`Baseline::judge`](crate::baseline::Baseline::judge).
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
