//! The rules: enabled or not, severity, status and limits.

use serde::Serialize;

use crate::facts::{BEST_SCORE, in_range};
use crate::named::named;
use crate::report::{Severity, Status};

/// All rules.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Rules {
    /// `location-offline`.
    pub location_offline: LocationOfflineRule,
    /// `node-disconnected`.
    pub node_disconnected: Rule,
    /// `no-service`.
    pub no_service: Rule,
    /// `reduced-service`.
    pub reduced_service: ReducedServiceRule,
    /// `node-health`.
    pub node_health: NodeHealthRule,
    /// `node-alert`.
    pub node_alert: Rule,
    /// `device-disconnected`. [`Policy::devices`](crate::Policy::devices) selects the devices.
    pub device_disconnected: Rule,
    /// `poor-qoe`.
    pub poor_qoe: PoorQoeRule,
}

/// A rule without settings of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Rule {
    /// Whether the rule is enabled.
    pub enabled: bool,
    /// The severity of its findings.
    pub severity: Severity,
    /// The status that a finding gives the location; [`Status::Green`] has no effect.
    pub status: Status,
}

/// The rule `location-offline`. It cannot be disabled: an offline location is never green.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct LocationOfflineRule {
    /// The severity of its finding.
    pub severity: Severity,
    /// The status that the finding gives the location, [`Status::Yellow`] at best.
    pub status: Status,
    /// Whether `networkStatus.status` of the location counts. If not, only the nodes count.
    pub network_status: bool,
}

/// The rule `reduced-service`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct ReducedServiceRule {
    /// Whether the rule is enabled.
    pub enabled: bool,
    /// The severity of its finding.
    pub severity: Severity,
    /// The status that the finding gives the location; [`Status::Green`] has no effect.
    pub status: Status,
    /// Whether anything but full service is a finding, including words that this version does not know.
    pub full_service_only: bool,
}

/// The rule `node-health`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NodeHealthRule {
    /// Whether the rule is enabled.
    pub enabled: bool,
    /// The severity of its findings.
    pub severity: Severity,
    /// The status that a finding gives the location.
    pub status: Status,
    /// The best health that is still a finding.
    pub from: HealthLimit,
    /// The score below which health is poor, regardless of its word. Scores are from 1 to 5, 5 is excellent (`plume-api`
    /// models §4.2). A limit outside of 0 to 5 is clamped when it is used and written; NaN counts as 0.
    #[serde(serialize_with = "write_limit")]
    pub poor_below: f64,
}

/// The best health that is still a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthLimit {
    /// Fair or poor.
    Fair,
    /// Poor.
    Poor,
}

named!(HealthLimit { Fair = "fair", Poor = "poor" });

/// The rule `poor-qoe`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PoorQoeRule {
    /// Whether the rule is enabled.
    pub enabled: bool,
    /// The severity of its findings.
    pub severity: Severity,
    /// The status that a finding gives the location.
    pub status: Status,
    /// The score below which quality is poor, regardless of its word. Scores are from 1 to 5, 5 is excellent. A limit
    /// outside of 0 to 5 is clamped when it is used and written; NaN counts as 0.
    #[serde(serialize_with = "write_limit")]
    pub poor_below: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it this way")]
fn write_limit<S: serde::Serializer>(limit: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(in_range(*limit, BEST_SCORE))
}
