//! The protocol by which several workers share homes, a budget of calls and an outbox, as a machine whose every state is
//! visited.
//!
//! A step is one transaction of the database, one call of the cloud, or one delivery to a receiver. Other workers take steps
//! between two of them, so a worker that takes none for a while is one that was stopped. A lease ends when another worker
//! takes the row, at any time: there is no clock, and the worker with the newest fence of a row has its lease.
//!
//! The rules are few. A result is written only with the newest fence of its home. A slot of the budget is granted once. A
//! message is stored by the transaction of its transition, and marked as sent only after its receiver has it.
//!
//! The package is a test: `cargo test -p protocol -- --nocapture` prints the number of states.
#![cfg(test)]
#![allow(clippy::indexing_slicing, reason = "the indices are those of fixed arrays")]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may panic, and prints what it counted")]

mod cluster;
mod laws;
