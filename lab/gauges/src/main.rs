//! Measured goals: `cargo xtask gauge NAME [--plant] [--seed N]`.
//!
//! Each prints one line of JSON, `{metric, value, goal, pass, seed, scanned}`, and fails if the goal is missed. With
//! `--plant` it measures a planted fault and must fail, because a gauge that cannot fail measures nothing.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this program talks to people at a terminal")]

mod cloud;
mod runtime;
mod tokens;
mod wire;

use std::process::ExitCode;

use cloud::{judge, pages, sim, unknown, window};
use gauges::Gauge;
use tokens::{badcaches, herd, hot, leak, outage};

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

fn main() -> ExitCode {
    gauges::run(GAUGES)
}
