//! Invariants after every event.

use super::*;

impl<W> Machine<W> {
    /// Panics unless everything holds.
    pub(in crate::limiter) fn invariants(&self) {
        let now = self.pumped;
        self.queue.invariants();
        assert!(self.held_until <= self.used_up, "a 429 is forgotten");
        let mut waiting = 0;
        let mut called = BTreeSet::new();
        let mut deadlines = BTreeSet::new();
        for (id, waiter) in &self.waiters {
            assert_eq!(waiter.place.ticket, *id, "a ticket is the number of its call");
            assert!(*id < self.next_id, "a number is given once");
            let queued = self.queue.holds(waiter.place);
            assert_eq!(queued, waiter.state == State::Waiting, "{id} is queued exactly while it waits");
            match waiter.state {
                State::Waiting => waiting += 1,
                State::Called { until, .. } => {
                    assert!(waiter.wake.is_none(), "{id} was called and not woken");
                    called.insert((until, *id));
                }
                State::Evicted | State::Expired => {
                    assert!(waiter.wake.is_none(), "{id} is refused and was not woken");
                    continue;
                }
                State::Absent => {}
            }
            assert!(waiter.deadline > now, "{id} is kept beyond its deadline");
            deadlines.insert((waiter.deadline, *id));
        }
        assert_eq!(self.queue.len(), waiting, "the queue holds the calls that wait");
        assert_eq!(self.deadlines, deadlines);
        assert_eq!(self.called, called);
        assert!(called.iter().all(|(until, _)| *until > now), "a permit is kept for one who does not come");
        assert!(self.outstanding >= called.len(), "a permit was given that is not outstanding");
        if let Some(rate) = self.rate {
            assert!(self.sent.len() + self.outstanding <= rate.per_window, "the window is overrun");
            self.sent.invariants();
        }
        if self.blocked(now).is_some() {
            assert!(
                self.waiters.values().all(|waiter| waiter.wake.is_none()),
                "not all waiting calls learned of the block"
            );
        } else if let Some(first) = self.queue.peek() {
            // While a reduced rate recovers, timers and counts use the current rate.
            let steady = self.share(now) >= 1.0;
            assert!(self.free_at(now) > now || !steady, "a permit is free and {first} waits");
            let first = &self.waiters[&first];
            // On its turn, or when a called one returns its permit.
            let back = called.first().map_or(Duration::MAX, |(until, _)| *until);
            let in_time = self.free_at(now).min(back).max(now.saturating_add(TICK));
            assert!(
                first.wake.is_none() || first.armed <= in_time || !steady,
                "the next one sleeps until {:?}, not {in_time:?}",
                first.armed
            );
        }
        assert!(self.outbox.wake.is_empty() && self.outbox.spent.is_empty(), "left under the lock");
    }

    /// Returns the number of granted permits that are not sent yet.
    pub(in crate::limiter) fn held(&self) -> usize {
        self.outstanding - self.called.len()
    }

    /// Returns the time of the last event.
    pub(in crate::limiter) fn time(&self) -> Duration {
        self.now
    }

    /// Panics unless the machine is as good as a new one. For a time at which everything that was has passed.
    pub(in crate::limiter) fn is_as_new(&mut self, now: Duration) {
        assert_eq!(self.budget_left(now), self.rate.map(|rate| rate.per_window));
        // Every field has to be named here, so that a new one is not forgotten.
        let Self {
            rate,
            interval,
            used_up,
            held_until,
            sent,
            outstanding,
            patience,
            gate,
            queue,
            waiters,
            deadlines,
            called,
            cut,
            outbox,
            now: _,
            reading: _,
            probes: _,
            next_id: _,
            pumped: _,
        } = self;
        let fresh = Machine::<W>::new(*rate);
        assert_eq!(*interval, fresh.interval);
        assert!(
            held_until <= used_up && *used_up <= now && *patience <= now,
            "the rate is used up without end"
        );
        assert_eq!((sent.len(), *outstanding), (0, 0));
        assert!(matches!(*gate, Gate::Open), "the gate is {gate:?}");
        assert_eq!((queue.len(), queue.tenants(), waiters.len()), (0, 0, 0));
        queue.is_as_new();
        assert!(deadlines.is_empty() && called.is_empty());
        assert!(cut.is_none_or(|(left, at)| left + (now.saturating_sub(at)).as_secs_f64() / 60.0 >= 1.0));
        assert!(outbox.wake.is_empty() && outbox.spent.is_empty());
    }

    /// Returns whether the caller `id` has a waker or is settled.
    pub(in crate::limiter) fn will_wake(&self, id: u64) -> bool {
        self.waiters.get(&id).is_none_or(|waiter| waiter.wake.is_some())
    }

    pub(in crate::limiter) fn next_id(&self) -> u64 {
        self.next_id
    }

    /// Returns the start tags of those that wait.
    pub(in crate::limiter) fn turns(&self) -> [Vec<(u64, u64)>; 2] {
        self.queue.turns()
    }

    /// Faults for the tests of the tests. Whether there was something to spoil.
    pub(in crate::limiter) fn spoil(&mut self, fault: Fault) -> bool {
        let waiting = self.waiters.iter().find(|(_, waiter)| waiter.state == State::Waiting);
        let waiting = waiting.map(|(id, waiter)| (*id, waiter.place, waiter.deadline));
        match (fault, waiting) {
            // Another one took its number.
            (Fault::NumberReused, Some((_, place, _))) => self.queue.remove(place),
            (Fault::NewcomerFirst, Some(_)) => {
                let newest = self.waiters.iter().max_by_key(|(id, _)| **id);
                match newest {
                    Some((_, waiter)) if self.queue.tenants() > 1 && self.queue.holds(waiter.place) => {
                        self.queue.prefer(waiter.place);
                    }
                    _ => return false,
                }
            }
            (Fault::ExpiredKept, Some((id, _, deadline))) => {
                self.deadlines.remove(&(deadline, id));
            }
            (Fault::AbsentKept, _) => return self.called.pop_first().is_some(),
            _ => return false,
        }
        true
    }
}

/// The planted faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::limiter) enum Fault {
    NumberReused,
    NewcomerFirst,
    ExpiredKept,
    AbsentKept,
    PermitLeaked,
    WakeUpLost,
}
