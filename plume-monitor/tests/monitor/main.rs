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

/// Returns the configuration of a property: so many cases, or `PROPTEST_CASES` as in the nightly run. Sizes of fleets and
/// lengths of stories are larger in that run too.
fn cases(few: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    if is_nightly() { usual } else { ProptestConfig { cases: few, ..usual } }
}

fn is_nightly() -> bool {
    std::env::var_os("PROPTEST_CASES").is_some()
}
