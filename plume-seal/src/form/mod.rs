//! The forms of a record on the disk: plain with a checksum, or sealed in an envelope.
//!
//! Why the place of a record is part of what is checked: a plain record carries a checksum over contents, tenant, kind and
//! key; a sealed one is bound to purpose, schema, tenant, kind and id. So no file is taken for another. The wrap of a data
//! key is bound to the file's name and not to the tenant, because a change of keys goes through files of which it knows
//! only the names. A checksum around the envelope tells damage, which is put aside, from a key that is not there, which
//! must change nothing. The version of the form stands in the file's name as well, so that two versions of the SDK can
//! share a directory.

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
