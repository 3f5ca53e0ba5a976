//! Changing the key of a store.

use std::collections::BTreeMap;

use crate::digest::from_hex;
use crate::disk::Disk;
use crate::error::{StoreError, StoreErrorKind};
use crate::form::{Codec, Kind, Rewrap, Sealed, Slot};
use crate::store::records::RecordStore;

/// The result of [`RecordStore::rewrap_all`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rewrapped {
    /// The number of files that had another key and have the current one now.
    pub changed: usize,
    /// The number of files that had the current key already.
    pub current: usize,
    /// The number of files that were in use. Call again.
    pub busy: usize,
    /// The number of files that were left unchanged, by the reason.
    pub skipped: BTreeMap<String, usize>,
    /// The number of files that are sealed with each key now, by the key's name. A key that is not listed can be removed if
    /// no file was in use.
    pub keys: BTreeMap<String, usize>,
}

impl RecordStore {
    /// Seals every file with the current key, while other processes continue to use the store.
    ///
    /// It is safe to call it again after an interruption: each file has the old key or the new one at any moment. Files that
    /// cannot be opened stay unchanged and do not stop the others. The keys are read again first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store is not encrypted, the keys cannot be read, or the directory cannot be read or written.
    pub fn rewrap_all(&self) -> Result<Rewrapped, StoreError> {
        let Some(sealed) = &self.sealed else {
            return Err(StoreError::new(StoreErrorKind::Keys, "the store is not encrypted"));
        };
        sealed.reload()?;
        let mut done = Rewrapped::default();
        // Counters and records may share a directory: each is found by its kind.
        for (disk, kind) in [(&self.records, Kind::Record), (&self.marks, Kind::Mark)] {
            let names = disk.list().map_err(|error| StoreError::io("the directory cannot be read", error))?;
            for name in names {
                if let Some(slot) = slot(sealed.prefix(), &name).filter(|slot| slot.kind == kind) {
                    self.rewrap(sealed, disk.as_ref(), &name, &slot, &mut done)?;
                }
            }
        }
        Ok(done)
    }

    fn rewrap(
        &self,
        sealed: &Sealed,
        disk: &dyn Disk,
        name: &str,
        slot: &Slot,
        done: &mut Rewrapped,
    ) -> Result<(), StoreError> {
        // Without the lock, a record that is written meanwhile would be lost to the copy of the old one.
        let Some(_lock) = self.hold(&slot.id, None)? else {
            done.busy += 1;
            return Ok(());
        };
        let judged = match disk.read(name) {
            Ok(Some(file)) => sealed.rewrap(slot, &file).map(|rewrap| (rewrap, file)),
            Ok(None) => return Ok(()),
            Err(error) => Err(error),
        };
        match judged {
            Ok((Rewrap::Current, _)) => done.current += 1,
            Ok((Rewrap::Changed(file), _)) => {
                self.write(disk, name, &file)?;
                done.changed += 1;
            }
            Err(error) => {
                *done.skipped.entry(format!("{:?}", error.kind())).or_default() += 1;
            }
        }
        // Read again, because it may have been replaced since.
        if let Ok(Some(file)) = disk.read(name)
            && let Ok(key) = Sealed::key_of(&file)
        {
            *done.keys.entry(key).or_default() += 1;
        }
        Ok(())
    }
}

/// Returns the slot of a file, if it has the name of a sealed record.
fn slot(prefix: &str, name: &str) -> Option<Slot> {
    let (id, kind) = name.strip_prefix(prefix)?.split_once('.')?;
    Some(Slot { kind: Kind::parse(kind)?, id: from_hex(id)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::to_hex;

    #[test]
    fn only_record_files_are_read() {
        let id = to_hex(&[7; 32]);
        assert!(slot("sealed1-", &format!("sealed1-{id}.token")).is_some());
        assert!(slot("sealed1-", &format!("sealed1-{id}.mark")).is_some());
        for name in ["", "sealed1-.token", "aside-0-sealed1-00.token", "notes.txt"] {
            assert!(slot("sealed1-", name).is_none(), "{name}");
        }
        for name in
            [format!("plain1-{id}.token"), format!("sealed1-{id}.token.00-0.tmp"), format!("{id}.lock")]
        {
            assert!(slot("sealed1-", &name).is_none(), "{name}");
        }
    }
}
