//! The rate limiter: a lock, wakers and timers around the machine.

use std::{
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Poll, Waker},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use plume_runtime::{Clock, SystemClock};

use crate::limiter::machine::{Entry, Held, Machine, Outbox, Permit, PermitRequest, Verdict};
use crate::limiter::rate::{CallRate, LimiterStatus};

/// The number of timers in a row without progress after which the clock counts as stopped. It allows for a clock with a
/// resolution of a tenth of a second.
const STOPPED: u32 = 256;
/// The number of much earlier readings in a row after which the clock counts as set back.
const SET_BACK: u32 = 3;

/// A rate limiter that keeps one egress address below the cloud's call limit.
///
/// The cloud's firewall counts calls per address: above 2000 in five minutes it responds with 403 for the rest of the
/// window. By default the limiter permits 6 calls per second, 20 at once, and 1,900 in any 300 seconds. Clones share the
/// count. All clients of a process share one limiter unless the builder sets another
/// ([`ClientBuilder::rate_limiter`](crate::ClientBuilder::rate_limiter)).
///
/// * **Fair.** Tenants take turns: a tenant with thousands of calls delays a call of another one by one call. A waiting
///   tenant has its turn after at most one call of each tenant that waited before it, however many come later. A tenant is
///   a name ([`ClientBuilder::tenant`](crate::ClientBuilder::tenant)), a partner, or a token provider.
/// * **Prioritized.** Calls of [`Priority::Background`](crate::Priority::Background) wait for the others, but get one of ten
///   permits.
/// * **Bounded.** At most [`CallRate::max_waiting`] calls wait. Beyond that, calls of the tenant with the most are refused
///   ([`ErrorKind::Overloaded`](crate::ErrorKind::Overloaded)). A call whose turn comes after its deadline is refused at
///   once.
/// * **Blocked addresses.** While the firewall blocks the address, every call fails at once with the end of the block. Then
///   one call probes while the others wait.
/// * **Cancellable.** Dropping a waiting call frees its place.
///
/// ```
/// use plume_client::RateLimiter;
///
/// let status = RateLimiter::of_process().status();
/// assert_eq!((status.budget_left, status.waiting), (Some(1_900), 0));
/// ```
#[derive(Clone)]
pub struct RateLimiter {
    inner: Arc<Inner>,
}

struct Inner {
    rate: Option<CallRate>,
    clock: Arc<dyn Clock>,
    machine: Mutex<Machine<Waker>>,
    /// Whether the invariants are checked after every event.
    #[cfg(test)]
    watched: bool,
}

impl RateLimiter {
    /// Creates a limiter for an egress address of its own.
    #[must_use]
    pub fn new(rate: CallRate, clock: Arc<dyn Clock>) -> Self {
        Self::build(Some(rate), clock)
    }

    /// Creates a limiter without a limit, for simulators. It still respects blocks.
    #[must_use]
    pub fn unlimited(clock: Arc<dyn Clock>) -> Self {
        Self::build(None, clock)
    }

    fn build(rate: Option<CallRate>, clock: Arc<dyn Clock>) -> Self {
        Self {
            inner: Arc::new(Inner {
                rate,
                clock,
                machine: Mutex::new(Machine::new(rate)),
                #[cfg(test)]
                watched: false,
            }),
        }
    }

    /// Returns the limiter that the clients of this process share by default.
    #[must_use]
    pub fn of_process() -> Self {
        static PROCESS: OnceLock<RateLimiter> = OnceLock::new();
        PROCESS.get_or_init(|| Self::new(CallRate::default(), Arc::new(SystemClock::new()))).clone()
    }

    /// Returns the number of calls left in the current window; `None` without a limit.
    #[must_use]
    pub fn budget_left(&self) -> Option<usize> {
        self.with(|machine, now| machine.budget_left(now))
    }

    /// Returns the state: calls left, waiting calls, blocks.
    #[must_use]
    pub fn status(&self) -> LimiterStatus {
        self.with(|machine, now| {
            let (blocked_for, probing) = machine.gate(now);
            LimiterStatus {
                budget_left: machine.budget_left(now),
                waiting: machine.waiting(),
                tenants_waiting: machine.tenants_waiting(),
                blocked_for,
                probing,
                paused_for: machine.patience_left(now),
                pace: machine.pace(now),
                next_in: machine.next_in(now),
            }
        })
    }

    /// Fails if the address is blocked, so that a blocked call fetches no token.
    pub(crate) fn check(&self) -> Result<(), Held> {
        self.with(|machine, now| machine.blocked(now).map_or(Ok(()), Err))
    }

    /// Waits for a permit, or fails at once if there is none within the patience of the request.
    ///
    /// Dropping an unused permit or a wait frees its place.
    pub(crate) async fn acquire(&self, ask: PermitRequest) -> Result<PermitGuard<'_>, Held> {
        let id = match self.with(|machine, now| machine.ask(now, ask)) {
            Entry::Granted(permit) => {
                return Ok(PermitGuard { limiter: self, permit: Some(permit), waited: false });
            }
            Entry::Refused(held) => return Err(held),
            Entry::Queued(id) => id,
        };
        let mut waiting = Waiting { limiter: self, id: Some(id) };
        let mut timer: Option<Timer<'_>> = None;
        // Timers in a row that rang without progress of the clock.
        let mut idle = 0;
        let permit = poll_fn(|cx| {
            loop {
                let waker = cx.waker().clone();
                let (verdict, now) = self.with(|machine, now| (machine.poll(now, id, waker), now));
                let until = match verdict {
                    Verdict::Granted(permit) => return Poll::Ready(Ok(permit)),
                    Verdict::Refused(held) => return Poll::Ready(Err(held)),
                    // For example a clock at the end of its range.
                    Verdict::Wait(until) if idle == STOPPED => {
                        return Poll::Ready(Err(Held::Limit(until.saturating_sub(now))));
                    }
                    Verdict::Wait(until) => until,
                };
                // A timer may ring too early, but not too late.
                let running = match &mut timer {
                    Some(running) if running.until <= until => running,
                    _ => {
                        let sleep = self.inner.clock.sleep(until.saturating_sub(now));
                        timer.insert(Timer { set: now, until, sleep })
                    }
                };
                if running.sleep.poll_unpin(cx).is_pending() {
                    return Poll::Pending;
                }
                idle = if running.set == now { idle + 1 } else { 0 };
                timer = None;
            }
        })
        .await;
        if permit.is_ok() {
            waiting.id = None;
        }
        permit.map(|permit| PermitGuard { limiter: self, permit: Some(permit), waited: true })
    }

    /// Returns whether the count of this limiter makes a block likely.
    pub(crate) fn near_limit(&self) -> bool {
        self.with(|machine, now| machine.near_limit(now))
    }

    /// Records a 429.
    pub(crate) fn throttled(&self, wait: Duration) {
        self.with(|machine, now| machine.throttled(now, wait));
    }

    fn with<T>(&self, work: impl FnOnce(&mut Machine<Waker>, Duration) -> T) -> T {
        let (result, outbox) = {
            let (mut machine, now) = self.lock();
            let result = work(&mut machine, now);
            let outbox = machine.take_outbox();
            #[cfg(test)]
            if self.inner.watched && !std::thread::panicking() {
                machine.invariants();
            }
            (result, outbox)
        };
        // Foreign code: a waker may run a task, and dropping it may drop a task that waits here.
        if let Some(Outbox { wake, spent }) = outbox {
            drop(spent);
            for waker in wake {
                waker.wake();
            }
        }
        result
    }

    /// Locks the machine, with the time of the next event.
    fn lock(&self) -> (MutexGuard<'_, Machine<Waker>>, Duration) {
        let mut readings = 1;
        loop {
            // The clock is foreign code.
            let reading = self.inner.clock.monotonic();
            // Every change under the lock is complete, so a poisoned lock is valid.
            let mut machine = self.inner.machine.lock().unwrap_or_else(PoisonError::into_inner);
            // A thread that was suspended between the two lines has an old reading. Continuing from it would count the
            // time between twice, and the window would hold too many calls.
            if readings == SET_BACK || !machine.was_set_back(reading) {
                let now = machine.tick(reading);
                return (machine, now);
            }
            readings += 1;
        }
    }
}

struct Timer<'l> {
    set: Duration,
    until: Duration,
    sleep: BoxFuture<'l, ()>,
}

/// A place in the queue.
struct Waiting<'l> {
    limiter: &'l RateLimiter,
    /// `None` once settled.
    id: Option<u64>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.limiter.with(|machine, now| machine.cancel(now, id));
        }
    }
}

/// The right to send one attempt. Dropping it unused returns it.
#[derive(Debug)]
pub(crate) struct PermitGuard<'l> {
    limiter: &'l RateLimiter,
    /// `None` once used.
    permit: Option<Permit>,
    waited: bool,
}

impl<'l> PermitGuard<'l> {
    /// Returns whether the call waited for the permit.
    pub(crate) fn waited(&self) -> bool {
        self.waited
    }

    /// Counts the permit when its request is sent. Fails if the address was blocked in the meantime.
    pub(crate) fn used(mut self) -> Result<Sent<'l>, Held> {
        let limiter = self.limiter;
        let Some(permit) = self.permit.take() else { return Err(Held::Full) };
        let at = limiter.with(|machine, now| machine.count(now, permit).map(|()| now))?;
        Ok(Sent { limiter, probe: permit.probe, at })
    }
}

impl Drop for PermitGuard<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit {
            self.limiter.with(|machine, now| machine.return_unused(now, permit));
        }
    }
}

/// A request in flight, which reports what it learns about the firewall. Dropping it reports nothing.
#[derive(Debug)]
pub(crate) struct Sent<'l> {
    limiter: &'l RateLimiter,
    probe: Option<u64>,
    at: Duration,
}

impl Sent<'_> {
    /// Records that the API responded, so the firewall does not block.
    pub(crate) fn passed(mut self) {
        if self.probe.take().is_some() {
            self.limiter.with(Machine::probe_passed);
        }
    }

    /// Records that the request did not leave this machine, so it does not count.
    pub(crate) fn stayed(self) {
        let at = self.at;
        self.limiter.with(|machine, now| machine.uncount(now, at));
    }

    /// Records that the firewall blocks the address for `pause`.
    pub(crate) fn blocked(mut self, pause: Duration) {
        self.probe = None;
        let at = self.at;
        self.limiter.with(|machine, now| machine.block(now, at, pause));
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        if let Some(probe) = self.probe {
            self.limiter.with(|machine, now| machine.probe_lost(now, probe));
        }
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("rate", &self.inner.rate)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
