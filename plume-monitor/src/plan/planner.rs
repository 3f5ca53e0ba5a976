//! The planner: from a request to a plan.

use crate::budget::{per_second, ratio};
use crate::plan::arithmetic::Numbers;
use crate::plan::phrases;
use crate::plan::request::{PlanError, PlanRequest};
use crate::plan::result::Plan;

impl PlanRequest {
    /// Returns the plan.
    ///
    /// # Errors
    ///
    /// As [`validate`](Self::validate).
    pub fn plan(&self) -> Result<Plan, PlanError> {
        let numbers = Numbers::of(self)?;
        let Numbers { lanes, cost, homes } = numbers;
        let (per_cycle, full_every) = (cost.per_cycle(), cost.full_every.into());
        let shortest_seconds = numbers.shortest(lanes.checks)?;
        let interval_seconds = shortest_seconds.max(self.interval_seconds);
        let demand = numbers.demand(interval_seconds);
        let mut plan = Plan {
            request: *self,
            rate_per_second: per_second(lanes.rate),
            lane_per_second: per_second(lanes.checks),
            calls_per_check: ratio(per_cycle, full_every),
            calls_per_interval: ratio(homes * per_cycle, full_every),
            shortest_seconds,
            shortest_with_suspects_seconds: numbers.shortest(lanes.beside_suspects)?,
            interval_seconds,
            stretch: ratio(interval_seconds.into(), self.interval_seconds.into()),
            utilisation: ratio(demand, lanes.checks).min(1.0),
            head_room_per_second: per_second(lanes.checks - demand.min(lanes.checks)),
            maximum_homes: numbers.most_homes(self.interval_seconds),
            steps: Vec::new(),
        };
        plan.steps = phrases::steps(&plan);
        Ok(plan)
    }
}
