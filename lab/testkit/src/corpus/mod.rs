//! The corpus by which the judge is judged: clients of the Plume Cloud, good ones and bad ones.
//!
//! **The judge is judged by a corpus.** `lab/testkit/src/corpus/` holds good and bad clients as text, written against
//! the facts of the API. `tests/judge.rs` and `cargo xtask gauge judge` play them in process and over HTTP. What each
//! rule sees and cannot see is in `plume-sim/TESTING.md`.

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
