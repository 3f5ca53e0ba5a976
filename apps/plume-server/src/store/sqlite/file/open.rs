//! The file of the database: its lock, its checks, its settings and its tables.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, config::DbConfig};

use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::sqlite::statement::{count, fail};

/// The tables, one file for each version of them. A file that was released never changes.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001.sql")];
/// The mark of a database of this program, in ASCII `PlSv`.
const APPLICATION: i64 = 0x506c_5376;
/// For the short times in which SQLite itself excludes others, such as the recovery of a log.
const BUSY: Duration = Duration::from_secs(10);
/// Maximum time for the check of the pages at the start, which covers a database of about 1 GB on a fast disk.
const CHECK: Duration = Duration::from_secs(3);
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Refuses a database with damaged pages. A check that takes longer than `limit` has found none so far.
pub(super) fn check_pages(connection: &Connection, path: &Path, limit: Option<Duration>) -> Result<()> {
    let (done, ended) = mpsc::channel::<()>();
    let handle = connection.get_interrupt_handle();
    let watch = limit.map(|limit| {
        thread::spawn(move || {
            if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                handle.interrupt();
            }
        })
    });
    let verdict = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    drop(done);
    if let Some(watch) = watch {
        // It has no reason to panic.
        let _ = watch.join();
    }
    let damaged =
        |why: &str| StoreError::new(StoreErrorKind::Damaged, format!("{} is damaged: {why}", path.display()));
    match verdict {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(verdict) => Err(damaged(&verdict)),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            Err(damaged(&error.to_string()))
        }
        Err(error) => Err(fail(error)),
    }
}

/// The lock that keeps other processes out of the file. It ends with the process.
#[derive(Debug)]
pub(in crate::store::sqlite) struct Place {
    lock: File,
}

impl Place {
    pub(in crate::store::sqlite) fn lock(path: &Path) -> Result<Self> {
        let unavailable = |error: io::Error| {
            StoreError::new(
                StoreErrorKind::Unavailable,
                format!("failed to lock {}: {error}", path.display()),
            )
        };
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options
            .write(true)
            .create(true)
            .truncate(false)
            .open(beside(path, "lock"))
            .map_err(unavailable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { lock }),
            Err(TryLockError::WouldBlock) => {
                Err(StoreError::new(StoreErrorKind::Busy, format!("another process uses {}", path.display())))
            }
            Err(TryLockError::Error(error)) => Err(unavailable(error)),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Closing the file is not enough: until its `exec`, a child that another thread starts has a copy of it.
        let _ = self.lock.unlock();
    }
}

/// The path of a file that belongs to the database.
pub(in crate::store::sqlite) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-");
    name.push(suffix);
    name.into()
}

/// Opens the file for the writer, and brings its tables up to date.
pub(in crate::store::sqlite) fn open(path: &Path) -> Result<Connection> {
    check_length(path)?;
    private(path)?;
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(fail)?;
    connection.busy_timeout(BUSY).map_err(fail)?;
    let found = Version::read(&connection)?;
    found.check(path)?;
    if found.tables > 0 {
        check_pages(&connection, path, Some(CHECK))?;
    }
    if found.tables == 0 {
        // Only an empty database takes it.
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL").map_err(fail)?;
    }
    settings(&connection)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; \
             PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16000",
        )
        .map_err(fail)?;
    migrate(&mut connection, &found)?;
    // No claim outlives the process that took it.
    connection
        .execute_batch(
            "UPDATE work SET leased_until = NULL WHERE leased_until IS NOT NULL; \
             UPDATE outbox SET leased_until = NULL WHERE due IS NOT NULL AND leased_until IS NOT NULL",
        )
        .map_err(fail)?;
    Ok(connection)
}

/// Opens the file for a reader.
pub(in crate::store::sqlite) fn open_reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    connection.busy_timeout(BUSY).map_err(fail)?;
    settings(&connection)?;
    connection.execute_batch("PRAGMA cache_size = -8000; PRAGMA query_only = ON").map_err(fail)?;
    Ok(connection)
}

/// Opens a file for a reader before it is known to be a database of this program; `None` if it has no tables yet.
pub(in crate::store::sqlite) fn open_unknown(path: &Path) -> Result<Option<Connection>> {
    check_length(path)?;
    let connection = open_reader(path)?;
    let found = Version::read(&connection)?;
    found.check(path)?;
    Ok((found.tables > 0).then_some(connection))
}

/// Opens the file for the thread that copies the log.
pub(in crate::store::sqlite) fn open_copier(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    connection.busy_timeout(BUSY).map_err(fail)?;
    Ok(connection)
}

fn settings(connection: &Connection) -> Result<()> {
    connection.set_prepared_statement_cache_capacity(128);
    // Otherwise SQLite prepares a cached statement again for every other value of a parameter, at 8 times its cost.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(fail)?;
    connection
        .execute_batch("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY")
        .map_err(fail)
}

/// The marks of a database.
#[derive(Debug)]
pub(super) struct Version {
    application: i64,
    version: usize,
    pub(super) tables: i64,
}

impl Version {
    pub(super) fn read(connection: &Connection) -> Result<Self> {
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(fail);
        Ok(Self {
            application: number("PRAGMA application_id")?,
            version: usize::try_from(number("PRAGMA user_version")?).unwrap_or(usize::MAX),
            tables: number("SELECT count(*) FROM sqlite_schema")?,
        })
    }

    pub(super) fn check(&self, path: &Path) -> Result<()> {
        let path = path.display();
        if self.tables > 0 && self.application != APPLICATION {
            return Err(StoreError::new(
                StoreErrorKind::Damaged,
                format!("{path} is the database of another program"),
            ));
        }
        if self.version > MIGRATIONS.len() {
            let (found, known) = (self.version, MIGRATIONS.len());
            return Err(StoreError::new(
                StoreErrorKind::Newer,
                format!("{path} has version {found} of the tables, and this program knows {known}"),
            ));
        }
        Ok(())
    }
}

/// Runs the missing migrations as one transaction.
fn migrate(connection: &mut Connection, found: &Version) -> Result<()> {
    if found.version == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
    for migration in MIGRATIONS.iter().skip(found.version) {
        transaction.execute_batch(migration).map_err(fail)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION).map_err(fail)?;
    transaction.pragma_update(None, "user_version", count(MIGRATIONS.len())).map_err(fail)?;
    transaction.commit().map_err(fail)
}

/// Creates the file with access for this user only. SQLite would leave it to the mask of the process.
pub(in crate::store::sqlite) fn private(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.write(true).create_new(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::new(
            StoreErrorKind::Unavailable,
            format!("failed to create {}: {error}", path.display()),
        )),
    }
}

/// Refuses a file that is no database, or shorter than its header says. A log beside it may complete it.
pub(super) fn check_length(path: &Path) -> Result<()> {
    let io = |error: io::Error| {
        StoreError::new(StoreErrorKind::Unavailable, format!("failed to read {}: {error}", path.display()))
    };
    let damaged =
        |what: &str| Err(StoreError::new(StoreErrorKind::Damaged, format!("{} {what}", path.display())));
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(error)),
    };
    let length = file.metadata().map_err(io)?.len();
    let has_log = std::fs::metadata(beside(path, "wal")).is_ok_and(|log| log.len() > 0);
    if length == 0 {
        return Ok(());
    }
    let mut header = [0; 100];
    if file.read_exact(&mut header).is_err() || !header.starts_with(MAGIC) {
        return damaged("is not a database");
    }
    let number = |at: usize, bytes: usize| {
        header.iter().skip(at).take(bytes).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte))
    };
    let page = match number(16, 2) {
        1 => 65_536,
        size => size,
    };
    let pages = number(28, 4);
    if !has_log && length < page.saturating_mul(pages) {
        return damaged("is torn: it is shorter than its header says");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_ends_while_a_child_still_has_the_file() {
        let path = std::env::temp_dir().join(format!("plume-server-lock-{}", std::process::id()));
        let place = Place::lock(&path).unwrap();
        let of_a_child = place.lock.try_clone().unwrap();
        assert_eq!(Place::lock(&path).unwrap_err().kind(), StoreErrorKind::Busy);
        drop(place);
        Place::lock(&path).unwrap();
        drop(of_a_child);
        std::fs::remove_file(beside(&path, "lock")).unwrap();
    }
}
