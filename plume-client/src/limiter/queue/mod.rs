//! The waiting calls in order: interactive before background, and tenants in turn.
//!
//! This is fair queueing by start tags, for calls of one size: the start tag of a tenant that begins to wait is the
//! greater of the virtual time and its own last finish tag, and the smallest start tag goes first. The virtual time is the
//! finish tag of the last turn, so no tenant's last finish tag is ahead of it. A tenant that begins to wait or had a turn
//! thus goes behind all waiting ones, and a tag is a number that only grows. Two properties follow:
//!
//! * A tenant waits for at most one turn of each tenant that waited before it, however many come after it.
//! * A tenant without a waiting call needs no entry.
//!
//! The turn belongs to the tenant, not to the call: if the oldest call is cancelled, the next one of the same tenant takes
//! the turn. Every step costs the logarithm of the number of waiting calls.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::limiter::rate::Priority;

/// The number of interactive calls before a waiting background call, which is slow then but never starved.
const IN_A_ROW: u32 = 9;

/// The place of a call in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) tenant: u64,
    pub(super) priority: Priority,
    /// The unique number of the call, so a call that returns finds its own place or none.
    pub(super) ticket: u64,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    interactive: Lane,
    background: Lane,
    /// The number of interactive calls since the last background call, while one waited.
    in_a_row: u32,
    /// Tenants by the number of their calls.
    longest: BTreeSet<(usize, u64, Priority)>,
}

#[derive(Debug, Default)]
struct Lane {
    /// The waiting tenants by their start tags.
    turns: BTreeSet<(u64, u64)>,
    /// The same by their names.
    tenants: HashMap<u64, Tenant>,
    /// The next start tag.
    next_tag: u64,
    calls: usize,
}

#[derive(Debug)]
struct Tenant {
    tag: u64,
    /// Its calls, oldest first.
    tickets: VecDeque<u64>,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.interactive.calls + self.background.calls
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of tenants with a call.
    pub(super) fn tenants(&self) -> usize {
        self.longest.len()
    }

    pub(super) fn insert(&mut self, place: Place) {
        if let Some(after) = self.lane_mut(place.priority).insert(place.tenant, place.ticket) {
            self.resized(place, after - 1, after);
        }
    }

    pub(super) fn remove(&mut self, place: Place) {
        if let Some(after) = self.lane_mut(place.priority).remove(place.tenant, place.ticket) {
            self.resized(place, after + 1, after);
        }
    }

    /// Returns the next call.
    pub(super) fn peek(&self) -> Option<u64> {
        Some(self.first()?.ticket)
    }

    /// Removes and returns the next call.
    pub(super) fn pop(&mut self) -> Option<u64> {
        let first = self.first()?;
        self.remove(first);
        self.lane_mut(first.priority).had_turn(first.tenant);
        self.in_a_row = match first.priority {
            Priority::Interactive if self.background.calls > 0 => self.in_a_row + 1,
            _ => 0,
        };
        Some(first.ticket)
    }

    /// Evicts the newest call of the tenant with the most, for a call of `tenant`, unless that would have as many.
    pub(super) fn evict_for(&mut self, tenant: u64) -> Option<u64> {
        let (most, flooder, priority) = self.longest.last().copied()?;
        let own: usize = [Priority::Interactive, Priority::Background]
            .into_iter()
            .filter_map(|priority| self.lane(priority).tenants.get(&tenant))
            .map(|tenant| tenant.tickets.len())
            .sum();
        if own + 1 >= most {
            return None;
        }
        let ticket = *self.lane(priority).tenants.get(&flooder)?.tickets.back()?;
        self.remove(Place { tenant: flooder, priority, ticket });
        Some(ticket)
    }

    /// Returns the maximum number of calls before the place, without further callers.
    pub(super) fn at_most_ahead(&self, place: Place) -> usize {
        let lane = self.lane(place.priority);
        let position = lane.position(place);
        let others = lane.turns.len() - usize::from(lane.tenants.contains_key(&place.tenant));
        // Up to its own turn every other tenant has at most as many turns as its own tenant.
        let theirs = others.saturating_mul(position + 1);
        let in_lane = theirs.saturating_add(position).min(lane.calls);
        in_lane.saturating_add(self.before_lane(place.priority, in_lane))
    }

    /// Returns the number of calls before the place, counted up to `reach`.
    pub(super) fn ahead(&self, place: Place, reach: usize) -> usize {
        let lane = self.lane(place.priority);
        let position = lane.position(place);
        let own_tag = lane.tenants.get(&place.tenant).map_or(lane.next_tag, |tenant| tenant.tag);
        let mut ahead = position;
        for (tag, tenant) in &lane.turns {
            if ahead >= reach {
                return reach;
            }
            let turns = position + usize::from(*tag < own_tag);
            let waiting = lane.tenants.get(tenant).map_or(0, |tenant| tenant.tickets.len());
            if *tenant != place.tenant {
                ahead = ahead.saturating_add(waiting.min(turns));
            }
        }
        ahead.saturating_add(self.before_lane(place.priority, ahead)).min(reach)
    }

    /// Returns the number of calls of the other lane before the `ahead`-th call of this one.
    fn before_lane(&self, priority: Priority, ahead: usize) -> usize {
        let in_a_row = IN_A_ROW as usize;
        match priority {
            Priority::Background => {
                ahead.saturating_add(1).saturating_mul(in_a_row).min(self.interactive.calls)
            }
            Priority::Interactive => (ahead / in_a_row).saturating_add(1).min(self.background.calls),
        }
    }

    fn first(&self) -> Option<Place> {
        let priority = match (self.interactive.calls, self.background.calls) {
            (0, _) => Priority::Background,
            (_, 0) => Priority::Interactive,
            _ if self.in_a_row >= IN_A_ROW => Priority::Background,
            _ => Priority::Interactive,
        };
        let lane = self.lane(priority);
        let (_, tenant) = *lane.turns.first()?;
        let ticket = *lane.tenants.get(&tenant)?.tickets.front()?;
        Some(Place { tenant, priority, ticket })
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

    fn resized(&mut self, place: Place, before: usize, after: usize) {
        self.longest.remove(&(before, place.tenant, place.priority));
        if after > 0 {
            self.longest.insert((after, place.tenant, place.priority));
        }
    }
}

impl Lane {
    /// Returns the new number of the tenant's calls, or `None` if this one was there already.
    fn insert(&mut self, tenant: u64, ticket: u64) -> Option<usize> {
        let tag = self.next_tag;
        let entry = self.tenants.entry(tenant).or_insert_with(|| Tenant { tag, tickets: VecDeque::new() });
        let index = entry.tickets.binary_search(&ticket).err()?;
        entry.tickets.insert(index, ticket);
        let waiting = entry.tickets.len();
        self.calls += 1;
        if waiting == 1 {
            self.next_tag += 1;
            self.turns.insert((tag, tenant));
        }
        Some(waiting)
    }

    /// Returns the number of the tenant's calls that are left, or `None` if this one was not there.
    fn remove(&mut self, tenant: u64, ticket: u64) -> Option<usize> {
        let entry = self.tenants.get_mut(&tenant)?;
        let index = entry.tickets.binary_search(&ticket).ok()?;
        entry.tickets.remove(index);
        let (tag, waiting) = (entry.tag, entry.tickets.len());
        self.calls -= 1;
        if waiting == 0 {
            self.tenants.remove(&tenant);
            self.turns.remove(&(tag, tenant));
        }
        Some(waiting)
    }

    /// Moves the tenant behind all waiting ones after its turn.
    fn had_turn(&mut self, tenant: u64) {
        let Some(entry) = self.tenants.get_mut(&tenant) else { return };
        self.turns.remove(&(entry.tag, tenant));
        entry.tag = self.next_tag;
        self.turns.insert((entry.tag, tenant));
        self.next_tag += 1;
    }

    /// Returns the number of calls of the same tenant before the place, taken or not.
    fn position(&self, place: Place) -> usize {
        let tenant = self.tenants.get(&place.tenant);
        tenant.map_or(0, |tenant| tenant.tickets.binary_search(&place.ticket).unwrap_or_else(|index| index))
    }
}

#[cfg(test)]
mod tests;
