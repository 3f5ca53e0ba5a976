//! Assembles the parts of the program, runs them and stops them.

mod check;
mod run;

pub use check::healthcheck;
pub use run::{Failed, run};
