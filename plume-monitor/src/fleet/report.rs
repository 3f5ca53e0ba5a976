//! What many homes are like.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plume_health::{Confidence, LocationRef, RuleId, Status};
use serde::Serialize;

/// Something that homes may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Attribute {
    /// Firmware of a node.
    Firmware,
    /// Model of a node.
    Model,
    /// The internet provider.
    Isp,
    /// The city of the public address.
    City,
}

plume_health::__named!(Attribute { Firmware = "firmware", Model = "model", Isp = "isp", City = "city" });

/// Homes by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[non_exhaustive]
pub struct StatusCounts {
    /// Offline.
    pub red: u64,
    /// Disrupted.
    pub orange: u64,
    /// Degraded.
    pub yellow: u64,
    /// Not known.
    pub unknown: u64,
    /// Fine.
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

/// Homes by connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[non_exhaustive]
pub struct OnlineCounts {
    /// Online.
    pub online: u64,
    /// Offline.
    pub offline: u64,
    /// Not known.
    pub unknown: u64,
}

/// Nodes or devices by connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[non_exhaustive]
pub struct StateCounts {
    /// Connected.
    pub connected: u64,
    /// Not connected.
    pub disconnected: u64,
    /// Of an unknown state.
    pub unknown: u64,
    /// Elements of the answers that could not be read.
    pub unreadable: u64,
    /// Homes that are not counted here, because they do not tell.
    pub homes_unknown: u64,
}

/// How often a rule fired.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct RuleCount {
    /// The rule.
    pub rule: RuleId,
    /// Homes in which it did.
    pub homes: u64,
    /// Findings in these.
    pub findings: u64,
}

/// A home in the list of the worst.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HomeSummary {
    /// The location.
    pub location: LocationRef,
    /// Its status, never green.
    pub status: Status,
    /// How far to trust it.
    pub confidence: Confidence,
    /// The verdict in one line; see [`Finding::message`](plume_health::Finding::message).
    pub headline: String,
    /// Critical findings.
    pub critical: usize,
    /// All findings.
    pub findings: usize,
}

/// A value that is clearly more frequent among disrupted homes than among all; see the
/// [module](crate::fleet#what-is-reported-as-common).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CommonCause {
    /// What they share.
    pub attribute: Attribute,
    /// Its value, as the API gives it, cut to 256 bytes.
    pub value: String,
    /// Disrupted homes with this value.
    pub disrupted_with: u64,
    /// Disrupted homes that tell the attribute.
    pub disrupted: u64,
    /// Homes with this value.
    pub homes_with: u64,
    /// Homes that tell the attribute.
    pub homes: u64,
}

/// What many homes are like. Made by [`FleetRollUp::report`](crate::fleet::FleetRollUp::report).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FleetReport {
    /// All homes.
    pub homes: u64,
    /// Homes by status.
    pub by_status: StatusCounts,
    /// Homes by connection.
    pub by_online: OnlineCounts,
    /// What fired, that in most homes first.
    pub by_rule: Vec<RuleCount>,
    /// Nodes of all homes.
    pub nodes: StateCounts,
    /// Devices of all homes.
    pub devices: StateCounts,
    /// The worst homes, worst first: by status, then by critical findings and by all findings, then by name
    /// and id.
    pub worst: Vec<HomeSummary>,
    /// What the disrupted homes share, the largest share first.
    pub common_causes: Vec<CommonCause>,
    /// How many values of each attribute were beyond [`MAX_VALUES`](crate::fleet::MAX_VALUES) and were not looked at, counted once for
    /// each home.
    pub values_not_counted: BTreeMap<Attribute, u64>,
    /// When the oldest snapshot was taken.
    pub first_taken_at: Option<DateTime<Utc>>,
    /// When the newest snapshot was taken.
    pub last_taken_at: Option<DateTime<Utc>>,
}
