//! The policy of a call budget.

use std::time::Duration;

use plume_health::policy::{PolicyError, span};
use serde::{Deserialize, Serialize};

use crate::budget::lanes::{CheckCost, Lanes, per_second};
use crate::budget::limits::{CallWindow, Limits, above_zero};
use crate::policy::checked;
use crate::schedule::{CheckDetail, SchedulePolicy};

/// The version of the [`BudgetPolicy`] format that this version of the crate reads and writes.
pub const BUDGET_POLICY_VERSION: u32 = 1;

/// The call limit of an egress address, and its shares.
///
/// Settings that the configuration leaves out stay as in the standard; an unknown key is an error.
///
/// ```
/// use plume_monitor::budget::BudgetPolicy;
///
/// let policy: BudgetPolicy = serde_json::from_str(r#"{"per_second": 3.0, "checks_share": 0.5}"#)?;
/// assert_eq!((policy.checks_per_second(), policy.people_per_second()), (1.5, 1.5));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct BudgetPolicy {
    /// The version of the format: [`BUDGET_POLICY_VERSION`].
    pub version: u32,
    /// The calls per second that the limit allows. `None`: [`window`](Self::window) is the only limit.
    pub per_second: Option<f64>,
    /// The calls within any window that the limit allows. `None`: [`per_second`](Self::per_second) is the only limit.
    pub window: Option<CallWindow>,
    /// The share of the limit for checks, above 0 and at most 1. The rest is for people.
    pub checks_share: f64,
    /// The largest share of the calls for checks that extra checks of suspects take, at least 0 and below 1.
    pub suspects_share: f64,
    /// The limit up to which full checks become rarer before intervals are stretched.
    pub full_every_limit: u32,
    /// The time after which a check without a result is repeated.
    #[serde(with = "span")]
    pub lease: Duration,
}

impl BudgetPolicy {
    /// Returns the standard budget, with the limits of the client: 6 calls per second and 1,900 in 300 seconds, of which
    /// 80 % for checks. Suspects take at most half of the calls for checks. At least one of 288 checks is a full one:
    /// with an interval of 300 s, once a day. A check without a result is repeated after 60 s.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            version: BUDGET_POLICY_VERSION,
            per_second: Some(6.0),
            window: Some(CallWindow { calls: 1_900, seconds: 300 }),
            checks_share: 0.8,
            suspects_share: 0.5,
            full_every_limit: 288,
            lease: Duration::from_secs(60),
        }
    }

    /// Sets [`per_second`](Self::per_second).
    #[must_use]
    pub fn with_per_second(mut self, rate: impl Into<Option<f64>>) -> Self {
        self.per_second = rate.into();
        self
    }

    /// Returns the calls per second for checks.
    #[must_use]
    pub fn checks_per_second(&self) -> f64 {
        per_second(self.lanes().checks)
    }

    /// Returns the calls per second for people.
    #[must_use]
    pub fn people_per_second(&self) -> f64 {
        let Lanes { rate, checks, .. } = self.lanes();
        per_second(rate - checks)
    }

    fn limits(&self) -> Limits {
        let Self { per_second, window, checks_share, suspects_share, .. } = *self;
        Limits { per_second, window, checks_share, suspects_share }
    }

    pub(super) fn lanes(&self) -> Lanes {
        self.limits().lanes()
    }

    pub(super) fn cost(&self, schedule: &SchedulePolicy) -> CheckCost {
        CheckCost {
            cheap: CheckDetail::Nodes.calls(),
            full: CheckDetail::Full.calls(),
            full_every: schedule.full_every,
        }
    }

    /// Checks for invalid values. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] for the first invalid value: zero, NaN, infinity, a share out of range, or no limit.
    pub fn validate(&self) -> Result<(), PolicyError> {
        PolicyError::check_version(self.version, BUDGET_POLICY_VERSION)?;
        let limits = self.limits().validate();
        let valid = limits.and_then(|()| above_zero("full_every_limit", self.full_every_limit.into()));
        valid.map_err(|(key, problem)| PolicyError::new(key, problem))?;
        if self.lease.is_zero() {
            return Err(PolicyError::new("lease", "0s is not above 0s"));
        }
        Ok(())
    }
}

impl Default for BudgetPolicy {
    /// [`BudgetPolicy::standard`].
    fn default() -> Self {
        Self::standard()
    }
}

checked!(BudgetPolicy);
