//! The call limit as a machine: a time and an event go in, decisions come out. No clock, no lock, no async.
//!
//! Permits are *reserved* when they are given and *counted* when the call goes out, so a caller that dawdles in
//! between cannot turn reserved permits into a burst that the server sees.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use super::{
    CallRate, Priority,
    queue::{Place, Queue},
};

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
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Claimed(Claim),
    Refused(Held),
    /// Look again at this time, or when woken.
    Wait(Duration),
}

/// A reserved permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    /// It is the one that tries whether the address is still blocked.
    pub(super) probe: bool,
}

#[derive(Debug, Clone, Copy)]
enum Gate {
    Open,
    /// Blocked, or waiting for a probe once the time is over.
    Closed {
        since: Duration,
        until: Duration,
    },
    /// One call is on its way to find out.
    Probing {
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
    /// It may go, as soon as it comes.
    Called(Claim),
    /// It was called and did not come. It is not called again before it shows a sign of life.
    Absent,
    /// It had to make room for a tenant with fewer calls.
    Evicted,
}

/// The machine. `W` is what wakes a caller.
#[derive(Debug)]
pub(super) struct Machine<W> {
    rate: Option<CallRate>,
    /// The theoretical arrival time of the generic cell rate algorithm: until when the steady rate is used up.
    used_up: Duration,
    /// When the calls of the last window went out.
    sent: VecDeque<Duration>,
    /// Permits that are reserved and not yet counted.
    reserved: usize,
    /// The API asked everybody for patience until then.
    patience: Duration,
    gate: Gate,
    queue: Queue,
    waiters: HashMap<u64, Waiter<W>>,
    /// Who was called and when, oldest first.
    called: VecDeque<(Duration, u64)>,
    next_id: u64,
    /// The part of the rate that was left by the last cut, and when that was.
    cut: Option<(f64, Duration)>,
    wakes: Vec<W>,
}

impl<W> Machine<W> {
    pub(super) fn new(rate: Option<CallRate>) -> Self {
        Self {
            rate,
            used_up: Duration::ZERO,
            sent: VecDeque::new(),
            reserved: 0,
            patience: Duration::ZERO,
            gate: Gate::Open,
            queue: Queue::default(),
            waiters: HashMap::new(),
            called: VecDeque::new(),
            next_id: 0,
            cut: None,
            wakes: Vec::new(),
        }
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
        let place = self.queue.place(ask.tenant, ask.priority, self.next_id);
        let wait = self.wait_of(now, place, ask.patience);
        if wait > ask.patience || wait == Duration::MAX {
            return Entry::Refused(Held::Limit(wait));
        }
        if !self.make_room(ask) {
            return Entry::Refused(Held::Full);
        }
        let id = self.next_id;
        self.next_id += 1;
        self.queue.insert(place);
        let waiter = Waiter {
            place,
            deadline: now.saturating_add(ask.patience),
            armed: Duration::MAX,
            state: State::Waiting,
            wake: None,
        };
        self.waiters.insert(id, waiter);
        Entry::Queued(id)
    }

    /// How the caller `id` stands. Unless it has to wait, it is forgotten afterwards.
    pub(super) fn poll(&mut self, now: Duration, id: u64, wake: W) -> Verdict {
        self.pump(now);
        if let Some(held) = self.blocked(now) {
            self.cancel(now, id);
            return Verdict::Refused(held);
        }
        let Some(waiter) = self.waiters.get_mut(&id) else { return Verdict::Refused(Held::Full) };
        match waiter.state {
            State::Called(claim) => {
                self.waiters.remove(&id);
                return Verdict::Claimed(claim);
            }
            State::Evicted => {
                self.waiters.remove(&id);
                return Verdict::Refused(Held::Full);
            }
            State::Absent => {
                waiter.state = State::Waiting;
                self.queue.insert(waiter.place);
                self.pump(now);
                return self.poll(now, id, wake);
            }
            State::Waiting => {}
        }
        let (place, deadline) = (waiter.place, waiter.deadline);
        let turn = match self.queue.peek() {
            Some(first) if first == id => self.free_at(now),
            _ => now.saturating_add(self.turn_of(now, place)),
        };
        if now >= deadline {
            self.cancel(now, id);
            return Verdict::Refused(Held::Limit(turn.saturating_sub(now)));
        }
        let until = match self.gate {
            Gate::Probing { lease } => turn.max(lease),
            _ => turn,
        };
        let until = until.min(deadline).max(now.saturating_add(TICK));
        if let Some(waiter) = self.waiters.get_mut(&id) {
            waiter.wake = Some(wake);
            waiter.armed = until;
        }
        Verdict::Wait(until)
    }

    /// The caller `id` went away.
    pub(super) fn cancel(&mut self, now: Duration, id: u64) {
        let Some(waiter) = self.waiters.remove(&id) else { return };
        match waiter.state {
            State::Waiting => self.queue.remove(waiter.place),
            State::Called(claim) => self.give_back(now, claim),
            State::Absent | State::Evicted => {}
        }
        self.pump(now);
    }

    /// The call with this permit goes out now, unless the address was blocked in the meantime.
    pub(super) fn count(&mut self, now: Duration, claim: Claim) -> Result<(), Held> {
        if let Some(held) = self.blocked(now) {
            self.give_back(now, claim);
            return Err(held);
        }
        self.reserved = self.reserved.saturating_sub(1);
        if let Some(rate) = self.rate {
            self.used_up = self.used_up.max(now).saturating_add(self.interval(&rate, now));
            self.sent.push_back(now);
        }
        Ok(())
    }

    /// The permit was not used.
    pub(super) fn give_back(&mut self, now: Duration, claim: Claim) {
        self.reserved = self.reserved.saturating_sub(1);
        if claim.probe {
            self.probe_lost(now);
        } else {
            self.pump(now);
        }
    }

    /// The firewall blocks the address for `pause`; a call that went out at `sent` was told so.
    pub(super) fn block(&mut self, now: Duration, sent: Duration, pause: Duration) {
        // Calls that were under way when the block was noticed tell nothing new.
        if matches!(self.gate, Gate::Closed { since, until } if sent <= since && now < until) {
            return;
        }
        self.gate = Gate::Closed { since: now, until: now.saturating_add(pause) };
        // Everybody who waits is told at once.
        self.wakes.extend(self.waiters.values_mut().filter_map(|waiter| waiter.wake.take()));
    }

    /// The probe was let through: the address is free again.
    pub(super) fn probe_passed(&mut self, now: Duration) {
        if matches!(self.gate, Gate::Probing { .. }) {
            self.gate = Gate::Open;
            self.pump(now);
        }
    }

    /// The probe told nothing: the next call is one.
    pub(super) fn probe_lost(&mut self, now: Duration) {
        if matches!(self.gate, Gate::Probing { .. }) {
            self.gate = Gate::Closed { since: now, until: now };
        }
        self.pump(now);
    }

    /// The API answered 429 and asks for this much patience.
    pub(super) fn throttled(&mut self, now: Duration, wait: Duration) {
        self.patience = self.patience.max(now.saturating_add(wait));
        if let Some(rate) = self.rate {
            // Afterwards calls go one by one: a burst would be the same again.
            let early = self.interval(&rate, now).saturating_mul(rate.burst.saturating_sub(1));
            self.used_up = self.used_up.max(self.patience.saturating_add(early));
        }
        if self.rate.is_some_and(|rate| rate.adaptive)
            && self.cut.is_none_or(|(_, at)| now.saturating_sub(at) >= BETWEEN_CUTS)
        {
            self.cut = Some(((self.share(now) / 2.0).max(SLOWEST), now));
        }
    }

    /// What is to be woken, to be done outside the lock.
    pub(super) fn take_wakes(&mut self) -> Vec<W> {
        std::mem::take(&mut self.wakes)
    }

    /// How many calls the window has left; `None` without a limit.
    pub(super) fn budget_left(&mut self, now: Duration) -> Option<usize> {
        let rate = self.rate?;
        self.forget(now);
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
        Some(self.rate?.per_second * self.share(now))
    }

    /// How long a call that asks now would wait; [`Duration::MAX`] for ever.
    pub(super) fn next_in(&mut self, now: Duration) -> Duration {
        self.forget(now);
        self.room_at(now, self.queue.len()).saturating_sub(now)
    }

    pub(super) fn blocked(&self, now: Duration) -> Option<Held> {
        match self.gate {
            Gate::Closed { until, .. } if now < until => Some(Held::Block(until.saturating_sub(now))),
            _ => None,
        }
    }

    fn reserve(&mut self, now: Duration) -> Claim {
        self.reserved += 1;
        let probe = !matches!(self.gate, Gate::Open);
        if probe {
            self.gate = Gate::Probing { lease: now.saturating_add(PROBE) };
        }
        Claim { probe }
    }

    /// Calls up whoever may go, and sees to it that the next one wakes in time.
    fn pump(&mut self, now: Duration) {
        self.forget(now);
        self.expire_calls(now);
        if self.queue.is_empty() {
            return;
        }
        while self.free_at(now) <= now
            && let Some(id) = self.queue.pop()
        {
            let claim = self.reserve(now);
            self.called.push_back((now, id));
            if let Some(waiter) = self.waiters.get_mut(&id) {
                waiter.state = State::Called(claim);
                self.wakes.extend(waiter.wake.take());
            }
        }
        let Some(id) = self.queue.peek() else { return };
        let at = self.free_at(now);
        if let Some(waiter) = self.waiters.get_mut(&id)
            && waiter.armed > at.max(now.saturating_add(TICK))
        {
            waiter.armed = at;
            self.wakes.extend(waiter.wake.take());
        }
    }

    fn expire_calls(&mut self, now: Duration) {
        while let Some((at, id)) = self.called.front().copied() {
            let here = self.waiters.get_mut(&id).filter(|waiter| matches!(waiter.state, State::Called(_)));
            if let Some(waiter) = here {
                if now.saturating_sub(at) < GRACE {
                    return;
                }
                let probe = matches!(waiter.state, State::Called(Claim { probe: true }));
                waiter.state = State::Absent;
                self.reserved = self.reserved.saturating_sub(1);
                if probe && matches!(self.gate, Gate::Probing { .. }) {
                    self.gate = Gate::Closed { since: now, until: now };
                }
            }
            self.called.pop_front();
        }
    }

    fn forget(&mut self, now: Duration) {
        let Some(rate) = self.rate else { return };
        while self.sent.front().is_some_and(|sent| now.saturating_sub(*sent) >= rate.window) {
            self.sent.pop_front();
        }
    }

    /// When the next permit may be given.
    fn free_at(&self, now: Duration) -> Duration {
        let gate = match self.gate {
            Gate::Open => Duration::ZERO,
            Gate::Closed { until, .. } => until,
            Gate::Probing { lease } => lease,
        };
        gate.max(self.room_at(now, 0))
    }

    /// When the limit has room for one more after `ahead` others.
    fn room_at(&self, now: Duration, ahead: usize) -> Duration {
        let Some(rate) = self.rate else { return self.patience.max(now) };
        let interval = self.interval(&rate, now);
        if rate.per_window == 0 || rate.burst == 0 || interval == Duration::MAX {
            return Duration::MAX;
        }
        let before = self.reserved.saturating_add(ahead);
        let times = u32::try_from(before).unwrap_or(u32::MAX);
        // A burst of n may run ahead of the steady rate by n - 1 intervals.
        let early = interval.saturating_mul(rate.burst.saturating_sub(1));
        let by_rate =
            self.used_up.max(now).saturating_add(interval.saturating_mul(times)).saturating_sub(early);
        // The call that must have left the window before this one enters it.
        let by_window = match self.sent.len().saturating_add(before).checked_sub(rate.per_window) {
            None => Duration::ZERO,
            Some(index) => match self.sent.get(index) {
                Some(sent) => sent.saturating_add(rate.window),
                // It has not been sent yet; it enters as the rate allows, and leaves a window later.
                None => {
                    let windows = (index - self.sent.len()) / rate.per_window + 1;
                    let windows = u32::try_from(windows).unwrap_or(u32::MAX);
                    now.saturating_add(rate.window.saturating_mul(windows))
                }
            },
        };
        now.max(self.patience).max(by_rate).max(by_window)
    }

    /// In how long the place comes to its turn, at the latest, if nobody else comes.
    fn turn_of(&self, now: Duration, place: Place) -> Duration {
        self.room_at(now, self.queue.at_most_ahead(place)).saturating_sub(now)
    }

    /// As [`Machine::turn_of`], looking closer when that is too long for `patience`. The closer look counts no
    /// further than the patience reaches.
    fn wait_of(&self, now: Duration, place: Place, patience: Duration) -> Duration {
        let most = self.turn_of(now, place);
        if most <= patience || most == Duration::MAX {
            return most;
        }
        let interval = self.rate.map_or(Duration::MAX, |rate| self.interval(&rate, now));
        let burst = self.rate.map_or(0, |rate| rate.burst as usize);
        let reach = (patience.as_nanos() / interval.as_nanos().max(1)).saturating_add(2);
        let reach = usize::try_from(reach).unwrap_or(usize::MAX).saturating_add(burst);
        let ahead = self.queue.ahead(place, reach);
        if ahead >= reach { most } else { self.room_at(now, ahead).saturating_sub(now) }
    }

    /// Whether there is room for one more; the tenant with the most calls waiting makes it for the others.
    fn make_room(&mut self, ask: Ask) -> bool {
        let Some(rate) = self.rate else { return true };
        if self.queue.len() < rate.max_waiting {
            return true;
        }
        let Some(id) = self.queue.evict_for(ask.tenant) else { return false };
        if let Some(waiter) = self.waiters.get_mut(&id) {
            waiter.state = State::Evicted;
            self.wakes.extend(waiter.wake.take());
        }
        true
    }

    /// The time between two calls of the steady rate. A rate that is no number counts as "no calls".
    fn interval(&self, rate: &CallRate, now: Duration) -> Duration {
        Duration::try_from_secs_f64(1.0 / (rate.per_second * self.share(now))).unwrap_or(Duration::MAX)
    }

    /// The part of the rate that is used now.
    fn share(&self, now: Duration) -> f64 {
        self.cut.map_or(1.0, |(left, at)| {
            let since = now.saturating_sub(at).as_secs_f64() / RECOVERY.as_secs_f64();
            (left + since).min(1.0)
        })
    }
}

#[cfg(test)]
mod tests;
