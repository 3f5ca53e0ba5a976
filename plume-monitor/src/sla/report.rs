//! The result of a comparison with a service level.

use chrono::{DateTime, Utc};
use plume_health::Status;
use plume_health::series::Gap;
use serde::{Deserialize, Serialize};

/// Uptime compared with a service level. Returned by [`analyze`](crate::sla::analyze).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SlaReport {
    /// Whether the target was met.
    pub verdict: Verdict,
    /// Uptime in percent of the counted time; `None` without counted time, or if no counted sample is known.
    pub uptime_percent: Option<f64>,
    /// The promised uptime in percent.
    pub target_percent: f64,
    /// The start of the report: the first sample, or the start of the response's time range.
    pub from: Option<DateTime<Utc>>,
    /// The end of the report: one step after the last sample, or the end of the response's time range; never after
    /// `now`.
    pub to: Option<DateTime<Utc>>,
    /// The usual step between samples in seconds; 900 if fewer than three times do not give a shorter one.
    pub step_seconds: i64,
    /// Samples with a value and a time.
    pub samples: usize,
    /// Samples without a value or a time, or unreadable.
    pub unusable_samples: usize,
    /// Samples in the future, which are ignored.
    pub future_samples: usize,
    /// The whole time by state.
    pub time: TimeByState,
    /// The part of the time within maintenance windows.
    pub maintenance: TimeByState,
    /// Uptime in seconds.
    pub up_seconds: i64,
    /// Downtime in seconds.
    pub down_seconds: i64,
    /// Time that does not count, in seconds. Uptime, downtime and this add up to the time of the report.
    pub excluded_seconds: i64,
    /// The error budget.
    pub budget: ErrorBudget,
    /// The number of incidents that count.
    pub incident_count: usize,
    /// All incidents, oldest first, including those excused by maintenance.
    pub incidents: Vec<Incident>,
    /// Outages that ended before the minimum, which are no incidents.
    pub short_outages: usize,
    /// The longest incident that counts, the earliest of several.
    pub longest: Option<Incident>,
    /// The mean time to repair (MTTR): the mean counted length of the counted incidents that ended, in seconds.
    pub mttr_seconds: Option<i64>,
    /// Unknown time, oldest first.
    pub gaps: Vec<Gap>,
    /// The rules of the count, in sentences.
    pub method: Vec<String>,
}

/// Whether the target was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The uptime is at least the target.
    Met,
    /// The uptime is below the target.
    Missed,
    /// No counted time is known, or less than [`SlaPolicy::least_known_percent`](crate::sla::SlaPolicy), and the rest could
    /// change the result.
    Unknown,
}

plume_health::__named!(Verdict { Met = "met", Missed = "missed", Unknown = "unknown" });

/// Time by state, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TimeByState {
    /// Online.
    pub online_seconds: i64,
    /// Offline.
    pub offline_seconds: i64,
    /// Any other state.
    pub intermittent_seconds: i64,
    /// Unknown.
    pub unknown_seconds: i64,
}

impl TimeByState {
    /// Returns the sum of all four.
    #[must_use]
    pub fn total_seconds(&self) -> i64 {
        self.known_seconds().saturating_add(self.unknown_seconds)
    }

    /// Returns the sum of the three known states.
    #[must_use]
    pub fn known_seconds(&self) -> i64 {
        self.online_seconds.saturating_add(self.offline_seconds).saturating_add(self.intermittent_seconds)
    }
}

/// The downtime that the target allows, called the error budget.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorBudget {
    /// The allowed downtime in seconds, rounded down: the part above the target of the counted time, or of
    /// [`SlaPolicy::budget_period`](crate::sla::SlaPolicy::budget_period).
    pub allowed_seconds: i64,
    /// The used downtime in seconds.
    pub used_seconds: i64,
    /// The remaining downtime in seconds, negative if the budget is overspent.
    pub left_seconds: i64,
    /// The used downtime in percent of the allowed; `None` if none is allowed.
    pub used_percent: Option<f64>,
    /// The burn rate: the share of downtime over the allowed share. At 1 the budget lasts exactly for its period.
    /// `None` without counted time, or if no downtime is allowed.
    pub burn_rate: Option<f64>,
}

/// An outage of at least the minimum length.
///
/// It continues through unknown time, which does not show that the location was back. It ends with the first sample
/// that is not offline, or with the last offline sample if all later time is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Incident {
    /// The start. An incident at the start of the report can have begun earlier.
    pub start: DateTime<Utc>,
    /// The end; `None` if it is ongoing.
    pub end: Option<DateTime<Utc>>,
    /// The length in seconds, so far if it is ongoing.
    pub duration_seconds: i64,
    /// The unknown time within, in seconds.
    pub unknown_seconds: i64,
    /// The part within maintenance windows, in seconds.
    pub maintenance_seconds: i64,
    /// The part that maintenance does not excuse, in seconds.
    pub counted_seconds: i64,
    /// Whether it was within maintenance.
    pub in_maintenance: Within,
    /// Whether it counts: always, except wholly within maintenance if maintenance is excluded.
    pub counted: bool,
}

/// Whether something was within maintenance windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Within {
    /// Not within.
    No,
    /// Partly within.
    Partly,
    /// Wholly within.
    Wholly,
}

plume_health::__named!(Within { No = "no", Partly = "partly", Wholly = "wholly" });

/// The seconds of a period by class. The five classes add up to the period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Availability {
    /// The start of the period, in whole seconds.
    pub from: DateTime<Utc>,
    /// The end of the period, in whole seconds.
    pub to: DateTime<Utc>,
    /// Green and yellow.
    pub up_seconds: i64,
    /// Orange: the service is disrupted.
    pub degraded_seconds: i64,
    /// Red.
    pub down_seconds: i64,
    /// No known status: neither up nor down.
    pub unknown_seconds: i64,
    /// In a maintenance window, whatever the status was.
    pub maintenance_seconds: i64,
    /// Uptime in percent of the counted time; `None` without known time that counts.
    pub uptime_percent: Option<f64>,
    /// The rules of the count, in sentences.
    pub method: Vec<String>,
}

impl Availability {
    /// Returns the seconds of the period: the sum of the five classes.
    #[must_use]
    pub fn total_seconds(&self) -> i64 {
        [
            self.up_seconds,
            self.degraded_seconds,
            self.down_seconds,
            self.unknown_seconds,
            self.maintenance_seconds,
        ]
        .into_iter()
        .fold(0, i64::saturating_add)
    }

    pub(super) fn of_mut(&mut self, status: Status) -> &mut i64 {
        match status {
            Status::Green | Status::Yellow => &mut self.up_seconds,
            Status::Orange => &mut self.degraded_seconds,
            Status::Red => &mut self.down_seconds,
            Status::Unknown => &mut self.unknown_seconds,
        }
    }
}
