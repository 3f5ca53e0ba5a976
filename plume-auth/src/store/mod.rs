//! Tokens that outlive the process and are shared by the processes of one user.
//!
//! Without a store, every process requests its own token each time it starts. With one, a fleet of workers or a
//! command-line tool that runs once a minute sends one request per lifetime of a token.
//!
//! * [`Persistent`] wraps a [`TokenSource`](crate::TokenSource): it reads a [`TokenStore`] first, and one process at a time
//!   calls the source. The cache above it does not change.
//! * [`FileStore`] keeps records in a private directory: plain, or sealed with XChaCha20-Poly1305 (feature
//!   `encrypted-store`).
//! * [`MemoryStore`] shares tokens between the providers of one process, and serves tests.
//!
//! A failure of a store never costs a token: a full disk, a damaged file or a wrong key causes a warning, and tokens are
//! fetched as without a store.
//!
//! # Costs
//!
//! Calls block the calling thread for the time of a file access: a fraction of a millisecond to read, some milliseconds to
//! write, because writes are durable (two syncs for a plain record, four for a sealed one). They happen when a token is
//! fetched or rejected, and never when a cached token is read. Use a directory on a local disk: a network file system may
//! block for an unlimited time, and its locks may not hold between machines.
//!
//! ```no_run
//! use std::sync::Arc;
//! use plume_auth::{CachedTokenProvider, ClientCredentials, Credential, Scope, SecureUrl};
//! use plume_auth::store::{FileStore, Persistent, StoreKey};
//!
//! # fn example(transport: Arc<dyn plume_runtime::Transport>) -> Result<(), Box<dyn std::error::Error>> {
//! let url = SecureUrl::parse("https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token")?;
//! let credential = Credential::from_client("0oaEXAMPLE", "not-a-real-secret");
//! let scope = Scope::partner_admin("5e00000000000000000000aa");
//! let key = StoreKey::new("default", &url, &credential, &scope);
//! let store = Arc::new(FileStore::open("/var/lib/example/tokens".as_ref())?);
//!
//! let clock = Arc::new(plume_runtime::SystemClock::new());
//! let source = ClientCredentials::new(url, credential, scope, transport);
//! let source = Persistent::new(source, store, key, clock.clone());
//! let provider = CachedTokenProvider::new(source, clock);
//! # Ok(()) }
//! ```

mod file;
mod key;
mod memory;
mod persistent;
mod record;
mod token_store;

pub use file::FileStore;
pub use key::{Fingerprint, StoreKey};
pub use memory::MemoryStore;
pub use persistent::Persistent;
#[cfg(feature = "keyring")]
pub use plume_seal::KeysFromKeyring;
#[cfg(feature = "encrypted-store")]
pub use plume_seal::{
    KeySource, KeysFromCallback, KeysFromEnvironment, KeysFromFile, Rewrapped, SealKey, SealKeys,
};
pub use plume_seal::{RecordStore, StoreError, StoreErrorKind};
pub use record::{StoredRecord, StoredToken};
pub use token_store::{StoreLock, TokenStore};
