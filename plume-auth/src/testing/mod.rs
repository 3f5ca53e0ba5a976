//! Contract suites for your own providers, stores and transports. (feature `testing`)
//!
//! A suite checks an implementation of a trait against every promise of the trait. It takes a function that creates a new
//! instance for each promise, and returns a [`Report`] of the promises that were not kept. The implementations of the SDK
//! pass the same suites.
//!
//! # A `TokenProvider`
//!
//! [`check_provider`] is for a provider that caches. It gives the provider a [`ScriptedSource`] and a
//! [`ManualClock`](plume_runtime::ManualClock), so that nothing waits. Run it on a single-threaded runtime.
//!
//! ```
//! use std::sync::Arc;
//! use async_trait::async_trait;
//! use plume_auth::{AccessToken, AuthError, CachedTokenProvider, TokenProvider, testing::check_provider};
//!
//! #[derive(Debug)]
//! struct Audited(CachedTokenProvider);
//!
//! #[async_trait]
//! impl TokenProvider for Audited {
//!     async fn token(&self) -> Result<AccessToken, AuthError> {
//!         self.0.token().await
//!     }
//!     fn invalidate(&self, token: &AccessToken) {
//!         self.0.invalidate(token);
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let report =
//!     check_provider(|source, clock| Audited(CachedTokenProvider::new(source, Arc::new(clock)))).await;
//! assert!(report.is_ok(), "{report}");
//! # }
//! ```
//!
//! # A `TokenStore`
//!
//! `check_store` (with the feature `store`) is for a store that several processes or providers share.
//!
#![cfg_attr(feature = "store", doc = "```")]
#![cfg_attr(not(feature = "store"), doc = "```ignore")]
//! use plume_auth::{store::{MemoryStore, StoreError, StoreKey, StoreLock, StoredRecord, TokenStore}, testing::check_store};
//!
//! #[derive(Debug, Default)]
//! struct Shared(MemoryStore);
//!
//! impl TokenStore for Shared {
//!     fn load(&self, key: &StoreKey) -> Result<Option<StoredRecord>, StoreError> {
//!         self.0.load(key)
//!     }
//!     fn save_held(&self, key: &StoreKey, record: &StoredRecord, held: &StoreLock) -> Result<(), StoreError> {
//!         self.0.save_held(key, record, held)
//!     }
//!     fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
//!         self.0.forget(key)
//!     }
//!     fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
//!         self.0.try_lock(key)
//!     }
//! }
//!
//! let report = check_store(Shared::default);
//! assert!(report.is_ok(), "{report}");
//! ```
//!
//! # A `Transport`
//!
//! [`check_transport`] connects to a server of its own on the loopback address, with limits of some milliseconds.
//!
//! ```
//! use async_trait::async_trait;
//! use bytes::Bytes;
//! use plume_auth::testing::check_transport;
//! use plume_runtime::{HttpTransport, Limits, Transport, TransportError};
//!
//! #[derive(Debug, Default)]
//! struct Counted(HttpTransport);
//!
//! #[async_trait]
//! impl Transport for Counted {
//!     async fn send(
//!         &self,
//!         request: http::Request<Bytes>,
//!         limits: &Limits,
//!     ) -> Result<http::Response<Bytes>, TransportError> {
//!         self.0.send(request, limits).await
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let report = check_transport(Counted::default).await;
//! assert!(report.is_ok(), "{report}");
//! # }
//! ```

mod provider;
mod source;
#[cfg(feature = "store")]
mod store;

pub use plume_runtime::testing::{Report, check_transport};
pub use provider::check_provider;
pub use source::{ScriptedAnswer, ScriptedSource};
#[cfg(feature = "store")]
pub use store::check_store;
