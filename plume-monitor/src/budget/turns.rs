//! Turns of tenants by weighted fair queueing.

use std::collections::{BTreeMap, BTreeSet};

use crate::budget::lanes::PARTS;
use crate::ids::TenantId;

/// The order of tenants with waiting homes. Each has a virtual time, which a turn advances by one check divided by
/// the tenant's weight. The tenant with the earliest time is next.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns {
    /// The virtual time of the last turn.
    now: u64,
    /// The times of tenants that are ahead of `now`, and of all that wait.
    times: BTreeMap<TenantId, u64>,
    waiting: BTreeSet<(u64, TenantId)>,
}

impl Turns {
    /// Adds a tenant whose first home waits, or removes one without waiting homes. `weight` is in [`PARTS`].
    ///
    /// A tenant that did not wait starts at the present: it cannot save turns. A tenant whose weight has grown since its
    /// last turn owes no more than one check of its present weight.
    pub(super) fn set_waiting(&mut self, tenant: &TenantId, waits: bool, weight: u128) {
        let known = self.times.get(tenant).copied();
        if let Some(time) = known {
            self.waiting.remove(&(time, tenant.clone()));
        }
        let time = known.unwrap_or_default().min(self.now.saturating_add(step(weight)));
        if waits {
            let time = time.max(self.now);
            self.times.insert(tenant.clone(), time);
            self.waiting.insert((time, tenant.clone()));
        } else if weight > 0 && time > self.now {
            self.times.insert(tenant.clone(), time);
        } else {
            self.times.remove(tenant);
        }
    }

    /// Removes a tenant without homes.
    pub(super) fn forget(&mut self, tenant: &TenantId) {
        if let Some(time) = self.times.remove(tenant) {
            self.waiting.remove(&(time, tenant.clone()));
        }
    }

    /// Returns the tenant whose turn is next.
    pub(super) fn next(&self) -> Option<&TenantId> {
        self.waiting.first().map(|(_, tenant)| tenant)
    }

    /// Charges a waiting tenant for its turn. `weight` is in [`PARTS`].
    pub(super) fn charge(&mut self, tenant: &TenantId, weight: u128) {
        let Some(time) = self.times.get_mut(tenant) else { return };
        let was_waiting = self.waiting.remove(&(*time, tenant.clone()));
        self.now = self.now.max(*time);
        *time = time.saturating_add(step(weight));
        if was_waiting {
            self.waiting.insert((*time, tenant.clone()));
        }
    }
}

/// Returns the virtual time of one check.
fn step(weight: u128) -> u64 {
    u64::try_from(PARTS * PARTS / weight.max(1)).unwrap_or(u64::MAX)
}
