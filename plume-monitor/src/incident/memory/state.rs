//! The memory of a home about its newest incident.

use chrono::{DateTime, Utc};
use plume_health::Status;
use serde::{Deserialize, Serialize};

use crate::ids::{HomeId, IncidentId};
use crate::incident::cause::Cause;
use crate::incident::severity::is_worse;

/// The part of an incident that the next sample of the home is compared with. It is small: the incident itself is
/// stored apart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct IncidentMemory {
    /// The number of incidents so far.
    pub(super) count: u64,
    /// The newest incident: open, or closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) newest: Option<Newest>,
}

/// The newest incident of a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Newest {
    pub(super) opened_at: DateTime<Utc>,
    pub(super) since: DateTime<Utc>,
    pub(super) version: u32,
    pub(super) status: Status,
    #[serde(default)]
    pub(super) flapping: bool,
    /// Whether the trouble was there at the first check, and got neither worse nor another cause since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) from_before: bool,
    /// The key of the root.
    pub(super) root: u32,
    /// The keys of the causes that were announced with a version.
    #[serde(default)]
    pub(super) known: Vec<u32>,
    /// A cause that has not lasted long enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) candidate: Option<Candidate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) settle_until: Option<DateTime<Utc>>,
    /// A hash of the situation, to find out whether a sample changes it.
    pub(super) digest: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) closed: Option<ClosedAt>,
}

/// A cause that is not announced yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Candidate {
    pub(super) key: u32,
    pub(super) since: DateTime<Utc>,
}

/// The end of the newest incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClosedAt {
    pub(super) at: DateTime<Utc>,
    /// Whether it ended in a maintenance window.
    #[serde(default)]
    pub(super) in_maintenance: bool,
}

/// The maximum number of causes that are remembered. More are listed, and not announced one by one.
const MAX_KNOWN: usize = 16;

impl IncidentMemory {
    /// Returns whether an incident is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.newest.as_ref().is_some_and(|newest| newest.closed.is_none())
    }

    /// Returns whether an incident is open because there is no data.
    pub(crate) fn is_without_data(&self) -> bool {
        self.newest.as_ref().is_some_and(|newest| newest.closed.is_none() && newest.is_without_data())
    }

    /// Returns whether an incident is open about trouble that was there at the first check, and that is as bad as this status. What
    /// is worse than it is new, also if it is not confirmed.
    pub(crate) fn is_from_before(&self, seen: Status) -> bool {
        let is_open = |newest: &&Newest| newest.closed.is_none() && newest.from_before;
        self.newest.as_ref().filter(is_open).is_some_and(|newest| !is_worse(seen, newest.status))
    }

    /// Returns the id of the newest incident, and whether it is open.
    #[must_use]
    pub fn newest(&self, home: &HomeId) -> Option<(IncidentId, bool)> {
        let newest = self.newest.as_ref()?;
        Some((IncidentId::of_home(home, newest.opened_at, self.count), newest.closed.is_none()))
    }
}

impl Newest {
    pub(super) fn is_without_data(&self) -> bool {
        self.status == Status::Unknown && !self.flapping
    }

    pub(super) fn knows(&self, cause: &Cause) -> bool {
        self.known.contains(&cause.key()) || self.known.len() >= MAX_KNOWN
    }

    pub(super) fn learn<'a>(&mut self, causes: impl IntoIterator<Item = &'a Cause>) {
        for cause in causes {
            if !self.knows(cause) {
                self.known.push(cause.key());
            }
        }
    }

    pub(super) fn is_settling(&self, now: DateTime<Utc>) -> bool {
        self.settle_until.is_some_and(|until| now < until)
    }
}
