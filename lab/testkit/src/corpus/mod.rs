//! The corpus by which the judge is judged: clients of the Plume Cloud, good ones and bad ones.

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
