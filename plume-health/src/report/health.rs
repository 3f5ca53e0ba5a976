//! The report on a home.

use chrono::{DateTime, Utc};
use plume_types::{CustomerId, LocationId, MacAddress, NodeId};
use serde::{Deserialize, Serialize};

use crate::facts::{NodeState, POOR_BELOW};
use crate::named::named;
use crate::report::finding::{Finding, RuleId, UnknownPart};
use crate::report::status::{Confidence, Severity, Status};

/// The JSON Schema (draft 2020-12) of the `data` of a `plume.health/1` document, which is a [`HealthReport`]
/// written as JSON.
///
/// ```
/// let schema: serde_json::Value = serde_json::from_str(plume_health::HEALTH_SCHEMA)?;
/// assert_eq!(schema["$id"], "urn:plume-sdk:schema:health:1");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub const HEALTH_SCHEMA: &str = include_str!("../../schema/health-1.schema.json");

/// A gateway or pod, for the table in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PolicyUsed {
    /// The profile it is based on, as [`Profile::as_str`] writes it. A stored report may name a profile of a newer
    /// version.
    pub profile: String,
    /// Its version.
    pub version: u32,
    /// Whether it differs from the profile.
    pub changed: bool,
    /// The score of a node below which its health is poor, from 0 to 5.
    #[serde(default = "poor_below")]
    pub poor_health_below: f64,
}

/// The limit of both profiles.
fn poor_below() -> f64 {
    POOR_BELOW
}

/// What the data of a location means. Made by [`analyze`](crate::analyze).
///
/// Written as JSON it is the `data` object of a `plume.health/1` document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Devices that are disconnected and that the policy does not expect: a device whose finding ended is not
    /// connected because of that.
    #[serde(default)]
    pub away_devices: Vec<MacAddress>,
    /// The policy it was made with.
    pub policy: PolicyUsed,
    /// When the answers were there.
    pub taken_at: DateTime<Utc>,
    /// The `now` of the analysis.
    pub analyzed_at: DateTime<Utc>,
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

/// A ready-made set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// [`Policy::standard`](crate::Policy::standard).
    Standard,
    /// [`Policy::panoptes`](crate::Policy::panoptes).
    Panoptes,
}

named!(Profile { Standard = "standard", Panoptes = "panoptes" });
