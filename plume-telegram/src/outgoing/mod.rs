//! What goes out: the queue in front of the Bot API, and who may send when.

mod outbox;
mod pacer;

pub use outbox::{Lost, Outbox, OutboxCounts, Sent};
