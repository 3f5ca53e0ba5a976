//! The limiter as its callers see it: a lock, wakers and timers around the machine.

use std::{
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Poll, Waker},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use plume_runtime::{Clock, SystemClock};

use crate::limiter::machine::{Ask, Claim, Entry, Held, Machine, Outbox, Verdict};
use crate::limiter::rate::{CallRate, LimiterStatus};

/// A clock whose timers ring so often in a row while it shows the same time has stopped. One that shows only each tenth of
/// a second has not.
const STOPPED: u32 = 256;
/// A clock that shows a much earlier time so often in a row was set back.
const SET_BACK: u32 = 3;

/// Keeps one egress address below the cloud's call limit.
///
/// The cloud's firewall counts calls per address: 2000 in five minutes, answered with a bare 403 for the rest
/// of the window. The limiter lets 6 calls per second through, 20 at once, and at most 1,900 in any 300
/// seconds, whatever the calls are for. Clones share the count; every client of a process shares one unless
/// it is given another ([`ClientBuilder::rate_limiter`](crate::ClientBuilder::rate_limiter)).
///
/// * **Fair.** Tenants go in turn: one that asks for thousands of calls delays another one's call by one call, not by
///   thousands. A tenant that waits has its turn after at most one call of each tenant that waited before it, however many
///   come later. A tenant is a name ([`ClientBuilder::tenant`](crate::ClientBuilder::tenant)), a partner, or a token
///   provider.
/// * **Urgent first.** [`Priority::Background`](crate::Priority::Background) calls let the others go first, but of ten calls that pass one is theirs.
/// * **Bounded.** At most [`CallRate::max_waiting`] calls wait; of more, those of the tenant with the most are refused
///   ([`ErrorKind::Overloaded`](crate::ErrorKind::Overloaded)). A call whose turn comes after its deadline is refused at once.
/// * **Blocks.** When the firewall blocks the address, every call fails at once and says when the block ends. Then one
///   call goes out alone; the others wait for what it learns.
/// * **Cancel.** Dropping a call that waits gives its place back.
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
    /// A limiter of its own, for an egress address of its own.
    #[must_use]
    pub fn new(rate: CallRate, clock: Arc<dyn Clock>) -> Self {
        Self::build(Some(rate), clock)
    }

    /// No limit, for simulators. A block is still respected.
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

    /// The limiter that all clients of this process share.
    #[must_use]
    pub fn of_process() -> Self {
        static PROCESS: OnceLock<RateLimiter> = OnceLock::new();
        PROCESS.get_or_init(|| Self::new(CallRate::default(), Arc::new(SystemClock::new()))).clone()
    }

    /// How many calls the current window still allows; `None` without a limit.
    #[must_use]
    pub fn budget_left(&self) -> Option<usize> {
        self.with(|machine, now| machine.budget_left(now))
    }

    /// How it stands: head-room, who waits, whether the address is blocked.
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

    /// Whether the address is blocked. Asked before a token is fetched, which a blocked call does not need.
    pub(crate) fn check(&self) -> Result<(), Held> {
        self.with(|machine, now| machine.blocked(now).map_or(Ok(()), Err))
    }

    /// Waits until a call may be sent, or says at once why it cannot be within its patience.
    ///
    /// A permit that is dropped without having been used, and a wait that is dropped, give their place back.
    pub(crate) async fn acquire(&self, ask: Ask) -> Result<Permit<'_>, Held> {
        let id = match self.with(|machine, now| machine.ask(now, ask)) {
            Entry::Claimed(claim) => return Ok(Permit { limiter: self, claim: Some(claim), waited: false }),
            Entry::Refused(held) => return Err(held),
            Entry::Queued(id) => id,
        };
        let mut waiting = Waiting { limiter: self, id: Some(id) };
        let mut timer: Option<Timer<'_>> = None;
        // How many timers in a row rang when no time had passed.
        let mut idle = 0;
        let claim = poll_fn(|cx| {
            loop {
                let waker = cx.waker().clone();
                let (verdict, now) = self.with(|machine, now| (machine.poll(now, id, waker), now));
                let until = match verdict {
                    Verdict::Claimed(claim) => return Poll::Ready(Ok(claim)),
                    Verdict::Refused(held) => return Poll::Ready(Err(held)),
                    // A clock at the end of its time, for example: it has no later moment to wait for.
                    Verdict::Wait(until) if idle == STOPPED => {
                        return Poll::Ready(Err(Held::Limit(until.saturating_sub(now))));
                    }
                    Verdict::Wait(until) => until,
                };
                // A timer that rings too early does no harm; one that rings too late does.
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
        if claim.is_ok() {
            waiting.id = None;
        }
        claim.map(|claim| Permit { limiter: self, claim: Some(claim), waited: true })
    }

    /// Whether our own count makes a block likely.
    pub(crate) fn near_limit(&self) -> bool {
        self.with(|machine, now| machine.near_limit(now))
    }

    /// The API answered 429.
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
        // Foreign code: a waker may run a task, and dropping one may drop a task that waits here as well.
        if let Some(Outbox { wake, spent }) = outbox {
            drop(spent);
            for waker in wake {
                waker.wake();
            }
        }
        result
    }

    /// The machine and the time of the event that follows.
    fn lock(&self) -> (MutexGuard<'_, Machine<Waker>>, Duration) {
        let mut readings = 1;
        loop {
            // The clock is foreign code as well.
            let reading = self.inner.clock.monotonic();
            // Every change under the lock is complete in itself, so a poisoned lock is still good.
            let mut machine = self.inner.machine.lock().unwrap_or_else(PoisonError::into_inner);
            // A thread that was stopped between the two lines comes with an old reading. If time went on from there, the
            // time between would pass twice, and the window would hold too many calls.
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
    /// `None` once it is settled.
    id: Option<u64>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.limiter.with(|machine, now| machine.cancel(now, id));
        }
    }
}

/// The right to send one call.
#[derive(Debug)]
pub(crate) struct Permit<'l> {
    limiter: &'l RateLimiter,
    /// `None` once used.
    claim: Option<Claim>,
    waited: bool,
}

impl<'l> Permit<'l> {
    /// Whether it had to be waited for.
    pub(crate) fn waited(&self) -> bool {
        self.waited
    }

    /// The call goes out: the permit counts from now on. Not if the address was blocked in the meantime.
    pub(crate) fn used(mut self) -> Result<Sent<'l>, Held> {
        let limiter = self.limiter;
        let Some(claim) = self.claim.take() else { return Err(Held::Full) };
        let at = limiter.with(|machine, now| machine.count(now, claim).map(|()| now))?;
        Ok(Sent { limiter, probe: claim.probe, at })
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(claim) = self.claim {
            self.limiter.with(|machine, now| machine.give_back(now, claim));
        }
    }
}

/// A call on its way. What it learns about the firewall is told here; one that is dropped learned nothing.
#[derive(Debug)]
pub(crate) struct Sent<'l> {
    limiter: &'l RateLimiter,
    probe: Option<u64>,
    at: Duration,
}

impl Sent<'_> {
    /// The API itself answered, so the firewall let the call through.
    pub(crate) fn passed(mut self) {
        if self.probe.take().is_some() {
            self.limiter.with(Machine::probe_passed);
        }
    }

    /// The call did not leave this machine: it does not count.
    pub(crate) fn stayed(self) {
        let at = self.at;
        self.limiter.with(|machine, now| machine.uncount(now, at));
    }

    /// The firewall blocks the address for `pause`.
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
