//! The arithmetic of rates, in whole numbers.

use std::time::Duration;

/// The parts of a call per second in which rates are counted.
pub(crate) const PARTS: u128 = 1_000_000_000;

/// The rates of a call limit, in [`PARTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lanes {
    /// The rate of the limit.
    pub(crate) rate: u128,
    /// The rate that is left for checks.
    pub(crate) checks: u128,
    /// The part of `checks` that is left for regular checks while suspects take their share.
    pub(crate) beside_suspects: u128,
}

impl Lanes {
    /// Returns the rates of a limit of calls per second, and of calls within a number of seconds.
    pub(crate) fn of(
        per_second: Option<f64>,
        window: Option<(u64, u64)>,
        checks: f64,
        suspects: f64,
    ) -> Self {
        let of_window = window.map(|(calls, seconds)| u128::from(calls) * PARTS / u128::from(seconds.max(1)));
        let rate = match (per_second.map(parts), of_window) {
            (Some(rate), Some(window)) => rate.min(window),
            (Some(rate), None) | (None, Some(rate)) => rate,
            (None, None) => 0,
        };
        let checks = share(rate, checks).min(rate);
        Self { rate, checks, beside_suspects: share(checks, 1.0 - suspects).min(checks) }
    }

    /// Returns the rates of several addresses together.
    pub(crate) fn times(self, egresses: u128) -> Self {
        let Self { rate, checks, beside_suspects } = self;
        let [rate, checks, beside_suspects] =
            [rate, checks, beside_suspects].map(|rate| rate.saturating_mul(egresses));
        Self { rate, checks, beside_suspects }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a valid rate is finite, positive and at most 1e9 calls per second; others saturate"
)]
fn parts(rate: f64) -> u128 {
    (rate * PARTS as f64).round().clamp(0.0, 1e18) as u128
}

#[expect(clippy::cast_precision_loss, reason = "shares of a rate are rounded to parts in any case")]
fn share(rate: u128, share: f64) -> u128 {
    parts(rate as f64 / PARTS as f64 * share)
}

#[expect(clippy::cast_precision_loss, reason = "results are shown with a few digits")]
pub(crate) fn ratio(number: u128, divisor: u128) -> f64 {
    number as f64 / divisor as f64
}

pub(crate) fn per_second(parts: u128) -> f64 {
    ratio(parts, PARTS)
}

/// Returns the checks per second of homes that are checked once per interval, in [`PARTS`] and rounded down.
pub(super) fn checks_per_second(homes: u64, interval: Duration) -> u128 {
    (u128::from(homes) * PARTS * PARTS) / interval.as_nanos().max(1)
}

/// The calls of a check: one of `full_every` is a full one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CheckCost {
    pub(crate) cheap: u32,
    pub(crate) full: u32,
    pub(crate) full_every: u32,
}

impl CheckCost {
    /// Returns the calls of a cycle of one full check and the cheap ones.
    pub(crate) fn per_cycle(self) -> u128 {
        u128::from(self.full_every.max(1) - 1) * u128::from(self.cheap) + u128::from(self.full)
    }

    /// Returns the calls per second of `checks` per second, both in [`PARTS`], rounded up.
    pub(crate) fn demand(self, checks: u128) -> u128 {
        checks.saturating_mul(self.per_cycle()).div_ceil(self.full_every.max(1).into())
    }

    /// Makes full checks as rare as needed for `checks` per second to fit into `lane`, but not rarer than one of `most`.
    pub(crate) fn reduced(self, checks: u128, lane: u128, most: u32) -> Self {
        let extra = u128::from(self.full.saturating_sub(self.cheap)).saturating_mul(checks);
        let left = lane.saturating_sub(checks.saturating_mul(self.cheap.into()));
        let needed = extra.checked_div(left).map_or(u128::MAX, |whole| {
            if whole.saturating_mul(left) < extra { whole.saturating_add(1) } else { whole }
        });
        let most = most.max(self.full_every);
        let full_every = u32::try_from(needed).unwrap_or(u32::MAX).clamp(self.full_every, most);
        Self { full_every, ..self }
    }
}
