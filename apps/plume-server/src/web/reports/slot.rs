//! The readings of each home, kept for the next readers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError},
    time::Duration,
};

use plume::monitor::ids::{HomeId, TenantId};
use tokio::sync::Mutex;

use crate::store::model::Home;
use crate::web::reports::read::{Read, Trends};

/// Maximum number of homes whose reports are kept.
pub(super) const KEPT: usize = 200;

/// A kind of readings of one home.
#[derive(Debug)]
pub(super) struct Slot<T> {
    /// With the time until which it serves all readers.
    kept: StdMutex<Option<(Duration, T)>>,
    /// Is locked while the cloud is read, so that all readers wait for one reading.
    pub(super) reading: Arc<Mutex<()>>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { kept: StdMutex::new(None), reading: Arc::default() }
    }
}

impl<T: Clone> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, Option<(Duration, T)>> {
        // Every change under the lock is complete.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what serves a reader at a time.
    pub(super) fn fresh(&self, now: Duration) -> Option<T> {
        self.lock().as_ref().filter(|(until, _)| now < *until).map(|(_, value)| value.clone())
    }

    /// Returns what was read last, however old.
    pub(super) fn last(&self) -> Option<T> {
        self.lock().as_ref().map(|(_, value)| value.clone())
    }

    pub(super) fn keep(&self, until: Duration, value: T) {
        *self.lock() = Some((until, value));
    }

    /// Has it read again.
    pub(super) fn expire(&self) {
        *self.lock() = None;
    }
}

/// The readings of one home.
#[derive(Debug, Clone, Default)]
pub(super) struct OfHome {
    pub(super) seen: Arc<Slot<Read>>,
    pub(super) trends: Arc<Slot<Trends>>,
    /// The number of the last use.
    used: u64,
}

/// The readings of the homes that were used last.
#[derive(Debug, Default)]
pub(super) struct Slots(StdMutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The number of uses.
    used: u64,
    homes: HashMap<(TenantId, HomeId), OfHome>,
}

impl Slots {
    /// Returns the place of a home. A new one replaces that of the home that was not used for the longest time.
    pub(super) fn of(&self, home: &Home) -> OfHome {
        // Every change under the lock is complete.
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { used, homes } = &mut *state;
        let key = (home.tenant.clone(), home.id.clone());
        if homes.len() >= KEPT && !homes.contains_key(&key) {
            let oldest = homes.iter().min_by_key(|(_, of_home)| of_home.used).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| homes.remove(&oldest));
        }
        *used += 1;
        let of_home = homes.entry(key).or_default();
        of_home.used = *used;
        of_home.clone()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use plume::health::Status;

    use super::*;
    use crate::store::model::{Traits, Verdict};

    fn home(tenant: &str, id: &str) -> Home {
        Home {
            tenant: TenantId::new(tenant),
            id: HomeId::new(id),
            customer: String::new(),
            location: String::new(),
            name: String::new(),
            traits: Traits::default(),
            tags: Vec::new(),
            verdict: Verdict { status: Status::Green, since: DateTime::UNIX_EPOCH, headline: String::new() },
            checked: None,
            data: None,
        }
    }

    #[test]
    fn the_home_that_was_not_used_for_the_longest_time_is_dropped() {
        let slots = Slots::default();
        let far = Duration::from_secs(60);
        let is_kept = |id: &str| slots.of(&home("t", id)).seen.last().is_some();
        for number in 0..KEPT {
            slots.of(&home("t", &number.to_string())).seen.keep(far, Err(String::new()));
        }
        assert!(is_kept("0"));
        slots.of(&home("t", "new")).seen.keep(far, Err(String::new()));
        assert!(is_kept("0") && is_kept("2") && is_kept("199") && is_kept("new"));
        assert!(!is_kept("1"));
        assert_eq!(slots.0.lock().unwrap().homes.len(), KEPT);
    }

    #[test]
    fn homes_whose_ids_join_to_the_same_text_share_nothing() {
        let slots = Slots::default();
        slots.of(&home("a/b", "c")).seen.keep(Duration::from_secs(60), Err(String::new()));
        assert!(slots.of(&home("a", "b/c")).seen.last().is_none());
    }

    #[test]
    fn what_is_kept_serves_readers_for_its_time() {
        let slot = Slot::default();
        assert_eq!((slot.fresh(Duration::ZERO), slot.last()), (None, None));
        slot.keep(Duration::from_secs(60), "kept");
        assert_eq!(slot.fresh(Duration::from_secs(59)), Some("kept"));
        assert_eq!((slot.fresh(Duration::from_secs(60)), slot.last()), (None, Some("kept")));
        slot.expire();
        assert_eq!(slot.last(), None);
    }
}
