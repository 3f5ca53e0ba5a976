//! A part of the registry under one lock, and its eviction.
//!
//! **Tenants are evicted by the clock algorithm, one at a time.** It needs no write when a tenant is read, and it skips an
//! entry with a caller or a fetch. The limit on token requests is stored outside the entries, so that neither signing out
//! nor eviction resets it.

use std::{
    collections::{HashMap, hash_map},
    sync::Arc,
};

use crate::registry::account::TenantId;
use crate::registry::entry::Entry;

/// Entries in a ring with a hand, for the clock algorithm.
///
/// The hand moves around the ring and evicts the first entry that was not used since it last passed. That is close to
/// "least recently used", needs no write when an entry is read, and is fair: each tenant has one place, and new tenants
/// cannot evict one that is used, because registration does not count as use.
#[derive(Default)]
pub(super) struct Shard {
    places: HashMap<TenantId, usize>,
    ring: Vec<Option<Arc<Entry>>>,
    free: Vec<usize>,
    hand: usize,
}

impl Shard {
    pub(super) fn get(&self, tenant: &TenantId) -> Option<&Arc<Entry>> {
        self.ring.get(*self.places.get(tenant)?)?.as_ref()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.ring.iter().flatten()
    }

    /// Inserts `entry` and returns the entry that its tenant had.
    pub(super) fn put(&mut self, entry: Arc<Entry>) -> Option<Arc<Entry>> {
        match self.places.entry(entry.tenant().clone()) {
            hash_map::Entry::Occupied(place) => self.ring.get_mut(*place.get())?.replace(entry),
            hash_map::Entry::Vacant(vacant) => {
                // The hand reaches a place that it has just passed last.
                if let Some(place) = self.free.pop() {
                    vacant.insert(place);
                    return self.ring.get_mut(place)?.replace(entry);
                }
                vacant.insert(self.ring.len());
                self.ring.push(Some(entry));
                None
            }
        }
    }

    pub(super) fn remove(&mut self, tenant: &TenantId) -> Option<Arc<Entry>> {
        let place = self.places.remove(tenant)?;
        let entry = self.ring.get_mut(place)?.take();
        self.free.push(place);
        entry
    }

    /// Evicts and closes one entry. `None` if all of them are in use.
    pub(super) fn evict(&mut self) -> Option<Arc<Entry>> {
        // Two rounds clear every mark: an entry that remains has a running fetch.
        for _ in 0..self.ring.len().saturating_mul(2) {
            let place = self.hand;
            self.hand = if place + 1 < self.ring.len() { place + 1 } else { 0 };
            let found = self.ring.get(place).and_then(Option::as_ref);
            if let Some(entry) = found.filter(|entry| !entry.was_used() && entry.close_if_idle()) {
                let tenant = entry.tenant().clone();
                return self.remove(&tenant);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use chrono::DateTime;
    use plume_runtime::{InProcess, ManualClock};

    use super::*;
    use crate::credential::{Credential, Scope};
    use crate::registry::account::Account;
    use crate::registry::bucket::Buckets;
    use crate::registry::entry::Context;
    use crate::registry::urls::Urls;
    use crate::settings::SecureUrl;

    fn entry(name: &str) -> Arc<Entry> {
        let url = SecureUrl::parse("https://api.example.net/").unwrap();
        let credential = Credential::from_client(name, "not-a-real-secret");
        let context = Context {
            transport: Arc::new(InProcess::new(|_: http::Request<Bytes>| async { unreachable!() })),
            clock: Arc::new(ManualClock::new(DateTime::UNIX_EPOCH)),
            buckets: Buckets::new(1, Duration::ZERO),
            urls: Urls::new(),
            hasher: std::hash::RandomState::new(),
        };
        let account = Account::new(url.clone(), url, credential, Scope::raw("example"));
        Entry::new(TenantId::new(name).unwrap(), account, Arc::new(context))
    }

    impl Shard {
        /// Panics unless places and ring agree. Returns the number of entries.
        pub(in crate::registry) fn invariants(&self) -> usize {
            for (tenant, place) in &self.places {
                let entry = self.ring[*place].as_ref().expect("a place without an entry");
                assert_eq!(entry.tenant(), tenant, "an entry in the place of another one");
            }
            let entries = self.entries().count();
            assert_eq!(self.places.len(), entries, "an entry without a place");
            let free: std::collections::BTreeSet<_> = self.free.iter().copied().collect();
            assert_eq!(free.len(), self.free.len(), "a free place is noted twice");
            assert!(free.iter().all(|place| self.ring[*place].is_none()), "a free place is taken");
            assert_eq!(free.len() + entries, self.ring.len(), "a place is lost");
            assert!(self.hand < self.ring.len().max(1));
            entries
        }
    }

    fn evicted(shard: &mut Shard) -> Option<String> {
        shard.evict().map(|entry| entry.tenant().to_string())
    }

    #[test]
    fn least_recently_used_entry_is_evicted_first() {
        let mut shard = Shard::default();
        for name in ["a", "b", "c"] {
            assert!(shard.put(entry(name)).is_none());
        }
        shard.get(&TenantId::new("a").unwrap()).unwrap().touch();
        assert_eq!(evicted(&mut shard).as_deref(), Some("b"));
        shard.put(entry("d"));
        assert_eq!(shard.ring.len(), 3, "the place is taken again");
        for name in ["c", "a", "d"] {
            assert_eq!(evicted(&mut shard).as_deref(), Some(name));
        }
        assert_eq!(evicted(&mut shard), None);
        assert!(shard.places.is_empty());
    }

    #[test]
    fn entry_in_use_is_not_evicted() {
        let mut shard = Shard::default();
        shard.put(entry("a"));
        let held = shard.entries().next().cloned();
        assert_eq!(evicted(&mut shard), None);
        assert!(held.is_some_and(|held| held.is_open()));
        assert_eq!(evicted(&mut shard).as_deref(), Some("a"));
    }
}
