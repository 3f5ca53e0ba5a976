//! A doctor against the simulator, with one fault at a time and with random combinations.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod files;
mod hosts;
mod promises;
mod setup;
mod single_faults;
