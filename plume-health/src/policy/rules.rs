//! The rules: whether each is judged, and how bad its findings are.

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
    /// `device-disconnected`. Which devices: [`Policy::devices`](crate::Policy::devices).
    pub device_disconnected: Rule,
    /// `poor-qoe`.
    pub poor_qoe: PoorQoeRule,
}

/// A rule without a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rule {
    /// Whether it is judged at all.
    pub enabled: bool,
    /// The severity of its findings.
    pub severity: Severity,
    /// The status that a finding gives the location; [`Status::Green`] leaves it as it is.
    pub status: Status,
}

/// The rule `location-offline`. It cannot be switched off: an offline location is never green.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LocationOfflineRule {
    /// The severity of its finding.
    pub severity: Severity,
    /// The status that it gives the location, at best [`Status::Yellow`].
    pub status: Status,
    /// Whether `networkStatus.status` of the location counts, or the nodes alone decide.
    pub network_status: bool,
}

/// The rule `reduced-service`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReducedServiceRule {
    /// Whether it is judged at all.
    pub enabled: bool,
    /// The severity of its finding.
    pub severity: Severity,
    /// The status that a finding gives the location; [`Status::Green`] leaves it as it is.
    pub status: Status,
    /// Whether only full service will do: a word that this version does not know is then a finding too.
    pub full_service_only: bool,
}

/// The rule `node-health`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NodeHealthRule {
    /// Whether it is judged at all.
    pub enabled: bool,
    /// The severity of its findings.
    pub severity: Severity,
    /// The status that a finding gives the location.
    pub status: Status,
    /// The best health that is still a finding.
    pub from: HealthLimit,
    /// A score below this is poor, whatever the word says. The scale is 1 to 5, 5 being excellent
    /// (`plume-api` models §4.2). A limit off the scale of 0 to 5 counts, and is written, as its nearest end; NaN as 0.
    #[serde(serialize_with = "write_limit")]
    pub poor_below: f64,
}

/// The best health that is still worth a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthLimit {
    /// Fair and poor.
    Fair,
    /// Only poor.
    Poor,
}

named!(HealthLimit { Fair = "fair", Poor = "poor" });

/// The rule `poor-qoe`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PoorQoeRule {
    /// Whether it is judged at all.
    pub enabled: bool,
    /// The severity of its findings.
    pub severity: Severity,
    /// The status that a finding gives the location.
    pub status: Status,
    /// A score below this is poor, whatever the word says. The scale is 1 to 5, 5 being excellent. A limit off the
    /// scale of 0 to 5 counts, and is written, as its nearest end; NaN as 0.
    #[serde(serialize_with = "write_limit")]
    pub poor_below: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it this way")]
fn write_limit<S: serde::Serializer>(limit: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(in_range(*limit, BEST_SCORE))
}
