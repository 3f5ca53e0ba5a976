//! The planner: from a request to a plan.

use crate::plan::arithmetic::{Numbers, PARTS};
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
        let shortest_seconds = numbers.shortest(numbers.lane)?;
        let interval_seconds = shortest_seconds.max(self.interval_seconds);
        let demand = numbers.demand(interval_seconds);
        let mut plan = Plan {
            request: *self,
            rate_per_second: per_second(numbers.rate),
            lane_per_second: per_second(numbers.lane),
            calls_per_check: ratio(numbers.calls_per_cycle, numbers.checks_per_cycle),
            calls_per_interval: ratio(numbers.homes * numbers.calls_per_cycle, numbers.checks_per_cycle),
            shortest_seconds,
            shortest_with_suspects_seconds: numbers.shortest(numbers.lane_beside_suspects)?,
            interval_seconds,
            stretch: ratio(interval_seconds.into(), self.interval_seconds.into()),
            utilisation: ratio(demand, numbers.lane).min(1.0),
            head_room_per_second: per_second(numbers.lane - demand.min(numbers.lane)),
            maximum_homes: numbers.most_homes(self.interval_seconds),
            steps: Vec::new(),
        };
        plan.steps = phrases::steps(&plan);
        Ok(plan)
    }
}

#[expect(clippy::cast_precision_loss, reason = "results are shown with a few digits")]
fn ratio(number: u128, divisor: u128) -> f64 {
    number as f64 / divisor as f64
}

fn per_second(parts: u128) -> f64 {
    ratio(parts, PARTS)
}
