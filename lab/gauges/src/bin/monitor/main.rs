//! A fleet in virtual time: the simulated cloud, the real client with its call limit, and the decisions of
//! `plume_monitor`, judged by an oracle that knows which home was offline when.
//!
//! `cargo xtask gauge monitor --homes 2000 --hours 720 --seed 7` runs another fleet for longer. `--story` has fewer
//! kinds of events, and `--plant NAME` a fault in the decisions; `--plant` alone must find every fault.
#![allow(clippy::print_stderr, reason = "this program talks to people at a terminal")]

mod checks;
mod decisions;
mod fleet;
mod journal;
mod oracle;
mod plants;
mod run;
mod scenario;
mod store;

use std::collections::BTreeMap;

use clap::ValueEnum;
use gauges::{Reading, Settings};
use plume_runtime::{Clock, SystemClock};
use serde_json::{Value, json};

use oracle::Law;
use plants::Plant;
use run::{Options, Ran, run};

/// The size of the daily run.
const HOMES: u32 = 200;
const HOURS: u64 = 24;

const GOAL: &str = "no block by the firewall, at least 95 % of the lane used when there is demand, no home waits more \
    than twice its stretched interval, every outage found in time and announced once, a region is at most 3 messages, \
    an outage of the cloud is one incident and no red home, a restart changes nothing";

fn main() -> std::process::ExitCode {
    gauges::run(&[("monitor", measure)])
}

fn measure(settings: Settings) -> Result<Reading, String> {
    let plant = settings.bug.map(|name| Plant::from_str(name, true)).transpose()?;
    let options = Options {
        homes: settings.homes.unwrap_or(HOMES),
        hours: settings.hours.unwrap_or(HOURS),
        seed: settings.seed,
        story: settings.story.unwrap_or("mixed"),
        plant,
    };
    if settings.plant {
        let plants = plant.map_or_else(|| Plant::value_variants().to_vec(), |plant| vec![plant]);
        return planted(options, &plants, &settings);
    }
    let clock = SystemClock::new();
    let ran = run(options)?;
    let seconds = clock.monotonic().as_secs_f64();
    Ok(Reading {
        value: value(&ran, seconds),
        goal: GOAL,
        pass: ran.verdict.is_clean(),
        scanned: ran.pace.checks,
    })
}

/// Runs each planted fault. A fault without its broken law is an error.
fn planted(options: Options, plants: &[Plant], settings: &Settings) -> Result<Reading, String> {
    let mut values = serde_json::Map::new();
    let mut missed = Vec::new();
    let mut broken_by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut scanned = 0;
    for plant in plants {
        let (story, hours) = plant.run();
        let (story, hours) = (settings.story.unwrap_or(story), settings.hours.unwrap_or(hours));
        let ran = run(Options { plant: Some(*plant), story, hours, ..options })?;
        let found = plant.breaks().iter().any(|law| ran.verdict.breaks(*law));
        if !found {
            missed.push(format!("{plant:?}"));
        }
        scanned += ran.pace.checks;
        for law in ran.verdict.broken() {
            broken_by.entry(format!("{law:?}")).or_default().push(format!("{plant:?}"));
        }
        values.insert(format!("{plant:?}"), ran.verdict.to_json());
    }
    if plants.len() == Plant::value_variants().len() {
        let unproven = Law::ALL.iter().map(|law| format!("{law:?}"));
        missed.extend(unproven.filter(|law| !broken_by.contains_key(law)).map(|law| format!("law {law}")));
    }
    values.insert("laws".to_owned(), json!(broken_by));
    if !missed.is_empty() {
        return Err(format!(
            "these faults were not found, or no fault breaks these laws: {}; {}",
            missed.join(", "),
            Value::Object(values)
        ));
    }
    // As in every gauge, a planted fault must make it fail.
    Ok(Reading {
        value: Value::Object(values),
        goal: "every planted fault breaks its law",
        pass: false,
        scanned,
    })
}

fn value(ran: &Ran, seconds: f64) -> Value {
    let (pace, journal, detected, heard) = (&ran.pace, &ran.store.journal, &ran.detected, &ran.heard);
    json!({
        "checks": pace.checks,
        "calls": pace.calls,
        "requests": ran.requests,
        "failed_checks": ran.failed,
        "busy_windows": pace.busy_windows,
        "lane_use": round(pace.lane_use()),
        "worst_lane_use": round(pace.worst_use),
        "worst_wait": round(pace.worst_wait),
        "worst_stretch": round(pace.worst_stretch),
        "detection_s": detected.to_json(),
        "first_message_s": heard.first.to_json(),
        "transitions": journal.transitions.len(),
        "messages": journal.messages.len(),
        "messages_by_reason": by_reason(ran),
        "storm_messages": heard.of_a_storm,
        "source_incidents": journal.sources.len(),
        "restarts": ran.restarts,
        "seconds": round(seconds),
        "broken": ran.verdict.to_json(),
    })
}

fn by_reason(ran: &Ran) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for message in &ran.store.journal.messages {
        *counts.entry(format!("{:?}", message.reason).to_lowercase()).or_default() += 1;
    }
    counts
}

fn round(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}
