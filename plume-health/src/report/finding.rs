//! Findings, their evidence, and the unknown parts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::named::{OtherWord, open_named};
use crate::report::status::{Confidence, Severity, Status};

/// A rule of the analysis, by its stable id.
///
/// Data that is missing for a verdict is not a finding. It is listed in
/// [`HealthReport::unknown`](crate::HealthReport::unknown).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RuleId {
    /// `location-offline`: the location has no connection to the cloud.
    LocationOffline,
    /// `node-disconnected`: a pod is disconnected, but the location as a whole is not offline.
    NodeDisconnected,
    /// `no-service`: the subscription is cut off.
    NoService,
    /// `reduced-service`: the subscription has Internet access only, without the extras.
    ReducedService,
    /// `node-health`: the cloud rates the health of a pod as fair or poor.
    NodeHealth,
    /// `node-alert`: a pod has an active alert.
    NodeAlert,
    /// `device-disconnected`: an expected device is not connected.
    DeviceDisconnected,
    /// `poor-qoe`: the quality of a traffic class is poor.
    PoorQoe,
    /// A rule of a newer version, in a stored report.
    Other(OtherWord),
}

open_named!(RuleId {
    LocationOffline = "location-offline",
    NodeDisconnected = "node-disconnected",
    NoService = "no-service",
    ReducedService = "reduced-service",
    NodeHealth = "node-health",
    NodeAlert = "node-alert",
    DeviceDisconnected = "device-disconnected",
    PoorQoe = "poor-qoe",
});

/// The kind of a finding's subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SubjectKind {
    /// The whole location.
    Location,
    /// A gateway or pod.
    Node,
    /// A device of the customer.
    Device,
    /// A traffic class.
    TrafficClass,
    /// A kind of a newer version, in a stored report.
    Other(OtherWord),
}

open_named!(SubjectKind {
    Location = "location",
    Node = "node",
    Device = "device",
    TrafficClass = "traffic_class",
});

/// The thing that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subject {
    /// The kind.
    pub kind: SubjectKind,
    /// The name, exactly as the API gives it. Escape it before you show it.
    pub name: String,
    /// The id: location id, node id, hardware address, or the API's word for the traffic class.
    pub id: String,
}

impl Subject {
    /// Returns a subject.
    #[must_use]
    pub fn new(kind: SubjectKind, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), id: id.into() }
    }
}

/// A value that a finding is based on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evidence {
    /// The place in the snapshot, for example `nodes[TST0000001].connectionState`. Elements are named by id,
    /// because the order of a response has no meaning.
    pub path: String,
    /// The value, as the API gives it.
    pub value: Value,
}

impl Evidence {
    pub(crate) fn new(path: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { path: path.into(), value: value.into() }
    }
}

/// An effect of a finding that is not a finding of its own: a device behind a disconnected pod, a pod of an offline
/// location.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Consequence {
    /// The affected thing.
    pub subject: Subject,
    /// One sentence for people; see [`Finding::message`].
    pub message: String,
}

/// A problem, or something worth knowing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// The severity.
    pub severity: Severity,
    /// The status that this finding alone gives the location. [`Status::Green`] has no effect on the location's
    /// status.
    pub status: Status,
    /// The confidence.
    pub confidence: Confidence,
    /// The thing that the finding is about.
    pub subject: Subject,
    /// One sentence for people. Names in it are shortened and free of control characters; it still needs escaping
    /// for Markdown or HTML.
    pub message: String,
    /// The values that the finding is based on.
    pub evidence: Vec<Evidence>,
    /// The effects of the finding.
    pub consequences: Vec<Consequence>,
}

/// A part of a snapshot that a verdict can depend on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ReportPart {
    /// The snapshot as a whole, if it is too old.
    Snapshot,
    /// The nodes and their connection states.
    Nodes,
    /// The location's network state.
    NetworkState,
    /// The subscription tier.
    ServiceLevel,
    /// The cloud's rating of the nodes.
    NodeHealth,
    /// The alerts of the nodes.
    NodeAlerts,
    /// The devices and their connection states.
    Devices,
    /// Application quality of experience.
    Qoe,
    /// A part of a newer version, in a stored report.
    Other(OtherWord),
}

open_named!(ReportPart {
    Snapshot = "snapshot",
    Nodes = "nodes",
    NetworkState = "network_state",
    ServiceLevel = "service_level",
    NodeHealth = "node_health",
    NodeAlerts = "node_alerts",
    Devices = "devices",
    Qoe = "qoe",
});

/// An unknown part, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnknownPart {
    /// The part.
    pub part: ReportPart,
    /// The reason, in one sentence for people; see [`Finding::message`].
    pub reason: String,
    /// Whether the verdict depends on the part. A report with such a part is never green.
    pub needed: bool,
    /// Whether the rest of the part is known, for example if one node of several could not be read.
    pub partial: bool,
    /// The affected element, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
}
