//! One token for all callers: a pure machine that decides, and the shell around it.

mod flight;
mod machine;
mod provider;
mod snapshot;
mod sync;

pub use provider::{CachedTokenProvider, CachedTokenProviderBuilder};
