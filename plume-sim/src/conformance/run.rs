//! Runs the cases.

use crate::conformance::cases::{NAMES, run_one};
use crate::conformance::report::{Outcome, Report};
use crate::conformance::stage::{Bench, Stop};
use crate::conformance::subject::{Implementation, Way};

/// Runs every case, each with its own simulator.
pub async fn run(implementation: &dyn Implementation, way: Way) -> Report {
    let mut results = Vec::new();
    for name in NAMES {
        results.push((*name, run_case(implementation, way, name).await));
    }
    Report { results }
}

/// Returns the names of the cases.
#[must_use]
pub fn cases() -> &'static [&'static str] {
    NAMES
}

/// Runs the case with this name. An unknown name is skipped.
pub async fn run_case(implementation: &dyn Implementation, way: Way, name: &str) -> Outcome {
    let bench = Bench { implementation, way };
    match run_one(&bench, name).await {
        Ok(()) => Outcome::Passed,
        Err(Stop::Skip(why)) => Outcome::Skipped(why),
        Err(Stop::Fail(why)) => Outcome::Failed(why),
    }
}
