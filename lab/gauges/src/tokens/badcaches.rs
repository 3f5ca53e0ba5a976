//! The share of the caches with a planted bug that the contract suite finds.

use plume_auth::testing::check_provider;
use serde_json::json;

use gauges::{Reading, Settings};
use testkit::caches::{Bug, Flawed};

use crate::runtime::block_on;

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    // Panics are part of the tests.
    std::panic::set_hook(Box::new(|_| {}));
    // Planted: a correct cache in the list of faulty ones. The suite must not "find" it.
    let planted = settings.plant.then_some(None);
    let candidates: Vec<Option<Bug>> = Bug::ALL.iter().copied().map(Some).chain(planted).collect();
    let mut missed = Vec::new();
    for bug in &candidates {
        let report = block_on(check_provider(|source, clock| Flawed::new(source, clock, *bug)))?;
        if report.is_ok() {
            missed.push(format!("{bug:?}"));
        }
    }
    let found = candidates.len() - missed.len();
    Ok(Reading {
        value: json!({
            "killed_percent": 100.0 * found as f64 / candidates.len() as f64,
            "missed": missed,
        }),
        goal: "100 % of at least 20",
        pass: found == candidates.len() && found >= 20,
        scanned: candidates.len() as u64,
    })
}
