//! Inputs and outputs of the decisions about groups.

use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_health::Status;
use plume_health::policy::span;
use serde::{Deserialize, Serialize};

use crate::home::{HomeCondition, HomeStep};
use crate::ids::{GroupKey, HomeId, IncidentId};
use crate::incident::{Incident, IncidentChange, no_data_window};

/// The condition of a home after a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HomeSignal {
    /// The home.
    pub home: HomeId,
    /// The groups that the home belongs to. All are groups of one tenant.
    pub groups: Vec<GroupKey>,
    /// The condition.
    pub condition: HomeCondition,
    /// The status of the newest data; unknown if it has been missing for long.
    pub status: Status,
    /// The start of the trouble, if there is any. Of missing data only the first one counts.
    pub since: Option<DateTime<Utc>>,
    /// The window within which such trouble of other homes is the same one, if it is longer than
    /// [`GroupPolicy::window`](crate::groups::GroupPolicy::window): with long intervals, missing data is found slowly.
    #[serde(default, with = "span")]
    pub window: Duration,
    /// Whether that trouble is confirmed. The one of an orange home whose newest data is red is not.
    #[serde(default)]
    pub confirmed: bool,
    /// Whether the home was never seen without its trouble.
    #[serde(default)]
    pub from_before: bool,
    /// Whether the home is in a maintenance window: its trouble is planned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_maintenance: bool,
    /// The open incident of the home.
    pub incident: Option<IncidentId>,
    /// The time of the last check before this one that had data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<DateTime<Utc>>,
    /// The time of the check.
    pub at: DateTime<Utc>,
}

impl HomeSignal {
    /// Returns the signal of a check at this time, without an incident. Trouble begins at that time.
    #[must_use]
    pub fn new(
        home: HomeId,
        groups: Vec<GroupKey>,
        condition: HomeCondition,
        status: Status,
        at: DateTime<Utc>,
    ) -> Self {
        let confirmed = matches!(condition, HomeCondition::Bad | HomeCondition::NoData);
        let since = (confirmed || condition == HomeCondition::Suspect).then_some(at);
        Self {
            home,
            groups,
            condition,
            status,
            since,
            window: Duration::ZERO,
            confirmed,
            from_before: false,
            in_maintenance: false,
            incident: None,
            before: None,
            at,
        }
    }

    /// Returns the signal of a step.
    #[must_use]
    pub fn of_step(step: &HomeStep, groups: Vec<GroupKey>, at: DateTime<Utc>) -> Self {
        let (state, condition) = (&step.state, step.condition);
        let incident = state.incident().filter(|(_, is_open)| *is_open).map(|(id, _)| id);
        let mut signal = Self {
            home: state.home().clone(),
            groups,
            condition,
            status: state.seen_status(),
            since: state.trouble_since(),
            window: Duration::ZERO,
            confirmed: condition == HomeCondition::Bad && state.seen_status() == state.confirmed(),
            from_before: state.is_from_before(),
            in_maintenance: step.in_maintenance,
            incident,
            before: step.before,
            at,
        };
        if condition == HomeCondition::NoData {
            // The trouble of the group begins when the incident does: the data is missing for much longer.
            (signal.status, signal.since, signal.confirmed) = (Status::Unknown, Some(at), true);
            signal.window = no_data_window(step.interval);
        }
        signal
    }
}

/// The decisions about the groups of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupStep {
    /// Changes of fleet incidents.
    pub incidents: Vec<IncidentChange>,
    /// Changes of the incidents of single homes.
    pub links: Vec<Link>,
    /// Groups with homes to check early.
    pub pulls: Vec<PullForward>,
}

/// The relation of a home's incident to a fleet incident.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Link {
    /// The incident of the home.
    pub incident: IncidentId,
    /// The fleet incident that announces it. `None`: it is announced on its own again.
    pub fleet: Option<IncidentId>,
    /// The earliest time at which it is announced on its own.
    pub hold_until: Option<DateTime<Utc>>,
    /// Whether it is one of many that were left at the end of the fleet incident. One summary announces them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
}

impl Link {
    /// Returns the link of one of many homes whose fleet incident is over, and announces it no more.
    #[must_use]
    pub fn left(incident: IncidentId) -> Self {
        Self { incident, fleet: None, hold_until: None, left: true }
    }

    /// Writes the link into the incident. A link of another incident is ignored.
    pub fn apply(&self, incident: &mut Incident) {
        if incident.id == self.incident {
            match &self.fleet {
                Some(fleet) => incident.fleet = Some(fleet.clone()),
                None => incident.leave_fleet(self.left),
            }
            incident.hold_until = self.hold_until.max(incident.hold_until);
        }
    }
}

/// A group whose other homes are to be checked early, to find out whether they are in trouble too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PullForward {
    /// The group.
    pub group: GroupKey,
    /// The number of homes. Choose those whose last check is the oldest.
    pub homes: u32,
}
