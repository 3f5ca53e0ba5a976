//! A doctor against the simulator, with one fault at a time and with random combinations.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod setup;
mod single_faults;
