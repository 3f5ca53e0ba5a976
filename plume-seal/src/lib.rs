//! Secrets at rest: records in a private directory, optionally sealed, and the keys that seal them.
//!
//! * [`RecordStore`] (feature `store`) keeps bytes under a [`RecordName`]: replaced in one step, locked between the
//!   processes of one user, and moved aside when they are damaged. The bytes have no meaning for the store.
//! * [`Sealed`] (feature `encryption`) is the envelope: XChaCha20-Poly1305 with a data key for each record, which is
//!   wrapped with the current one of the [`SealKeys`] and bound to its place. [`RecordStore::encrypted`] uses it.
//! * [`KeySource`] reads the keys from a file, the environment, a function or the operating system's keyring (feature
//!   `keyring`). [`RecordStore::rewrap_all`] changes them.
//! * [`read_secret_file`] reads the file that a setting names, and never repeats its contents.
//!
#![cfg_attr(not(feature = "encryption"), doc = include_str!("links.md"))]
//!
#![cfg_attr(feature = "encryption", doc = "```")]
#![cfg_attr(not(feature = "encryption"), doc = "```ignore")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = std::env::temp_dir().join(format!("plume-seal-doc-lib-{}", std::process::id()));
//! use plume_seal::{RecordName, RecordStore, SealKeys};
//!
//! // base64 of "not-a-real-key-not-a-real-key-32"; a program would use `KeysFromFile`, for example.
//! let keys = SealKeys::parse("2026-11 bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=")?;
//! let store = RecordStore::encrypted(&directory, keys)?;
//! // The file's name reveals neither the tenant nor the parts.
//! let name = RecordName::new("chat-4711", "example settings 1", &[b"chat-4711"]);
//! store.save(&name, b"a secret of this chat")?;
//! assert_eq!(store.load(&name)?.as_deref(), Some(&b"a secret of this chat".to_vec()));
//! store.forget(&name)?;
//! assert!(store.load(&name)?.is_none());
//! # std::fs::remove_dir_all(&directory)?;
//! # Ok(()) }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(doctest, feature = "encryption"))]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(feature = "store")]
mod digest;
#[cfg(feature = "store")]
mod disk;
#[cfg(feature = "store")]
mod error;
#[cfg(feature = "store")]
mod form;
#[cfg(feature = "encryption")]
mod keys;
#[cfg(feature = "store")]
mod name;
#[cfg(feature = "encryption")]
mod random;
#[cfg(feature = "store")]
mod reader;
mod secret_file;
#[cfg(feature = "store")]
mod store;

#[cfg(feature = "store")]
pub use digest::hash;
#[cfg(feature = "store")]
pub use disk::{Disk, DiskFile, DiskLock};
#[cfg(feature = "store")]
pub use error::{StoreError, StoreErrorKind};
#[cfg(feature = "encryption")]
pub use form::Sealed;
#[cfg(feature = "store")]
pub use form::{Codec, Kind, Place, Plain};
#[cfg(feature = "keyring")]
pub use keys::KeysFromKeyring;
#[cfg(feature = "encryption")]
pub use keys::{KeySource, KeysFromCallback, KeysFromEnvironment, KeysFromFile, SealKey, SealKeys};
#[cfg(feature = "store")]
pub use name::RecordName;
#[cfg(feature = "encryption")]
pub use random::nonce;
#[cfg(feature = "store")]
pub use reader::Reader;
pub use secret_file::{InvalidFile, read_file, read_secret_file};
#[cfg(feature = "encryption")]
pub use store::Rewrapped;
#[cfg(feature = "store")]
pub use store::{RecordLock, RecordStore};
