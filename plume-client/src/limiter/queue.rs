//! Who waits, in the order in which they go: interactive before background, and tenants in turn.
//!
//! Tenants go round by round, and in every round each tenant that waits has one turn. The turn belongs to the tenant, not
//! to the call: when the oldest call gives up, the next one of the same tenant takes the turn. Every step costs the
//! logarithm of the number that waits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Priority;

/// So many interactive calls go before a background call that waits. It is slow then, but never starved.
const IN_A_ROW: u32 = 9;

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    tenant: u64,
    priority: Priority,
    /// The number of the call among those of its tenant.
    index: u64,
    id: u64,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    interactive: Lane,
    background: Lane,
    /// Interactive calls that went since the last background call, while one waited.
    in_a_row: u32,
    /// Tenants by how many calls they have here.
    longest: BTreeSet<(usize, u64, Priority)>,
}

#[derive(Debug, Default)]
struct Lane {
    /// The tenants that wait, by their next turn: round, order within it, tenant.
    turns: BTreeSet<(u64, u64, u64)>,
    tenants: HashMap<u64, Tenant>,
    /// The round of the turn that was taken last.
    round: u64,
    /// Orders the turns of one round.
    next_order: u64,
    calls: usize,
}

#[derive(Debug, Default)]
struct Tenant {
    calls: BTreeMap<u64, u64>,
    /// The next turn if it waits, otherwise the last one it had.
    turn: (u64, u64),
    next_index: u64,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.interactive.calls + self.background.calls
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many tenants have a call here.
    pub(super) fn tenants(&self) -> usize {
        self.longest.len()
    }

    /// The place that a call would get.
    pub(super) fn place(&self, tenant: u64, priority: Priority, id: u64) -> Place {
        let index = self.lane(priority).tenants.get(&tenant).map_or(0, |tenant| tenant.next_index);
        Place { tenant, priority, index, id }
    }

    pub(super) fn insert(&mut self, place: Place) {
        let lane = self.lane_mut(place.priority);
        let turn = lane.turn_of(place.tenant);
        let tenant = lane.tenants.entry(place.tenant).or_default();
        let before = tenant.calls.len();
        tenant.calls.insert(place.index, place.id);
        tenant.next_index = tenant.next_index.max(place.index.saturating_add(1));
        if before == 0 {
            tenant.turn = turn;
            lane.turns.insert((turn.0, turn.1, place.tenant));
            lane.next_order += 1;
        }
        lane.calls += 1;
        self.resized(place.tenant, place.priority, before, before + 1);
    }

    pub(super) fn remove(&mut self, place: Place) {
        self.take(place.tenant, place.priority, place.index, false);
    }

    /// Who goes next.
    pub(super) fn peek(&self) -> Option<u64> {
        self.lane(self.next_lane()?).first().map(|(_, _, id)| id)
    }

    /// Takes out who goes next.
    pub(super) fn pop(&mut self) -> Option<u64> {
        let priority = self.next_lane()?;
        let (tenant, index, id) = self.lane(priority).first()?;
        self.take(tenant, priority, index, true);
        self.in_a_row = match priority {
            Priority::Interactive if self.background.calls > 0 => self.in_a_row + 1,
            _ => 0,
        };
        Some(id)
    }

    /// Takes out the newest call of the tenant that has the most, for a call of `tenant`, unless that would have
    /// just as many.
    pub(super) fn evict_for(&mut self, tenant: u64) -> Option<u64> {
        let (most, flooder, priority) = self.longest.last().copied()?;
        let own: usize = [Priority::Interactive, Priority::Background]
            .into_iter()
            .filter_map(|priority| self.lane(priority).tenants.get(&tenant))
            .map(|tenant| tenant.calls.len())
            .sum();
        if own + 1 >= most {
            return None;
        }
        let (index, id) = self.lane(priority).tenants.get(&flooder)?.calls.last_key_value()?;
        let (index, id) = (*index, *id);
        self.take(flooder, priority, index, false);
        Some(id)
    }

    /// At most so many go before the place, if nobody else comes.
    pub(super) fn at_most_ahead(&self, place: Place) -> usize {
        let lane = self.lane(place.priority);
        let position = lane.position(place);
        let alone = lane.turns.len() <= usize::from(lane.waits(place.tenant));
        let in_lane = if alone {
            position
        } else {
            let rounds = size(lane.turn_of(place.tenant).0.saturating_sub(lane.round));
            // In each round up to its own every tenant has at most one turn.
            rounds.saturating_add(position).saturating_add(1).saturating_mul(lane.turns.len()).min(lane.calls)
        };
        in_lane.saturating_add(self.before_lane(place.priority, in_lane))
    }

    /// How many go before the place, counted no further than `reach`.
    pub(super) fn ahead(&self, place: Place, reach: usize) -> usize {
        let lane = self.lane(place.priority);
        let position = lane.position(place);
        let turn = lane.turn_of(place.tenant);
        let mut ahead = position;
        for (round, order, tenant) in &lane.turns {
            if ahead >= reach {
                return reach;
            }
            if *tenant == place.tenant {
                continue;
            }
            let waiting = lane.tenants.get(tenant).map_or(0, |tenant| tenant.calls.len());
            // Its turns in the rounds before this call's; of the same round those whose order is known to be earlier.
            let last = turn.0.saturating_add(position as u64);
            let rounds = size(last.saturating_sub(*round));
            let same = usize::from(*round <= last && (position > 0 || *round < last || *order < turn.1));
            ahead = ahead.saturating_add(rounds.saturating_add(same).min(waiting));
        }
        ahead.saturating_add(self.before_lane(place.priority, ahead)).min(reach)
    }

    /// How many of the other lane go before the call that is the `ahead`-th of its own.
    fn before_lane(&self, priority: Priority, ahead: usize) -> usize {
        let in_a_row = IN_A_ROW as usize;
        match priority {
            Priority::Background => {
                ahead.saturating_add(1).saturating_mul(in_a_row).min(self.interactive.calls)
            }
            Priority::Interactive => (ahead / in_a_row).saturating_add(1).min(self.background.calls),
        }
    }

    fn next_lane(&self) -> Option<Priority> {
        match (self.interactive.calls, self.background.calls) {
            (0, 0) => None,
            (0, _) => Some(Priority::Background),
            (_, 0) => Some(Priority::Interactive),
            _ if self.in_a_row >= IN_A_ROW => Some(Priority::Background),
            _ => Some(Priority::Interactive),
        }
    }

    fn lane(&self, priority: Priority) -> &Lane {
        match priority {
            Priority::Interactive => &self.interactive,
            Priority::Background => &self.background,
        }
    }

    fn lane_mut(&mut self, priority: Priority) -> &mut Lane {
        match priority {
            Priority::Interactive => &mut self.interactive,
            Priority::Background => &mut self.background,
        }
    }

    fn take(&mut self, tenant: u64, priority: Priority, index: u64, served: bool) {
        let lane = self.lane_mut(priority);
        let Some(entry) = lane.tenants.get_mut(&tenant) else { return };
        let before = entry.calls.len();
        if entry.calls.remove(&index).is_none() {
            return;
        }
        let turn = entry.turn;
        let left = !entry.calls.is_empty();
        lane.calls -= 1;
        if served {
            lane.round = lane.round.max(turn.0);
            entry.turn = (turn.0.saturating_add(1), lane.next_order);
        }
        if served || !left {
            lane.turns.remove(&(turn.0, turn.1, tenant));
        }
        if served && left {
            lane.turns.insert((entry.turn.0, entry.turn.1, tenant));
            lane.next_order += 1;
        }
        lane.tidy();
        self.resized(tenant, priority, before, before - 1);
    }

    fn resized(&mut self, tenant: u64, priority: Priority, before: usize, after: usize) {
        self.longest.remove(&(before, tenant, priority));
        if after > 0 {
            self.longest.insert((after, tenant, priority));
        }
    }
}

impl Lane {
    /// The tenant, the number and the id of the call that goes next.
    fn first(&self) -> Option<(u64, u64, u64)> {
        let (_, _, tenant) = self.turns.first()?;
        let (index, id) = self.tenants.get(tenant)?.calls.first_key_value()?;
        Some((*tenant, *index, *id))
    }

    fn waits(&self, tenant: u64) -> bool {
        self.tenants.get(&tenant).is_some_and(|tenant| !tenant.calls.is_empty())
    }

    /// The next turn of a tenant, whether it waits or comes now: not before the round that is going on, and not
    /// twice in one round.
    fn turn_of(&self, tenant: u64) -> (u64, u64) {
        match self.tenants.get(&tenant) {
            Some(tenant) if !tenant.calls.is_empty() => tenant.turn,
            Some(tenant) => (self.round.max(tenant.turn.0), self.next_order),
            None => (self.round, self.next_order),
        }
    }

    /// How many calls of the same tenant are before it, or one that has left since.
    fn position(&self, place: Place) -> usize {
        let first = self.tenants.get(&place.tenant).and_then(|tenant| tenant.calls.first_key_value());
        first.map_or(0, |(first, _)| size(place.index.saturating_sub(*first)))
    }

    /// Forgets tenants that nobody needs to remember.
    fn tidy(&mut self) {
        if self.calls == 0 {
            // A new start: nobody is ahead of anybody.
            self.tenants.clear();
            self.round = 0;
        } else if self.tenants.len() > 64 + 2 * self.turns.len() {
            let round = self.round;
            self.tenants.retain(|_, tenant| !tenant.calls.is_empty() || tenant.turn.0 > round);
        }
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
