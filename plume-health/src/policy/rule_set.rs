//! The policy and its two profiles.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use plume_types::MacAddress;
use serde::{Deserialize, Serialize};

use crate::facts::{BEST_SCORE, POOR_BELOW};
use crate::policy::rules::{
    HealthLimit, LocationOfflineRule, NodeHealthRule, PoorQoeRule, ReducedServiceRule, Rule, Rules,
};
use crate::policy::span;
use crate::report::{Profile, Severity, Status};

/// The version of the policy format that this version of the crate reads and writes.
pub const POLICY_VERSION: u32 = 1;

/// A set of rules for the verdict on a location.
///
/// ```
/// use plume_health::{DevicePolicy, Policy, Status};
///
/// let mut policy = Policy::standard().with_devices(DevicePolicy::Favorites);
/// policy.rules.poor_qoe.status = Status::Orange;
/// assert!(policy.validate().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Policy {
    /// The version of the format: [`POLICY_VERSION`].
    pub version: u32,
    /// The profile that the policy is based on.
    pub profile: Profile,
    /// The maximum age of a snapshot. An older one gives [`Status::Unknown`] with any content. `None` accepts
    /// any age.
    #[serde(with = "span::option")]
    pub max_age: Option<Duration>,
    /// The devices that are expected to be connected.
    pub devices: DevicePolicy,
    /// The rules.
    pub rules: Rules,
}

/// The devices that are expected to be connected. All others may come and go.
///
/// In configuration: `"all"`, `"favorites"`, `"ignore"`, `{"recent": {"within": "24h"}}` or
/// `{"watched": ["02:00:00:00:10:01"]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum DevicePolicy {
    /// Devices that disconnected within this time, and devices without a time. A device that disconnected earlier
    /// counts as moved out. A device whose time cannot be read is unknown.
    Recent {
        /// The time, for example `24h` in configuration.
        #[serde(with = "span")]
        within: Duration,
    },
    /// Every device that the location ever had.
    All,
    /// These devices.
    Watched(Vec<MacAddress>),
    /// Devices that the customer marked as favorites.
    Favorites,
    /// No devices: devices have no effect on the verdict.
    Ignore,
}

const HOUR: Duration = Duration::from_secs(60 * 60);

const fn rule(severity: Severity, status: Status) -> Rule {
    Rule { enabled: true, severity, status }
}

impl Policy {
    /// Returns the standard rules.
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

    /// Returns the rules of the Panoptes bot: a location is online if any pod is online, devices and QoE are not
    /// checked, and any subscription other than full service gives yellow.
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

    /// Returns the rules of a profile.
    #[must_use]
    pub fn of_profile(profile: Profile) -> Self {
        match profile {
            Profile::Standard => Self::standard(),
            Profile::Panoptes => Self::panoptes(),
        }
    }

    /// Sets [`devices`](Self::devices).
    #[must_use]
    pub fn with_devices(mut self, devices: DevicePolicy) -> Self {
        self.devices = devices;
        self
    }

    /// Sets [`max_age`](Self::max_age).
    #[must_use]
    pub fn with_max_age(mut self, max_age: Option<Duration>) -> Self {
        self.max_age = max_age;
        self
    }

    /// Checks for invalid values. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] for the first invalid value.
    pub fn validate(&self) -> Result<(), PolicyError> {
        PolicyError::check_version(self.version, POLICY_VERSION)?;
        let rules = &self.rules;
        let offline = rules.location_offline.status;
        if offline > Status::Yellow {
            return Err(PolicyError::new(
                "rules.location-offline.status",
                format!("an offline location cannot be {offline}; expected red, orange or yellow"),
            ));
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
                return Err(PolicyError::new(
                    key,
                    "a finding cannot be unknown; expected red, orange, yellow or green",
                ));
            }
        }
        for (key, limit) in [
            ("rules.node-health.poor_below", rules.node_health.poor_below),
            ("rules.poor-qoe.poor_below", rules.poor_qoe.poor_below),
        ] {
            // The negated form also refuses NaN.
            if !(0.0..=BEST_SCORE).contains(&limit) {
                return Err(PolicyError::new(key, format!("{limit} is not from 0 to 5")));
            }
        }
        if let DevicePolicy::Watched(macs) = &self.devices
            && macs.iter().any(|mac| mac.as_str().trim().is_empty())
        {
            return Err(PolicyError::new("devices.watched", "an address is empty"));
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

/// An invalid value in a policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyError {
    key: Cow<'static, str>,
    problem: String,
}

impl PolicyError {
    /// Returns an error about a setting.
    #[must_use]
    pub fn new(key: impl Into<Cow<'static, str>>, problem: impl Into<String>) -> Self {
        Self { key: key.into(), problem: problem.into() }
    }

    /// Returns the setting, for example `rules.poor-qoe.poor_below`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the problem, with the expected values.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// Checks the version of a stored format.
    ///
    /// # Errors
    ///
    /// Returns an error about `version` if it is not the expected one.
    pub fn check_version(version: u32, expected: u32) -> Result<(), Self> {
        if version == expected {
            return Ok(());
        }
        Err(Self::new("version", format!("{version} is not supported, expected {expected}")))
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid policy: `{}`: {}", self.key, self.problem)
    }
}

impl std::error::Error for PolicyError {}
