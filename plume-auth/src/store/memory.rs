//! A store in memory.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use plume_seal::StoreError;

use crate::store::key::StoreKey;
use crate::store::record::StoredRecord;
use crate::store::token_store::{StoreLock, TokenStore};

/// A store in memory. Clones share the records.
///
/// For tests, and for several providers of one process that use one credential.
///
/// ```
/// use plume_auth::store::{MemoryStore, StoreKey, StoredRecord, TokenStore};
///
/// let store = MemoryStore::new();
/// let key = StoreKey::from_parts("tenant", "https://sso.example.net/token", b"0oaEXAMPLE", "");
/// store.save(&key, &StoredRecord::default())?;
/// assert!(store.load(&key)?.is_some());
/// # Ok::<(), plume_auth::store::StoreError>(())
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    records: HashMap<StoreKey, StoredRecord>,
    locked: HashSet<StoreKey>,
    /// Entries that were forgotten while they were locked.
    forgotten: HashSet<StoreKey>,
}

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete, so a poisoned lock is still valid.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("records", &self.state().records.len()).finish()
    }
}

impl TokenStore for MemoryStore {
    fn load(&self, key: &StoreKey) -> Result<Option<StoredRecord>, StoreError> {
        Ok(self.state().records.get(key).cloned())
    }

    fn save_held(&self, key: &StoreKey, record: &StoredRecord, held: &StoreLock) -> Result<(), StoreError> {
        held.check(key)?;
        let mut state = self.state();
        if !state.forgotten.contains(key) {
            state.records.insert(key.clone(), record.clone());
        }
        Ok(())
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        let mut state = self.state();
        state.records.remove(key);
        if state.locked.contains(key) {
            state.forgotten.insert(key.clone());
        }
        Ok(())
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        let taken = self.state().locked.insert(key.clone());
        Ok(taken.then(|| StoreLock::new(key, Held { store: self.clone(), key: key.clone() })))
    }
}

struct Held {
    store: MemoryStore,
    key: StoreKey,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.store.state();
        state.locked.remove(&self.key);
        state.forgotten.remove(&self.key);
    }
}
