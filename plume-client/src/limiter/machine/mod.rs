//! The call limit as a machine: a time and an event go in, decisions come out. No clock, no lock, no async.
//!
//! Permits are *reserved* when they are given and *counted* when the call goes out, so a caller that dawdles in
//! between cannot turn reserved permits into a burst that the server sees.

mod room;
mod window;

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use crate::limiter::queue::{Place, Queue};
use crate::limiter::rate::{CallRate, Priority};
use window::Window;

/// How long a caller that was called up may take to come before its place is given to others. A future that
/// nobody polls must not hold up everybody else.
const GRACE: Duration = Duration::from_secs(1);
/// How long the one call that tries a blocked address may take before another one may try.
const PROBE: Duration = Duration::from_secs(30);
/// The shortest wait that is worth a timer.
const TICK: Duration = Duration::from_millis(1);
/// The time in which a rate that was halved comes back to its full height.
const RECOVERY: Duration = Duration::from_secs(60);
/// The rate is cut at most once in this time: one overload gives many answers at once.
const BETWEEN_CUTS: Duration = Duration::from_secs(1);
/// The rate is never cut below this part of itself.
const SLOWEST: f64 = 1.0 / 32.0;
/// No clock goes on by more between two events: a hundred years. So the time never reaches its end.
const LONGEST_STEP: Duration = Duration::from_secs(100 * 365 * 86_400);
/// A reading that is older than the one before by more than this is no late one: the clock was set back.
const SET_BACK: Duration = Duration::from_secs(1);

/// Why a call was not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// The limit is reached; there is room after this time.
    Limit(Duration),
    /// The firewall blocks the address for at most this time.
    Block(Duration),
    /// As many calls wait already as may.
    Full,
}

/// Who asks, and how long it can wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) tenant: u64,
    pub(crate) priority: Priority,
    /// The time that is left. A permit that comes when it is over is of no use.
    pub(crate) patience: Duration,
}

/// The answer to an [`Ask`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Claimed(Claim),
    Refused(Held),
    Queued(u64),
}

/// How a caller that waits stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Claimed(Claim),
    Refused(Held),
    /// Look again at this time, or when woken.
    Wait(Duration),
}

/// A reserved permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    /// The number of the probe, if it is the one that tries whether the address is still blocked.
    pub(super) probe: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    /// Blocked, or waiting for a probe once the time is over.
    Closed {
        since: Duration,
        until: Duration,
    },
    /// One call is on its way to find out.
    Probing {
        number: u64,
        lease: Duration,
    },
}

#[derive(Debug)]
struct Waiter<W> {
    place: Place,
    deadline: Duration,
    /// When its own timer rings.
    armed: Duration,
    state: State,
    wake: Option<W>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    /// It may go, if it comes before `until`.
    Called {
        claim: Claim,
        until: Duration,
    },
    /// It was called and did not come. It is not called again before it shows a sign of life.
    Absent,
    /// It had to make room for a tenant with fewer calls.
    Evicted,
    /// Its deadline came first.
    Expired,
}

/// The machine. `W` is what wakes a caller.
#[derive(Debug)]
pub(super) struct Machine<W> {
    rate: Option<CallRate>,
    /// The time between two calls of the full rate.
    interval: Duration,
    /// The time of the last event, and the reading of the clock that led to it.
    now: Duration,
    reading: Duration,
    /// The theoretical arrival time of the generic cell rate algorithm: until when the steady rate is used up.
    used_up: Duration,
    /// Until when the last 429 used it up.
    held_until: Duration,
    /// The calls of the last window.
    sent: Window,
    /// Permits that are reserved and not yet counted.
    reserved: usize,
    /// The API asked everybody for patience until then.
    patience: Duration,
    gate: Gate,
    probes: u64,
    queue: Queue,
    waiters: HashMap<u64, Waiter<W>>,
    /// The deadlines of those that are not settled.
    deadlines: BTreeSet<(Duration, u64)>,
    /// Those that were called, by the end of their grace.
    called: BTreeSet<(Duration, u64)>,
    next_id: u64,
    /// The part of the rate that was left by the last cut, and when that was.
    cut: Option<(f64, Duration)>,
    outbox: Outbox<W>,
    /// When it was last made sure that everybody has what is due.
    #[cfg(test)]
    pumped: Duration,
}

/// What is to be done once the lock is free.
#[derive(Debug)]
pub(super) struct Outbox<W> {
    pub(super) wake: Vec<W>,
    /// To be dropped, which can run foreign code as much as waking can.
    pub(super) spent: Vec<W>,
}

impl<W> Default for Outbox<W> {
    fn default() -> Self {
        Self { wake: Vec::new(), spent: Vec::new() }
    }
}

impl<W> Machine<W> {
    pub(super) fn new(rate: Option<CallRate>) -> Self {
        // A rate that is no number, or below zero, counts as "no calls".
        let interval = rate.and_then(|rate| Duration::try_from_secs_f64(1.0 / rate.per_second).ok());
        Self {
            rate,
            interval: interval.unwrap_or(Duration::MAX),
            now: Duration::ZERO,
            reading: Duration::ZERO,
            used_up: Duration::ZERO,
            held_until: Duration::ZERO,
            sent: Window::new(rate),
            reserved: 0,
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

    /// The time of the event that follows: grows with the readings of the clock, and never goes back.
    ///
    /// The clock is read outside the lock, so a reading can be older than the one before, and time stands still. After
    /// one that is [much older](Self::was_set_back), time goes on from there.
    pub(super) fn tick(&mut self, reading: Duration) -> Duration {
        if let Some(passed) = reading.checked_sub(self.reading) {
            self.reading = reading;
            self.now = self.now.saturating_add(passed.min(LONGEST_STEP));
        } else if self.was_set_back(reading) {
            self.reading = reading;
        }
        self.now
    }

    /// Whether the clock was set back, if this is what it shows now.
    pub(super) fn was_set_back(&self, reading: Duration) -> bool {
        self.reading.saturating_sub(reading) > SET_BACK
    }

    /// A permit at once, a place in the queue, or a refusal.
    pub(super) fn ask(&mut self, now: Duration, ask: Ask) -> Entry {
        if let Some(held) = self.blocked(now) {
            return Entry::Refused(held);
        }
        self.pump(now);
        if self.queue.is_empty() && self.free_at(now) <= now {
            return Entry::Claimed(self.reserve(now));
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

    /// How the caller `id` stands. Unless it has to wait, it is forgotten afterwards.
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
            // Its ticket is its own, so it stands before the later calls of its tenant again.
            waiter.state = State::Waiting;
            self.queue.insert(waiter.place);
            self.pump(now);
        }
        let Some(waiter) = self.waiters.get_mut(&id) else { return Verdict::Refused(Held::Full) };
        match waiter.state {
            State::Called { claim, until } => {
                // The permit is the caller's now.
                self.called.remove(&(until, id));
                waiter.state = State::Absent;
                return Verdict::Claimed(claim);
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

    /// The caller `id` went away.
    pub(super) fn cancel(&mut self, now: Duration, id: u64) {
        self.forget_waiter(now, id);
        self.pump(now);
    }

    /// The call with this permit goes out now, unless the address was blocked in the meantime.
    pub(super) fn count(&mut self, now: Duration, claim: Claim) -> Result<(), Held> {
        if let Some(held) = self.blocked(now) {
            self.give_back(now, claim);
            return Err(held);
        }
        self.reserved = self.reserved.saturating_sub(1);
        if self.rate.is_some() {
            self.used_up = self.used_up.max(now).saturating_add(self.interval(now));
            self.sent.enter(now);
        }
        Ok(())
    }

    /// The call that was counted at `at` did not leave this machine after all.
    pub(super) fn uncount(&mut self, now: Duration, at: Duration) {
        if self.rate.is_none() {
            return;
        }
        // With later calls behind it, what it has moved the rate on stays: that is never too much.
        if self.sent.take_back(at) {
            self.used_up = self.used_up.saturating_sub(self.interval(now)).max(self.held_until);
        }
        self.pump(now);
    }

    /// The permit was not used.
    pub(super) fn give_back(&mut self, now: Duration, claim: Claim) {
        self.unreserve(now, claim);
        self.pump(now);
    }

    /// The firewall blocks the address for `pause`; a call that went out at `sent` was told so.
    pub(super) fn block(&mut self, now: Duration, sent: Duration, pause: Duration) {
        // Calls that were under way when the block was noticed tell nothing new.
        if matches!(self.gate, Gate::Closed { since, until } if sent <= since && now < until) {
            return;
        }
        self.gate = Gate::Closed { since: now, until: now.saturating_add(pause) };
        // Everybody who waits is told at once.
        self.outbox.wake.extend(self.waiters.values_mut().filter_map(|waiter| waiter.wake.take()));
    }

    /// The probe was let through: the address is free again.
    pub(super) fn probe_passed(&mut self, now: Duration) {
        if matches!(self.gate, Gate::Probing { .. }) {
            self.gate = Gate::Open;
            self.pump(now);
        }
    }

    /// The probe told nothing: the next call is one, unless a later probe is on its way already.
    pub(super) fn probe_lost(&mut self, now: Duration, probe: u64) {
        self.end_probe(now, probe);
        self.pump(now);
    }

    /// The API answered 429 and asks for this much patience.
    pub(super) fn throttled(&mut self, now: Duration, wait: Duration) {
        self.patience = self.patience.max(now.saturating_add(wait));
        if let Some(rate) = self.rate {
            // Afterwards calls go one by one: a burst would be the same again.
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

    /// What is to be done outside the lock, if there is something.
    pub(super) fn take_outbox(&mut self) -> Option<Outbox<W>> {
        let empty = self.outbox.wake.is_empty() && self.outbox.spent.is_empty();
        (!empty).then(|| std::mem::take(&mut self.outbox))
    }

    /// How many calls the window has left; `None` without a limit.
    pub(super) fn budget_left(&mut self, now: Duration) -> Option<usize> {
        let rate = self.rate?;
        self.sent.forget(now);
        Some(rate.per_window.saturating_sub(self.sent.len().saturating_add(self.reserved)))
    }

    /// Whether nine tenths of the window are used up, so that the firewall may well have counted more than we did.
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

    /// For how long the address is blocked, and whether a probe is on its way.
    pub(super) fn gate(&self, now: Duration) -> (Option<Duration>, bool) {
        match self.gate {
            Gate::Closed { until, .. } if now < until => (Some(until.saturating_sub(now)), false),
            Gate::Probing { .. } => (None, true),
            _ => (None, false),
        }
    }

    /// For how long the API asked for patience.
    pub(super) fn patience_left(&self, now: Duration) -> Option<Duration> {
        Some(self.patience.saturating_sub(now)).filter(|left| !left.is_zero())
    }

    /// The steady rate that holds now, in calls per second.
    pub(super) fn pace(&self, now: Duration) -> Option<f64> {
        Some(self.rate?.per_second.max(0.0) * self.share(now))
    }

    /// How long a call that asks now would wait; [`Duration::MAX`] if no call ever passes.
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

    fn reserve(&mut self, now: Duration) -> Claim {
        self.reserved += 1;
        if self.gate == Gate::Open {
            return Claim { probe: None };
        }
        self.probes += 1;
        self.gate = Gate::Probing { number: self.probes, lease: now.saturating_add(PROBE) };
        Claim { probe: Some(self.probes) }
    }

    fn unreserve(&mut self, now: Duration, claim: Claim) {
        self.reserved = self.reserved.saturating_sub(1);
        if let Some(probe) = claim.probe {
            self.end_probe(now, probe);
        }
    }

    fn end_probe(&mut self, now: Duration, probe: u64) {
        if matches!(self.gate, Gate::Probing { number, .. } if number == probe) {
            self.gate = Gate::Closed { since: now, until: now };
        }
    }

    /// Calls up whoever may go, and sees to it that the next one wakes in time.
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
            let claim = self.reserve(now);
            let until = now.saturating_add(GRACE);
            self.called.insert((until, id));
            if let Some(waiter) = self.waiters.get_mut(&id) {
                waiter.state = State::Called { claim, until };
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

    /// Refuses those whose deadline has come, and takes the permits back from those that were called and did not come.
    /// Both happens to futures that nobody polls, too: their places must not hold up anybody else.
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

    /// The caller will be refused when it comes.
    fn settle(&mut self, now: Duration, id: u64, state: State) {
        let Some(waiter) = self.waiters.get_mut(&id) else { return };
        self.deadlines.remove(&(waiter.deadline, id));
        self.outbox.wake.extend(waiter.wake.take());
        self.release(now, id, state);
    }

    /// Takes back what a caller holds, its place or its permit.
    fn release(&mut self, now: Duration, id: u64, state: State) {
        let Some(waiter) = self.waiters.get_mut(&id) else { return };
        match std::mem::replace(&mut waiter.state, state) {
            State::Waiting => self.queue.remove(waiter.place),
            State::Called { claim, until } => {
                self.called.remove(&(until, id));
                self.unreserve(now, claim);
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

    /// Whether there is room for one more; the tenant with the most calls waiting makes it for the others.
    fn make_room(&mut self, now: Duration, ask: Ask) -> bool {
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
