//! The results of the suite.

use std::fmt;

/// The result of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The client conforms.
    Passed,
    /// The client does not conform, with the reason.
    Failed(String),
    /// Not run, with the reason.
    Skipped(&'static str),
}

/// The results of all cases.
#[derive(Debug, Clone)]
#[must_use]
pub struct Report {
    pub(crate) results: Vec<(&'static str, Outcome)>,
}

impl Report {
    /// Returns whether at least one case was run and none failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        let ran = self.results.iter().any(|(_, outcome)| *outcome == Outcome::Passed);
        ran && self.failed().next().is_none()
    }

    /// Returns the names of the failed cases.
    pub fn failed(&self) -> impl Iterator<Item = &'static str> {
        self.results
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
            .map(|(name, _)| *name)
    }

    /// Returns every case with its outcome.
    #[must_use]
    pub fn results(&self) -> &[(&'static str, Outcome)] {
        &self.results
    }

    /// Panics if a case failed. For the end of a test.
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
