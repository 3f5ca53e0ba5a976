//! The published token, which readers get without a lock.

use std::{
    cell::Cell,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use chrono::{DateTime, Utc};
use plume_runtime::{Clock, time};

use crate::cache::machine::Lease;
use crate::cache::sync;
use crate::token::{AccessToken, Moment};

/// The time for which a reader trusts the wall clock alone.
///
/// Reading a clock is more than half of the cost of reading a token, so only one of the two is read every time: the wall
/// clock, because it advances while the machine sleeps. When it leaves this span in either direction, both clocks are
/// read. So a wall clock that was set back has an effect for at most this long.
const SPAN: Duration = Duration::from_secs(1);

/// The published [`Lease`], or nothing.
#[derive(Default)]
pub(crate) struct Published(ArcSwapOption<Snapshot>);

struct Snapshot {
    lease: Lease,
    /// The end of the span in which the wall clock alone decides, in nanoseconds since 1970. Zero: none.
    trusted_until: AtomicU64,
    lanes: Arc<[AccessToken]>,
}

/// Returns a number of this thread, which spreads threads over lanes.
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    NUMBER.with(|number| {
        if number.get() == usize::MAX {
            number.set(NEXT.fetch_add(1, Ordering::Relaxed) & (usize::MAX >> 1));
        }
        number.get()
    })
}

fn nanoseconds(wall: DateTime<Utc>) -> Option<u64> {
    wall.timestamp_nanos_opt().and_then(|nanoseconds| u64::try_from(nanoseconds).ok())
}

impl Published {
    /// Returns the token while its lease is valid.
    #[inline]
    pub(crate) fn read(&self, clock: &dyn Clock) -> Option<AccessToken> {
        sync::step();
        let snapshot = self.0.load();
        let snapshot = snapshot.as_ref()?;
        let wall = clock.wall();
        let trusted = nanoseconds(wall).is_some_and(|now| {
            let left = snapshot.trusted_until.load(Ordering::Relaxed).wrapping_sub(now);
            // From 1 ns to the whole span: neither expired nor further away than possible.
            left.wrapping_sub(1) < SPAN.as_nanos() as u64
        });
        if !trusted && !snapshot.judge(Moment { monotonic: clock.monotonic(), wall }) {
            return None;
        }
        // The number of lanes is a power of two.
        let lane = thread_number() & snapshot.lanes.len().wrapping_sub(1);
        snapshot.lanes.get(lane).cloned()
    }

    /// Publishes a new lease. Call it under the lock, so that the newest one stays.
    pub(crate) fn show(&self, lease: Option<Lease>, lanes: &mut Lanes) {
        sync::step();
        self.0.store(lease.map(|lease| {
            let lanes = lanes.of(&lease.token);
            Arc::new(Snapshot { lease, trusted_until: AtomicU64::new(0), lanes })
        }));
    }
}

impl Snapshot {
    /// Reads both clocks, and begins the next span if the lease is valid.
    #[cold]
    #[inline(never)]
    fn judge(&self, now: Moment) -> bool {
        let until = self.lease.until;
        let by_monotonic = until.monotonic.saturating_sub(now.monotonic);
        let by_wall = time::between(now.wall, until.wall);
        let left = by_monotonic.min(by_wall).min(SPAN);
        if left.is_zero() {
            return false;
        }
        if let Some(end) = nanoseconds(time::after(now.wall, left)) {
            self.trusted_until.store(end, Ordering::Relaxed);
        }
        true
    }
}

impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Published").finish_non_exhaustive()
    }
}

/// Copies of one token for threads that read at the same time. A clone of a token or of its header value counts
/// references; two threads that share a counter are several times slower.
#[derive(Debug)]
pub(crate) struct Lanes {
    count: usize,
    copies: Arc<[AccessToken]>,
}

impl Lanes {
    pub(crate) fn new(count: usize) -> Self {
        Self { count: count.max(1).next_power_of_two(), copies: Arc::new([]) }
    }

    fn of(&mut self, token: &AccessToken) -> Arc<[AccessToken]> {
        let have = self.copies.first().is_some_and(|copy| copy.generation() == token.generation());
        if !have {
            self.copies =
                std::iter::once(token.clone()).chain((1..self.count).map(|_| token.apart())).collect();
        }
        Arc::clone(&self.copies)
    }

    /// Drops the copies of a token that is no longer served.
    pub(crate) fn clear(&mut self) {
        self.copies = Arc::new([]);
    }
}
