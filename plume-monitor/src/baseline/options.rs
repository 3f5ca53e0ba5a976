//! How a baseline is made.

use serde::{Deserialize, Serialize};

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
pub(super) const MAX_OFFSET_MINUTES: i32 = 24 * 60;

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
