//! Messages: when one is due, and its document in the outbox.

mod announce;
mod letter;

pub(super) use announce::ForDigest;
pub use announce::Notifier;
pub use letter::Letter;
pub(super) use letter::letter;
