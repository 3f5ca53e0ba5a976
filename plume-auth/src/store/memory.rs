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

/// Keeps records in memory. Clones share them.
///
/// For tests, and for several providers of one process that use one credential.
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    records: HashMap<StoreKey, StoredRecord>,
    locked: HashSet<StoreKey>,
    /// Forgotten while they were locked.
    forgotten: HashSet<StoreKey>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete in itself, so a poisoned lock is still good.
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
