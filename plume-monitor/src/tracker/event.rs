//! Events and states of a tracker.

use std::fmt;

use chrono::{DateTime, Utc};
use plume_health::Status;
use serde::{Deserialize, Serialize};

/// The state of a tracker. A problem or recovery is pending until as much time was subtracted from it as it had
/// gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrackerState {
    /// The location is as reported.
    Steady,
    /// The location is worse than reported, but not for long enough.
    Entering,
    /// The location is better than reported, but not for long enough.
    Leaving,
    /// The status keeps changing.
    Flapping,
}

plume_health::__named!(TrackerState {
    Steady = "steady",
    Entering = "entering",
    Leaving = "leaving",
    Flapping = "flapping",
});

/// A change that is worth a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The kind of the change.
    pub kind: EventKind,
    /// The status reported before.
    pub from: Status,
    /// The status reported now.
    pub to: Status,
    /// The time of the change: its first sample, or the sample at which flapping began or ended.
    pub since: DateTime<Utc>,
    /// The time of the sample that confirmed the change.
    pub at: DateTime<Utc>,
}

impl fmt::Display for Event {
    /// Writes one line for logs. [`Event::render`] is for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, from, to, since, .. } = self;
        write!(f, "{kind}: {from} -> {to} since {since}")
    }
}

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A problem began.
    Entered,
    /// The problem got worse.
    Worsened,
    /// The problem got less severe.
    Eased,
    /// The problem ended.
    Left,
    /// The status keeps changing.
    FlappingStarted,
    /// The status no longer keeps changing; the event has the final one.
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

impl EventKind {
    /// Returns the kind of a change of the reported status.
    pub(super) fn of_change(from: Status, to: Status) -> Self {
        match (from, to) {
            (_, Status::Green) => Self::Left,
            (Status::Green | Status::Unknown, _) => Self::Entered,
            (from, to) if to < from => Self::Worsened,
            _ => Self::Eased,
        }
    }
}
