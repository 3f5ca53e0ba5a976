//! The options and the result of a gauge.

use std::convert::Infallible;

use clap::Args;
use serde_json::Value;

/// The options of a gauge.
#[derive(Debug, Clone, Copy, Args)]
#[non_exhaustive]
pub struct Settings {
    /// Measure something that is wrong on purpose
    #[arg(long)]
    pub plant: bool,
    /// Which bug to plant, where a gauge knows several
    #[arg(requires = "plant", value_parser = kept)]
    pub bug: Option<&'static str>,
    /// Where all chance comes from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Only this case, to see a failure again
    #[arg(long, value_name = "N")]
    pub case: Option<u64>,
    /// The count of a nightly run, where a gauge has a smaller one for every day
    #[arg(long)]
    pub full: bool,
    /// Just enough to pass, where a gauge can do with less
    #[arg(long)]
    pub quick: bool,
    /// How many reads, in the gauge `tenants`
    #[arg(long, value_name = "N")]
    pub reads: Option<u64>,
}

/// Keeps the text as long as this short program lives.
fn kept(text: &str) -> Result<&'static str, Infallible> {
    Ok(String::leak(text.to_owned()))
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
