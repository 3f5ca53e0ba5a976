//! The policy of the decisions about one home.

use std::time::Duration;

use plume_health::policy::{PolicyError, span};
use serde::{Deserialize, Serialize};

use crate::incident::{IncidentPolicy, LONGEST_HOLD};
use crate::policy::checked;
use crate::tracker::{RulePolicies, TrackerPolicy};

/// The version of the [`MonitorPolicy`] format that this version of the crate reads and writes.
pub const MONITOR_POLICY_VERSION: u32 = 1;

/// The policy of the decisions about one home.
///
/// Settings that the configuration leaves out stay as in [`MonitorPolicy::server`]; an unknown key is an error.
///
/// ```
/// use plume_monitor::home::MonitorPolicy;
///
/// let policy: MonitorPolicy = serde_json::from_str(r#"{"unknown_after": "1h", "incident": {"grace": "10m"}}"#)?;
/// assert_eq!(policy.tracker, MonitorPolicy::server().tracker);
/// assert!(serde_json::from_str::<MonitorPolicy>(r#"{"incident": {"hold": "5m"}}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct MonitorPolicy {
    /// The version of the format: [`MONITOR_POLICY_VERSION`].
    pub version: u32,
    /// The conditions under which a change of status is confirmed.
    pub tracker: RulePolicies,
    /// The times of incidents.
    pub incident: IncidentPolicy,
    /// The time without data after which the status is unknown. At least twice the interval of the checks, see
    /// [`HomeContext::interval`](crate::home::HomeContext::interval).
    #[serde(with = "span")]
    pub stale_after: Duration,
    /// The time without data after which an incident opens.
    #[serde(with = "span")]
    pub unknown_after: Duration,
    /// The time after which a green home is checked less often.
    #[serde(with = "span")]
    pub long_green_after: Duration,
}

impl MonitorPolicy {
    /// Returns the policy of a server: two samples and 60 seconds for a change, an unknown status after 10 minutes
    /// without data, an incident after 30, and fewer checks after 7 days of green.
    #[must_use]
    pub fn server() -> Self {
        Self {
            version: MONITOR_POLICY_VERSION,
            tracker: RulePolicies::new(TrackerPolicy::server()),
            incident: IncidentPolicy::standard(),
            stale_after: Duration::from_secs(600),
            unknown_after: Duration::from_secs(1_800),
            long_green_after: Duration::from_secs(7 * 86_400),
        }
    }

    /// Checks for invalid values. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] for the first invalid value.
    pub fn validate(&self) -> Result<(), PolicyError> {
        PolicyError::check_version(self.version, MONITOR_POLICY_VERSION)?;
        self.tracker.validate().map_err(|error| {
            PolicyError::new(format!("tracker.{}", error.key()), error.problem().to_owned())
        })?;
        if self.incident.hold > LONGEST_HOLD {
            let [hold, longest] = [self.incident.hold, LONGEST_HOLD].map(span::write);
            return Err(PolicyError::new("incident.hold", format!("{hold} is more than {longest}")));
        }
        if self.unknown_after < self.stale_after {
            let [unknown, stale] = [self.unknown_after, self.stale_after].map(span::write);
            return Err(PolicyError::new(
                "unknown_after",
                format!("{unknown} is less than `stale_after` ({stale})"),
            ));
        }
        Ok(())
    }
}

impl Default for MonitorPolicy {
    /// [`MonitorPolicy::server`].
    fn default() -> Self {
        Self::server()
    }
}

checked!(MonitorPolicy);
