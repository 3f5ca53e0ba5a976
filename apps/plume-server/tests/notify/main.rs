//! The sender of the outbox and its channels.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod bed;
mod channels;
mod ends;
mod guard;
mod hostile;
mod receiver;
mod repair;
mod reports;
mod sending;
mod services;
mod turns;
