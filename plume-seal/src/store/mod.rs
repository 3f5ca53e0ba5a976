//! Records in a private directory.

mod held;
mod lock;
mod names;
mod records;
#[cfg(feature = "encryption")]
mod rewrap;

pub use lock::RecordLock;
pub use records::RecordStore;
#[cfg(feature = "encryption")]
pub use rewrap::Rewrapped;
