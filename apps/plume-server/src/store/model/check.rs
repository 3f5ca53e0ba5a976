//! The data of a check: what is due, the claim, and the result.

use chrono::{DateTime, Utc};
use plume::monitor::{
    groups::Link,
    ids::{HomeId, TenantId},
    incident::IncidentChange,
    schedule::{CheckClass, HomeSchedule},
};

use crate::store::model::{
    home::{Traits, Verdict},
    incident::{Filed, Logged},
    message::Outgoing,
    series::Point,
};

/// The classes of checks, the most urgent first. The place of a class is its code in tables.
pub(crate) const CLASSES: [CheckClass; 5] = [
    CheckClass::Suspect,
    CheckClass::Incident,
    CheckClass::Normal,
    CheckClass::LongGreen,
    CheckClass::Maintenance,
];

/// Returns the code of a class. A class of a newer version counts as the normal one.
pub(crate) fn class_code(class: CheckClass) -> u8 {
    let place = CLASSES.iter().position(|known| *known == class);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(2)
}

/// Returns the class of a code.
pub(crate) fn class(code: u8) -> CheckClass {
    CLASSES.get(usize::from(code)).copied().unwrap_or(CheckClass::Normal)
}

/// A home whose check is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The owner.
    pub tenant: TenantId,
    /// The home.
    pub home: HomeId,
    /// Its schedule.
    pub schedule: HomeSchedule,
}

/// A home as a process needs it in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Its owner and its schedule.
    pub due: Due,
    /// Its groups.
    pub traits: Traits,
    /// Its tags.
    pub tags: Vec<String>,
    /// The time of the last check with data; `None` before there was one.
    pub data: Option<DateTime<Utc>>,
}

/// The right to write the result of one check of a home. It ends with its lease, or when another takes the home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The owner.
    pub tenant: TenantId,
    /// The home.
    pub home: HomeId,
    /// The number of this claim among those of the home.
    pub fence: i64,
    /// The customer at the cloud.
    pub customer: String,
    /// The location at the cloud.
    pub location: String,
    /// The groups of the home.
    pub traits: Traits,
    /// The status before the check.
    pub verdict: Verdict,
    /// Its schedule.
    pub schedule: HomeSchedule,
    /// The state that the last commit wrote; `None` before the first one.
    pub state: Option<Vec<u8>>,
}

/// The result of a check.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// The owner.
    pub tenant: TenantId,
    /// The home.
    pub home: HomeId,
    /// The number of the claim.
    pub fence: i64,
    /// The sample.
    pub point: Point,
    /// The reported status after the sample.
    pub verdict: Verdict,
    /// The groups of the home, if the check saw them.
    pub traits: Option<Traits>,
    /// The state for the next check.
    pub state: Vec<u8>,
    /// The schedule after the check.
    pub schedule: HomeSchedule,
    /// The changes of the status.
    pub transitions: Vec<Logged>,
    /// The changes of incidents.
    pub incidents: Vec<IncidentChange>,
}

/// The effect of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Committed {
    /// The result was written.
    Done,
    /// The home was taken by another claim or removed. Nothing was written.
    Taken,
}

/// Decisions about many homes of one tenant, which one leader takes: groups, sources, digests.
#[derive(Debug, Clone, Default)]
pub struct Decisions {
    /// Named states, each with the edition that was read; 0 for a new one.
    pub states: Vec<(String, u64, Vec<u8>)>,
    /// The changes of incidents.
    pub changes: Vec<IncidentChange>,
    /// The relations of incidents of homes to fleet incidents.
    pub links: Vec<Link>,
    /// Incidents that were edited, each with the edition that was read.
    pub edited: Vec<Filed>,
    /// Homes whose next check is at another time.
    pub rescheduled: Vec<(HomeId, HomeSchedule)>,
    /// Messages to send.
    pub outbox: Vec<Outgoing>,
}
