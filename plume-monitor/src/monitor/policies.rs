//! All policies of a monitor.

use plume_health::policy::PolicyError;
use serde::{Deserialize, Serialize};

use crate::budget::BudgetPolicy;
use crate::groups::GroupPolicy;
use crate::home::MonitorPolicy;
use crate::notify::NotifyPolicy;
use crate::schedule::SchedulePolicy;
use crate::source::SourcePolicy;

/// All policies of a monitor. Each part checks its values when it is read.
///
/// ```
/// use plume_monitor::monitor::Policies;
///
/// let policies: Policies = serde_json::from_str(r#"{"notify": {"routes": [{"channels": ["pager"]}]}}"#)?;
/// assert_eq!(policies.groups, Policies::default().groups);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Policies {
    /// Decisions about one home.
    pub home: MonitorPolicy,
    /// Intervals of checks.
    pub schedule: SchedulePolicy,
    /// The call budget.
    pub budget: BudgetPolicy,
    /// Fleet incidents.
    pub groups: GroupPolicy,
    /// Failures of a source of data.
    pub source: SourcePolicy,
    /// Messages.
    pub notify: NotifyPolicy,
}

impl Policies {
    /// Checks for invalid values.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] for the first invalid value.
    pub fn validate(&self) -> Result<(), PolicyError> {
        self.home.validate()?;
        self.schedule.validate()?;
        self.budget.validate()?;
        self.groups.validate()?;
        self.source.validate()?;
        self.notify.validate()
    }
}
