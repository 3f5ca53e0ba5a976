//! Transitions of a home.

use chrono::{DateTime, Utc};
use plume_health::Status;
use serde::{Deserialize, Serialize};

use crate::tracker::EventKind;

/// The kind of a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TransitionKind {
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
    /// The status no longer keeps changing.
    FlappingEnded,
    /// There has been no data for so long that the status is unknown.
    Stale,
    /// There is data again, or for the first time.
    Fresh,
}

plume_health::__named!(TransitionKind {
    Entered = "entered",
    Worsened = "worsened",
    Eased = "eased",
    Left = "left",
    FlappingStarted = "flapping_started",
    FlappingEnded = "flapping_ended",
    Stale = "stale",
    Fresh = "fresh",
});

impl TransitionKind {
    pub(super) fn of_event(kind: EventKind) -> Self {
        match kind {
            EventKind::Entered => Self::Entered,
            EventKind::Worsened => Self::Worsened,
            EventKind::Eased => Self::Eased,
            EventKind::Left => Self::Left,
            EventKind::FlappingStarted => Self::FlappingStarted,
            EventKind::FlappingEnded => Self::FlappingEnded,
        }
    }
}

/// A confirmed change of a home's status. A service level counts the time from `since` to the next one, see
/// [`in_order`](crate::sla::in_order).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Transition {
    /// The kind.
    pub kind: TransitionKind,
    /// The confirmed status before. Unknown counts neither as up nor as down.
    pub from: Status,
    /// The confirmed status from now on.
    pub to: Status,
    /// The start of the new status: its first sample. For [`TransitionKind::Stale`], the last or first sample that
    /// has no newer data after it.
    pub since: DateTime<Utc>,
    /// The time of the sample that confirmed it.
    pub at: DateTime<Utc>,
    /// Whether it was confirmed in a maintenance window.
    #[serde(default)]
    pub in_maintenance: bool,
    /// The last sample before a gap in the checks, if the change happened within the gap: it began between that time
    /// and `since`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen_since: Option<DateTime<Utc>>,
}
