//! The call limit of an egress address. (`plume-api` limits-and-errors §1)
//!
//! [`machine`] decides, from times and events; [`shared`] runs it under one short lock, wakes callers outside the lock, and
//! sleeps with the [`Clock`](plume_runtime::Clock). Nothing runs in the background: each waiting caller has a timer of its
//! own, set to the latest time of its turn, and the next caller in the [`queue`] is woken when its turn comes earlier.
//!
//! No task grants permits, so the end of a runtime stops nothing, and a future that is not polled delays no other: a caller
//! that does not take its permit within a second loses it. The limiter has one mutex, each entry is one critical section,
//! and the clock is read and wakers are cloned before it. Threads can only reorder the age of a reading and the delay of a
//! wake-up; `shared/tests/schedules.rs` covers both.

mod machine;
mod queue;
mod rate;
mod seconds;
mod shared;

pub(crate) use machine::{Held, PermitRequest};
pub use rate::{CallRate, LimiterStatus, Priority};
pub use shared::RateLimiter;
pub(crate) use shared::{PermitGuard, Sent};
