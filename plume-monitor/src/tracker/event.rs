//! Changes worth a message.

use std::fmt;

use chrono::{DateTime, Utc};
use plume_health::Status;
use serde::{Deserialize, Serialize};

/// Where a location is between two statuses. A problem or recovery is pending until as much time was taken away from it
/// as was gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrackerState {
    /// It is as reported.
    Steady,
    /// It is worse, not yet for long enough.
    Entering,
    /// It is better, not yet for long enough.
    Leaving,
    /// It keeps changing.
    Flapping,
}

plume_health::__named!(TrackerState {
    Steady = "steady",
    Entering = "entering",
    Leaving = "leaving",
    Flapping = "flapping",
});

/// A change worth a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The status reported before.
    pub before: Status,
    /// The status now.
    pub status: Status,
    /// Since when it is so: the first sample of the change, or the sample at which flapping began or ended.
    pub since: DateTime<Utc>,
    /// The sample with which that became certain.
    pub at: DateTime<Utc>,
}

impl fmt::Display for Event {
    /// One line for logs. For people see [`Event::render`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, before, status, since, .. } = self;
        write!(f, "{kind}: {before} -> {status} since {since}")
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A problem where there was none.
    Entered,
    /// A worse problem.
    Worsened,
    /// A lesser problem.
    Eased,
    /// No problem any more.
    Left,
    /// The status keeps changing.
    FlappingStarted,
    /// It does not any more; the status is the final one.
    FlappingEnded,
}

plume_health::__named!(EventKind {
    Entered = "entered",
    Worsened = "worsened",
    Eased = "eased",
    Left = "left",
    FlappingStarted = "flapping_started",
    FlappingEnded = "flapping_ended",
});
