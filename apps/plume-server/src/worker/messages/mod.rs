//! Messages: when one is due, and its document in the outbox.

mod announce;
mod letter;

pub use announce::Notifier;
pub(super) use announce::{ForDigest, Issue};
pub use letter::Letter;
pub(super) use letter::letter;
