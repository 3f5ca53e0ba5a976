//! A fault plan: a seed and rules.

use serde::{Deserialize, Serialize};

use crate::faults::rule::FaultRule;

/// Faults with their conditions: a seed and rules.
///
/// Equal plans and equal requests give equal faults. The same plan works in process and on the wire.
///
/// ```
/// use std::time::Duration;
///
/// use plume_sim::{Simulator, faults::{Area, Effect, FaultPlan, FaultRule}};
///
/// let plan = FaultPlan::parse(r#"{
///     "seed": 7,
///     "rules": [
///         { "name": "reports are down",
///           "when": { "area": "reports", "until": "10m" },
///           "effect": { "kind": "status", "status": 503 } }
///     ]
/// }"#)?;
/// let down = Effect::status(503);
/// let ten_minutes = Duration::from_secs(600);
/// let rule = FaultRule::new(down).name("reports are down").area(Area::Reports).between(Duration::ZERO, ten_minutes);
/// assert_eq!(plan, FaultPlan::new(7).rule(rule));
/// let simulator = Simulator::builder().faults(plan).build();
/// # let _ = simulator;
/// # Ok::<(), plume_sim::faults::PlanError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultPlan {
    pub(crate) seed: u64,
    pub(crate) rules: Vec<FaultRule>,
}

impl FaultPlan {
    /// Returns a plan without rules.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, rules: Vec::new() }
    }

    /// Adds a rule. Rules are matched in order.
    #[must_use]
    pub fn rule(mut self, rule: FaultRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Returns the rules.
    #[must_use]
    pub fn rules(&self) -> &[FaultRule] {
        &self.rules
    }
}
