//! The token cache: a pure machine that decides, and the shell around it.
//!
//! **The token cache is a pure machine in a thin shell.** `machine/` decides what a caller gets, when to fetch and when to
//! back off, from a time and an event, with no I/O, no async and no clock. `provider.rs` calls it under one short lock and
//! acts outside; `flight.rs` is a fetch without an owner; `snapshot.rs` is the part that readers see. A reader relies on a
//! *lease*: until a certain time, `Get` would return this token and do nothing else, so the fast path has no rules of its
//! own. It reads the wall clock every time and both clocks once a second: the wall clock advances while a machine sleeps,
//! and a clock that was set leaves the one-second span in which it is trusted alone.
//!
//! The shell is compiled a second time by the package `interleavings` (`lab/interleavings`, outside the default build),
//! with an explorer's locks in place of the standard library's. Only `sync.rs` depends on that.

mod flight;
mod machine;
mod provider;
mod snapshot;
mod sync;

pub use provider::{CachedTokenProvider, CachedTokenProviderBuilder};
