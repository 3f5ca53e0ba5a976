//! Maintenance windows.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use plume_health::policy::{PolicyError, span};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::calendar::recurrence::Recurrence;
use crate::calendar::rule::{self, End, LONGEST_DAYS, Rule};
use crate::calendar::zone::Zone;
use crate::sla::MaintenanceWindow;

/// The version of the [`Calendar`] format that this version of the crate reads and writes.
pub const CALENDAR_VERSION: u32 = 1;

/// Maintenance windows, which may overlap. An unknown key in the configuration is an error.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Calendar {
    /// The version of the format: [`CALENDAR_VERSION`].
    pub version: u32,
    /// The windows.
    pub windows: Vec<Window>,
}

/// A maintenance window, once or recurrent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Window {
    /// The local time at which the window opens for the first time.
    pub start: NaiveDateTime,
    /// The length of time for which it is open, above 0 and at most 31 days. It passes equally in every zone: two hours
    /// from 01:00 end at 04:00 if the clocks change to summer time meanwhile.
    #[serde(with = "span")]
    pub duration: Duration,
    /// The zone of the local time; UTC if it is omitted.
    #[serde(default)]
    pub zone: Zone,
    /// The rule of recurrence; `None`: the window opens once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Recurrence>,
}

impl Window {
    /// Returns a window that opens once, with the local time of UTC.
    #[must_use]
    pub fn new(start: NaiveDateTime, duration: Duration) -> Self {
        Self { start, duration, zone: Zone::UTC, repeat: None }
    }

    /// Sets [`zone`](Self::zone).
    #[must_use]
    pub fn with_zone(mut self, zone: Zone) -> Self {
        self.zone = zone;
        self
    }

    /// Sets [`repeat`](Self::repeat).
    #[must_use]
    pub fn with_repeat(mut self, repeat: Recurrence) -> Self {
        self.repeat = Some(repeat);
        self
    }

    fn rule(&self) -> Rule<'_> {
        Rule {
            start: self.start,
            end: End::After(self.duration),
            zone: self.zone,
            repeat: self.repeat.as_ref(),
        }
    }
}

impl Calendar {
    /// Returns a calendar without windows.
    #[must_use]
    pub fn new() -> Self {
        Self { version: CALENDAR_VERSION, windows: Vec::new() }
    }

    /// Adds a window.
    #[must_use]
    pub fn with_window(mut self, window: Window) -> Self {
        self.windows.push(window);
        self
    }

    /// Returns whether a window is open.
    #[must_use]
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        rule::is_open(self.rules(), at)
    }

    /// Returns the next time at which the first window opens or the last open one closes. `None` if that never happens. Of
    /// more than 40 adjoining windows it is the end of the first ones, at which another one is open: ask again then.
    #[must_use]
    pub fn next_change(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        rule::next_change(self.rules(), at)
    }

    /// Returns the windows between two times, oldest first. Those that touch are joined, and those that are open at `from`
    /// or `to` are whole. At most `most` openings of each window count, so the work is bounded.
    ///
    /// ```
    /// use plume_monitor::calendar::Calendar;
    ///
    /// let calendar: Calendar = serde_json::from_str(
    ///     r#"{"windows": [{"start": "2026-01-01T02:00:00", "duration": "1h", "repeat": "FREQ=DAILY;INTERVAL=2"}]}"#,
    /// )?;
    /// let (from, to) = ("2026-01-10T00:00:00Z".parse()?, "2026-01-14T00:00:00Z".parse()?);
    /// let starts = calendar.occurrences(from, to, 100).into_iter().map(|window| window.from.to_rfc3339());
    /// assert_eq!(starts.collect::<Vec<_>>(), ["2026-01-11T02:00:00+00:00", "2026-01-13T02:00:00+00:00"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn occurrences(&self, from: DateTime<Utc>, to: DateTime<Utc>, most: usize) -> Vec<MaintenanceWindow> {
        rule::ranges(self.rules(), from, to, most)
    }

    /// Checks for invalid values. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] for the first invalid value.
    pub fn validate(&self) -> Result<(), PolicyError> {
        PolicyError::check_version(self.version, CALENDAR_VERSION)?;
        let longest = Duration::from_secs(LONGEST_DAYS * 86_400);
        let invalid = |window: &&Window| window.duration.is_zero() || window.duration > longest;
        match self.windows.iter().find(invalid) {
            Some(window) => {
                let duration = span::write(window.duration);
                Err(PolicyError::new(
                    "windows.duration",
                    format!("{duration} is not above 0s and at most 31d"),
                ))
            }
            None => Ok(()),
        }
    }

    fn rules(&self) -> impl Iterator<Item = Rule<'_>> + Clone {
        self.windows.iter().map(Window::rule)
    }
}

impl Default for Calendar {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: Option<u32>,
    #[serde(default)]
    windows: Vec<Window>,
}

impl<'de> Deserialize<'de> for Calendar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Document { version, windows } = Document::deserialize(deserializer)?;
        let calendar = Self { version: version.unwrap_or(CALENDAR_VERSION), windows };
        calendar.validate().map_err(D::Error::custom)?;
        Ok(calendar)
    }
}
