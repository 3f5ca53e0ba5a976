//! Changes of a record: only by the holder of its lock, except that it can be forgotten at any time.
//!
//! Forgetting must not wait for a process that holds the lock while it fetches, and that process must not undo it by a
//! later write. So it leaves a note, a file of its own. From then on no reader gets the record; the holder of the lock
//! writes nothing more and wipes the record before it releases the lock; a process that finds the note later does so
//! first.
//!
//! A write without the lock could replace a newer record. If it cannot be determined whether there is a note, that is an
//! error of the store; forgetting does not check for one.

use crate::disk::{Disk, DiskLock};
use crate::error::StoreError;
use crate::form::{Kind, PLAIN, SEALED};
use crate::name::RecordName;
use crate::store::names;
use crate::store::names::Name;
use crate::store::records::RecordStore;

/// A lock of a record, which wipes the record when it is released if it was forgotten meanwhile.
pub(crate) struct Held {
    store: RecordStore,
    id: [u8; 32],
    /// Unknown to a change of keys and to a clean-up.
    key: Option<RecordName>,
    lock: Option<DiskLock>,
}

impl Drop for Held {
    fn drop(&mut self) {
        // If this fails, the next holder of the lock does it.
        let _ = self.store.settle(&self.id, self.key.as_ref());
        drop(self.lock.take());
        // A process that forgot the record after that check did not get the lock and does not retry.
        if matches!(self.store.is_forgotten(&self.id), Ok(true))
            && let Ok(Some(_lock)) = self.store.records.try_lock(&names::lock(&self.id))
        {
            let _ = self.store.settle(&self.id, self.key.as_ref());
        }
    }
}

impl RecordStore {
    /// Takes the lock of a record if it is free. If the record was forgotten, it is wiped first.
    pub(crate) fn hold(&self, id: &[u8; 32], key: Option<&RecordName>) -> Result<Option<Held>, StoreError> {
        let Some(held) = self.hold_as_it_is(id, key)? else { return Ok(None) };
        self.settle(id, key)?;
        Ok(Some(held))
    }

    fn hold_as_it_is(&self, id: &[u8; 32], key: Option<&RecordName>) -> Result<Option<Held>, StoreError> {
        let lock = self.records.try_lock(&names::lock(id))?;
        Ok(lock.map(|lock| Held { store: self.clone(), id: *id, key: key.cloned(), lock: Some(lock) }))
    }

    /// Returns whether there is a note. An error if that cannot be determined.
    pub(crate) fn is_forgotten(&self, id: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(self.records.read(&names::forgotten(id))?.is_some())
    }

    /// Removes a record, even while its lock is held: from then on no reader gets it, and the holder of the lock writes
    /// nothing more.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the record may still exist.
    pub fn forget(&self, key: &RecordName) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("the record cannot be removed", error);
        // Independent of the contents of an older note, which may be unreadable.
        if let Some(_lock) = self.hold_as_it_is(key.id(), Some(key))? {
            return self.wipe(key.id(), Some(key));
        }
        match self.records.create(&names::forgotten(key.id())) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => self.records.sync().map_err(failed)?,
        }
        // The holder may have released the lock before it could see the note.
        drop(self.hold(key.id(), Some(key))?);
        Ok(())
    }

    /// Removes every record of a tenant that can be read, and returns their number. Records that the check of
    /// [`judged_by`](RecordStore::judged_by) refuses have another purpose and stay.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if some of them may still exist.
    ///
    /// ```
    /// # #[cfg(feature = "encryption")] fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = std::env::temp_dir().join(format!("plume-seal-doc-tenant-{}", std::process::id()));
    /// use plume_seal::{RecordName, RecordStore, SealKeys};
    ///
    /// // base64 of "not-a-real-key-not-a-real-key-32"
    /// let keys = SealKeys::parse("2026-11 bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=")?;
    /// let store = RecordStore::encrypted(&directory, keys)?;
    /// let name = |tenant: &str| RecordName::new(tenant, "example record 1", &[tenant.as_bytes()]);
    /// store.save(&name("chat-1"), b"there")?;
    /// store.save(&name("chat-2"), b"here")?;
    /// assert_eq!(store.forget_tenant("chat-1")?, 1);
    /// assert!(store.load(&name("chat-1"))?.is_none() && store.load(&name("chat-2"))?.is_some());
    /// # std::fs::remove_dir_all(&directory)?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "encryption"))] fn main() {}
    /// ```
    pub fn forget_tenant(&self, tenant: &str) -> Result<usize, StoreError> {
        let names = self.names_of(tenant)?;
        names.iter().try_for_each(|name| self.forget(name))?;
        Ok(names.len())
    }

    /// Wipes the record if there is a note. The caller has the lock.
    fn settle(&self, id: &[u8; 32], key: Option<&RecordName>) -> Result<(), StoreError> {
        if !self.is_forgotten(id)? {
            return Ok(());
        }
        self.wipe(id, key)?;
        let failed = |error| StoreError::io("the record cannot be removed", error);
        if key.is_some() {
            // Without the key the counter remains, so an older copy could return: the note must remain as well.
            self.records.remove(&names::forgotten(id)).map_err(failed)?;
            self.records.sync().map_err(failed)?;
        }
        Ok(())
    }

    /// Removes a record and every copy of it. The caller has the lock, so no other process writes one.
    pub(crate) fn wipe(&self, id: &[u8; 32], key: Option<&RecordName>) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("the record cannot be removed", error);
        // First, because the later steps may fail.
        for prefix in [SEALED, PLAIN] {
            self.records.remove(&names::record(prefix, id, Kind::Record)).map_err(failed)?;
        }
        // Copies that were moved aside or are temporary contain the contents as well, damaged or not.
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

    /// Removes the temporary files of processes that were killed while writing, and records forgotten meanwhile.
    pub(crate) fn clean(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        let names = disk.list().map_err(|error| StoreError::io("the directory cannot be read", error))?;
        for name in names {
            match Name::of(&name) {
                Name::Temporary { id } => {
                    // Another process may be about to rename it. Then it holds the lock.
                    if let Some(_lock) = self.hold(&id, None)? {
                        disk.remove(&name)
                            .map_err(|error| StoreError::io("a leftover cannot be removed", error))?;
                    }
                }
                // Taking the lock is sufficient.
                Name::Forgotten { id } => drop(self.hold(&id, None)?),
                Name::Aside { .. } | Name::Other => {}
            }
        }
        Ok(())
    }
}
