//! What the cases came to.

use std::fmt;

/// What a case came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be, and why.
    Failed(String),
    /// Not run, and why.
    Skipped(&'static str),
}

/// All cases and what they came to.
#[derive(Debug, Clone)]
#[must_use]
pub struct Report {
    pub(crate) results: Vec<(&'static str, Outcome)>,
}

impl Report {
    /// Whether no case failed and at least one was run.
    #[must_use]
    pub fn passed(&self) -> bool {
        let ran = self.results.iter().any(|(_, outcome)| *outcome == Outcome::Passed);
        ran && self.failed().next().is_none()
    }

    /// The names of the cases that failed.
    pub fn failed(&self) -> impl Iterator<Item = &'static str> {
        self.results
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
            .map(|(name, _)| *name)
    }

    /// Every case with its outcome.
    #[must_use]
    pub fn results(&self) -> &[(&'static str, Outcome)] {
        &self.results
    }

    /// Ends a test whose client failed a case.
    ///
    /// # Panics
    ///
    /// If a case failed or none was run, with the report as the message.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.passed(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, outcome) in &self.results {
            match outcome {
                Outcome::Passed => writeln!(f, "passed   {name}")?,
                Outcome::Failed(why) => writeln!(f, "FAILED   {name}: {why}")?,
                Outcome::Skipped(why) => writeln!(f, "skipped  {name}: {why}")?,
            }
        }
        let failed = self.failed().count();
        write!(f, "{} cases, {failed} failed", self.results.len())
    }
}
