//! The fault matrix of the API calls: every fault that is known, what is expected, and the tests that prove it.
//!
//! `matrix.rs` is the list; each row names its tests. A row whose test is gone does not compile, a row without a test
//! neither, and a test that no row names fails.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod answers;
mod bodies;
mod cloud;
mod connections;
mod fields;
mod limits;
mod loopback;
mod matrix;
mod outages;
mod pages;
mod paths;
mod patience;
mod shapes;
mod tokens;
mod wire;
