//! The promises of every store, and those of the store in a file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod audit;
mod contract;
mod kills;
mod memory;
mod sqlite;
