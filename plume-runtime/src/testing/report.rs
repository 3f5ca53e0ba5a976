//! The result of a suite.

use std::{any::Any, fmt};

/// The promises that a suite has checked, each with its result. [`Display`](fmt::Display) lists the failures.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Report {
    results: Vec<(&'static str, Outcome)>,
}

pub(super) type Outcome = Result<(), String>;

impl Report {
    /// Adds the result of one check. A panic counts as a broken promise.
    pub fn add(&mut self, promise: &'static str, result: Result<Outcome, Box<dyn Any + Send>>) {
        self.results.push((promise, result.unwrap_or_else(|_| Err("it panicked".to_owned()))));
    }

    /// Returns whether every promise was kept.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Returns the promises that were not kept, each with an observation.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.results.iter().filter_map(|(name, result)| Some((*name, result.as_ref().err()?.as_str())))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, failed) = (self.results.len(), self.failures().count());
        write!(f, "{} of {all} promises kept", all - failed)?;
        self.failures().try_for_each(|(name, what)| write!(f, "\n  {name}: {what}"))
    }
}
