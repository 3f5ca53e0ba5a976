//! A store in a directory.
//!
//! Sealed records have counters, because a record that is put back from a backup is valid by itself. A second sealed file,
//! the mark, has the highest counter ever written. The record is written first: a process that is killed in between leaves a
//! record above its mark and never below. Putting back both files is detected only by a process that ran meanwhile, or if
//! the marks are kept in another directory. Plain records have no counter, because it could be forged.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, RandomState},
    io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use zeroize::Zeroizing;

use crate::disk::{self, Disk, MAX_FILE, replace};
use crate::error::{StoreError, StoreErrorKind};
#[cfg(feature = "encryption")]
use crate::form::Sealed;
use crate::form::{Codec, Kind, PLAIN, Place, Plain};
#[cfg(feature = "encryption")]
use crate::keys::KeySource;
use crate::name::RecordName;
use crate::store::lock::RecordLock;
use crate::store::names::{self, Name};

/// Maximum number of records that are kept after they were moved aside. The oldest are removed first.
const ASIDE: usize = 8;

/// A store that keeps records in a private directory, one file each.
///
/// * The directory has mode 0700 and the files 0600 from the start. A directory or file that others can access, a link, a
///   FIFO or a file of another user is refused and left unchanged.
/// * A record is replaced in one step and survives a loss of power: a reader gets the old one or the new one.
/// * A record that is torn, changed, foreign, or written by a newer version is moved aside, up to eight of them.
/// * The processes of one user exclude each other with a lock per record, which is released when its holder ends. Only its
///   holder changes the record; forgetting a record whose lock is held leaves a note, and the holder removes the record.
/// * Files with other names than those of the store are not touched.
///
/// Lock files are empty and stay, because removing them would let two processes hold one lock.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = std::env::temp_dir().join(format!("plume-seal-doc-{}", std::process::id()));
/// use plume_seal::{RecordName, RecordStore};
///
/// let store = RecordStore::open(&directory)?;
/// let name = RecordName::new("tenant", "example record 1", &[b"account"]);
/// store.save(&name, b"hello")?;
/// assert_eq!(RecordStore::open(&directory)?.load(&name)?.as_deref(), Some(&b"hello".to_vec()));
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RecordStore {
    pub(super) records: Arc<dyn Disk>,
    /// The directory of the counters, for forms that use them.
    pub(super) marks: Arc<dyn Disk>,
    codec: Arc<dyn Codec>,
    #[cfg(feature = "encryption")]
    pub(super) sealed: Option<Arc<Sealed>>,
    /// The highest counters seen by this process.
    seen: Arc<Mutex<HashMap<[u8; 32], u64>>>,
    temporary: Arc<Temporary>,
    /// Returns whether contents are valid.
    judge: fn(&[u8]) -> bool,
}

/// Names that no other process uses.
struct Temporary {
    random: u64,
    next: AtomicU64,
}

/// A file and its contents.
struct Opened {
    contents: Zeroizing<Vec<u8>>,
    file: Zeroizing<Vec<u8>>,
}

impl RecordStore {
    /// Opens a store of plain records: every reader of the files has their contents.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the directory cannot be created or is not private to this user.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let disk = disk::open(directory)?;
        Ok(Self::on(disk))
    }

    /// Checks that a store in `directory` can be opened or created and written to, without a change.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the directory cannot be created, is not private to this user, or cannot be written to.
    ///
    /// ```
    /// use plume_seal::RecordStore;
    ///
    /// assert!(RecordStore::check_place("/dev/null/store".as_ref()).is_err());
    /// ```
    pub fn check_place(directory: &Path) -> Result<(), StoreError> {
        disk::check(directory)
    }

    /// Opens a store of records sealed with XChaCha20-Poly1305. See [`RecordStore::encrypted_with_marks`].
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the directory is not private to this user or the keys cannot be read.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = std::env::temp_dir().join(format!("plume-seal-doc-sealed-{}", std::process::id()));
    /// use plume_seal::{RecordName, RecordStore, SealKeys};
    ///
    /// // base64 of "not-a-real-key-not-a-real-key-32"; a program would use `KeysFromFile`, for example.
    /// let keys = SealKeys::parse("2026-11 bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=")?;
    /// let store = RecordStore::encrypted(&directory, keys)?;
    /// let name = RecordName::new("tenant", "example record 1", &[b"account"]);
    /// store.save(&name, b"hello")?;
    /// // A change of keys is complete when only the new one is in use.
    /// assert_eq!(store.rewrap_all()?.keys["2026-11"], 2);
    /// # std::fs::remove_dir_all(&directory)?;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "encryption")]
    #[cfg_attr(docsrs, doc(cfg(feature = "encryption")))]
    pub fn encrypted(directory: &Path, keys: impl KeySource + 'static) -> Result<Self, StoreError> {
        let disk = disk::open(directory)?;
        Self::sealed_on(Arc::clone(&disk), disk, Arc::new(keys))
    }

    /// Opens a store of sealed records, with the counters that detect an older copy in another directory.
    ///
    /// Each record has a counter, and the highest one ever written is kept beside it, sealed as well. A record that is put
    /// back from a backup has a lower one and is refused. If the record *and* its counter are put back, only a process that
    /// ran all the time notices; so keep the counters outside of the backups of the records.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if a directory is not private to this user or the keys cannot be read.
    #[cfg(feature = "encryption")]
    #[cfg_attr(docsrs, doc(cfg(feature = "encryption")))]
    pub fn encrypted_with_marks(
        directory: &Path,
        marks: &Path,
        keys: impl KeySource + 'static,
    ) -> Result<Self, StoreError> {
        Self::sealed_on(disk::open(directory)?, disk::open(marks)?, Arc::new(keys))
    }

    /// Creates a store of plain records on a disk of your own.
    #[must_use]
    pub fn on(disk: Arc<dyn Disk>) -> Self {
        Self::with(Arc::clone(&disk), disk, Arc::new(Plain))
    }

    /// Creates a store of sealed records on a disk of your own, with the counters on another or the same.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the keys cannot be read.
    #[cfg(feature = "encryption")]
    #[cfg_attr(docsrs, doc(cfg(feature = "encryption")))]
    pub fn sealed_on(
        records: Arc<dyn Disk>,
        marks: Arc<dyn Disk>,
        keys: Arc<dyn KeySource>,
    ) -> Result<Self, StoreError> {
        let sealed = Arc::new(Sealed::new(keys)?);
        let mut store = Self::with(records, marks, Arc::clone(&sealed) as Arc<dyn Codec>);
        store.sealed = Some(sealed);
        Ok(store)
    }

    fn with(records: Arc<dyn Disk>, marks: Arc<dyn Disk>, codec: Arc<dyn Codec>) -> Self {
        let temporary = Temporary { random: RandomState::new().hash_one(0), next: AtomicU64::new(0) };
        let store = Self {
            records,
            marks,
            codec,
            #[cfg(feature = "encryption")]
            sealed: None,
            seen: Arc::default(),
            temporary: Arc::new(temporary),
            judge: |_| true,
        };
        // Leftovers of processes that were killed while writing. A failure has no consequence.
        let _ = store.clean(store.records.as_ref());
        let _ = store.clean(store.marks.as_ref());
        store
    }

    /// Sets a check of contents. Records that `judge` refuses count as damaged.
    #[must_use]
    pub fn judged_by(mut self, judge: fn(&[u8]) -> bool) -> Self {
        self.judge = judge;
        self
    }

    /// Returns the number of records that were moved aside and still exist.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the directory cannot be read.
    pub fn put_aside(&self) -> Result<usize, StoreError> {
        let names =
            self.records.list().map_err(|error| StoreError::io("the directory cannot be read", error))?;
        Ok(names.iter().filter(|name| matches!(Name::of(name), Name::Aside { .. })).count())
    }

    pub(crate) fn file_name(&self, kind: Kind, id: &[u8; 32]) -> String {
        names::record(self.codec.prefix(), id, kind)
    }

    pub(crate) fn write(&self, disk: &dyn Disk, name: &str, file: &[u8]) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("the record cannot be written", error);
        if file.len() > MAX_FILE {
            return Err(failed(io::ErrorKind::FileTooLarge.into()));
        }
        let number = self.temporary.next.fetch_add(1, Ordering::Relaxed);
        let temporary = names::temporary(name, self.temporary.random, number);
        replace(disk, name, &temporary, file).map_err(failed)
    }

    /// Renames a bad record, so that its place is free and people can examine it. The caller has the lock.
    fn put_away(&self, disk: &dyn Disk, name: &str, bad: &[u8]) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("a bad record cannot be moved aside", error);
        // It may have been read without the lock, and a good one may be in its place by now.
        if disk.read(name)?.is_none_or(|found| *found != bad) {
            return Ok(());
        }
        let names = disk.list().map_err(failed)?;
        let number = |name: &str| match Name::of(name) {
            Name::Aside { number, .. } => Some(number),
            _ => None,
        };
        let mut aside: Vec<_> = names.iter().filter_map(|name| Some((number(name)?, name))).collect();
        aside.sort_unstable();
        let next = aside.last().map_or(0, |(last, _)| last.saturating_add(1));
        disk.rename(name, &names::aside(name, next)).map_err(failed)?;
        for (_, name) in aside.iter().rev().skip(ASIDE - 1) {
            disk.remove(name).map_err(failed)?;
        }
        disk.sync().map_err(failed)
    }

    /// Reads a file. A bad one is moved aside before the error is returned, if the caller has the lock.
    fn open_file(
        &self,
        disk: &dyn Disk,
        place: Place<'_>,
        locked: Locked,
    ) -> Result<Option<Opened>, StoreError> {
        let name = self.file_name(place.kind, place.id);
        let Some(file) = disk.read(&name)? else {
            return Ok(None);
        };
        match self.codec.decode(&place, &file) {
            Ok(contents) => Ok(Some(Opened { contents, file })),
            Err(error) => Err(self.aside(disk, &name, &file, error, locked)),
        }
    }

    /// Moves a record aside if the error allows it. If that fails, it returns that error: the place is not free.
    fn aside(
        &self,
        disk: &dyn Disk,
        name: &str,
        file: &[u8],
        error: StoreError,
        locked: Locked,
    ) -> StoreError {
        if !error.kind().leaves_room() || locked == Locked::No {
            return error;
        }
        self.put_away(disk, name, file).err().unwrap_or(error)
    }

    /// Returns the highest counter seen by this process, and the one on the disk.
    fn mark(&self, key: &RecordName, locked: Locked) -> Result<(Option<u64>, u64), StoreError> {
        let stored = match self.open_file(self.marks.as_ref(), Place::new(key, Kind::Mark), locked) {
            Ok(found) => found.map(|Opened { contents, .. }| {
                // An invalid counter counts as higher than any.
                contents.first_chunk().map_or(u64::MAX, |bytes| u64::from_be_bytes(*bytes))
            }),
            // It is lost, and a record that needs it is refused.
            Err(error) if error.kind().leaves_room() => None,
            Err(error) => return Err(error),
        };
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(key.id()).copied();
        Ok((stored, seen.unwrap_or(0).max(stored.unwrap_or(0))))
    }

    /// Returns the names of the tenant's records that can be read. Changes nothing.
    pub(crate) fn names_of(&self, tenant: &str) -> Result<Vec<RecordName>, StoreError> {
        let files =
            self.records.list().map_err(|error| StoreError::io("the directory cannot be read", error))?;
        let found = files.iter().filter_map(|file| names::index(self.codec.prefix(), file));
        let of_tenant = found.map(|id| RecordName::found(tenant, id));
        Ok(of_tenant.filter(|name| matches!(self.read(name, Locked::No), Ok(Some(_)))).collect())
    }

    fn write_mark(&self, key: &RecordName, counter: u64) -> Result<(), StoreError> {
        let contents = Zeroizing::new(counter.to_be_bytes().to_vec());
        let file = self.codec.encode(&Place::new(key, Kind::Mark), contents)?;
        self.write(self.marks.as_ref(), &self.file_name(Kind::Mark, key.id()), &file)
    }

    fn saw(&self, key: &RecordName, counter: u64) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let highest = seen.entry(*key.id()).or_insert(counter);
        *highest = counter.max(*highest);
    }

    /// Reads the contents of a record and the counter before them.
    fn read(&self, key: &RecordName, locked: Locked) -> Result<Option<(Contents, u64)>, StoreError> {
        // Before the record: a record that is written in between has a higher counter, not a lower one.
        let mark = if self.codec.counts() { Some(self.mark(key, locked)?) } else { None };
        let place = Place::new(key, Kind::Record);
        let Some(Opened { contents, file }) = self.open_file(self.records.as_ref(), place, locked)? else {
            return Ok(None);
        };
        let name = self.file_name(Kind::Record, key.id());
        let bad = |error| self.aside(self.records.as_ref(), &name, &file, error, locked);
        let counted = contents.split_first_chunk().filter(|(_, body)| (self.judge)(body));
        let Some((counter, body)) = counted else {
            return Err(bad(StoreError::damaged("has invalid contents")));
        };
        let counter = u64::from_be_bytes(*counter);
        if let Some((stored, highest)) = mark {
            // The first record may have been written by a process that died before it wrote the mark. The mark is read
            // again, because it may have been written between the two reads.
            let unmarked = stored.is_none() && counter > 1 && self.mark(key, locked)?.0.is_none();
            if counter < highest || unmarked {
                let message = "the record is older than one that was here before, or its counter is gone";
                return Err(bad(StoreError::new(StoreErrorKind::Restored, message)));
            }
            self.saw(key, counter);
        }
        Ok(Some((Zeroizing::new(body.to_vec()), counter)))
    }
}

type Contents = Zeroizing<Vec<u8>>;

/// Whether the caller has the lock of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Locked {
    Yes,
    No,
}

impl RecordStore {
    /// Reads a record; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`]. If its kind [leaves room](StoreErrorKind::leaves_room), the record may be written again: the old one
    /// is moved aside, now or by the holder of its lock. After any other error it must not be changed.
    pub fn load(&self, key: &RecordName) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        if self.is_forgotten(key.id())? {
            return Ok(None);
        }
        let read = match self.read(key, Locked::No) {
            // Only the holder of the lock may move it aside. Another holder does so before it writes.
            Err(error) if error.kind().leaves_room() => match self.hold(key.id(), Some(key))? {
                Some(_lock) => self.read(key, Locked::Yes),
                None => Err(error),
            },
            read => read,
        };
        Ok(read?.map(|(contents, _)| contents))
    }

    /// Replaces a record in one step: a reader gets the old one or the new one.
    ///
    /// `held` is the lock of this record. If the record was forgotten since the lock was taken, nothing is written, so that
    /// the earlier state does not return.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NotHeld`] if `held` is the lock of another record; then nothing is written. After any other
    /// [`StoreError`] the record is either the old one or the new one.
    pub fn save_held(&self, key: &RecordName, contents: &[u8], held: &RecordLock) -> Result<(), StoreError> {
        held.check(key)?;
        if self.is_forgotten(key.id())? {
            return Ok(());
        }
        // The existing record decides: one that is sealed with another key is never replaced.
        let previous = match self.read(key, Locked::Yes) {
            Ok(found) => found.map_or(0, |(_, counter)| counter),
            Err(error) if error.kind().leaves_room() => 0,
            Err(error) => return Err(error),
        };
        let place = Place::new(key, Kind::Record);
        let name = self.file_name(Kind::Record, key.id());
        if !self.codec.counts() {
            let file = self.codec.encode(&place, counted(0, contents))?;
            return self.write(self.records.as_ref(), &name, &file);
        }
        let (stored, highest) = self.mark(key, Locked::Yes)?;
        let before = highest.max(previous);
        let counter =
            before.checked_add(1).ok_or_else(|| StoreError::damaged("has reached the maximum counter"))?;
        // A record with a counter above 1 needs a mark, so the mark must not come later in that case.
        if stored.is_none() && counter > 1 {
            self.write_mark(key, before)?;
        }
        let file = self.codec.encode(&place, counted(counter, contents))?;
        self.write(self.records.as_ref(), &name, &file)?;
        // After the record: a process that is killed in between leaves a record above its mark, which is valid.
        self.write_mark(key, counter)?;
        self.saw(key, counter);
        // From before the store was encrypted: it would reveal what the sealed one protects.
        self.records
            .remove(&names::record(PLAIN, key.id(), Kind::Record))
            .map_err(|error| StoreError::io("an unsealed record cannot be removed", error))
    }

    /// Takes the lock, writes the record as [`save_held`](Self::save_held) does, and releases the lock.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Busy`] if the lock is taken; nothing is written. Otherwise those of the two operations.
    pub fn save(&self, key: &RecordName, contents: &[u8]) -> Result<(), StoreError> {
        match self.try_lock(key)? {
            Some(lock) => self.save_held(key, contents, &lock),
            None => Err(StoreError::new(StoreErrorKind::Busy, "another process is changing the record")),
        }
    }

    /// Takes the lock of a record if it is free in this process and every other. Does not wait.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be determined whether the lock is held.
    pub fn try_lock(&self, key: &RecordName) -> Result<Option<RecordLock>, StoreError> {
        Ok(self.hold(key.id(), Some(key))?.map(|held| RecordLock::new(key, held)))
    }

    /// Increments the counter without a record, so that a copy of the removed one counts as old.
    pub(crate) fn count_on(&self, key: &RecordName) -> Result<(), StoreError> {
        if !self.codec.counts() {
            return Ok(());
        }
        let (stored, highest) = self.mark(key, Locked::Yes)?;
        if stored.is_some() || highest > 0 {
            let counter = highest.saturating_add(1);
            self.write_mark(key, counter)?;
            self.saw(key, counter);
        }
        Ok(())
    }
}

impl fmt::Debug for RecordStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordStore").field("codec", &self.codec).finish_non_exhaustive()
    }
}

/// Contents after their counter.
fn counted(counter: u64, contents: &[u8]) -> Contents {
    // All at once: a buffer that grows leaves copies in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(contents.len() + 8));
    bytes.extend_from_slice(&counter.to_be_bytes());
    bytes.extend_from_slice(contents);
    bytes
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn valid_record_written_meanwhile_is_not_quarantined() {
        let directory = std::env::temp_dir().join(format!("plume-seal-aside-{}", std::process::id()));
        let store = RecordStore::open(&directory).unwrap();
        let disk = Arc::clone(&store.records);
        let name = store.file_name(Kind::Record, &[7; 32]);
        store.write(disk.as_ref(), &name, b"good").unwrap();
        store.put_away(disk.as_ref(), &name, b"bad").unwrap();
        assert_eq!(**disk.read(&name).unwrap().unwrap(), *b"good");
        store.put_away(disk.as_ref(), &name, b"good").unwrap();
        assert!(disk.read(&name).unwrap().is_none());
        assert_eq!(store.put_aside().unwrap(), 1);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
