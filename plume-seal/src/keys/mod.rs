//! The keys that records are sealed with, and their sources.

mod key;
#[cfg(feature = "keyring")]
mod keyring;
mod source;

pub use key::{SealKey, SealKeys};
#[cfg(feature = "keyring")]
pub use keyring::KeysFromKeyring;
pub use source::{KeySource, KeysFromCallback, KeysFromEnvironment, KeysFromFile};
