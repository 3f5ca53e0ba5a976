//! Who changes a record: only a holder of its lock, and whoever forgets it, at any time.
//!
//! Forgetting must not wait for a process that holds the lock while it fetches, and must not be undone by what that process
//! writes afterwards. So it leaves a note, a file of its own. From then on nobody reads the record; its holder writes
//! nothing more and wipes it before the lock is given back; and whoever finds the note later does so first.

use crate::store::disk::{Disk, DiskLock};
use crate::store::error::StoreError;
use crate::store::file::FileStore;
use crate::store::key::StoreKey;
use crate::store::names::Name;
use crate::store::{frame::Kind, names};

/// A lock of a record, which is wiped at the end if it was forgotten meanwhile.
pub(crate) struct Held {
    store: FileStore,
    id: [u8; 32],
    /// Not known to a change of keys, nor to a cleaning.
    key: Option<StoreKey>,
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

impl FileStore {
    /// Takes the lock of a record if nobody has it. If the record was forgotten, it is wiped first.
    pub(crate) fn hold(&self, id: &[u8; 32], key: Option<&StoreKey>) -> Result<Option<Held>, StoreError> {
        let Some(held) = self.hold_as_it_is(id, key)? else { return Ok(None) };
        self.settle(id, key)?;
        Ok(Some(held))
    }

    fn hold_as_it_is(&self, id: &[u8; 32], key: Option<&StoreKey>) -> Result<Option<Held>, StoreError> {
        let lock = self.records.try_lock(&names::lock(id))?;
        Ok(lock.map(|lock| Held { store: self.clone(), id: *id, key: key.cloned(), lock: Some(lock) }))
    }

    /// Whether there is a note. One that cannot be looked at is neither there nor absent.
    pub(crate) fn is_forgotten(&self, id: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(self.records.read(&names::forgotten(id))?.is_some())
    }

    pub(crate) fn forget_record(&self, key: &StoreKey) -> Result<(), StoreError> {
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
    fn settle(&self, id: &[u8; 32], key: Option<&StoreKey>) -> Result<(), StoreError> {
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
    pub(crate) fn wipe(&self, id: &[u8; 32], key: Option<&StoreKey>) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("the record cannot be removed", error);
        // First of all: whatever comes after may fail.
        for prefix in [names::SEALED, names::PLAIN] {
            self.records.remove(&names::record(prefix, id, Kind::Token)).map_err(failed)?;
        }
        // Copies that were put aside or never got their name hold a token as well, damaged or not.
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

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex},
        time::{Duration, SystemTime},
    };

    use super::*;
    use crate::store::TokenStore;
    use crate::store::error::StoreErrorKind;
    use crate::store::frame::Plain;
    use crate::store::record::{StoredRecord, StoredToken};
    use crate::store::sim_disk::{End, SimDisk};
    use crate::token::IssuedToken;

    fn key() -> StoreKey {
        StoreKey::from_parts("tenant", "https://sso.example.net/token", b"0oaEXAMPLE", "")
    }

    fn record(token: &str) -> StoredRecord {
        let issued = IssuedToken::new(token, Duration::from_secs(600)).unwrap();
        StoredRecord::default().with_token(StoredToken::new(&issued, SystemTime::UNIX_EPOCH))
    }

    /// A process with the directory open.
    fn on(disk: &SimDisk) -> FileStore {
        FileStore::on(Arc::new(disk.clone()), Arc::new(disk.clone()), Arc::new(Plain))
    }

    fn token(store: &FileStore) -> Option<String> {
        store.load(&key()).unwrap()?.token().map(|token| token.expose_token().to_owned())
    }

    fn holds(disk: &SimDisk, needle: &str) -> bool {
        disk.files()
            .iter()
            .any(|(_, bytes)| bytes.windows(needle.len()).any(|part| part == needle.as_bytes()))
    }

    /// A directory with an old record, of which somebody is about to write a new one.
    fn before() -> SimDisk {
        let disk = SimDisk::new();
        on(&disk).save(&key(), &record("canary-old")).unwrap();
        disk
    }

    /// Writes a new record while `visit` happens at every step in turn; then `check` is asked.
    fn at_every_step<T: Send + 'static>(
        visit: impl Fn(&FileStore, &SimDisk) -> T + Send + Sync + Copy + 'static,
        check: impl Fn(usize, &SimDisk, T),
    ) {
        for step in 0.. {
            let disk = before();
            let (writer, other) = (on(&disk), on(&disk));
            let result = Arc::new(Mutex::new(None));
            let (visited, place) = (Arc::clone(&result), disk.clone());
            disk.visited_at(step, move || *visited.lock().unwrap() = Some(visit(&other, &place)));
            writer.save(&key(), &record("canary-new")).unwrap();
            if disk.awaits_visit() {
                assert!(step >= 4, "create, write, sync, rename, sync: {step} steps only");
                return;
            }
            let result = result.lock().unwrap().take().unwrap();
            check(step, &disk, result);
        }
    }

    #[test]
    fn what_is_forgotten_while_it_is_written_does_not_come_back() {
        at_every_step(
            |other, _| {
                other.forget(&key()).unwrap();
                token(other)
            },
            |step, disk, seen| {
                assert_eq!(seen, None, "step {step}");
                // Before anybody else opens the directory, which would clean it.
                assert!(!holds(disk, "canary"), "step {step}: {:?}", disk.files());
                assert_eq!(token(&on(disk)), None, "step {step}");
                // And the place is free again.
                on(disk).save(&key(), &record("canary-next")).unwrap();
                assert_eq!(token(&on(disk)).as_deref(), Some("canary-next"), "step {step}");
            },
        );
    }

    #[test]
    fn what_is_forgotten_is_gone_whenever_its_writer_dies() {
        for step in 0..6 {
            for death in step..step + 8 {
                let disk = before();
                let (writer, other) = (on(&disk), on(&disk));
                disk.visited_at(step, move || other.forget(&key()).unwrap());
                disk.dies_at(death);
                let _ = writer.save(&key(), &record("canary-new"));
                if disk.awaits_visit() {
                    continue;
                }
                let left = disk.after(End::Killed);
                assert_eq!(token(&on(&left)), None, "forgotten at {step}, dead at {death}");
                assert!(!holds(&left, "canary"), "forgotten at {step}, dead at {death}: {:?}", left.files());
            }
        }
    }

    #[test]
    fn a_restart_beside_a_writer_takes_nothing_from_it() {
        at_every_step(
            |_, disk| drop(on(disk)),
            |step, disk, ()| assert_eq!(token(&on(disk)).as_deref(), Some("canary-new"), "step {step}"),
        );
    }

    #[test]
    fn two_writers_take_turns_and_a_reader_sees_one_of_the_records() {
        at_every_step(
            |other, _| (other.save(&key(), &record("canary-other")), token(other)),
            |step, disk, (saved, seen)| {
                assert_eq!(saved.unwrap_err().kind(), StoreErrorKind::Busy, "step {step}");
                assert!(
                    matches!(seen.as_deref(), Some("canary-old" | "canary-new")),
                    "step {step}: {seen:?}"
                );
                assert_eq!(token(&on(disk)).as_deref(), Some("canary-new"), "step {step}");
            },
        );
    }

    #[test]
    fn a_note_that_cannot_be_looked_at_is_an_error_and_changes_nothing() {
        let disk = before();
        let (store, other) = (on(&disk), on(&disk));
        for forgotten in [false, true] {
            let lock = store.try_lock(&key()).unwrap().unwrap();
            if forgotten {
                other.forget(&key()).unwrap();
            }
            let files = disk.files();
            disk.hides(Some(".forgotten"));
            assert_eq!(store.load(&key()).unwrap_err().kind(), StoreErrorKind::Io);
            let saved = store.save_held(&key(), &record("canary-new"), &lock);
            assert_eq!(saved.unwrap_err().kind(), StoreErrorKind::Io);
            drop(lock);
            assert_eq!(store.try_lock(&key()).unwrap_err().kind(), StoreErrorKind::Io);
            assert_eq!(disk.files(), files);
            disk.hides(None);
            assert_eq!(token(&store).as_deref(), (!forgotten).then_some("canary-old"));
        }
        // The next one who takes the lock does what the note asks for.
        drop(store.try_lock(&key()).unwrap());
        assert!(!holds(&disk, "canary"), "{:?}", disk.files());
    }

    #[test]
    fn a_record_is_forgotten_also_where_a_note_cannot_be_looked_at() {
        for noted in [false, true] {
            let disk = before();
            let (store, other) = (on(&disk), on(&disk));
            if noted {
                let lock = store.try_lock(&key()).unwrap().unwrap();
                other.forget(&key()).unwrap();
                disk.hides(Some(".forgotten"));
                drop(lock);
                assert!(holds(&disk, "canary"), "its holder could not see the note");
            }
            disk.hides(Some(".forgotten"));
            store.forget(&key()).unwrap();
            assert!(!holds(&disk, "canary"), "{:?}", disk.files());
            disk.hides(None);
            assert_eq!(token(&store), None);
            store.save(&key(), &record("canary-next")).unwrap();
            assert_eq!(token(&store).as_deref(), Some("canary-next"));
        }
    }

    #[test]
    fn a_record_is_written_with_its_own_lock_only() {
        let disk = before();
        let stores: [&dyn TokenStore; 2] = [&on(&disk), &crate::store::memory::MemoryStore::new()];
        for store in stores {
            let another = StoreKey::from_parts("another", "https://sso.example.net/token", b"0oaEXAMPLE", "");
            store.save(&key(), &record("canary-old")).unwrap();
            let lock = store.try_lock(&another).unwrap().unwrap();
            let saved = store.save_held(&key(), &record("canary-new"), &lock);
            assert_eq!(saved.unwrap_err().kind(), StoreErrorKind::NotHeld, "{store:?}");
            let kept = store.load(&key()).unwrap().unwrap();
            assert_eq!(kept.token().unwrap().expose_token(), "canary-old");
            store.save_held(&another, &record("canary-new"), &lock).unwrap();
        }
    }

    #[test]
    fn files_of_somebody_else_stay() {
        let disk = SimDisk::new();
        let theirs = ["notes.tmp", "aside-1-notes.txt", "draft.forgotten", "x-0123.y.tmp", ".tmp"];
        for name in theirs {
            disk.put(name, b"theirs");
        }
        let store = on(&disk);
        for _ in 0..20 {
            store.save(&key(), &record("canary")).unwrap();
            disk.put(&store.file_name(Kind::Token, key().id()), b"torn");
            assert_eq!(store.load(&key()).unwrap_err().kind(), StoreErrorKind::Damaged);
        }
        assert_eq!(store.put_aside().unwrap(), 8);
        store.forget(&key()).unwrap();
        on(&disk);
        let left: Vec<String> = disk.files().into_iter().map(|(name, _)| name).collect();
        let mut expected = theirs.map(str::to_owned);
        expected.sort();
        assert_eq!(left, expected);
    }

    #[cfg(feature = "encrypted-store")]
    #[test]
    fn a_change_of_keys_brings_nothing_back() {
        use crate::store::keys::{SealKey, SealKeys};

        let seal_key = |name, start: u8| {
            SealKey::new(name, std::array::from_fn(|at| start.wrapping_add(u8::try_from(at).unwrap())))
                .unwrap()
        };
        let (one, two) = (seal_key("one", 1), seal_key("two", 2));
        let open = |disk: &SimDisk, keys: SealKeys| {
            FileStore::sealed_on(Arc::new(disk.clone()), Arc::new(disk.clone()), Arc::new(keys)).unwrap()
        };
        for step in 0.. {
            let disk = SimDisk::new();
            open(&disk, SealKeys::new(one.clone())).save(&key(), &record("old")).unwrap();
            let both = SealKeys::new(two.clone()).with_old(one.clone());
            let (changer, other) = (open(&disk, both.clone()), open(&disk, both.clone()));
            disk.visited_at(step, move || other.forget(&key()).unwrap());
            changer.rewrap_all().unwrap();
            if disk.awaits_visit() {
                assert!(step >= 4, "{step} steps only");
                break;
            }
            let store = open(&disk, both);
            assert!(store.load(&key()).unwrap().is_none(), "step {step}");
            let name = store.file_name(Kind::Token, key().id());
            assert!(disk.file(&name).is_none(), "step {step}");
            store.save(&key(), &record("next")).unwrap();
            assert!(store.load(&key()).unwrap().is_some(), "step {step}");
        }
    }
}
