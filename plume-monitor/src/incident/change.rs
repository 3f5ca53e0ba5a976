//! Changes of an incident, as a decision gives them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{GroupKey, HomeId, IncidentId};
use crate::incident::situation::Situation;

/// The thing that an incident is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// One home.
    Home(HomeId),
    /// A group of homes.
    Group(GroupKey),
    /// A source of data, for example an egress address or a credential.
    Source(Box<str>),
}

/// The reason why an incident is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// The trouble is over.
    Recovered,
    /// The home was deleted, or moved to another tenant.
    Gone,
    /// The state behind it cannot be read. Whether the trouble lasts is not known; if it does, it is a new incident.
    Lost,
}

plume_health::__named!(CloseReason { Recovered = "recovered", Gone = "gone", Lost = "lost" });

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// The incident is new.
    Opened,
    /// The situation differs.
    Updated,
    /// The trouble has returned shortly after its end.
    Reopened,
    /// The incident is over.
    Closed,
}

plume_health::__named!(ChangeKind {
    Opened = "opened",
    Updated = "updated",
    Reopened = "reopened",
    Closed = "closed",
});

/// A change of an incident. [`Incident::apply`](crate::incident::Incident::apply) writes it into the incident that
/// people see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IncidentChange {
    /// The incident.
    pub id: IncidentId,
    /// The thing that it is about.
    pub scope: Scope,
    /// The kind of the change.
    pub kind: ChangeKind,
    /// The time of the decision.
    pub at: DateTime<Utc>,
    /// The version of the incident: it grows when the trouble gets worse or has another cause.
    pub version: u32,
    /// The situation. Closing keeps the last one.
    pub situation: Option<Situation>,
    /// The earliest time of the first message or of the one about a worsening, if the change sets one.
    pub hold_until: Option<DateTime<Utc>>,
    /// The time until which an improvement is not announced on its own, if the change sets one.
    pub settle_until: Option<DateTime<Utc>>,
    /// The reason of a closing.
    pub reason: Option<CloseReason>,
}

impl IncidentChange {
    /// Returns a change of version 1 without a situation.
    #[must_use]
    pub fn new(id: IncidentId, scope: Scope, kind: ChangeKind, at: DateTime<Utc>) -> Self {
        Self {
            id,
            scope,
            kind,
            at,
            version: 1,
            situation: None,
            hold_until: None,
            settle_until: None,
            reason: None,
        }
    }
}
