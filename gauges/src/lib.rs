//! What the gauges share: what they are told, and how they say what they have seen.
//!
//! Most are one program; those that the allocator of that program would slow down are programs of their own.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "these programs talk to people at a terminal")]

mod reference;

use std::process::ExitCode;

use serde_json::{Value, json};

pub use reference::Reference;

/// What a gauge was told.
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

/// What a gauge has seen.
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

/// Measures one thing.
pub type Gauge = fn(Settings) -> Result<Reading, String>;

/// Runs the gauge that the command line names; a program with one gauge needs no name.
#[must_use]
pub fn run(gauges: &[(&str, Gauge)]) -> ExitCode {
    let mut name = None;
    let mut settings = Settings { plant: false, bug: None, seed: 1, case: None, full: false };
    let mut words = std::env::args().skip(1).peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--plant" => {
                settings.plant = true;
                // Only after the gauge's own name a further word can be the name of a bug. It lives as long as this
                // short program.
                settings.bug = words
                    .next_if(|word| name.is_some() && !word.starts_with('-'))
                    .map(|bug| &*Box::leak(bug.into_boxed_str()));
            }
            "--full" => settings.full = true,
            "--seed" => match words.next().and_then(|seed| seed.parse().ok()) {
                Some(seed) => settings.seed = seed,
                None => return usage(gauges, "--seed needs a number"),
            },
            "--case" => match words.next().and_then(|case| case.parse().ok()) {
                Some(case) => settings.case = Some(case),
                None => return usage(gauges, "--case needs a number"),
            },
            _ => name = Some(word),
        }
    }
    let found = match gauges {
        [only] => Some(only),
        _ => gauges.iter().find(|(known, _)| name.as_deref() == Some(*known)),
    };
    let Some((name, gauge)) = found else {
        return usage(gauges, "which gauge?");
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

fn usage(gauges: &[(&str, Gauge)], problem: &str) -> ExitCode {
    // The last ones are programs that xtask runs by themselves.
    const OTHERS: [&str; 5] = ["store", "tenants", "fuzz", "devices", "homes"];
    let names: Vec<&str> = gauges.iter().map(|(name, _)| *name).chain(OTHERS).collect();
    eprintln!(
        "{problem}\nusage: cargo xtask gauge {} [--plant [BUG]] [--seed N] [--case N] [--full]",
        names.join("|")
    );
    ExitCode::from(2)
}
