//! A day of fifty tenants behind one address: floods, idle hours, outages, blocks and suspends. The server counts
//! requests as the firewall does.

mod world;

use clap::ValueEnum;
use serde_json::{Value, json};

use gauges::{Reading, Settings};
use world::{Fault, Seen, Shape};

fn value(seen: &Seen) -> Value {
    json!({
        "worst_300_s": seen.worst_window,
        "worst_1_s": seen.worst_second,
        "worst_share": round(seen.worst_share),
        "amplification": round(seen.amplification),
        "most_in_a_block": seen.most_in_a_block,
        "duplicates": seen.duplicates,
        "requests": seen.requests,
        "refused_here": seen.refused_here,
    })
}

fn round(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

fn holds(seen: &Seen) -> bool {
    seen.worst_window <= 1_900
        && seen.worst_second <= 27
        && seen.worst_share >= 0.8
        && seen.amplification <= 1.1
        && seen.most_in_a_block <= 27
        && seen.duplicates == 0
}

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    let goal = "any 300 s hold at most 1,900 requests and any second 27; the worst tenant gets 80 % of its share; after the \
                first minute of an outage at most 1.10 requests per call; only calls in flight meet a block; no change happens twice";
    if !settings.plant {
        let seen = world::run(Shape::day(), settings.seed, None)?;
        let busy =
            seen.requests > 170_000 && seen.outage_calls > 1_000 && seen.blocks > 0 && seen.changes > 10_000;
        return Ok(Reading { value: value(&seen), goal, pass: holds(&seen) && busy, scanned: seen.requests });
    }
    // Each fault breaks one promise, and each must be caught.
    let mut values = Vec::new();
    let mut scanned = 0;
    let mut missed = false;
    for fault in Fault::value_variants() {
        let seen = world::run(Shape::short(), settings.seed, Some(*fault))?;
        let caught = match fault {
            Fault::LimiterPerClient => seen.worst_window > 1_900,
            Fault::NoRetryBudget => seen.amplification > 1.1,
            Fault::OneTenantForAll => seen.worst_share < 0.8,
            Fault::BlockNotShared => seen.most_in_a_block > 27,
            Fault::RepeatedBelow => seen.duplicates > 0,
        };
        missed |= !caught;
        scanned += seen.requests;
        values.push(json!({ "fault": format!("{fault:?}"), "caught": caught, "seen": value(&seen) }));
    }
    Ok(Reading { value: json!(values), goal, pass: missed, scanned })
}
