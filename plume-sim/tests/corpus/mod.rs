//! The corpus by which the judge is judged: clients of the Plume Cloud, good ones and bad ones.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a script that cannot be read ends the test"
)]

mod run;
mod script;
mod wire;

pub(crate) use run::{Played, Way, run};
pub(crate) use script::{Script, read};

/// The clients that break a rule.
pub(crate) fn bad() -> Vec<Script> {
    read(include_str!("bad.txt"))
}

/// The clients that break none.
pub(crate) fn good() -> Vec<Script> {
    read(include_str!("good.txt"))
}
