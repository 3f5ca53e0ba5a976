//! The forms of a record on disk: plain with a checksum, or sealed in an envelope.
//!
//! The place of a record is authenticated, so no file is accepted in place of another: a plain record has a checksum over
//! contents, tenant, kind and key; a sealed one is bound to purpose, schema, tenant, kind and id. The wrap of a data key is
//! bound to the file's name and not to the tenant, because a change of keys reads files of which it knows only the names. A
//! checksum around the envelope distinguishes damage, which is moved aside, from a missing key, which must change nothing.
//! The version of the form is part of the file's name as well, so that two versions of the SDK can share a directory.

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
