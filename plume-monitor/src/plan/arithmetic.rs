//! The arithmetic of a plan, in whole numbers: that of [`budget`](crate::budget).

use crate::budget::{CheckCost, Lanes, PARTS};
use crate::plan::request::{PlanError, PlanRequest};

/// A validated request in whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    /// Of all addresses together.
    pub(super) lanes: Lanes,
    /// The calls for checks of one address.
    lane: u128,
    /// The wanted detail.
    pub(super) cost: CheckCost,
    pub(super) homes: u128,
    most: u32,
}

impl Numbers {
    pub(super) fn of(request: &PlanRequest) -> Result<Self, PlanError> {
        request.check()?;
        let PlanRequest { cheap_calls: cheap, full_calls: full, full_every, homes, .. } = *request;
        let cost = CheckCost { cheap, full, full_every };
        let (each, egresses) = (request.limits().lanes(), u128::from(request.egresses));
        Ok(Self {
            lanes: each.times(egresses),
            lane: each.checks,
            cost,
            homes: homes.into(),
            most: request.full_every_limit,
        })
    }

    /// Returns the detail at which checks every `seconds` need no more than the lane, or the least.
    pub(super) fn reduced(&self, seconds: u64) -> CheckCost {
        let lane = self.lanes.checks.saturating_mul(seconds.into());
        self.cost.reduced(self.homes.saturating_mul(PARTS), lane, self.most)
    }

    /// Returns the least detail.
    pub(super) fn least(&self) -> CheckCost {
        CheckCost { full_every: self.most.max(self.cost.full_every), ..self.cost }
    }

    /// Returns the shortest interval in seconds at which checks of this detail need no more than `lane`.
    pub(super) fn shortest(&self, cost: CheckCost, lane: u128) -> Result<u64, PlanError> {
        let too_large = || PlanError::new("homes", "the interval is too long to be counted");
        let calls = self.homes.checked_mul(cost.per_cycle()).and_then(|calls| calls.checked_mul(PARTS));
        let interval = calls.ok_or_else(too_large)?.div_ceil(lane * u128::from(cost.full_every));
        u64::try_from(interval).map_err(|_| too_large())
    }

    /// Returns the calls per second of checks of this detail every `seconds`, in [`PARTS`] and rounded up.
    pub(super) fn demand(&self, cost: CheckCost, seconds: u64) -> u128 {
        let calls = self.homes.saturating_mul(cost.per_cycle()).saturating_mul(PARTS);
        calls.div_ceil(u128::from(cost.full_every).saturating_mul(seconds.into()).max(1))
    }

    /// Returns the number of addresses that checks with the wanted detail every `seconds` need.
    pub(super) fn egresses(&self, seconds: u64) -> u64 {
        let calls = self.homes.saturating_mul(self.cost.per_cycle()).saturating_mul(PARTS);
        let each = self.lane.saturating_mul(self.cost.full_every.into()).saturating_mul(seconds.into());
        u64::try_from(calls.div_ceil(each.max(1))).unwrap_or(u64::MAX)
    }

    /// Returns the most homes whose checks of this detail every `seconds` keep the limit.
    pub(super) fn most_homes(&self, cost: CheckCost, seconds: u64) -> u64 {
        let calls = self.lanes.checks.saturating_mul(cost.full_every.into()).saturating_mul(seconds.into());
        u64::try_from(calls / (cost.per_cycle() * PARTS)).unwrap_or(u64::MAX)
    }
}
