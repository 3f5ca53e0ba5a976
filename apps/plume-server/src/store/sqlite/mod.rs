//! The store in one SQLite file.
//!
//! One thread writes: it takes what waits, up to a bound, and commits it as one transaction with a savepoint for each
//! operation, so that a failing one spoils no other. A few threads read. In WAL mode neither waits for the other. A third
//! one copies the log into the file, so that no commit has to.

mod file;
mod observer;
mod operations;
mod pool;
mod queue;
mod reserve;
mod statement;
mod writer;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
};

use plume::runtime::Clock;
use plume_seal::Sealed;
use tokio::sync::watch;

use crate::store::error::{Result, StoreErrorKind};
use crate::store::sqlite::{
    file::Place, observer::observe, queue::Queue, reserve::Reserve, statement::Tx, writer::Writer,
};

pub(crate) use file::replace;
pub use observer::{StoreObserver, StoreWork};

/// The parts that a store is opened with.
pub struct SqliteOptions {
    /// The file. Its directory must exist.
    pub path: PathBuf,
    /// The clock of leases.
    pub clock: Arc<dyn Clock>,
    /// The keys of sealed documents.
    pub sealed: Arc<Sealed>,
}

impl fmt::Debug for SqliteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteOptions").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A store in one file. Clones share it; the last one to go closes it.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
    observer: Option<(StoreObserver, Arc<dyn Clock>)>,
}

/// The fields are dropped in this order: the lock of the file is last.
struct Inner {
    readers: Queue,
    writer: Writer,
    path: PathBuf,
    clock: Arc<dyn Clock>,
    sealed: Arc<Sealed>,
    changed: watch::Receiver<u64>,
    reserve: OnceLock<Reserve>,
    /// The number of the last row in the copy of the head of the audit.
    copied: Mutex<u64>,
    _place: Place,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the file, creates it if there is none, and brings its tables up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError) of the kind `Busy` if another process has it open, `Newer` and `Damaged`. The
    /// file is unchanged then.
    pub fn open(options: SqliteOptions) -> Result<Self> {
        let SqliteOptions { path, clock, sealed } = options;
        let place = Place::lock(&path)?;
        let connection = file::open(&path)?;
        let (writer, changed) = Writer::start(connection, &path, Arc::clone(&clock))?;
        let readers = pool::readers(&path)?;
        let (reserve, copied) = (OnceLock::new(), Mutex::default());
        let inner = Inner { readers, writer, path, clock, sealed, changed, reserve, copied, _place: place };
        Ok(Self { inner: Arc::new(inner), observer: None })
    }

    /// Reports every operation of this store, and of its clones from now on, to an observer. `clock` measures them.
    #[must_use]
    pub fn observed(self, observer: StoreObserver, clock: Arc<dyn Clock>) -> Self {
        Self { observer: Some((observer, clock)), ..self }
    }

    /// Keeps space beside the file for the time when the disk is full: then only history is not recorded.
    #[must_use]
    pub fn with_reserve(self, bytes: u64) -> Self {
        self.inner.reserve.get_or_init(|| Reserve::new(&self.inner.path, bytes, self.inner.clock.wall()));
        self
    }

    /// Returns whether history is recorded: the reserve is not used.
    fn records_history(&self) -> bool {
        self.inner.reserve.get().is_none_or(|reserve| reserve.spent_since().is_none())
    }

    /// Copies the file at `from`, which another process may use, to a new file.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError), also if `to` exists or `from` does not.
    pub fn copy(from: &Path, to: &Path) -> Result<()> {
        file::back_up(from, to)
    }

    /// Replaces the file at `to` by a copy of a backup. The old file is moved aside as `…-before-SUFFIX`; its path is returned.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError) if another process uses the file, or if the backup is damaged or newer. The
    /// file is unchanged then.
    pub fn restore(backup: &Path, to: &Path, suffix: &str) -> Result<Option<PathBuf>> {
        file::restore(backup, to, suffix)
    }

    /// Runs an operation that writes.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let call = self.inner.writer.call(work);
        let done = observe(self.observer.as_ref(), StoreWork::Write, call).await;
        if let (Err(error), Some(reserve)) = (&done, self.inner.reserve.get())
            && error.kind() == StoreErrorKind::Full
        {
            // The caller repeats the operation.
            reserve.spend(self.inner.clock.wall());
        }
        done
    }

    /// Runs an operation that only reads, on one snapshot.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let call = self.inner.readers.call(work);
        observe(self.observer.as_ref(), StoreWork::Read, call).await
    }

    /// The time for leases, in milliseconds on the clock of this process.
    fn lease_now(&self) -> i64 {
        i64::try_from(self.inner.clock.monotonic().as_millis()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests;
