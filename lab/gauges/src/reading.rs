//! The options and the result of a gauge.

use std::convert::Infallible;

use clap::Args;
use serde_json::Value;

/// The options of a gauge.
#[derive(Debug, Clone, Copy, Args)]
#[non_exhaustive]
pub struct Settings {
    /// Measure a planted fault
    #[arg(long)]
    pub plant: bool,
    /// The bug to plant, for gauges with several
    #[arg(requires = "plant", value_parser = kept)]
    pub bug: Option<&'static str>,
    /// The seed of all random choices
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Run only this case, to reproduce a failure
    #[arg(long, value_name = "N")]
    pub case: Option<u64>,
    /// Run the nightly count, for gauges with a smaller daily one
    #[arg(long)]
    pub full: bool,
    /// Run the smallest count that passes, for gauges that support it
    #[arg(long)]
    pub quick: bool,
    /// The number of reads in the gauge `tenants`
    #[arg(long, value_name = "N")]
    pub reads: Option<u64>,
    /// The number of homes in the gauge `monitor`
    #[arg(long, value_name = "N")]
    pub homes: Option<u32>,
    /// The number of simulated hours in the gauge `monitor`
    #[arg(long, value_name = "N")]
    pub hours: Option<u64>,
    /// The events in the gauge `monitor`: mixed, quiet, storm, shower, cloud-away
    #[arg(long, value_name = "NAME", value_parser = kept)]
    pub story: Option<&'static str>,
}

/// Leaks the text; the program is short-lived.
fn kept(text: &str) -> Result<&'static str, Infallible> {
    Ok(String::leak(text.to_owned()))
}

/// The result of a gauge.
#[derive(Debug)]
#[allow(clippy::exhaustive_structs, reason = "the gauges construct them")]
pub struct Reading {
    /// The numbers.
    pub value: Value,
    /// The goal for the numbers.
    pub goal: &'static str,
    /// Whether the goal is met.
    pub pass: bool,
    /// The number of scanned things: callers, lines, cases.
    pub scanned: u64,
}

impl Reading {
    /// Fails if nothing was scanned.
    pub(crate) fn passes(&self) -> bool {
        self.pass && self.scanned > 0
    }
}

/// The function of a gauge.
pub type Gauge = fn(Settings) -> Result<Reading, String>;
