//! Assembles the parts of the program, runs them and stops them.

mod check;
mod run;
mod stop;

pub use check::healthcheck;
pub use run::{Failed, run};
pub use stop::{Stop, Stopping, signalled};
