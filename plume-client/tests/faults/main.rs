//! The fault matrix of the API calls: every fault that is known, what is expected, and the tests that prove it.
//!
//! `matrix.rs` is the list; each row names its tests. A row whose test is gone does not compile, a row without a test
//! neither, and a test that no row names fails.
//!
//! **The fault matrix is data, and its rows are functions.** `plume-client/tests/faults/matrix.rs` names for each
//! fault what is expected, the further checks, and its tests. The tests are named as functions, so that a
//! row whose test is gone does not compile; a constant counts the rows; and the program asks itself which tests it
//! has, so that none runs without a row. What only a lower level can prove is named by file and looked up. Real
//! sockets are used where the fault is one of the wire; the server that misbehaves is plume-runtime's
//! (`lab/testkit/src/wire/server.rs`).
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
