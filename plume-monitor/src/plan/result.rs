//! The result of a plan.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::plan::arithmetic::Numbers;
use crate::plan::request::{PlanError, PlanRequest};

/// The interval that the call limit allows, and the arithmetic that leads to it.
///
/// `Display` is the arithmetic, line by line. A stored plan is computed again from its request when it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
#[non_exhaustive]
pub struct Plan {
    /// The request.
    pub request: PlanRequest,
    /// The calls per second that the limits of all egress addresses allow together. So do the other rates.
    pub rate_per_second: f64,
    /// The calls per second for checks.
    pub lane_per_second: f64,
    /// The average number of calls of a check with the wanted detail.
    pub calls_per_check: f64,
    /// The average number of calls of one check of every home with the wanted detail: the calls per interval.
    pub calls_per_interval: f64,
    /// The shortest interval that the call limit allows with the wanted detail, in seconds.
    pub shortest_seconds: u64,
    /// The planned detail: one of this many checks of a home is a full one. Above the wanted number, detail is reduced.
    pub full_every: u32,
    /// The average number of calls of a check with the planned detail.
    pub planned_calls_per_check: f64,
    /// The calls per interval with the planned detail.
    pub planned_calls_per_interval: f64,
    /// The shortest interval while suspects take their largest share and detail is reduced as far as possible, in
    /// seconds.
    pub shortest_with_suspects_seconds: u64,
    /// The planned interval, in seconds: the wanted one, or the shortest with the planned detail if that is longer.
    pub interval_seconds: u64,
    /// The planned interval divided by the wanted one, at least 1.
    pub stretch: f64,
    /// The share of the calls for checks that the plan uses, above 0 and at most 1.
    pub utilisation: f64,
    /// The calls per second for checks that the plan leaves.
    pub head_room_per_second: f64,
    /// The number of egress addresses that checks at the wanted interval with the wanted detail need.
    pub needed_egresses: u64,
    /// The largest number of homes that can be checked at the wanted interval with the wanted detail.
    pub maximum_homes: u64,
    /// The same with detail reduced as far as possible.
    pub maximum_homes_reduced: u64,
    /// The arithmetic.
    pub steps: Vec<PlanStep>,
}

/// One step of the arithmetic of a [`Plan`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlanStep {
    /// The stable name, in kebab case.
    pub name: Cow<'static, str>,
    /// The formula with its numbers and its result.
    pub text: String,
    /// The result.
    pub value: f64,
    /// The unit of the result.
    pub unit: Cow<'static, str>,
}

#[derive(Deserialize)]
struct Stored {
    request: PlanRequest,
}

impl TryFrom<Stored> for Plan {
    type Error = PlanError;

    fn try_from(stored: Stored) -> Result<Self, PlanError> {
        stored.request.plan()
    }
}

impl Plan {
    /// Returns the largest number of homes that can be checked every `seconds` with the wanted detail. Zero if not even
    /// one can.
    ///
    /// ```
    /// use plume_monitor::plan::PlanRequest;
    ///
    /// let plan = PlanRequest::standard(1).plan()?;
    /// assert_eq!((plan.maximum_homes_at(300), plan.maximum_homes_at(3_600)), (1_152, 13_824));
    /// # Ok::<(), plume_monitor::plan::PlanError>(())
    /// ```
    #[must_use]
    pub fn maximum_homes_at(&self, seconds: u64) -> u64 {
        Numbers::of(&self.request).map_or(0, |numbers| numbers.most_homes(numbers.cost, seconds))
    }

    /// Returns whether checks every `seconds` keep the call limit with the wanted detail.
    #[must_use]
    pub fn fits(&self, seconds: u64) -> bool {
        seconds >= self.shortest_seconds
    }
}
