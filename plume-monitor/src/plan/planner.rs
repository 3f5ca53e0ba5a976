//! The planner: from a request to a plan.

use crate::budget::{CheckCost, per_second, ratio};
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
        let Numbers { lanes, cost: wanted, homes, .. } = numbers;
        let (planned, least) = (numbers.reduced(self.interval_seconds), numbers.least());
        let per_check = |cost| ratio(CheckCost::per_cycle(cost), cost.full_every.into());
        let interval_seconds = numbers.shortest(planned, lanes.checks)?.max(self.interval_seconds);
        let demand = numbers.demand(planned, interval_seconds);
        let mut plan = Plan {
            request: *self,
            rate_per_second: per_second(lanes.rate),
            lane_per_second: per_second(lanes.checks),
            calls_per_check: per_check(wanted),
            calls_per_interval: ratio(homes * wanted.per_cycle(), wanted.full_every.into()),
            shortest_seconds: numbers.shortest(wanted, lanes.checks)?,
            full_every: planned.full_every,
            planned_calls_per_check: per_check(planned),
            planned_calls_per_interval: ratio(homes * planned.per_cycle(), planned.full_every.into()),
            shortest_with_suspects_seconds: numbers.shortest(least, lanes.beside_suspects)?,
            interval_seconds,
            stretch: ratio(interval_seconds.into(), self.interval_seconds.into()),
            utilisation: ratio(demand, lanes.checks).min(1.0),
            head_room_per_second: per_second(lanes.checks - demand.min(lanes.checks)),
            needed_egresses: numbers.egresses(self.interval_seconds),
            maximum_homes: numbers.most_homes(wanted, self.interval_seconds),
            maximum_homes_reduced: numbers.most_homes(least, self.interval_seconds),
            steps: Vec::new(),
        };
        plan.steps = phrases::steps(&plan);
        Ok(plan)
    }
}
