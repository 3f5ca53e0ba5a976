//! The thread that writes, and the thread that copies the log into the file.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::Duration,
};

use plume::runtime::Clock;
use rusqlite::Connection;
use tokio::sync::watch;

use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::sqlite::file::open_copier;
use crate::store::sqlite::queue::{Job, Queue, thread};
use crate::store::sqlite::statement::{Tx, fail};

/// Maximum number of operations in one transaction.
const GROUP: usize = 256;
/// Time after which a transaction takes no further operation.
const OPEN: Duration = Duration::from_millis(2);
/// Time between two copies of the log.
const COPY: Duration = Duration::from_millis(500);
/// Size of the log, in pages, from which the writer completes the copy itself: only then can the log start again.
const LONG_LOG: i64 = 16_384;
/// Time after a failure for want of space in which each transaction is copied at once: a log that grows would take the space
/// that the file needs.
const FULL: Duration = Duration::from_secs(60);

/// The handle of the thread that writes. Dropping it waits for what was handed over.
#[derive(Debug)]
pub(super) struct Writer {
    copier: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
    queue: Queue,
}

/// The state of the log.
#[derive(Debug, Default)]
struct Log {
    is_behind: AtomicBool,
    pages: AtomicI64,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        path: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, watch::Receiver<u64>)> {
        let last = connection
            .query_row("SELECT coalesce(max(seq), 0) FROM change", [], |row| row.get::<_, i64>(0))
            .map_err(fail)?;
        let (changed, receiver) = watch::channel(u64::try_from(last).unwrap_or_default());
        let log = Arc::new(Log::default());
        let copier_connection = open_copier(path)?;
        let (stop, stopped) = mpsc::channel();
        let copied = Arc::clone(&log);
        let copier = thread("copier", move || copy(&copier_connection, &copied, &stopped))?;
        let (jobs, waiting) = mpsc::channel();
        let thread = thread("writer", move || Run { connection, clock, changed, log }.all(&waiting))?;
        Ok((Self { copier: Some((stop, copier)), queue: Queue::new(jobs, vec![thread]) }, receiver))
    }

    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.queue.call(work).await
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some((stop, copier)) = self.copier.take() {
            drop(stop);
            let _ = copier.join();
        }
    }
}

/// The thread that writes.
struct Run {
    connection: Connection,
    clock: Arc<dyn Clock>,
    changed: watch::Sender<u64>,
    log: Arc<Log>,
}

impl Run {
    fn all(self, waiting: &mpsc::Receiver<Box<dyn Job>>) {
        let mut full_until = Duration::ZERO;
        while let Ok(first) = waiting.recv() {
            if self.group(first, waiting).is_err_and(|error| error.kind() == StoreErrorKind::Full) {
                full_until = self.clock.monotonic().saturating_add(FULL);
            }
            let is_full = self.clock.monotonic() < full_until;
            if is_full || self.log.pages.load(Ordering::Relaxed) > LONG_LOG {
                let pages = checkpoint(&self.connection, "PASSIVE");
                self.log.pages.store(pages, Ordering::Relaxed);
            }
        }
        // Without a log, the file alone is the database.
        checkpoint(&self.connection, "TRUNCATE");
    }

    /// Runs an operation, and those that wait by then, as one transaction.
    fn group(&self, first: Box<dyn Job>, waiting: &mpsc::Receiver<Box<dyn Job>>) -> Result<()> {
        let began = self.clock.monotonic();
        let mut done = Vec::new();
        let mut changed = None;
        let mut next = Some(first);
        let mut transaction = self.execute("BEGIN IMMEDIATE");
        while let Some(mut job) = next.take() {
            if transaction.is_ok() {
                transaction = self.one(job.as_mut(), &mut changed);
            }
            done.push(job);
            let is_open = self.clock.monotonic().saturating_sub(began) < OPEN;
            if done.len() < GROUP && is_open && transaction.is_ok() {
                next = waiting.try_recv().ok();
            }
        }
        let transaction = transaction.and_then(|()| self.execute("COMMIT"));
        if transaction.is_err() && !self.connection.is_autocommit() {
            let _ = self.execute("ROLLBACK");
        }
        self.log.is_behind.store(true, Ordering::Relaxed);
        if let (Ok(()), Some(seq)) = (&transaction, changed) {
            self.changed.send_replace(seq);
        }
        for job in done {
            job.finish(transaction.clone());
        }
        transaction
    }

    /// Runs one operation in a savepoint. An error is one of the whole transaction.
    fn one(&self, job: &mut dyn Job, changed: &mut Option<u64>) -> Result<()> {
        self.execute("SAVEPOINT job")?;
        let tx = Tx::new(&self.connection);
        match job.run(&tx) {
            Ok(()) => *changed = tx.changed().or(*changed),
            // SQLite has undone everything, for example because the disk is full: all other operations have the same error.
            Err(error) if self.connection.is_autocommit() => {
                return Err(StoreError::new(error.kind(), format!("the transaction was undone: {error}")));
            }
            Err(_) => self.execute("ROLLBACK TO job")?,
        }
        self.execute("RELEASE job")
    }

    fn execute(&self, sql: &str) -> Result<()> {
        self.connection.prepare_cached(sql).and_then(|mut cached| cached.execute([])).map(drop).map_err(fail)
    }
}

/// Copies what can be copied, and returns the length of the log in pages.
fn checkpoint(connection: &Connection, mode: &str) -> i64 {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    connection.query_row(&sql, [], |row| row.get(1)).unwrap_or_default()
}

fn copy(connection: &Connection, log: &Log, stopped: &mpsc::Receiver<()>) {
    while let Err(mpsc::RecvTimeoutError::Timeout) = stopped.recv_timeout(COPY) {
        if log.is_behind.swap(false, Ordering::Relaxed) {
            log.pages.store(checkpoint(connection, "PASSIVE"), Ordering::Relaxed);
        }
    }
}
