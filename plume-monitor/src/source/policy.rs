//! The policy of sources.

use std::time::Duration;

use plume_health::policy::{PolicyError, span};
use serde::{Deserialize, Serialize};

use crate::policy::checked;

/// The version of the [`SourcePolicy`] format that this version of the crate reads and writes.
pub const SOURCE_POLICY_VERSION: u32 = 1;

/// The conditions under which failed checks are a problem of the source.
///
/// Settings that the configuration leaves out stay as in the standard; an unknown key is an error.
///
/// ```
/// use plume_monitor::source::SourcePolicy;
///
/// let policy: SourcePolicy = serde_json::from_str(r#"{"few_checks": 5}"#)?;
/// assert_eq!(policy.many_checks, SourcePolicy::standard().many_checks);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SourcePolicy {
    /// The version of the format: [`SOURCE_POLICY_VERSION`].
    pub version: u32,
    /// The minimum number of checks within 60 s of which the share of failures is taken.
    pub many_checks: u32,
    /// The minimum number of checks within 5 minutes of which the share is taken, if there are fewer than `many_checks`.
    pub few_checks: u32,
    /// The share of failures at which the cloud is unreachable, in percent.
    pub begin_percent: u32,
    /// The share of failures at which it is reachable again, in percent; below `begin_percent`.
    pub end_percent: u32,
    /// The number of responses in a row that end a block or the refusal of a credential.
    pub responses: u32,
    /// The time between two probes while the address is blocked.
    #[serde(with = "span")]
    pub probe_every: Duration,
    /// The number of own calls below which a block means that another program uses the address: less than the cloud's
    /// limit of calls by a margin.
    pub shared_below: u64,
}

impl SourcePolicy {
    /// Returns the standard policy: half of at least 20 checks within 60 s, or of at least 3 within 5 minutes, and at the
    /// end a fifth; 2 responses in a row; a probe every 5 minutes, the window of the cloud's limit; 1,600 calls, which is
    /// 80 % of that limit.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            version: SOURCE_POLICY_VERSION,
            many_checks: 20,
            few_checks: 3,
            begin_percent: 50,
            end_percent: 20,
            responses: 2,
            probe_every: Duration::from_secs(300),
            shared_below: 1_600,
        }
    }

    /// Checks for invalid values. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] for the first invalid value: a count or a time of 0, `few_checks` above `many_checks`, or percentages
    /// that are not in order.
    pub fn validate(&self) -> Result<(), PolicyError> {
        PolicyError::check_version(self.version, SOURCE_POLICY_VERSION)?;
        for (key, number) in [("few_checks", self.few_checks), ("responses", self.responses)] {
            if number == 0 {
                return Err(PolicyError::new(key, "0 is not above 0"));
            }
        }
        if self.probe_every.is_zero() {
            return Err(PolicyError::new("probe_every", "0s is not above 0s"));
        }
        let Self { many_checks, few_checks, begin_percent, end_percent, .. } = *self;
        if many_checks < few_checks {
            return Err(PolicyError::new(
                "many_checks",
                format!("{many_checks} is less than {few_checks}, the number of few checks"),
            ));
        }
        if !(1..=100).contains(&begin_percent) {
            return Err(PolicyError::new("begin_percent", format!("{begin_percent} is not from 1 to 100")));
        }
        if end_percent >= begin_percent {
            return Err(PolicyError::new(
                "end_percent",
                format!("{end_percent} is not below {begin_percent}, the share at the begin"),
            ));
        }
        Ok(())
    }
}

impl Default for SourcePolicy {
    /// [`SourcePolicy::standard`].
    fn default() -> Self {
        Self::standard()
    }
}

checked!(SourcePolicy);
