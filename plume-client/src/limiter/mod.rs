//! The call limit of an egress address. (`plume-api` limits-and-errors §1)
//!
//! [`machine`] decides, from times and events; [`shell`] asks it under one short lock, wakes outside the lock, and sleeps
//! by the [`Clock`](plume_runtime::Clock). Nothing runs in the background: each caller that waits has a timer of its own, set
//! to its turn at the latest, and whoever comes next in the [`queue`] is woken when its turn comes earlier.

mod machine;
mod queue;
mod rate;
mod shell;

pub(crate) use machine::{Ask, Held};
pub use rate::{CallRate, LimiterStatus, Priority};
pub use shell::RateLimiter;
pub(crate) use shell::{Permit, Sent};
