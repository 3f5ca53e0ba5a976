//! The keys that records are sealed with, and their sources.

mod key;
mod source;
#[cfg(feature = "keyring")]
mod system_keyring;

pub use key::{SealKey, SealKeys};
pub use source::{KeySource, KeysFromCallback, KeysFromEnvironment, KeysFromFile};
#[cfg(feature = "keyring")]
pub use system_keyring::KeysFromKeyring;
