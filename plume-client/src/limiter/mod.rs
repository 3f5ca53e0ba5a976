//! The call limit of an egress address. (`plume-api` limits-and-errors §1)
//!
//! [`machine`] decides, from times and events; [`shell`] asks it under one short lock, wakes outside the lock, and sleeps
//! by the [`Clock`](plume_runtime::Clock). Nothing runs in the background: each caller that waits has a timer of its own, set
//! to its turn at the latest, and the next caller in the [`queue`] is woken when its turn comes earlier.
//!
//! There is no task that hands out permits, so nothing stops when a runtime does, and a future that is not polled holds up no
//! other: a caller that was called and does not come within a second loses its permit. The limiter is not compiled for the
//! explorer of interleavings: it has one mutex, each entry is one critical section, and the clock is read and wakers are
//! cloned before it. What threads can reorder is how old a reading is and how late a wake-up; `shell/tests/schedules.rs` plays both.

mod machine;
mod queue;
mod rate;
mod shell;

pub(crate) use machine::{Ask, Held};
pub use rate::{CallRate, LimiterStatus, Priority};
pub use shell::RateLimiter;
pub(crate) use shell::{Permit, Sent};
