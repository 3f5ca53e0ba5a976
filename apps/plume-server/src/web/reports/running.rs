//! The readings that run: a few of each tenant and in all, so that the readers of one tenant do not take the calls of others.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use plume::monitor::ids::TenantId;

/// Maximum number of readings at a time, in all and of one tenant. A page of a home takes two.
pub(super) const MOST: usize = 8;
pub(super) const OF_TENANT: usize = 4;

/// The readings that run. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Running(Arc<Mutex<BTreeMap<TenantId, usize>>>);

/// The place of a reading, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    running: Running,
    tenant: TenantId,
}

impl Running {
    /// Returns the place of a new reading, or `None` if there are too many.
    pub(super) fn enter(&self, tenant: &TenantId) -> Option<Place> {
        let mut running = self.lock();
        let own = running.get(tenant).copied().unwrap_or_default();
        if own >= OF_TENANT || running.values().sum::<usize>() >= MOST {
            return None;
        }
        running.insert(tenant.clone(), own + 1);
        Some(Place { running: self.clone(), tenant: tenant.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<TenantId, usize>> {
        // Every change under the lock is complete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut running = self.running.lock();
        if let Some(own) = running.get_mut(&self.tenant) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                running.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_leaves_room_for_others_and_places_come_back() {
        let running = Running::default();
        let [a, b, c] = ["a", "b", "c"].map(TenantId::new);
        let mut own: Vec<Place> = (0..OF_TENANT).map(|_| running.enter(&a).unwrap()).collect();
        assert!(running.enter(&a).is_none());
        let other: Vec<Place> = (OF_TENANT..MOST).map(|_| running.enter(&b).unwrap()).collect();
        assert!(running.enter(&c).is_none());
        own.pop();
        drop(running.enter(&c).unwrap());
        own.push(running.enter(&a).unwrap());
        assert!(running.enter(&c).is_none());
        drop((own, other));
        assert!(running.lock().is_empty());
    }
}
