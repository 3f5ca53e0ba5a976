//! The types of a health report.

use std::fmt;

use chrono::{DateTime, Utc};
use plume_types::{CustomerId, LocationId, MacAddress, NodeId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::policy::Profile;

/// The verdict on a location, worst first: `Red < Orange < Yellow < Unknown < Green`, so that `min` is the
/// worse of two.
///
/// Written in JSON and configuration as `red`, `orange`, `yellow`, `unknown`, `green`.
///
/// ```
/// use plume_health::Status;
///
/// assert_eq!(Status::Unknown.worse_of(Status::Green), Status::Unknown);
/// assert_eq!(Status::Unknown.worse_of(Status::Yellow), Status::Yellow);
/// ```
#[expect(clippy::exhaustive_enums, reason = "the five words are what users match on")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The location is offline.
    Red,
    /// Service is disrupted.
    Orange,
    /// Service works, but not as it should.
    Yellow,
    /// Nothing bad is known, but something needed for the verdict is not known.
    Unknown,
    /// Everything needed is known, and nothing is wrong.
    Green,
}

impl Status {
    /// The word used in JSON, for example `green`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Orange => "orange",
            Self::Yellow => "yellow",
            Self::Unknown => "unknown",
            Self::Green => "green",
        }
    }

    /// The worse of the two.
    #[must_use]
    pub fn worse_of(self, other: Self) -> Self {
        self.min(other)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How bad a finding is, worst first.
#[expect(clippy::exhaustive_enums, reason = "the three words are what users match on")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// People are without service.
    Critical,
    /// Something does not work as it should.
    Warning,
    /// Worth knowing, nothing is wrong.
    Info,
}

impl Severity {
    /// The word used in JSON, for example `critical`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far to trust a statement, least first.
///
/// A finding is
///
/// * [`Certain`](Self::Certain) if the cloud says it in a word about this very thing: a connection state, a
///   network state, a subscription tier, an alert, a word for a quality;
/// * [`Likely`](Self::Likely) if it is inferred or contradicted: a score without a word, a location that one
///   of network state and nodes calls offline and the other online, a device of which only the policy
///   [`Recent`](crate::DevicePolicy::Recent) expects that it should be here, anything from answers that are
///   older than half of [`Policy::max_age`](crate::Policy::max_age), a subscription tier that this version does
///   not know, where only full service will do;
/// * [`Uncertain`](Self::Uncertain) if two records of the thing contradict each other.
///
/// A report has the best confidence of the findings that decide its status. It is `Uncertain` if the status
/// is unknown, and if it is not red and something needed is unknown, because it may be worse. It is at most
/// `Likely` if it is yellow or green and an optional part is unknown, or if the answers are that old.
#[expect(clippy::exhaustive_enums, reason = "the three words are what users match on")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The evidence contradicts itself, or may not be all.
    Uncertain,
    /// Inferred, or from answers that are not fresh.
    Likely,
    /// Said in so many words.
    Certain,
}

impl Confidence {
    /// The word used in JSON, for example `certain`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uncertain => "uncertain",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The rules, by their stable ids.
///
/// What is missing for a verdict is not a finding of a rule but listed in [`HealthReport::unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
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
}

impl RuleId {
    /// The stable id, for example `node-disconnected`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LocationOffline => "location-offline",
            Self::NodeDisconnected => "node-disconnected",
            Self::NoService => "no-service",
            Self::ReducedService => "reduced-service",
            Self::NodeHealth => "node-health",
            Self::NodeAlert => "node-alert",
            Self::DeviceDisconnected => "device-disconnected",
            Self::PoorQoe => "poor-qoe",
        }
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kind of thing a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
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
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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
    pub(crate) fn new(kind: SubjectKind, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), id: id.into() }
    }
}

/// A value that a finding rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Consequence {
    /// What is affected.
    pub subject: Subject,
    /// One sentence for people; see [`Finding::message`].
    pub message: String,
}

/// Something that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
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
}

impl ReportPart {
    /// The word used in JSON, for example `service_level`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Nodes => "nodes",
            Self::NetworkState => "network_state",
            Self::ServiceLevel => "service_level",
            Self::NodeHealth => "node_health",
            Self::NodeAlerts => "node_alerts",
            Self::Devices => "devices",
            Self::Qoe => "qoe",
        }
    }
}

/// Something that could not be judged, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// Whether a node reaches the cloud, as far as the report can tell; worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NodeState {
    /// The cloud says that it is not connected.
    Disconnected,
    /// Nothing, `unavailable`, or a word this version does not know.
    Unknown,
    /// The cloud says that it is connected.
    Connected,
}

/// A gateway or pod, for the table in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NodeSummary {
    /// The node.
    pub id: NodeId,
    /// Its name for people, exactly as the API gives it.
    pub name: String,
    /// Whether it is connected.
    pub state: NodeState,
    /// The API's own word for the state, when it is not simply `connected` or `disconnected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_word: Option<String>,
    /// Whether it is the gateway, as far as its answer tells.
    pub gateway: Option<bool>,
    /// Its model.
    pub model: Option<String>,
    /// Its firmware.
    pub firmware: Option<String>,
}

/// Devices of a location by connection state, each once; of two records of a device the worse one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct DeviceTotals {
    /// Connected.
    pub connected: usize,
    /// Not connected, most of them because they are elsewhere.
    pub disconnected: usize,
    /// Of an unknown state.
    pub unknown: usize,
    /// Elements of the answer that could not be read.
    pub unreadable: usize,
}

/// The location a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LocationRef {
    /// Its id.
    pub id: LocationId,
    /// Its name exactly as the API gives it, else its id.
    pub name: String,
    /// Its owner.
    pub customer_id: CustomerId,
    /// Its internet provider, from its public address, else from a speed test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isp: Option<String>,
    /// The city of its public address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
}

/// The policy that a report was made with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PolicyUsed {
    /// The profile it is based on.
    pub profile: Profile,
    /// Its version.
    pub version: u32,
    /// Whether it differs from the profile.
    pub changed: bool,
    /// Below this the score of a node is poor.
    #[serde(skip)]
    pub(crate) poor_health_below: f64,
}

/// What the data of a location means. Made by [`analyze`](crate::analyze).
///
/// Written as JSON it is the `data` object of a `plume.health/1` document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HealthReport {
    /// The location.
    pub location: LocationRef,
    /// The verdict.
    pub status: Status,
    /// How far to trust the verdict.
    pub confidence: Confidence,
    /// Why not further, in phrases for people; empty if it is certain.
    pub doubts: Vec<String>,
    /// Whether the location is online; `None` (`null` in JSON) when that is not known.
    pub online: Option<bool>,
    /// The verdict and its reason in one line, for example
    /// `🟠 SERVICE DISRUPTED - 1 pod is disconnected (not checked: QoE)`. See [`Finding::message`].
    pub headline: String,
    /// What is wrong, worst first; then by rule and subject.
    pub findings: Vec<Finding>,
    /// What could not be judged; what the verdict needs comes first.
    pub unknown: Vec<UnknownPart>,
    /// What would make it green, in sentences for people. Empty for a green location.
    ///
    /// When every step is done, and what follows from a finding has come back with it, the verdict is green;
    /// unless a step is about reading something, because what it will say is not known yet.
    pub what_would_make_it_green: Vec<String>,
    /// The gateway, then the pods by name.
    pub nodes: Vec<NodeSummary>,
    /// Elements of the answer about nodes that could not be read.
    pub unreadable_nodes: usize,
    /// How many devices there are; `None` when they are not known.
    pub devices: Option<DeviceTotals>,
    /// The policy it was made with.
    pub policy: PolicyUsed,
    /// When the answers were there.
    pub taken_at: DateTime<Utc>,
    /// The `now` of the analysis.
    pub analyzed_at: DateTime<Utc>,
    /// Devices that are disconnected and need not be here: a device whose finding ended is not back for that.
    #[serde(skip)]
    pub(crate) away: Vec<MacAddress>,
}

impl HealthReport {
    /// Findings of one severity, in the order of [`findings`](Self::findings).
    pub fn of_severity(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity == severity)
    }

    /// Findings of one rule, in the order of [`findings`](Self::findings).
    pub fn of_rule(&self, rule: RuleId) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.rule == rule)
    }
}
