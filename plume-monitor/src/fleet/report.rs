//! The result of a roll-up.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plume_health::{Confidence, LocationRef, RuleId, Status};
use serde::{Deserialize, Serialize};

/// A property that homes can share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Attribute {
    /// The firmware of a node.
    Firmware,
    /// The model of a node.
    Model,
    /// The internet provider.
    Isp,
    /// The city of the public address.
    City,
}

plume_health::__named!(Attribute { Firmware = "firmware", Model = "model", Isp = "isp", City = "city" });

/// The number of homes by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatusCounts {
    /// Offline homes.
    pub red: u64,
    /// Disrupted homes.
    pub orange: u64,
    /// Degraded homes.
    pub yellow: u64,
    /// Homes whose status is not known.
    pub unknown: u64,
    /// Homes without a problem.
    pub green: u64,
}

impl StatusCounts {
    pub(super) fn of(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Red => &mut self.red,
            Status::Orange => &mut self.orange,
            Status::Yellow => &mut self.yellow,
            Status::Unknown => &mut self.unknown,
            Status::Green => &mut self.green,
        }
    }
}

/// The number of homes by connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OnlineCounts {
    /// Online homes.
    pub online: u64,
    /// Offline homes.
    pub offline: u64,
    /// Homes whose connection is not known.
    pub unknown: u64,
}

/// The number of nodes or devices by connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StateCounts {
    /// Connected ones.
    pub connected: u64,
    /// Disconnected ones.
    pub disconnected: u64,
    /// Ones with an unknown state.
    pub unknown: u64,
    /// Elements of the responses that could not be read.
    pub unreadable: u64,
    /// Homes without a known list, which are not counted here.
    pub homes_unknown: u64,
}

/// The number of findings of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RuleCount {
    /// The rule.
    pub rule: RuleId,
    /// Homes with a finding of the rule.
    pub homes: u64,
    /// Findings of the rule.
    pub findings: u64,
}

/// A home in the list of the worst homes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HomeSummary {
    /// The location.
    pub location: LocationRef,
    /// The status, never green.
    pub status: Status,
    /// The confidence in the status.
    pub confidence: Confidence,
    /// The status and its reason in one line; see [`Finding::message`](plume_health::Finding::message).
    pub headline: String,
    /// The number of critical findings.
    pub critical: usize,
    /// The number of all findings.
    pub findings: usize,
}

/// A value that is clearly more frequent among disrupted homes than among all homes; see the
/// [module](crate::fleet#common-causes).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommonCause {
    /// The attribute.
    pub attribute: Attribute,
    /// The value as the API gives it, cut to 256 bytes.
    pub value: String,
    /// Disrupted homes with this value.
    pub disrupted_with: u64,
    /// Disrupted homes with a known value of the attribute.
    pub disrupted: u64,
    /// Homes with this value.
    pub homes_with: u64,
    /// Homes with a known value of the attribute.
    pub homes: u64,
}

/// A summary of many homes. Returned by [`FleetRollUp::report`](crate::fleet::FleetRollUp::report).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FleetReport {
    /// The number of homes.
    pub homes: u64,
    /// The homes by status.
    pub by_status: StatusCounts,
    /// The homes by connection.
    pub by_online: OnlineCounts,
    /// The findings by rule, the rule with the most homes first.
    pub by_rule: Vec<RuleCount>,
    /// The nodes of all homes.
    pub nodes: StateCounts,
    /// The devices of all homes.
    pub devices: StateCounts,
    /// The worst homes, worst first: by status, then by critical findings and by all findings, then by name
    /// and id.
    pub worst: Vec<HomeSummary>,
    /// The common causes, the largest share first.
    pub common_causes: Vec<CommonCause>,
    /// The number of values of each attribute that were not counted because there were more than
    /// [`MAX_VALUES`](crate::fleet::MAX_VALUES), once for each home.
    pub values_not_counted: BTreeMap<Attribute, u64>,
    /// The time of the oldest snapshot.
    pub first_taken_at: Option<DateTime<Utc>>,
    /// The time of the newest snapshot.
    pub last_taken_at: Option<DateTime<Utc>>,
}
