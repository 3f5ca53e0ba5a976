//! The rules as data: what fires, how bad it is, and where the limits are.
//!
//! A [`Policy`] is code ([`Policy::standard`], then changed field by field) or configuration: every format
//! with a serde reader will do. What configuration leaves out stays as in the profile it names, and a key that
//! nobody knows is an error, because a misspelt rule would otherwise be silently off.
//!
//! ```
//! use plume_health::{Policy, Status};
//!
//! let policy: Policy = serde_json::from_str(
//!     r#"{
//!         "profile": "standard",
//!         "devices": {"recent": {"within": "12h"}},
//!         "rules": {"poor-qoe": {"status": "orange", "poor_below": 2.5}}
//!     }"#,
//! )?;
//! assert_eq!(policy.rules.poor_qoe.status, Status::Orange);
//! assert!(policy.rules.node_health.enabled);
//!
//! let misspelt = serde_json::from_str::<Policy>(r#"{"rules": {"poor-quoe": {}}}"#).unwrap_err();
//! assert!(misspelt.to_string().contains("unknown field `poor-quoe`"));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod document;
pub(crate) mod span;

use std::{fmt, time::Duration};

use plume_types::MacAddress;
use serde::{Deserialize, Serialize};

use crate::report::{Severity, Status};

/// The version of the policy's form that this version of the crate reads and writes.
pub const POLICY_VERSION: u32 = 1;

/// A set of rules to judge a location by.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Policy {
    /// The form of the policy: [`POLICY_VERSION`].
    pub version: u32,
    /// The profile it is based on.
    pub profile: Profile,
    /// How old a snapshot may be. An older one says nothing about now: the status is
    /// [`Status::Unknown`], whatever is in it. `None` takes any age.
    #[serde(with = "span::option")]
    pub max_age: Option<Duration>,
    /// Which devices should be here.
    pub devices: DevicePolicy,
    /// The rules.
    pub rules: Rules,
}

/// A ready-made set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Profile {
    /// [`Policy::standard`].
    Standard,
    /// [`Policy::panoptes`].
    Panoptes,
}

impl Profile {
    /// The word used in configuration and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Panoptes => "panoptes",
        }
    }
}

/// Which devices should be connected. The others may come and go.
///
/// In configuration: `"all"`, `"favorites"`, `"ignore"`, `{"recent": {"within": "24h"}}` or
/// `{"watched": ["02:00:00:00:10:01"]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum DevicePolicy {
    /// Devices that went away within this time, and devices without a time. One that left longer ago is
    /// taken to have moved out; one whose time cannot be read is unknown.
    Recent {
        /// The time, for example `24h` in configuration.
        #[serde(with = "span")]
        within: Duration,
    },
    /// Every device the location ever had.
    All,
    /// These devices.
    Watched(Vec<MacAddress>),
    /// Devices that the customer marked as favorite.
    Favorites,
    /// None: devices are not judged.
    Ignore,
}

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
    /// `device-disconnected`. Which devices: [`Policy::devices`].
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HealthLimit {
    /// Fair and poor.
    Fair,
    /// Only poor.
    Poor,
}

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

/// Below this a score is poor: known poor nodes have 1.8, good ones 4.2 and more (`plume-api` models §4.2).
pub(crate) const POOR_BELOW: f64 = 2.0;
/// The best score there is.
pub(crate) const BEST_SCORE: f64 = 5.0;

/// A number as it counts and is written where only 0 to `end` make sense. JSON has no NaN and no infinity: what is
/// written as it is would be refused when it is read.
pub(crate) fn in_range(number: f64, end: f64) -> f64 {
    if number.is_nan() { 0.0 } else { number.clamp(0.0, end) }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it this way")]
fn write_limit<S: serde::Serializer>(limit: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(in_range(*limit, BEST_SCORE))
}

const HOUR: Duration = Duration::from_secs(60 * 60);

const fn rule(severity: Severity, status: Status) -> Rule {
    Rule { enabled: true, severity, status }
}

impl Policy {
    /// The standard rules.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            version: POLICY_VERSION,
            profile: Profile::Standard,
            max_age: Some(HOUR),
            devices: DevicePolicy::Recent { within: 24 * HOUR },
            rules: Rules {
                location_offline: LocationOfflineRule {
                    severity: Severity::Critical,
                    status: Status::Red,
                    network_status: true,
                },
                node_disconnected: rule(Severity::Critical, Status::Orange),
                no_service: rule(Severity::Critical, Status::Orange),
                reduced_service: ReducedServiceRule {
                    enabled: true,
                    severity: Severity::Info,
                    status: Status::Green,
                    full_service_only: false,
                },
                node_health: NodeHealthRule {
                    enabled: true,
                    severity: Severity::Warning,
                    status: Status::Yellow,
                    from: HealthLimit::Fair,
                    poor_below: POOR_BELOW,
                },
                node_alert: rule(Severity::Warning, Status::Yellow),
                device_disconnected: rule(Severity::Warning, Status::Yellow),
                poor_qoe: PoorQoeRule {
                    enabled: true,
                    severity: Severity::Warning,
                    status: Status::Yellow,
                    poor_below: POOR_BELOW,
                },
            },
        }
    }

    /// The rules of the Panoptes bot: a location is online if any pod is, devices and QoE are not judged, and
    /// any subscription other than full service makes it yellow.
    #[must_use]
    pub fn panoptes() -> Self {
        let mut policy = Self::standard();
        policy.profile = Profile::Panoptes;
        policy.devices = DevicePolicy::Ignore;
        let rules = &mut policy.rules;
        rules.location_offline.network_status = false;
        rules.no_service = rule(Severity::Warning, Status::Yellow);
        rules.reduced_service = ReducedServiceRule {
            enabled: true,
            severity: Severity::Warning,
            status: Status::Yellow,
            full_service_only: true,
        };
        rules.device_disconnected.enabled = false;
        rules.poor_qoe.enabled = false;
        policy
    }

    /// The rules of a profile.
    #[must_use]
    pub fn of_profile(profile: Profile) -> Self {
        match profile {
            Profile::Standard => Self::standard(),
            Profile::Panoptes => Self::panoptes(),
        }
    }

    /// The same with other devices to look for.
    #[must_use]
    pub fn with_devices(mut self, devices: DevicePolicy) -> Self {
        self.devices = devices;
        self
    }

    /// The same with another greatest age of a snapshot.
    #[must_use]
    pub fn with_max_age(mut self, max_age: Option<Duration>) -> Self {
        self.max_age = max_age;
        self
    }

    /// Looks for values that make no sense. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] with the first such value.
    pub fn validate(&self) -> Result<(), PolicyError> {
        let fault = |key: &'static str, problem: String| Err(PolicyError { key, problem });
        if self.version != POLICY_VERSION {
            return fault("version", format!("{} is not supported, expected {POLICY_VERSION}", self.version));
        }
        let rules = &self.rules;
        let offline = rules.location_offline.status;
        if offline > Status::Yellow {
            return fault(
                "rules.location-offline.status",
                format!("an offline location cannot be {offline}; choose red, orange or yellow"),
            );
        }
        for (key, status) in [
            ("rules.node-disconnected.status", rules.node_disconnected.status),
            ("rules.no-service.status", rules.no_service.status),
            ("rules.reduced-service.status", rules.reduced_service.status),
            ("rules.node-health.status", rules.node_health.status),
            ("rules.node-alert.status", rules.node_alert.status),
            ("rules.device-disconnected.status", rules.device_disconnected.status),
            ("rules.poor-qoe.status", rules.poor_qoe.status),
        ] {
            if status == Status::Unknown {
                return fault(
                    key,
                    "a finding is something known; choose red, orange, yellow or green".to_owned(),
                );
            }
        }
        for (key, limit) in [
            ("rules.node-health.poor_below", rules.node_health.poor_below),
            ("rules.poor-qoe.poor_below", rules.poor_qoe.poor_below),
        ] {
            // Written so that NaN is refused too.
            if !(0.0..=BEST_SCORE).contains(&limit) {
                return fault(key, format!("{limit} is not on the scale of scores, which ends at 5"));
            }
        }
        if let DevicePolicy::Watched(macs) = &self.devices
            && macs.iter().any(|mac| mac.as_str().trim().is_empty())
        {
            return fault("devices.watched", "an address is empty".to_owned());
        }
        Ok(())
    }
}

impl Default for Policy {
    /// [`Policy::standard`].
    fn default() -> Self {
        Self::standard()
    }
}

/// A value of a policy that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyError {
    /// The setting, for example `rules.poor-qoe.poor_below`.
    pub key: &'static str,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "policy: `{}`: {}", self.key, self.problem)
    }
}

impl std::error::Error for PolicyError {}
