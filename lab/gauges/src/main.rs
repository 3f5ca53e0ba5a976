//! Goals that are measured: `cargo xtask gauge NAME [--plant] [--seed N]`.
//!
//! Each prints one line of JSON, `{metric, value, goal, pass, seed, scanned}`, and fails if the goal is missed. With
//! `--plant` it measures something that is wrong on purpose, and has to fail: a gauge that cannot fail measures
//! nothing.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this program talks to people at a terminal")]

mod badcaches;
mod herd;
mod hot;
mod judge;
mod leak;
mod outage;
mod pages;
mod sim;
mod unknown;
mod virtual_time;
mod window;
mod wire;

use std::{process::ExitCode, sync::Arc};

use gauges::Gauge;
pub(crate) use gauges::{Reading, Reference, Settings};
use plume_auth::{CachedTokenProvider, testing::Rig};
use testkit::caches::{Bug, Flawed};

const GAUGES: &[(&str, Gauge)] = &[
    ("herd", herd::measure),
    ("outage", outage::measure),
    ("hot", hot::measure),
    ("badcaches", badcaches::measure),
    ("leak", leak::measure),
    ("sim", sim::measure),
    ("judge", judge::measure),
    ("wire", wire::measure),
    ("window", window::measure),
    ("pages", pages::measure),
    ("unknown", unknown::measure),
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
    gauges::run(GAUGES)
}
