//! The report on a home.

use chrono::{DateTime, Utc};
use plume_types::{CustomerId, LocationId, MacAddress, NodeId};
use serde::{Deserialize, Serialize};

use crate::facts::{NodeState, POOR_BELOW};
use crate::named::named;
use crate::report::finding::{Finding, RuleId, UnknownPart};
use crate::report::status::{Confidence, Severity, Status};

/// The JSON Schema (draft 2020-12) of a [`HealthReport`] as JSON, which is the `data` of a `plume.health/1`
/// document.
///
/// ```
/// let schema: serde_json::Value = serde_json::from_str(plume_health::HEALTH_SCHEMA)?;
/// assert_eq!(schema["$id"], "urn:plume-sdk:schema:health:1");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub const HEALTH_SCHEMA: &str = include_str!("../../schema/health-1.schema.json");

/// A gateway or pod in the table of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeSummary {
    /// The id.
    pub id: NodeId,
    /// The display name, exactly as the API gives it.
    pub name: String,
    /// The connection state.
    pub state: NodeState,
    /// The API's own word for the state, if it is neither `connected` nor `disconnected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_word: Option<String>,
    /// Whether it is the gateway; `None` if that is not known.
    pub gateway: Option<bool>,
    /// The model.
    pub model: Option<String>,
    /// The firmware.
    pub firmware: Option<String>,
}

/// The devices of a location by connection state. A device counts once: of two records the worse one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeviceTotals {
    /// Connected devices.
    pub connected: usize,
    /// Disconnected devices. Most of them are elsewhere.
    pub disconnected: usize,
    /// Devices whose state is not known.
    pub unknown: usize,
    /// Elements of the response that could not be read.
    pub unreadable: usize,
}

/// The location that a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LocationRef {
    /// The id.
    pub id: LocationId,
    /// The name exactly as the API gives it, or the id if there is no name.
    pub name: String,
    /// The owner.
    pub customer_id: CustomerId,
    /// The internet provider, from the public address or else from a speed test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isp: Option<String>,
    /// The city of the public address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
}

/// The policy that a report was made with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PolicyUsed {
    /// The profile, as in [`Profile::as_str`]. A stored report can name a profile of a newer version.
    pub profile: String,
    /// The version of the policy's format.
    pub version: u32,
    /// Whether the policy differs from its profile.
    pub changed: bool,
    /// The score below which the health of a node is poor, from 0 to 5.
    #[serde(default = "poor_below")]
    pub poor_health_below: f64,
}

/// Returns the limit of both profiles.
fn poor_below() -> f64 {
    POOR_BELOW
}

/// The verdict on a location, with its findings. Returned by [`analyze`](crate::analyze).
///
/// As JSON it is the `data` object of a `plume.health/1` document ([`HEALTH_SCHEMA`]). A stored report can be
/// loaded and compared with a new one:
///
/// ```
/// use plume_health::{Format, HealthReport, Policy, analyze, change::diff_reports};
/// use plume_types::LocationSnapshot;
///
/// let now = "2026-01-15T10:00:00Z".parse()?;
/// let report = analyze(&LocationSnapshot::new("customer", "location", now), &Policy::standard(), now);
/// let stored = report.render(Format::Json);
///
/// let yesterday: HealthReport = serde_json::from_str(&stored)?;
/// assert_eq!(yesterday, report);
/// assert!(diff_reports(&yesterday, &report).is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Loading ignores members that this version does not know, and keeps unknown words for a rule, a subject or a
/// part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HealthReport {
    /// The location.
    pub location: LocationRef,
    /// The status.
    pub status: Status,
    /// The confidence in the status.
    pub confidence: Confidence,
    /// The reasons why the status is not certain, in phrases for people. Empty if it is certain.
    pub doubts: Vec<String>,
    /// Whether the location is online; `None` (`null` in JSON) if that is not known.
    pub online: Option<bool>,
    /// The status and its reason in one line, for example `🟠 SERVICE DISRUPTED - 1 pod is disconnected (not
    /// checked: QoE)`. See [`Finding::message`].
    pub headline: String,
    /// The findings, worst first, then by rule and subject.
    pub findings: Vec<Finding>,
    /// The unknown parts. Parts that the verdict depends on are first.
    pub unknown: Vec<UnknownPart>,
    /// The steps that would make the location green, in sentences for people. Empty for a green location.
    ///
    /// After all steps, with the consequences of the findings gone too, the verdict is green. Exception: a step
    /// that reads something, because its result is not known yet.
    pub what_would_make_it_green: Vec<String>,
    /// The gateway, then the pods by name.
    pub nodes: Vec<NodeSummary>,
    /// Elements of the nodes response that could not be read.
    pub unreadable_nodes: usize,
    /// The number of devices; `None` if the devices are not known.
    pub devices: Option<DeviceTotals>,
    /// Devices that are disconnected and that the policy does not expect. If the finding about one of them is gone,
    /// that does not mean that the device is connected.
    #[serde(default)]
    pub away_devices: Vec<MacAddress>,
    /// The policy.
    pub policy: PolicyUsed,
    /// The time of the snapshot.
    pub taken_at: DateTime<Utc>,
    /// The `now` of the analysis.
    pub analyzed_at: DateTime<Utc>,
}

impl HealthReport {
    /// Returns the findings of one severity, in the order of [`findings`](Self::findings).
    pub fn of_severity(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity == severity)
    }

    /// Returns the findings of one rule, in the order of [`findings`](Self::findings).
    pub fn of_rule(&self, rule: RuleId) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.rule == rule)
    }
}

/// A predefined set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// The rules of [`Policy::standard`](crate::Policy::standard).
    Standard,
    /// The rules of [`Policy::panoptes`](crate::Policy::panoptes).
    Panoptes,
}

named!(Profile { Standard = "standard", Panoptes = "panoptes" });
