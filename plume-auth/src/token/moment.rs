//! When a token was asked for, and how old it is.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use plume_runtime::Clock;

static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// A point in the order of all token requests of this process.
///
/// It answers whether a token was requested after something happened, which no clock can answer when the clocks of
/// client and provider differ or are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestMark(u64);

impl RequestMark {
    /// The point after all requests that have begun.
    #[must_use]
    pub fn now() -> Self {
        Self(REQUESTS.load(Ordering::SeqCst))
    }

    /// The request that begins now.
    pub(crate) fn next() -> Self {
        Self(REQUESTS.fetch_add(1, Ordering::SeqCst).wrapping_add(1))
    }
}

/// A moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) monotonic: Duration,
    pub(crate) wall: SystemTime,
}

impl Moment {
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self { monotonic: clock.monotonic(), wall: clock.wall() }
    }
}

/// When a token was asked for, and how long it lives from then on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetime {
    pub(crate) obtained: Moment,
    pub(crate) length: Duration,
}

impl Lifetime {
    /// As old as the older of the two clocks says.
    ///
    /// The monotonic clock may have stood still while the machine slept, the wall clock may have been set. A
    /// wall clock set back is no reason to doubt a token.
    pub(crate) fn age(&self, now: Moment) -> Duration {
        let by_monotonic = now.monotonic.saturating_sub(self.obtained.monotonic);
        let by_wall = now.wall.duration_since(self.obtained.wall).unwrap_or_default();
        by_monotonic.max(by_wall)
    }

    pub(crate) fn left(&self, now: Moment) -> Duration {
        self.length.saturating_sub(self.age(now))
    }
}
