//! The arithmetic of a plan, in whole numbers.

use crate::plan::request::{PlanError, PlanRequest};

/// The parts of a call per second in which rates are counted.
pub(super) const PARTS: u128 = 1_000_000_000;

/// A validated request in whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    /// The rate of the limit, in [`PARTS`].
    pub(super) rate: u128,
    /// The rate that is left for checks, in [`PARTS`].
    pub(super) lane: u128,
    /// The part of `lane` that is left for regular checks while suspects take their share.
    pub(super) lane_beside_suspects: u128,
    /// The calls of one home in a cycle of one full check and the cheap ones.
    pub(super) calls_per_cycle: u128,
    /// The checks of a cycle.
    pub(super) checks_per_cycle: u128,
    pub(super) homes: u128,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the rate is finite, positive and at most 1e9 calls per second"
)]
fn parts(rate: f64) -> u128 {
    (rate * PARTS as f64).round() as u128
}

#[expect(clippy::cast_precision_loss, reason = "shares of a rate are rounded to parts in any case")]
fn share(rate: u128, share: f64) -> u128 {
    parts(rate as f64 / PARTS as f64 * share)
}

impl Numbers {
    pub(super) fn of(request: &PlanRequest) -> Result<Self, PlanError> {
        request.check()?;
        let of_window =
            request.window.map(|window| u128::from(window.calls) * PARTS / u128::from(window.seconds));
        let rate = match (request.per_second.map(parts), of_window) {
            (Some(rate), Some(window)) => rate.min(window),
            (Some(rate), None) | (None, Some(rate)) => rate,
            (None, None) => 0,
        };
        let lane = share(rate, request.checks_share).min(rate);
        let lane_beside_suspects = share(lane, 1.0 - request.suspects_share).min(lane);
        if lane_beside_suspects == 0 {
            return Err(PlanError::new(
                "per_second",
                "less than a billionth of a call per second is left for checks",
            ));
        }
        let cheap = u128::from(request.full_every - 1) * u128::from(request.cheap_calls);
        Ok(Self {
            rate,
            lane,
            lane_beside_suspects,
            calls_per_cycle: cheap + u128::from(request.full_calls),
            checks_per_cycle: request.full_every.into(),
            homes: request.homes.into(),
        })
    }

    /// Returns the shortest interval in seconds at which checks need no more than `lane`.
    pub(super) fn shortest(&self, lane: u128) -> Result<u64, PlanError> {
        let too_large = || PlanError::new("homes", "the interval is too long to be counted");
        let calls = self.homes.checked_mul(self.calls_per_cycle).and_then(|calls| calls.checked_mul(PARTS));
        let interval = calls.ok_or_else(too_large)?.div_ceil(lane * self.checks_per_cycle);
        u64::try_from(interval).map_err(|_| too_large())
    }

    /// Returns the calls per second of checks every `seconds`, in [`PARTS`] and rounded up.
    pub(super) fn demand(&self, seconds: u64) -> u128 {
        let calls = self.homes.saturating_mul(self.calls_per_cycle).saturating_mul(PARTS);
        calls.div_ceil(self.checks_per_cycle.saturating_mul(seconds.into()).max(1))
    }

    /// Returns the most homes whose checks every `seconds` keep the limit.
    pub(super) fn most_homes(&self, seconds: u64) -> u64 {
        let calls = self.lane.saturating_mul(self.checks_per_cycle).saturating_mul(seconds.into());
        u64::try_from(calls / (self.calls_per_cycle * PARTS)).unwrap_or(u64::MAX)
    }
}
