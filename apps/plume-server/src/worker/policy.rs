//! The policies of all decisions.

use plume::{
    health::Policy,
    monitor::{monitor, sla::SlaPolicy},
};

/// The policies of all decisions.
#[derive(Debug, Clone)]
pub struct Policies {
    /// Of the analysis of one home.
    pub health: Policy,
    /// Of what follows from it.
    pub monitor: monitor::Policies,
    /// The terms of the service level.
    pub sla: SlaPolicy,
}

impl Default for Policies {
    /// The standard of each.
    fn default() -> Self {
        Self { health: Policy::standard(), monitor: monitor::Policies::default(), sla: SlaPolicy::standard() }
    }
}
