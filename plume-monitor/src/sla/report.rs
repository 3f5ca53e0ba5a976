//! What a promise came to.

use chrono::{DateTime, Utc};
use plume_health::series::Gap;
use serde::Serialize;

/// Uptime against a promise. Made by [`analyze`](crate::sla::analyze).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SlaReport {
    /// Whether the promise was kept.
    pub verdict: Verdict,
    /// Uptime in percent of the counted time; `None` if there is none, or if no counted sample tells anything.
    pub uptime_percent: Option<f64>,
    /// The promised uptime in percent.
    pub target_percent: f64,
    /// Begin of the time of the report: the first sample, or the begin of the range in the answer.
    pub from: Option<DateTime<Utc>>,
    /// Its end: one step after the last sample, or the end of the range in the answer; never after now.
    pub to: Option<DateTime<Utc>>,
    /// The usual step between samples in seconds; 900 if fewer than three times do not tell a shorter one.
    pub step_seconds: i64,
    /// Samples with a value and a time that counts.
    pub samples: usize,
    /// Samples without a value or a time, or unreadable.
    pub unusable_samples: usize,
    /// Samples of the future. They are ignored.
    pub future_samples: usize,
    /// All time by what the location was.
    pub time: TimeByState,
    /// The part of it within maintenance windows.
    pub maintenance: TimeByState,
    /// Time that counts as up, in seconds.
    pub up_seconds: i64,
    /// Time that counts as down, in seconds.
    pub down_seconds: i64,
    /// Time that does not count, in seconds. The three together are the time of the report.
    pub excluded_seconds: i64,
    /// What the promise allowed, and what is left of it.
    pub budget: ErrorBudget,
    /// How many incidents count.
    pub incident_count: usize,
    /// All incidents, oldest first; those that maintenance excuses included.
    pub incidents: Vec<Incident>,
    /// Outages shorter than the minimum. They are no incidents.
    pub short_outages: usize,
    /// The longest incident that counts, the earliest of several.
    pub longest: Option<Incident>,
    /// The mean time to repair (MTTR): the mean counted length of the counted incidents that ended, in seconds.
    pub mttr_seconds: Option<i64>,
    /// Time about which nothing is known, oldest first.
    pub gaps: Vec<Gap>,
    /// How all this was counted, in sentences.
    pub method: Vec<String>,
}

/// Whether the promise was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The uptime is at least the target.
    Met,
    /// It is below.
    Missed,
    /// No counted sample tells anything; or the uptime is at least the target, but of more than half of the counted
    /// time nothing is known, and that time is not counted as downtime.
    Unknown,
}

plume_health::__named!(Verdict { Met = "met", Missed = "missed", Unknown = "unknown" });

/// Time by what the location was, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct TimeByState {
    /// Online.
    pub online_seconds: i64,
    /// Offline.
    pub offline_seconds: i64,
    /// Any other word.
    pub intermittent_seconds: i64,
    /// Nothing is known.
    pub unknown_seconds: i64,
}

impl TimeByState {
    /// All four.
    #[must_use]
    pub fn total_seconds(&self) -> i64 {
        self.known_seconds().saturating_add(self.unknown_seconds)
    }

    /// The three that are known.
    #[must_use]
    pub fn known_seconds(&self) -> i64 {
        self.online_seconds.saturating_add(self.offline_seconds).saturating_add(self.intermittent_seconds)
    }
}

/// The downtime that a promise leaves, called the error budget.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ErrorBudget {
    /// Downtime allowed in seconds, rounded down: the part above the target of the counted time, or of
    /// [`SlaPolicy::budget_period`](crate::sla::SlaPolicy::budget_period).
    pub allowed_seconds: i64,
    /// Downtime used in seconds.
    pub used_seconds: i64,
    /// What is left in seconds, negative if it is overspent. Used and left together are allowed.
    pub left_seconds: i64,
    /// Used in percent of allowed; `None` if nothing is allowed.
    pub used_percent: Option<f64>,
    /// How fast it burns: the share of downtime over the share that is allowed. At 1 the budget lasts exactly
    /// as long as it should; `None` without counted time, or if nothing is allowed.
    pub burn_rate: Option<f64>,
}

/// An outage that lasted at least the minimum.
///
/// It goes on through unknown time, which is no sign that the location was back. It ends with the first sample
/// that is not offline, or where the last offline sample's time ends, if nothing is known about the time after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Incident {
    /// Its begin. One at the begin of the report may have begun before.
    pub start: DateTime<Utc>,
    /// Its end; `None` while it is ongoing.
    pub end: Option<DateTime<Utc>>,
    /// Its length in seconds, so far if it is ongoing.
    pub duration_seconds: i64,
    /// How much of that is unknown time, in seconds.
    pub unknown_seconds: i64,
    /// How much of it was within maintenance windows, in seconds.
    pub maintenance_seconds: i64,
    /// How much of it maintenance does not excuse, in seconds.
    pub counted_seconds: i64,
    /// Whether it was within maintenance.
    pub in_maintenance: Within,
    /// Whether it counts as an incident: always, unless it was wholly within maintenance and that is excluded.
    pub counted: bool,
}

/// Whether something was within maintenance windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Within {
    /// No part.
    No,
    /// A part.
    Partly,
    /// All.
    Wholly,
}

plume_health::__named!(Within { No = "no", Partly = "partly", Wholly = "wholly" });
