//! The corpus that tests the simulator's verdict: good and bad clients of the Plume Cloud.
//!
//! **A corpus tests the verdict.** `lab/testkit/src/corpus/` contains good and bad clients as text, written against the
//! facts of the API. `tests/judge.rs` and `cargo xtask gauge judge` play them in process and over HTTP.
//! `plume-sim/TESTING.md` lists what each rule detects and misses.

mod run;
mod script;
mod wire;

pub use run::{Played, Way, run};
pub use script::{Script, read};

/// The clients that break a rule.
pub fn bad() -> Vec<Script> {
    read(include_str!("bad.txt"))
}

/// The clients that break none.
pub fn good() -> Vec<Script> {
    read(include_str!("good.txt"))
}
