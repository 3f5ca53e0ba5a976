//! Who changes a record: only a holder of its lock, and whoever forgets it, at any time.
//!
//! Forgetting must not wait for a process that holds the lock while it fetches, and must not be undone by what that process
//! writes afterwards. So it leaves a note, a file of its own. From then on nobody reads the record; its holder writes
//! nothing more and wipes it before the lock is given back; and whoever finds the note later does so first.
//!
//! What is written without the lock could take the place of a newer record. A note that cannot be looked at is neither
//! there nor absent, so it is an error of the store; forgetting does not look.

use crate::disk::{Disk, DiskLock};
use crate::error::StoreError;
use crate::form::{Kind, PLAIN, SEALED};
use crate::name::RecordName;
use crate::store::names;
use crate::store::names::Name;
use crate::store::records::RecordStore;

/// A lock of a record, which is wiped at the end if it was forgotten meanwhile.
pub(crate) struct Held {
    store: RecordStore,
    id: [u8; 32],
    /// Not known to a change of keys, nor to a cleaning.
    key: Option<RecordName>,
    lock: Option<DiskLock>,
}

impl Drop for Held {
    fn drop(&mut self) {
        // What fails here is done by the next one who takes the lock.
        let _ = self.store.settle(&self.id, self.key.as_ref());
        drop(self.lock.take());
        // Who forgot it after that look did not get the lock, and does not come back.
        if matches!(self.store.is_forgotten(&self.id), Ok(true))
            && let Ok(Some(_lock)) = self.store.records.try_lock(&names::lock(&self.id))
        {
            let _ = self.store.settle(&self.id, self.key.as_ref());
        }
    }
}

impl RecordStore {
    /// Takes the lock of a record if nobody has it. If the record was forgotten, it is wiped first.
    pub(crate) fn hold(&self, id: &[u8; 32], key: Option<&RecordName>) -> Result<Option<Held>, StoreError> {
        let Some(held) = self.hold_as_it_is(id, key)? else { return Ok(None) };
        self.settle(id, key)?;
        Ok(Some(held))
    }

    fn hold_as_it_is(&self, id: &[u8; 32], key: Option<&RecordName>) -> Result<Option<Held>, StoreError> {
        let lock = self.records.try_lock(&names::lock(id))?;
        Ok(lock.map(|lock| Held { store: self.clone(), id: *id, key: key.cloned(), lock: Some(lock) }))
    }

    /// Whether there is a note. One that cannot be looked at is neither there nor absent.
    pub(crate) fn is_forgotten(&self, id: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(self.records.read(&names::forgotten(id))?.is_some())
    }

    /// Removes a record, also while somebody holds its lock: from then on nobody reads it, and its holder writes
    /// nothing more.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it may still be there.
    pub fn forget(&self, key: &RecordName) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("the record cannot be removed", error);
        // Whatever an older note says, and also where it cannot be looked at.
        if let Some(_lock) = self.hold_as_it_is(key.id(), Some(key))? {
            return self.wipe(key.id(), Some(key));
        }
        match self.records.create(&names::forgotten(key.id())) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => self.records.sync().map_err(failed)?,
        }
        // Its holder may have left before it could see the note.
        drop(self.hold(key.id(), Some(key))?);
        Ok(())
    }

    /// Does what a note asks for. The caller has the lock.
    fn settle(&self, id: &[u8; 32], key: Option<&RecordName>) -> Result<(), StoreError> {
        if !self.is_forgotten(id)? {
            return Ok(());
        }
        self.wipe(id, key)?;
        let failed = |error| StoreError::io("the record cannot be removed", error);
        if key.is_some() {
            // Without the key the counter stays, so an older copy could come back: the note stays as well.
            self.records.remove(&names::forgotten(id)).map_err(failed)?;
            self.records.sync().map_err(failed)?;
        }
        Ok(())
    }

    /// Removes a record and every copy of it. The caller has the lock, so nobody writes one.
    pub(crate) fn wipe(&self, id: &[u8; 32], key: Option<&RecordName>) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("the record cannot be removed", error);
        // First of all: whatever comes after may fail.
        for prefix in [SEALED, PLAIN] {
            self.records.remove(&names::record(prefix, id, Kind::Record)).map_err(failed)?;
        }
        // Copies that were put aside or never got their name hold its contents as well, damaged or not.
        let is_copy = |name: &String| matches!(Name::of(name), Name::Aside { id: found, .. } | Name::Temporary { id: found } if found == *id);
        for copy in self.records.list().map_err(failed)?.iter().filter(|name| is_copy(name)) {
            self.records.remove(copy).map_err(failed)?;
        }
        self.records.sync().map_err(failed)?;
        match key {
            Some(key) => self.count_on(key),
            None => Ok(()),
        }
    }

    /// Removes what processes left that died while they wrote, and what was forgotten meanwhile.
    pub(crate) fn clean(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        let names = disk.list().map_err(|error| StoreError::io("the directory cannot be read", error))?;
        for name in names {
            match Name::of(&name) {
                Name::Temporary { id } => {
                    // Another process may be about to give it its final name. Then it holds the lock.
                    if let Some(_lock) = self.hold(&id, None)? {
                        disk.remove(&name)
                            .map_err(|error| StoreError::io("a leftover cannot be removed", error))?;
                    }
                }
                // Taking the lock is enough.
                Name::Forgotten { id } => drop(self.hold(&id, None)?),
                Name::Aside { .. } | Name::Other => {}
            }
        }
        Ok(())
    }
}
