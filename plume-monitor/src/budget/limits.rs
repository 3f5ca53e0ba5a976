//! A call limit and its shares.

use serde::{Deserialize, Deserializer, Serialize};

use crate::budget::lanes::Lanes;

/// A number of calls within any window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CallWindow {
    /// The number of calls.
    pub calls: u64,
    /// The length of the window, in seconds.
    pub seconds: u64,
}

impl CallWindow {
    /// Returns a window. Zero calls or seconds are refused when it is used.
    #[must_use]
    pub fn new(calls: u64, seconds: u64) -> Self {
        Self { calls, seconds }
    }
}

/// Far above every call limit, and small enough for whole billionths.
pub(crate) const MAX_RATE: f64 = 1e9;

/// The call limit of an egress address, and its shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limits {
    pub(crate) per_second: Option<f64>,
    pub(crate) window: Option<CallWindow>,
    pub(crate) checks_share: f64,
    pub(crate) suspects_share: f64,
}

/// The key of an invalid value, and the problem.
pub(crate) type Invalid = (&'static str, String);

/// Refuses zero.
pub(crate) fn above_zero(key: &'static str, number: u64) -> Result<(), Invalid> {
    if number == 0 { Err((key, "0 is not above 0".to_owned())) } else { Ok(()) }
}

impl Limits {
    /// Returns the rates. Invalid limits give rates without a meaning.
    pub(crate) fn lanes(&self) -> Lanes {
        let window = self.window.map(|window| (window.calls, window.seconds));
        Lanes::of(self.per_second, window, self.checks_share, self.suspects_share)
    }

    /// Checks for invalid values: zero, NaN, infinity, a share out of range, no limit, or nothing left for checks.
    pub(crate) fn validate(&self) -> Result<(), Invalid> {
        // The negated forms also refuse NaN.
        if let Some(rate) = self.per_second
            && !(rate > 0.0 && rate <= MAX_RATE)
        {
            return Err(("per_second", format!("{rate} is not above 0 and at most {MAX_RATE}")));
        }
        if let Some(window) = self.window {
            above_zero("window.calls", window.calls)?;
            above_zero("window.seconds", window.seconds)?;
        }
        if self.per_second.is_none() && self.window.is_none() {
            return Err(("per_second", "neither a rate nor a window is set".to_owned()));
        }
        let share = self.checks_share;
        if !(share > 0.0 && share <= 1.0) {
            return Err(("checks_share", format!("{share} is not above 0 and at most 1")));
        }
        let share = self.suspects_share;
        if !(0.0..1.0).contains(&share) {
            return Err(("suspects_share", format!("{share} is not at least 0 and below 1")));
        }
        if self.lanes().beside_suspects == 0 {
            return Err((
                "per_second",
                "less than a billionth of a call per second is left for checks".to_owned(),
            ));
        }
        Ok(())
    }
}

/// Distinguishes `null`, which is no limit, from a missing key.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
