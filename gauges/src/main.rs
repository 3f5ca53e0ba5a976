//! Goals that are measured: `cargo xtask gauge NAME [--plant] [--seed N]`.
//!
//! Each prints one line of JSON, `{metric, value, goal, pass, seed, scanned}`, and fails if the goal is missed. With
//! `--plant` it measures something that is wrong on purpose, and has to fail: a gauge that cannot fail measures
//! nothing.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this program talks to people at a terminal")]

mod badcaches;
#[path = "../../plume-auth/tests/flawed/mod.rs"]
mod flawed;
mod herd;
mod hot;
mod leak;
mod outage;
mod pages;
#[path = "../../plume-client/tests/pages_model/mod.rs"]
mod pages_model;
mod sim;
mod virtual_time;
mod window;

use std::{process::ExitCode, sync::Arc};

use flawed::{Bug, Flawed};
use plume_auth::{CachedTokenProvider, testing::Rig};
use serde_json::{Value, json};

/// What a gauge was told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) plant: bool,
    /// Which bug, where a gauge knows several.
    pub(crate) bug: Option<&'static str>,
    pub(crate) seed: u64,
    /// One seed in detail instead of the measurement.
    pub(crate) replay: Option<u64>,
}

/// What a gauge has seen.
pub(crate) struct Reading {
    pub(crate) value: Value,
    pub(crate) goal: &'static str,
    pub(crate) pass: bool,
    /// How many things were looked at: callers, lines, cases.
    pub(crate) scanned: u64,
}

type Gauge = fn(Settings) -> Result<Reading, String>;

const GAUGES: &[(&str, Gauge)] = &[
    ("herd", herd::measure),
    ("outage", outage::measure),
    ("hot", hot::measure),
    ("badcaches", badcaches::measure),
    ("leak", leak::measure),
    ("sim", sim::measure),
    ("window", window::measure),
    ("pages", pages::measure),
];

/// Our cache, or one with a bug.
pub(crate) fn rig(seed: u64, bug: Option<Bug>) -> Rig {
    Rig::new(|source, clock| match bug {
        Some(bug) => Arc::new(Flawed::new(source, clock, Some(bug))),
        None => Arc::new(CachedTokenProvider::builder(source, Arc::new(clock)).seed(seed).build()),
    })
}

/// Runs a gauge that needs others to run beside it, without their order being left to chance.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
    Ok(runtime.block_on(future))
}

fn main() -> ExitCode {
    let mut name = None;
    let mut settings = Settings { plant: false, bug: None, seed: 1, replay: None };
    let mut words = std::env::args().skip(1).peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--plant" => {
                settings.plant = true;
                // Only after the gauge's own name a further word can be the name of a bug.
                if let Some(bug) = words.next_if(|word| name.is_some() && !word.starts_with('-')) {
                    match sim::bug_named(&bug) {
                        Some(bug) => settings.bug = Some(bug),
                        None => return usage(&format!("no bug is called {bug}; known are {}", sim::bugs())),
                    }
                }
            }
            "--replay" => match words.next().and_then(|seed| seed.parse().ok()) {
                Some(seed) => settings.replay = Some(seed),
                None => return usage("--replay needs the number of a seed"),
            },
            "--seed" => match words.next().and_then(|seed| seed.parse().ok()) {
                Some(seed) => settings.seed = seed,
                None => return usage("--seed needs a number"),
            },
            _ => name = Some(word),
        }
    }
    let Some((name, gauge)) = GAUGES.iter().find(|(known, _)| name.as_deref() == Some(*known)) else {
        return usage("which gauge?");
    };
    match gauge(settings) {
        Ok(reading) => {
            // Having looked at nothing is no success.
            let pass = reading.pass && reading.scanned > 0;
            let line = json!({
                "metric": name,
                "value": reading.value,
                "goal": reading.goal,
                "pass": pass,
                "seed": settings.seed,
                "scanned": reading.scanned,
            });
            println!("{line}");
            if pass { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(message) => {
            eprintln!("{name}: {message}");
            ExitCode::FAILURE
        }
    }
}

fn usage(problem: &str) -> ExitCode {
    // The last two are programs of plume-auth that xtask runs by itself.
    let names: Vec<&str> = GAUGES.iter().map(|(name, _)| *name).chain(["store", "tenants"]).collect();
    eprintln!(
        "{problem}\nusage: cargo xtask gauge {} [--plant [BUG]] [--seed N] [--replay N]",
        names.join("|")
    );
    ExitCode::from(2)
}
