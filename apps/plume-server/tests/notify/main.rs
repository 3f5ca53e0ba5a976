//! The sender of the outbox and its channels.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod bed;
mod channels;
mod guard;
mod hostile;
mod kills;
mod processes;
mod receiver;
mod sending;
