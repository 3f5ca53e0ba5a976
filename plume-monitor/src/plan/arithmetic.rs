//! The arithmetic of a plan, in whole numbers: that of [`budget`](crate::budget).

use crate::budget::{CheckCost, Lanes, PARTS};
use crate::plan::request::{PlanError, PlanRequest};

/// A validated request in whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) lanes: Lanes,
    pub(super) cost: CheckCost,
    pub(super) homes: u128,
}

impl Numbers {
    pub(super) fn of(request: &PlanRequest) -> Result<Self, PlanError> {
        request.check()?;
        let window = request.window.map(|window| (window.calls, window.seconds));
        let lanes = Lanes::of(request.per_second, window, request.checks_share, request.suspects_share);
        if lanes.beside_suspects == 0 {
            return Err(PlanError::new(
                "per_second",
                "less than a billionth of a call per second is left for checks",
            ));
        }
        let PlanRequest { cheap_calls: cheap, full_calls: full, full_every, homes, .. } = *request;
        Ok(Self { lanes, cost: CheckCost { cheap, full, full_every }, homes: homes.into() })
    }

    fn checks_per_cycle(&self) -> u128 {
        self.cost.full_every.into()
    }

    /// Returns the shortest interval in seconds at which checks need no more than `lane`.
    pub(super) fn shortest(&self, lane: u128) -> Result<u64, PlanError> {
        let too_large = || PlanError::new("homes", "the interval is too long to be counted");
        let calls = self.homes.checked_mul(self.cost.per_cycle()).and_then(|calls| calls.checked_mul(PARTS));
        let interval = calls.ok_or_else(too_large)?.div_ceil(lane * self.checks_per_cycle());
        u64::try_from(interval).map_err(|_| too_large())
    }

    /// Returns the calls per second of checks every `seconds`, in [`PARTS`] and rounded up.
    pub(super) fn demand(&self, seconds: u64) -> u128 {
        let calls = self.homes.saturating_mul(self.cost.per_cycle()).saturating_mul(PARTS);
        calls.div_ceil(self.checks_per_cycle().saturating_mul(seconds.into()).max(1))
    }

    /// Returns the most homes whose checks every `seconds` keep the limit.
    pub(super) fn most_homes(&self, seconds: u64) -> u64 {
        let calls = self.lanes.checks.saturating_mul(self.checks_per_cycle()).saturating_mul(seconds.into());
        u64::try_from(calls / (self.cost.per_cycle() * PARTS)).unwrap_or(u64::MAX)
    }
}
