//! The policy of fleet incidents.

use std::time::Duration;

use plume_health::policy::{PolicyError, span};
use serde::{Deserialize, Serialize};

use crate::incident::LONGEST_HOLD;
use crate::policy::checked;

/// The version of the [`GroupPolicy`] format that this version of the crate reads and writes.
pub const GROUP_POLICY_VERSION: u32 = 1;

/// The conditions under which the trouble of many homes is one fleet incident.
///
/// Settings that the configuration leaves out stay as in the standard; an unknown key is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct GroupPolicy {
    /// The version of the format: [`GROUP_POLICY_VERSION`].
    pub version: u32,
    /// The time within which homes turn red or orange together.
    #[serde(with = "span")]
    pub window: Duration,
    /// The smallest number of homes.
    pub homes: u32,
    /// The smallest share of the homes that were checked within the window, in percent.
    pub percent: u32,
    /// The number of homes in trouble from which others of the group are checked early.
    pub pull_from: u32,
    /// The number of homes that are checked early.
    pub pull: u32,
    /// The time for which the message about a fleet incident is held, so that it has a useful count.
    #[serde(with = "span")]
    pub hold: Duration,
    /// The time for which at most half of `homes`, or a tenth of the most homes so far, may be in trouble before the incident
    /// ends. After it, up to half of `homes` that remain are announced one by one, and more in one summary.
    #[serde(with = "span")]
    pub grace: Duration,
}

impl GroupPolicy {
    /// Returns the standard: 5 homes and 2 % within 5 minutes; three suspects pull forward the checks of 30 others;
    /// a hold of 60 seconds and a grace of 5 minutes.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            version: GROUP_POLICY_VERSION,
            window: Duration::from_secs(300),
            homes: 5,
            percent: 2,
            pull_from: 3,
            pull: 30,
            hold: Duration::from_secs(60),
            grace: Duration::from_secs(300),
        }
    }

    /// Checks for invalid values. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] for the first invalid value.
    pub fn validate(&self) -> Result<(), PolicyError> {
        PolicyError::check_version(self.version, GROUP_POLICY_VERSION)?;
        if self.window.is_zero() {
            return Err(PolicyError::new("window", "0s is not above 0s"));
        }
        if self.homes < 2 {
            return Err(PolicyError::new("homes", format!("{} is less than 2", self.homes)));
        }
        if self.percent > 100 {
            return Err(PolicyError::new("percent", format!("{} is more than 100", self.percent)));
        }
        if self.pull_from < 2 {
            return Err(PolicyError::new("pull_from", format!("{} is less than 2", self.pull_from)));
        }
        if self.hold > LONGEST_HOLD {
            let [hold, longest] = [self.hold, LONGEST_HOLD].map(span::write);
            return Err(PolicyError::new("hold", format!("{hold} is more than {longest}")));
        }
        Ok(())
    }
}

impl Default for GroupPolicy {
    /// [`GroupPolicy::standard`].
    fn default() -> Self {
        Self::standard()
    }
}

checked!(GroupPolicy);
