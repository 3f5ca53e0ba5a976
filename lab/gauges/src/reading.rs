//! The options and the result of a gauge.

use serde_json::Value;

/// The options of a gauge.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Settings {
    /// Measure something that is wrong on purpose.
    pub plant: bool,
    /// Which bug, where a gauge knows several. It comes after the gauge's name.
    pub bug: Option<&'static str>,
    /// Where all chance comes from.
    pub seed: u64,
    /// Only this one, to see a failure again.
    pub case: Option<u64>,
    /// The count of a nightly run, where a gauge has a smaller one for every day.
    pub full: bool,
}

/// The result of a gauge.
#[derive(Debug)]
#[allow(clippy::exhaustive_structs, reason = "the gauges make them")]
pub struct Reading {
    /// The numbers.
    pub value: Value,
    /// What they have to be.
    pub goal: &'static str,
    /// Whether they are.
    pub pass: bool,
    /// How many things were looked at: callers, lines, cases.
    pub scanned: u64,
}

impl Reading {
    /// Having looked at nothing is no success.
    pub(crate) fn passes(&self) -> bool {
        self.pass && self.scanned > 0
    }
}

/// Measures one thing.
pub type Gauge = fn(Settings) -> Result<Reading, String>;
