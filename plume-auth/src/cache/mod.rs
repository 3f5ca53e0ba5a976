//! One token for all callers: a pure machine that decides, and the shell around it.
//!
//! **The token cache is a pure machine in a thin shell.** `machine/` decides (what a caller gets, when to fetch,
//! when to rest) from a time and an event, with no I/O, no async and no clock; `provider.rs` asks it under one short
//! lock and does what it says outside; `flight.rs` is a fetch without an owner; `snapshot.rs` is what readers see. A
//! reader relies on a *lease*, the machine's promise that until a certain time `Get` would give this token and do
//! nothing else, so the fast path has no rules of its own. It looks at the wall clock every time and at both clocks
//! once a second: the wall clock goes on while a machine sleeps, and a clock that was set leaves the one-second span
//! in which it is trusted alone.
//!
//! The shell is compiled a second time by the package `interleavings` (`lab/interleavings`, outside the default
//! build), with an explorer's locks in the place of the standard library's; `sync.rs` is the one file that knows.

mod flight;
mod machine;
mod provider;
mod snapshot;
mod sync;

pub use provider::{CachedTokenProvider, CachedTokenProviderBuilder};
