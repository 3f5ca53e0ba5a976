//! Samples sorted, deduplicated and checked.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::series::measure::stats::without_negative_zero;
use crate::series::measure::step::usual_step;
use crate::series::measure::timeline::{self, Coverage};

/// The content of a sample.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reading {
    /// A valid number.
    Valid(f64),
    /// An impossible number.
    Invalid,
    /// No number.
    Missing,
}

/// A series sorted by time, each time once.
#[derive(Default)]
pub(crate) struct Clean {
    /// Valid values by time.
    pub(crate) timed: Vec<(DateTime<Utc>, f64)>,
    /// Valid values without a time, in the order of the response.
    pub(crate) untimed: Vec<f64>,
    pub(crate) missing: usize,
    pub(crate) invalid: usize,
    /// All times, including those without a valid value.
    times: Vec<DateTime<Utc>>,
}

impl Clean {
    /// Sorts and counts the samples. At the same time the lowest valid value wins, then an invalid one, then none.
    pub(crate) fn new(
        samples: impl IntoIterator<Item = (Option<DateTime<Utc>>, Reading)>,
        unreadable: usize,
    ) -> Self {
        let mut clean = Self { missing: unreadable, ..Self::default() };
        let mut by_time = BTreeMap::<DateTime<Utc>, Reading>::new();
        for (at, reading) in samples {
            match at {
                Some(at) => {
                    let kept = by_time.entry(at).or_insert(reading);
                    *kept = kept.or_lower(reading);
                }
                None => clean.count(None, reading),
            }
        }
        for (at, reading) in by_time {
            clean.times.push(at);
            clean.count(Some(at), reading);
        }
        clean
    }

    fn count(&mut self, at: Option<DateTime<Utc>>, reading: Reading) {
        match (reading, at) {
            (Reading::Valid(value), Some(at)) => self.timed.push((at, without_negative_zero(value))),
            (Reading::Valid(value), None) => self.untimed.push(without_negative_zero(value)),
            (Reading::Invalid, _) => self.invalid = self.invalid.saturating_add(1),
            (Reading::Missing, _) => self.missing = self.missing.saturating_add(1),
        }
    }

    /// Returns all valid values.
    pub(crate) fn values(&self) -> Vec<f64> {
        self.timed.iter().map(|(_, value)| *value).chain(self.untimed.iter().copied()).collect()
    }

    pub(crate) fn coverage(&self) -> Coverage {
        let known: Vec<DateTime<Utc>> = self.timed.iter().map(|(at, _)| *at).collect();
        timeline::coverage(&self.times, &known, usual_step(self.times.iter().copied()))
    }
}

impl Reading {
    /// Returns a valid reading if the number is finite and `is_valid` accepts it.
    pub(crate) fn of(value: Option<f64>, is_valid: impl Fn(f64) -> bool) -> Self {
        match value {
            None => Self::Missing,
            Some(value) if value.is_finite() && is_valid(value) => Self::Valid(value),
            Some(_) => Self::Invalid,
        }
    }

    fn or_lower(self, other: Self) -> Self {
        match (self, other) {
            (Self::Valid(a), Self::Valid(b)) => Self::Valid(a.min(b)),
            (valid @ Self::Valid(_), _) | (_, valid @ Self::Valid(_)) => valid,
            (Self::Missing, Self::Missing) => Self::Missing,
            _ => Self::Invalid,
        }
    }
}
