//! The time of a token request and the age of a token.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use chrono::{DateTime, Utc};
use plume_runtime::{Clock, time};

static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// A point in the order of all token requests of this process.
///
/// It shows whether a token was requested after an event, which no clock can show while the clocks of client and provider
/// differ or are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestMark(u64);

impl RequestMark {
    /// Returns the point after all requests that have begun.
    #[must_use]
    pub fn now() -> Self {
        Self(REQUESTS.load(Ordering::SeqCst))
    }

    /// Returns the point of the request that begins now.
    pub(crate) fn next() -> Self {
        Self(REQUESTS.fetch_add(1, Ordering::SeqCst).wrapping_add(1))
    }
}

/// A moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) monotonic: Duration,
    pub(crate) wall: DateTime<Utc>,
}

impl Moment {
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self { monotonic: clock.monotonic(), wall: clock.wall() }
    }
}

/// The time of a token request, and the lifetime of the token from then on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetime {
    pub(crate) obtained: Moment,
    pub(crate) length: Duration,
}

impl Lifetime {
    /// Returns the age by the clock that shows more.
    ///
    /// The monotonic clock may have stopped while the machine slept, and the wall clock may have been set forward. A
    /// wall clock that was set back does not shorten the age.
    pub(crate) fn age(&self, now: Moment) -> Duration {
        let by_monotonic = now.monotonic.saturating_sub(self.obtained.monotonic);
        let by_wall = time::between(self.obtained.wall, now.wall);
        by_monotonic.max(by_wall)
    }

    /// Returns the wall clock's time at the age of `by`.
    pub(crate) fn wall_after(&self, by: Duration) -> DateTime<Utc> {
        time::after(self.obtained.wall, by)
    }

    pub(crate) fn left(&self, now: Moment) -> Duration {
        self.length.saturating_sub(self.age(now))
    }
}
