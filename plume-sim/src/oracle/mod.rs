//! Watching a client: what it asked for, when, with which token, and which answers it had before.
//!
//! A client is seen by its credential: calls with one token, and with those that replaced it after a 401, are one
//! client's. What a careful client can do as well is not blamed.

mod arrival;
mod ending;
mod memory;
mod messages;
mod rules;
mod verdict;
mod watch;

pub use verdict::{Counts, Verdict, Violation, ViolationKind};

pub(crate) use arrival::{Arrival, Errand, Reaction};
pub(crate) use messages::{Secrets, find_leak, list_rows, location, names_the_token};
pub(crate) use watch::Oracle;
