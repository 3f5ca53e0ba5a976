//! What was found, what it rests on, and what could not be judged.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::named::{OtherWord, open_named};
use crate::report::status::{Confidence, Severity, Status};

/// The rules, by their stable ids.
///
/// What is missing for a verdict is not a finding of a rule but listed in
/// [`HealthReport::unknown`](crate::HealthReport::unknown).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RuleId {
    /// `location-offline`: the location does not reach the cloud.
    LocationOffline,
    /// `node-disconnected`: a pod is disconnected while the location is not offline as a whole.
    NodeDisconnected,
    /// `no-service`: the subscription is cut off.
    NoService,
    /// `reduced-service`: the subscription is Internet without the extras.
    ReducedService,
    /// `node-health`: the cloud judges a pod's health as fair or poor.
    NodeHealth,
    /// `node-alert`: a pod has an active alert.
    NodeAlert,
    /// `device-disconnected`: a device that should be here is not connected.
    DeviceDisconnected,
    /// `poor-qoe`: the quality of a class of traffic is poor.
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

/// The kind of thing a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SubjectKind {
    /// The whole location.
    Location,
    /// A gateway or pod.
    Node,
    /// A device of the customer.
    Device,
    /// A class of traffic.
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

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subject {
    /// The kind of thing.
    pub kind: SubjectKind,
    /// Its name, exactly as the API gives it: not fit for display without escaping.
    pub name: String,
    /// Its id: location id, node id, hardware address, or the API's word for the traffic class.
    pub id: String,
}

impl Subject {
    /// A subject.
    #[must_use]
    pub fn new(kind: SubjectKind, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), id: id.into() }
    }
}

/// A value that a finding rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evidence {
    /// Where in the snapshot, for example `nodes[TST0000001].connectionState`. Elements are named by id and
    /// not by position, because the order of an answer means nothing.
    pub path: String,
    /// The value as the API gives it.
    pub value: Value,
}

impl Evidence {
    pub(crate) fn new(path: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { path: path.into(), value: value.into() }
    }
}

/// Something that follows from a finding and is therefore not a finding of its own: a device behind a
/// disconnected pod, a pod of an offline location.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Consequence {
    /// What is affected.
    pub subject: Subject,
    /// One sentence for people; see [`Finding::message`].
    pub message: String,
}

/// Something that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// The rule that fired.
    pub rule: RuleId,
    /// How bad it is.
    pub severity: Severity,
    /// The status that this finding alone gives the location. [`Status::Green`] does not change it.
    pub status: Status,
    /// How far to trust it.
    pub confidence: Confidence,
    /// What it is about.
    pub subject: Subject,
    /// One sentence for people. Names in it are free of control characters and shortened; it still needs
    /// escaping for Markdown or HTML.
    pub message: String,
    /// The values it rests on.
    pub evidence: Vec<Evidence>,
    /// What follows from it.
    pub consequences: Vec<Consequence>,
}

/// A part of a snapshot that a verdict may rest on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ReportPart {
    /// The snapshot as a whole, when it is too old.
    Snapshot,
    /// The nodes and their connection state.
    Nodes,
    /// The location's network state.
    NetworkState,
    /// The subscription tier.
    ServiceLevel,
    /// The cloud's judgement of the nodes.
    NodeHealth,
    /// Alerts of the nodes.
    NodeAlerts,
    /// The devices and their connection state.
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

/// Something that could not be judged, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnknownPart {
    /// The part.
    pub part: ReportPart,
    /// Why, in one sentence for people; see [`Finding::message`].
    pub reason: String,
    /// Whether the verdict needs it. A report with such a part is never green.
    pub needed: bool,
    /// Whether the rest of the part was judged: `true` when one node of several could not be read.
    pub partial: bool,
    /// The element it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
}
