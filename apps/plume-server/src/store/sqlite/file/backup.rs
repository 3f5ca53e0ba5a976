//! Backups of the file, and their return. A file appears under its name only when it is whole.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, backup::Backup};

use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::sqlite::file::open::{
    Place, Version, beside, check_length, check_pages, open_reader, private,
};
use crate::store::sqlite::statement::fail;

/// Replaces the file by a copy of a backup. The old file is kept beside it. It stays in its place until the new one replaces
/// it in one step.
pub(in crate::store::sqlite) fn restore(backup: &Path, to: &Path, suffix: &str) -> Result<Option<PathBuf>> {
    let unavailable = |error: io::Error| {
        StoreError::new(StoreErrorKind::Unavailable, format!("failed to restore {}: {error}", to.display()))
    };
    let _place = Place::lock(to)?;
    File::open(backup).map_err(|error| {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => StoreErrorKind::Missing,
            _ => StoreErrorKind::Unavailable,
        };
        StoreError::new(kind, format!("failed to read {}: {error}", backup.display()))
    })?;
    if let (Ok(given), Ok(own)) = (backup.canonicalize(), to.canonicalize())
        && given == own
    {
        let text = format!("failed to restore {}: it is the database itself", to.display());
        return Err(StoreError::new(StoreErrorKind::Backup, text));
    }
    let source = open_backup(backup).map_err(StoreError::of_backup)?;
    let new = beside(to, "new");
    remove(&new).map_err(unavailable)?;
    copy(&source, &new)?;
    let aside = match to.exists() {
        true => Some(keep(to, suffix).map_err(unavailable)?),
        false => None,
    };
    // A log belongs to the old file. It would be applied to the new one.
    for suffix in ["wal", "shm"] {
        remove(&beside(to, suffix)).map_err(unavailable)?;
    }
    replace(&new, to).map_err(unavailable)?;
    Ok(aside)
}

fn open_backup(path: &Path) -> Result<Connection> {
    check_length(path)?;
    let source = open_reader(path)?;
    let version = Version::read(&source)?;
    version.check(path)?;
    check_tables(&version, path)?;
    check_pages(&source, path, None)?;
    Ok(source)
}

/// Refuses a file that was never written, such as an empty one.
fn check_tables(version: &Version, path: &Path) -> Result<()> {
    if version.tables > 0 {
        return Ok(());
    }
    Err(StoreError::new(StoreErrorKind::Damaged, format!("{} is damaged: it has no tables", path.display())))
}

/// Keeps a file, with its log, under a name that is free.
fn keep(path: &Path, suffix: &str) -> io::Result<PathBuf> {
    // What is in the log is moved into the file, so that the file alone is whole. A damaged one keeps its log.
    let _ = join_log(path);
    let mut aside = beside(path, &format!("before-{suffix}"));
    for number in 2_u32.. {
        if !aside.try_exists()? {
            break;
        }
        aside = beside(path, &format!("before-{suffix}-{number}"));
    }
    let log = beside(path, "wal");
    if log.exists() {
        link(&log, &beside(&aside, "wal"))?;
    }
    link(path, &aside)?;
    sync_folder(path)?;
    Ok(aside)
}

/// Gives a file a second name. File systems without links get a copy.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => fs::copy(from, to).map(drop),
        linked => linked,
    }
}

/// Moves the content of the log into its file.
fn join_log(path: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)
}

/// Copies a database to a new file.
pub(in crate::store::sqlite) fn back_up(from: &Path, to: &Path) -> Result<()> {
    let exists = |text: String| StoreError::new(StoreErrorKind::Exists, text);
    if to.exists() {
        return Err(exists(format!("{} exists", to.display())));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    if part.exists() {
        let text = format!("{} exists: another backup is running, or was interrupted", part.display());
        return Err(exists(text));
    }
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        let text = format!("failed to create {}: there is no directory {}", to.display(), folder.display());
        return Err(StoreError::new(StoreErrorKind::Missing, text));
    }
    if !from.exists() {
        return Err(StoreError::new(
            StoreErrorKind::Missing,
            format!("there is no database {}", from.display()),
        ));
    }
    let source = open_reader(from)?;
    check_tables(&Version::read(&source)?, from)?;
    let copied = copy(&source, &part).and_then(|()| {
        let failed = |error: io::Error| {
            StoreError::new(StoreErrorKind::Unavailable, format!("failed to write {}: {error}", to.display()))
        };
        replace(&part, to).map_err(failed)
    });
    if copied.is_err() {
        // The failure itself is the news.
        let _ = remove(&part);
    }
    copied
}

/// Copies a database with one read transaction, which no writer waits for.
fn copy(source: &Connection, to: &Path) -> Result<()> {
    private(to)?;
    let mut target = Connection::open(to).map_err(fail)?;
    let copied = Backup::new(source, &mut target)
        .and_then(|backup| backup.run_to_completion(i32::MAX, Duration::ZERO, None))
        // The file alone is the whole copy, and a reader leaves no log beside it.
        .and_then(|()| target.execute_batch("PRAGMA journal_mode = DELETE"));
    copied.map_err(fail)
}

/// Gives a file the name of another one, which it replaces in one step. When this returns, a power cut does not undo it.
pub(crate) fn replace(new: &Path, path: &Path) -> io::Result<()> {
    File::open(new)?.sync_all()?;
    fs::rename(new, path)?;
    sync_folder(path)
}

/// Makes the names in the folder of a file durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        // Other systems open no folders.
        false => Ok(()),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
