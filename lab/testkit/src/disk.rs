//! A directory in memory that can fail at any operation, and its contents after the failure.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use plume_seal::{Disk, DiskFile, DiskLock, StoreError, StoreErrorKind};
use zeroize::Zeroizing;

/// The kind of a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The process was killed: everything written is kept.
    Killed,
    /// The power failed: only synced data is kept.
    PowerLost,
    /// The power failed after the system had stored the names and before it had stored the contents.
    NamesOnly,
}

impl End {
    pub const ALL: [Self; 3] = [Self::Killed, Self::PowerLost, Self::NamesOnly];
}

/// Clones share the directory.
#[derive(Debug, Clone, Default)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
}

/// An action of another process in between.
struct Visit(Option<Box<dyn FnOnce() + Send>>);

impl std::fmt::Debug for Visit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Visit")
    }
}

#[derive(Debug, Default)]
struct State {
    contents: Vec<Contents>,
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    locked: HashSet<String>,
    steps: usize,
    dies_at: Option<usize>,
    visit: Option<(usize, Visit)>,
    /// The error number of every change.
    refuses: Option<i32>,
    /// The metadata of names with this suffix cannot be read.
    unreadable: Option<&'static str>,
    /// Maximum number of bytes per write.
    chunk: Option<usize>,
    sync_lies: bool,
    /// Whether the disk is full: names can be created and removed, but contents cannot be written.
    full: bool,
    /// Whether every other write is interrupted, and whether the next one is.
    interrupts: Option<bool>,
}

#[derive(Debug, Clone, Default)]
struct Contents {
    written: Vec<u8>,
    synced: Vec<u8>,
}

impl SimDisk {
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the change with this number, from 0, and every later one fail.
    pub fn dies_at(&self, step: usize) {
        let mut state = self.state();
        state.steps = 0;
        state.dies_at = Some(step);
    }

    /// Runs an action of another process before the change with this number, from 0.
    pub fn visited_at(&self, step: usize, visit: impl FnOnce() + Send + 'static) {
        let mut state = self.state();
        state.steps = 0;
        state.visit = Some((step, Visit(Some(Box::new(visit)))));
    }

    /// Returns whether that action has not run yet.
    pub fn awaits_visit(&self) -> bool {
        self.state().visit.is_some()
    }

    /// Makes every change fail with this error number; `None` ends that.
    pub fn refuses(&self, errno: Option<i32>) {
        self.state().refuses = errno;
    }

    /// Makes the metadata of names with this suffix unreadable; `None` ends that.
    pub fn hides(&self, ending: Option<&'static str>) {
        self.state().unreadable = ending;
    }

    /// Makes the disk full.
    pub fn full(&self) {
        self.state().full = true;
    }

    /// Makes a signal interrupt every other write.
    pub fn interrupts(&self) {
        self.state().interrupts = Some(true);
    }

    /// Sets the maximum number of bytes per write.
    pub fn writes_at_most(&self, bytes: usize) {
        self.state().chunk = Some(bytes);
    }

    /// Makes syncing a file do nothing, as if the call was missing.
    pub fn sync_lies(&self) {
        self.state().sync_lies = true;
    }

    /// Returns the directory after the crash.
    pub fn after(&self, end: End) -> Self {
        let state = self.state();
        let names = if end == End::PowerLost { &state.synced_names } else { &state.names };
        let kept = |contents: &Contents| {
            let bytes = if end == End::Killed { contents.written.clone() } else { contents.synced.clone() };
            Contents { synced: bytes.clone(), written: bytes }
        };
        Self {
            state: Arc::new(Mutex::new(State {
                contents: state.contents.iter().map(kept).collect(),
                names: names.clone(),
                synced_names: names.clone(),
                chunk: state.chunk,
                sync_lies: state.sync_lies,
                ..State::default()
            })),
        }
    }

    /// Returns the bytes of a file.
    pub fn file(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        state.names.get(name).and_then(|at| state.contents.get(*at)).map(|contents| contents.written.clone())
    }

    /// Writes bytes to a file, as another program would.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut state = self.state();
        let at = state.contents.len();
        state.contents.push(Contents { written: bytes.to_vec(), synced: bytes.to_vec() });
        state.names.insert(name.to_owned(), at);
        state.synced_names.insert(name.to_owned(), at);
    }

    /// Removes every file with this suffix.
    pub fn lose(&self, ending: &str) {
        let mut state = self.state();
        state.names.retain(|name, _| !name.ends_with(ending));
        state.synced_names.retain(|name, _| !name.ends_with(ending));
    }

    /// Returns all files with their bytes.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let names: Vec<_> = self.state().names.keys().cloned().collect();
        names.into_iter().filter_map(|name| self.file(&name).map(|bytes| (name, bytes))).collect()
    }

    fn change(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        let steps = state.steps;
        if let Some((_, Visit(Some(visit)))) = state.visit.take_if(|(step, _)| *step <= steps) {
            // Its changes are not counted.
            let dies_at = state.dies_at.take();
            drop(state);
            visit();
            state = self.state();
            (state.steps, state.dies_at) = (steps, dies_at);
        }
        let dead = state.dies_at.is_some_and(|step| state.steps >= step);
        state.steps += 1;
        if dead {
            return Err(io::Error::other("dead"));
        }
        state.refuses.map_or(Ok(state), |errno| Err(io::Error::from_raw_os_error(errno)))
    }
}

impl Disk for SimDisk {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        if self.state().unreadable.is_some_and(|ending| name.ends_with(ending)) {
            return Err(StoreError::new(
                StoreErrorKind::Io,
                "the metadata of a record cannot be read: permission denied",
            ));
        }
        Ok(self.file(name).map(Zeroizing::new))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.change()?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let at = state.contents.len();
        state.contents.push(Contents::default());
        state.names.insert(name.to_owned(), at);
        drop(state);
        Ok(Box::new(SimFile { disk: self.clone(), at }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.change()?;
        let at = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), at);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change()?.names.remove(name);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.change()?;
        state.synced_names = state.names.clone();
        Ok(())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().names.keys().cloned().collect())
    }

    fn try_lock(&self, name: &str) -> Result<Option<DiskLock>, StoreError> {
        let taken = self.state().locked.insert(name.to_owned());
        if !taken {
            return Ok(None);
        }
        Ok(Some(Box::new(Held { disk: self.clone(), name: name.to_owned() })))
    }
}

struct SimFile {
    disk: SimDisk,
    at: usize,
}

impl DiskFile for SimFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.change()?;
        if state.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if let Some(now) = state.interrupts {
            state.interrupts = Some(!now);
            if now {
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
        let taken = bytes.len().min(state.chunk.unwrap_or(usize::MAX));
        if let Some(contents) = state.contents.get_mut(self.at) {
            contents.written.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        }
        Ok(taken)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.change()?;
        if state.sync_lies {
            return Ok(());
        }
        if let Some(contents) = state.contents.get_mut(self.at) {
            contents.synced = contents.written.clone();
        }
        Ok(())
    }
}

struct Held {
    disk: SimDisk,
    name: String,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.disk.state().locked.remove(&self.name);
    }
}
