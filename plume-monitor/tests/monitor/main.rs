//! All that plume-monitor promises, in one program.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use proptest::prelude::ProptestConfig;

mod availability;
mod backtest;
mod baseline;
mod budget;
mod calendar;
mod change;
mod decisions;
mod fleet;
mod limits;
mod peers;
mod plan;
mod properties_change;
mod rows;
mod schedule;
mod series_properties;
mod sla;
mod source;
mod stored;
mod totality;
mod tracker;
mod tracker_promise;
mod tracker_rules;

/// Returns the configuration of a property: so many cases, or `PROPTEST_CASES`.
fn cases(few: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    if wanted_cases().is_some() { usual } else { ProptestConfig { cases: few, ..usual } }
}

/// Returns whether this is the nightly run, which has larger fleets and longer stories too. A run against planted bugs
/// has few cases, and no time for those.
fn is_nightly() -> bool {
    wanted_cases().is_some_and(|cases| cases >= 1_000)
}

fn wanted_cases() -> Option<u32> {
    std::env::var("PROPTEST_CASES").ok()?.parse().ok()
}
