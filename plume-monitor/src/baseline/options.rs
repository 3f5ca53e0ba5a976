//! The options of a baseline.

use serde::{Deserialize, Serialize};

/// The options of a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BaselineOptions {
    /// The offset of the home's clocks from UTC in minutes, from −1440 to 1440; values beyond are clamped. Summer
    /// time moves the hours by one: learn again with the new offset, or accept it.
    pub utc_offset_minutes: i32,
    /// The number of days with a value that an hour of the week, an hour of the day, or all hours together need; 0
    /// counts as 1. From 2 on, at most half of the values of all hours together may be of the same day.
    pub min_samples: usize,
}

/// Four weeks for an hour of the week, four days for an hour of the day.
const MIN_SAMPLES: usize = 4;
pub(super) const MAX_OFFSET_MINUTES: i32 = 24 * 60;

impl BaselineOptions {
    /// Returns the options for UTC and four days.
    #[must_use]
    pub fn new() -> Self {
        Self { utc_offset_minutes: 0, min_samples: MIN_SAMPLES }
    }

    /// Sets [`utc_offset_minutes`](Self::utc_offset_minutes).
    #[must_use]
    pub fn with_utc_offset_minutes(mut self, minutes: i32) -> Self {
        self.utc_offset_minutes = minutes;
        self
    }

    /// Sets [`min_samples`](Self::min_samples).
    #[must_use]
    pub fn with_min_samples(mut self, samples: usize) -> Self {
        self.min_samples = samples;
        self
    }

    pub(super) fn in_range(mut self) -> Self {
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
