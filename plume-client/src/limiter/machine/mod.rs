//! The call limit as a machine: a time and an event go in, decisions come out. No clock, no lock, no async.
//!
//! A permit is *outstanding* once granted and *counted* when its request is sent, so a caller that is slow in between cannot
//! turn permits into a burst at the server.

mod capacity;
mod window;

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use crate::limiter::queue::{Place, Queue};
use crate::limiter::rate::{CallRate, Priority};
use window::Window;

/// The time in which a called caller has to take its permit. A future that is not polled must not delay others.
const GRACE: Duration = Duration::from_secs(1);
/// The time after which another probe may replace the one in flight.
const PROBE: Duration = Duration::from_secs(30);
/// The shortest wait that is worth a timer.
const TICK: Duration = Duration::from_millis(1);
/// The time in which a halved rate recovers.
const RECOVERY: Duration = Duration::from_secs(60);
/// The minimum time between two cuts of the rate: one overload causes many 429 at once.
const BETWEEN_CUTS: Duration = Duration::from_secs(1);
/// The minimum share of the rate after cuts.
const SLOWEST: f64 = 1.0 / 32.0;
/// The maximum step between two readings, a hundred years, so that the time never overflows.
const LONGEST_STEP: Duration = Duration::from_secs(100 * 365 * 86_400);
/// A reading that is older than the last by more than this means that the clock was set back.
const SET_BACK: Duration = Duration::from_secs(1);

/// Why a permit was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// The limit is reached; a permit is free after this time.
    Limit(Duration),
    /// The firewall blocks the address for at most this time.
    Block(Duration),
    /// The queue is full.
    Full,
}

/// A request for a permit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PermitRequest {
    pub(crate) tenant: u64,
    pub(crate) priority: Priority,
    /// The maximum wait.
    pub(crate) patience: Duration,
}

/// The result of a [`PermitRequest`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Granted(Permit),
    Refused(Held),
    Queued(u64),
}

/// The result of polling a waiting caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Granted(Permit),
    Refused(Held),
    /// Poll again at this time, or when woken.
    Wait(Duration),
}

/// A granted permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Permit {
    /// The number of the probe, if the permit is for one.
    pub(super) probe: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    /// Blocked, or waiting for a probe after the end of the block.
    Closed {
        since: Duration,
        until: Duration,
    },
    /// One call probes whether the block has ended.
    Probing {
        number: u64,
        lease: Duration,
    },
}

#[derive(Debug)]
struct Waiter<W> {
    place: Place,
    deadline: Duration,
    /// The time of its own timer.
    armed: Duration,
    state: State,
    wake: Option<W>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    /// It has a permit, which it must take before `until`.
    Called {
        permit: Permit,
        until: Duration,
    },
    /// It did not take its permit in time. It is not called again before it is polled.
    Absent,
    /// Evicted for a tenant with fewer calls.
    Evicted,
    /// Its deadline passed.
    Expired,
}

/// The machine. `W` is the waker of a caller.
#[derive(Debug)]
pub(super) struct Machine<W> {
    rate: Option<CallRate>,
    /// The time between two calls of the full rate.
    interval: Duration,
    /// The time of the last event, and the reading of the clock that led to it.
    now: Duration,
    reading: Duration,
    /// The theoretical arrival time of the generic cell rate algorithm: the steady rate is used up until then.
    used_up: Duration,
    /// The end of the hold after the last 429.
    held_until: Duration,
    /// The calls of the last window.
    sent: Window,
    /// Permits that are granted and not yet counted.
    outstanding: usize,
    /// The end of the pause that the API requested.
    patience: Duration,
    gate: Gate,
    probes: u64,
    queue: Queue,
    waiters: HashMap<u64, Waiter<W>>,
    /// The deadlines of unsettled callers.
    deadlines: BTreeSet<(Duration, u64)>,
    /// The called callers, by the end of their grace.
    called: BTreeSet<(Duration, u64)>,
    next_id: u64,
    /// The share of the rate after the last cut, and its time.
    cut: Option<(f64, Duration)>,
    outbox: Outbox<W>,
    /// The time of the last `pump`.
    #[cfg(test)]
    pumped: Duration,
}

/// Work for after the lock is released.
#[derive(Debug)]
pub(super) struct Outbox<W> {
    pub(super) wake: Vec<W>,
    /// To be dropped, which can run foreign code.
    pub(super) spent: Vec<W>,
}

impl<W> Default for Outbox<W> {
    fn default() -> Self {
        Self { wake: Vec::new(), spent: Vec::new() }
    }
}

impl<W> Machine<W> {
    pub(super) fn new(rate: Option<CallRate>) -> Self {
        // A negative rate or NaN means no calls.
        let interval = rate.and_then(|rate| Duration::try_from_secs_f64(1.0 / rate.per_second).ok());
        Self {
            rate,
            interval: interval.unwrap_or(Duration::MAX),
            now: Duration::ZERO,
            reading: Duration::ZERO,
            used_up: Duration::ZERO,
            held_until: Duration::ZERO,
            sent: Window::new(rate),
            outstanding: 0,
            patience: Duration::ZERO,
            gate: Gate::Open,
            probes: 0,
            queue: Queue::default(),
            waiters: HashMap::new(),
            deadlines: BTreeSet::new(),
            called: BTreeSet::new(),
            next_id: 0,
            cut: None,
            outbox: Outbox::default(),
            #[cfg(test)]
            pumped: Duration::ZERO,
        }
    }

    /// Returns the monotonic time of the next event.
    ///
    /// The clock is read outside the lock, so a reading can be older than the last, and then no time passes. After a
    /// [much older](Self::was_set_back) one, time continues from there.
    pub(super) fn tick(&mut self, reading: Duration) -> Duration {
        if let Some(passed) = reading.checked_sub(self.reading) {
            self.reading = reading;
            self.now = self.now.saturating_add(passed.min(LONGEST_STEP));
        } else if self.was_set_back(reading) {
            self.reading = reading;
        }
        self.now
    }

    /// Returns whether this reading means that the clock was set back.
    pub(super) fn was_set_back(&self, reading: Duration) -> bool {
        self.reading.saturating_sub(reading) > SET_BACK
    }

    /// Grants a permit, queues the caller, or refuses.
    pub(super) fn ask(&mut self, now: Duration, ask: PermitRequest) -> Entry {
        if let Some(held) = self.blocked(now) {
            return Entry::Refused(held);
        }
        self.pump(now);
        if self.queue.is_empty() && self.free_at(now) <= now {
            return Entry::Granted(self.grant(now));
        }
        let id = self.next_id;
        let place = Place { tenant: ask.tenant, priority: ask.priority, ticket: id };
        let wait = self.wait_of(now, place, ask.patience);
        if wait >= ask.patience {
            return Entry::Refused(Held::Limit(wait));
        }
        if !self.make_room(now, ask) {
            return Entry::Refused(Held::Full);
        }
        self.next_id += 1;
        let deadline = now.saturating_add(ask.patience);
        let waiter = Waiter { place, deadline, armed: Duration::MAX, state: State::Waiting, wake: None };
        self.queue.insert(place);
        self.deadlines.insert((deadline, id));
        self.waiters.insert(id, waiter);
        Entry::Queued(id)
    }

    /// Polls the caller `id`. Unless it has to wait, it is forgotten.
    pub(super) fn poll(&mut self, now: Duration, id: u64, wake: W) -> Verdict {
        let verdict = self.verdict(now, id);
        match (verdict, self.waiters.get_mut(&id)) {
            (Verdict::Wait(until), Some(waiter)) => {
                waiter.armed = until;
                self.outbox.spent.extend(waiter.wake.replace(wake));
            }
            _ => {
                self.outbox.spent.push(wake);
                self.forget_waiter(now, id);
            }
        }
        verdict
    }

    fn verdict(&mut self, now: Duration, id: u64) -> Verdict {
        self.pump(now);
        if let Some(held) = self.blocked(now) {
            return Verdict::Refused(held);
        }
        if let Some(waiter) = self.waiters.get_mut(&id)
            && waiter.state == State::Absent
        {
            // With its old ticket it is before the later calls of its tenant again.
            waiter.state = State::Waiting;
            self.queue.insert(waiter.place);
            self.pump(now);
        }
        let Some(waiter) = self.waiters.get_mut(&id) else { return Verdict::Refused(Held::Full) };
        match waiter.state {
            State::Called { permit, until } => {
                self.called.remove(&(until, id));
                waiter.state = State::Absent;
                return Verdict::Granted(permit);
            }
            State::Evicted => return Verdict::Refused(Held::Full),
            State::Expired => return Verdict::Refused(Held::Limit(self.next_in(now))),
            State::Waiting | State::Absent => {}
        }
        let (place, deadline) = (waiter.place, waiter.deadline);
        let mut until = self.changes_at(now);
        if self.queue.peek() != Some(id) {
            until = until.max(now.saturating_add(self.turn_of(now, place)));
        }
        Verdict::Wait(until.min(deadline).max(now.saturating_add(TICK)))
    }

    /// Forgets the caller `id`.
    pub(super) fn cancel(&mut self, now: Duration, id: u64) {
        self.forget_waiter(now, id);
        self.pump(now);
    }

    /// Counts a permit whose request is sent now, unless the address was blocked in the meantime.
    pub(super) fn count(&mut self, now: Duration, permit: Permit) -> Result<(), Held> {
        if let Some(held) = self.blocked(now) {
            self.return_unused(now, permit);
            return Err(held);
        }
        self.outstanding = self.outstanding.saturating_sub(1);
        if self.rate.is_some() {
            self.used_up = self.used_up.max(now).saturating_add(self.interval(now));
            self.sent.enter(now);
        }
        Ok(())
    }

    /// Takes back the count of a request, made at `at`, that did not leave this machine.
    pub(super) fn uncount(&mut self, now: Duration, at: Duration) {
        if self.rate.is_none() {
            return;
        }
        // With later calls behind it, the rate stays used up, which errs on the safe side.
        if self.sent.take_back(at) {
            self.used_up = self.used_up.saturating_sub(self.interval(now)).max(self.held_until);
        }
        self.pump(now);
    }

    /// Returns an unused permit.
    pub(super) fn return_unused(&mut self, now: Duration, permit: Permit) {
        self.revoke(now, permit);
        self.pump(now);
    }

    /// Records a block for `pause`, seen by a request that was sent at `sent`.
    pub(super) fn block(&mut self, now: Duration, sent: Duration, pause: Duration) {
        // Requests that were in flight when the block was noticed add nothing.
        if matches!(self.gate, Gate::Closed { since, until } if sent <= since && now < until) {
            return;
        }
        self.gate = Gate::Closed { since: now, until: now.saturating_add(pause) };
        self.outbox.wake.extend(self.waiters.values_mut().filter_map(|waiter| waiter.wake.take()));
    }

    /// Records a successful probe: the address is free.
    pub(super) fn probe_passed(&mut self, now: Duration) {
        if matches!(self.gate, Gate::Probing { .. }) {
            self.gate = Gate::Open;
            self.pump(now);
        }
    }

    /// Records an inconclusive probe: the next call probes, unless a later probe is in flight.
    pub(super) fn probe_lost(&mut self, now: Duration, probe: u64) {
        self.end_probe(now, probe);
        self.pump(now);
    }

    /// Records a 429 that requests this pause.
    pub(super) fn throttled(&mut self, now: Duration, wait: Duration) {
        self.patience = self.patience.max(now.saturating_add(wait));
        if let Some(rate) = self.rate {
            // Afterwards calls go one by one: a burst would cause the next 429.
            let early = self.interval(now).saturating_mul(rate.burst.saturating_sub(1));
            self.used_up = self.used_up.max(self.patience.saturating_add(early));
            self.held_until = self.used_up;
        }
        if self.rate.is_some_and(|rate| rate.adaptive)
            && self.cut.is_none_or(|(_, at)| now.saturating_sub(at) >= BETWEEN_CUTS)
        {
            self.cut = Some(((self.share(now) / 2.0).max(SLOWEST), now));
        }
    }

    /// Returns the work for after the lock is released, if any.
    pub(super) fn take_outbox(&mut self) -> Option<Outbox<W>> {
        let empty = self.outbox.wake.is_empty() && self.outbox.spent.is_empty();
        (!empty).then(|| std::mem::take(&mut self.outbox))
    }

    /// Returns the number of calls left in the window; `None` without a limit.
    pub(super) fn budget_left(&mut self, now: Duration) -> Option<usize> {
        let rate = self.rate?;
        self.sent.forget(now);
        Some(rate.per_window.saturating_sub(self.sent.len().saturating_add(self.outstanding)))
    }

    /// Returns whether nine tenths of the window are used up, so that the firewall may have counted more than this
    /// limiter.
    pub(super) fn near_limit(&mut self, now: Duration) -> bool {
        let left = self.budget_left(now);
        self.rate.zip(left).is_some_and(|(rate, left)| left <= rate.per_window / 10)
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiters.len()
    }

    pub(super) fn tenants_waiting(&self) -> usize {
        self.queue.tenants()
    }

    /// Returns the rest of a block, and whether a probe is in flight.
    pub(super) fn gate(&self, now: Duration) -> (Option<Duration>, bool) {
        match self.gate {
            Gate::Closed { until, .. } if now < until => (Some(until.saturating_sub(now)), false),
            Gate::Probing { .. } => (None, true),
            _ => (None, false),
        }
    }

    /// Returns the rest of the pause that the API requested.
    pub(super) fn patience_left(&self, now: Duration) -> Option<Duration> {
        Some(self.patience.saturating_sub(now)).filter(|left| !left.is_zero())
    }

    /// Returns the current rate in calls per second.
    pub(super) fn pace(&self, now: Duration) -> Option<f64> {
        Some(self.rate?.per_second.max(0.0) * self.share(now))
    }

    /// Returns the wait of a new call; [`Duration::MAX`] if no call ever passes.
    pub(super) fn next_in(&mut self, now: Duration) -> Duration {
        self.sent.forget(now);
        self.room_in(now, self.queue.len())
    }

    pub(super) fn blocked(&self, now: Duration) -> Option<Held> {
        match self.gate {
            Gate::Closed { until, .. } if now < until => Some(Held::Block(until.saturating_sub(now))),
            _ => None,
        }
    }

    fn grant(&mut self, now: Duration) -> Permit {
        self.outstanding += 1;
        if self.gate == Gate::Open {
            return Permit { probe: None };
        }
        self.probes += 1;
        self.gate = Gate::Probing { number: self.probes, lease: now.saturating_add(PROBE) };
        Permit { probe: Some(self.probes) }
    }

    fn revoke(&mut self, now: Duration, permit: Permit) {
        self.outstanding = self.outstanding.saturating_sub(1);
        if let Some(probe) = permit.probe {
            self.end_probe(now, probe);
        }
    }

    fn end_probe(&mut self, now: Duration, probe: u64) {
        if matches!(self.gate, Gate::Probing { number, .. } if number == probe) {
            self.gate = Gate::Closed { since: now, until: now };
        }
    }

    /// Grants free permits to the queue, and makes sure that the next caller wakes in time.
    fn pump(&mut self, now: Duration) {
        #[cfg(test)]
        (self.pumped = now);
        self.sent.forget(now);
        if self.waiters.is_empty() {
            return;
        }
        self.expire(now);
        while !self.queue.is_empty()
            && self.free_at(now) <= now
            && let Some(id) = self.queue.pop()
        {
            let permit = self.grant(now);
            let until = now.saturating_add(GRACE);
            self.called.insert((until, id));
            if let Some(waiter) = self.waiters.get_mut(&id) {
                waiter.state = State::Called { permit, until };
                self.outbox.wake.extend(waiter.wake.take());
            }
        }
        let Some(id) = self.queue.peek() else { return };
        let at = self.changes_at(now).max(now.saturating_add(TICK));
        if let Some(waiter) = self.waiters.get_mut(&id)
            && waiter.armed > at
        {
            waiter.armed = at;
            self.outbox.wake.extend(waiter.wake.take());
        }
    }

    /// Expires callers past their deadline, and revokes permits that were not taken in time. Both include futures that are
    /// not polled, so that they delay no other.
    fn expire(&mut self, now: Duration) {
        while let Some((at, id)) = self.deadlines.first().copied()
            && at <= now
        {
            self.deadlines.pop_first();
            self.settle(now, id, State::Expired);
        }
        while let Some((at, id)) = self.called.first().copied()
            && at <= now
        {
            self.called.pop_first();
            self.release(now, id, State::Absent);
        }
    }

    /// Settles a caller that will be refused when it is polled.
    fn settle(&mut self, now: Duration, id: u64, state: State) {
        let Some(waiter) = self.waiters.get_mut(&id) else { return };
        self.deadlines.remove(&(waiter.deadline, id));
        self.outbox.wake.extend(waiter.wake.take());
        self.release(now, id, state);
    }

    /// Takes back the place or permit of a caller.
    fn release(&mut self, now: Duration, id: u64, state: State) {
        let Some(waiter) = self.waiters.get_mut(&id) else { return };
        match std::mem::replace(&mut waiter.state, state) {
            State::Waiting => self.queue.remove(waiter.place),
            State::Called { permit, until } => {
                self.called.remove(&(until, id));
                self.revoke(now, permit);
            }
            State::Absent | State::Evicted | State::Expired => {}
        }
    }

    fn forget_waiter(&mut self, now: Duration, id: u64) {
        self.release(now, id, State::Expired);
        let Some(waiter) = self.waiters.remove(&id) else { return };
        self.deadlines.remove(&(waiter.deadline, id));
        self.outbox.spent.extend(waiter.wake);
    }

    /// Makes room for a caller in the queue, if necessary by evicting a call of the tenant with the most. Returns
    /// whether there is room.
    fn make_room(&mut self, now: Duration, ask: PermitRequest) -> bool {
        let Some(rate) = self.rate else { return true };
        if self.queue.len() < rate.max_waiting {
            return true;
        }
        let Some(id) = self.queue.evict_for(ask.tenant) else { return false };
        self.settle(now, id, State::Evicted);
        true
    }
}

#[cfg(test)]
pub(super) mod invariants;
#[cfg(test)]
mod tests;
