//! Changes worth a message.

use chrono::{DateTime, Utc};
use plume_health::Status;
use serde::Serialize;

/// Where a location is between two statuses. A problem or recovery is pending until as much time was taken away from it
/// as was gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
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

/// A change worth a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
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
