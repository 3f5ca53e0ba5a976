//! The policies of all decisions.

use plume::{
    health::Policy,
    monitor::{
        budget::BudgetPolicy, groups::GroupPolicy, home::MonitorPolicy, notify::NotifyPolicy,
        schedule::SchedulePolicy,
    },
};

/// The policies of all decisions.
#[derive(Debug, Clone)]
pub struct Policies {
    /// Of the analysis of one home.
    pub health: Policy,
    /// Of the decisions about one home.
    pub monitor: MonitorPolicy,
    /// Of the times of checks.
    pub schedule: SchedulePolicy,
    /// Of the calls for checks.
    pub budget: BudgetPolicy,
    /// Of fleet incidents.
    pub groups: GroupPolicy,
    /// Of messages.
    pub notify: NotifyPolicy,
}

impl Default for Policies {
    /// The standard of each.
    fn default() -> Self {
        Self {
            health: Policy::standard(),
            monitor: MonitorPolicy::server(),
            schedule: SchedulePolicy::standard(),
            budget: BudgetPolicy::standard(),
            groups: GroupPolicy::standard(),
            notify: NotifyPolicy::standard(),
        }
    }
}
