//! Outgoing calls: the queue in front of the Bot API, and its limits.

mod outbox;
mod pacer;

pub use outbox::{Lost, Outbox, OutboxCounts, Sent};
