//! Samples, and their summaries by hour and day.

mod uptime;

use chrono::{DateTime, Utc};
use plume::health::Status;

pub use uptime::{
    Counted, GroupUptime, HomeHistory, HomeUptime, Uptime, UptimeCursor, UptimeGroup, UptimePeriod,
};

/// A sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The time, in whole seconds.
    pub at: DateTime<Utc>,
    /// The status that the check found; unknown if it failed.
    pub status: Status,
    /// Whether it was a full check.
    pub is_full: bool,
    /// The code of the failure; 0 for none.
    pub failure: u8,
    /// The duration of the check in milliseconds.
    pub took_ms: u32,
    /// The number of pods, and of those without a connection.
    pub pods: Option<(u32, u32)>,
    /// The number of connected devices, of a full check.
    pub devices: Option<u32>,
}

impl Point {
    /// Returns whether the check did not fail.
    #[must_use]
    pub fn has_data(&self) -> bool {
        self.failure == 0
    }
}

/// The length of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resolution {
    /// One hour.
    Hour,
    /// One day.
    Day,
}

/// The samples of one hour or day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// The start.
    pub start: DateTime<Utc>,
    /// The number of samples by the rank of their status: red, orange, yellow, unknown, green.
    pub by_status: [u32; 5],
    /// The mean duration of a check in milliseconds.
    pub took_mean_ms: u32,
    /// The longest check in milliseconds.
    pub took_max_ms: u32,
    /// The highest number of pods without a connection.
    pub pods_off_max: u32,
    /// The highest number of devices.
    pub devices_max: u32,
}

impl Summary {
    /// Returns the number of samples with a status.
    #[must_use]
    pub fn of(&self, status: Status) -> u32 {
        self.by_status.get(usize::from(crate::store::model::home::rank(status))).copied().unwrap_or_default()
    }

    /// Returns the number of samples.
    #[must_use]
    pub fn samples(&self) -> u32 {
        self.by_status.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}
