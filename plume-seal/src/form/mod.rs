//! The forms of a record on the disk: plain with a checksum, or sealed in an envelope.

#[cfg(feature = "encryption")]
mod envelope;
mod frame;
mod place;

#[cfg(feature = "encryption")]
pub use envelope::Sealed;
#[cfg(feature = "encryption")]
pub(crate) use envelope::{Rewrap, Slot};
pub use frame::{Codec, Plain};
pub use place::{Kind, Place};
pub(crate) use place::{PLAIN, SEALED};
