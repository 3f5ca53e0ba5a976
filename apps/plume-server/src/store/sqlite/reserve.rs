//! Space that is kept for the time when the disk is full.
//!
//! Messages and incidents need little space, history much. Once the disk is full, the reserve is given back, and until it can be
//! restored only history is not recorded: checks and messages continue.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use chrono::{DateTime, Utc};

use crate::store::sqlite::file::beside;

/// Bytes that are written at once.
const BLOCK: usize = 64 * 1024;

/// The reserve is at most this part of a file system: on a small one, twice a large reserve is never free.
const PART: u64 = 8;

/// No space was ever missing.
const NEVER: i64 = i64::MIN;

/// The size of a file system and its free space in bytes.
#[derive(Debug, Clone, Copy)]
struct Space {
    total: u64,
    free: u64,
}

/// A file of zeros beside the database.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    bytes: u64,
    /// The time in milliseconds since which history is not recorded.
    since: AtomicI64,
    /// Whether space was missing while the file was written.
    is_missing: AtomicBool,
    /// The right to change the file.
    file: Mutex<()>,
    /// Returns the space of the file system, if it is known.
    space: fn(&Path) -> Option<Space>,
}

impl Reserve {
    /// Keeps space beside a database, if there is any.
    pub(super) fn new(database: &Path, bytes: u64, now: DateTime<Utc>) -> Self {
        Self::on(database, bytes, now, space)
    }

    fn on(database: &Path, bytes: u64, now: DateTime<Utc>, space: fn(&Path) -> Option<Space>) -> Self {
        let path = beside(database, "reserve");
        let bytes = space(&path).map_or(bytes, |space| bytes.min(space.total / PART));
        let reserve = Self {
            path,
            bytes,
            space,
            since: AtomicI64::new(NEVER),
            is_missing: AtomicBool::new(false),
            file: Mutex::new(()),
        };
        let is_kept = fs::metadata(&reserve.path).is_ok_and(|file| file.len() >= bytes);
        if !is_kept && reserve.fill(bytes).is_err() {
            reserve.spend(now);
        }
        reserve
    }

    /// Returns the time since which history is not recorded, because the disk is full.
    pub(super) fn spent_since(&self) -> Option<DateTime<Utc>> {
        Some(self.since.load(Ordering::Relaxed))
            .filter(|since| *since != NEVER)
            .and_then(DateTime::from_timestamp_millis)
    }

    /// Returns the free space from which history is recorded again, in bytes.
    pub(super) fn needed(&self) -> u64 {
        self.bytes.saturating_mul(2)
    }

    /// Gives the space back to the disk. It never waits: a file that is being written is removed by its writer.
    pub(super) fn spend(&self, now: DateTime<Utc>) {
        let now = now.timestamp_millis();
        let _ = self.since.compare_exchange(NEVER, now, Ordering::SeqCst, Ordering::SeqCst);
        self.is_missing.store(true, Ordering::SeqCst);
        if let Ok(_file) = self.file.try_lock() {
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Keeps the space again if the disk has it twice, so that one message does not use it up at once. It may write for seconds.
    pub(super) fn restore(&self) {
        // The file is whole or missing after every change.
        let _file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_missing.store(false, Ordering::SeqCst);
        // A file that does not fit would take the last space from the messages.
        let has_space = || (self.space)(&self.path).is_none_or(|space| space.free >= self.needed());
        if self.spent_since().is_some() && has_space() && self.fill(self.needed()).is_ok() {
            let shrunk = OpenOptions::new().write(true).open(&self.path);
            let _ = shrunk.and_then(|file| file.set_len(self.bytes));
            self.since.store(NEVER, Ordering::SeqCst);
        }
    }

    /// Writes the file, or leaves none.
    fn fill(&self, bytes: u64) -> io::Result<()> {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let filled = options.write(true).create(true).truncate(true).open(&self.path).and_then(|mut file| {
            let block = [0; BLOCK];
            let mut left = bytes;
            while left > 0 {
                if self.is_missing.load(Ordering::SeqCst) {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                let part = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
                file.write_all(block.get(..part).unwrap_or_default())?;
                left = left.saturating_sub(u64::try_from(part).unwrap_or(left));
            }
            file.sync_all()
        });
        if filled.is_err() {
            let _ = fs::remove_file(&self.path);
        }
        filled
    }
}

#[cfg(unix)]
fn space(path: &Path) -> Option<Space> {
    let found = rustix::fs::statvfs(path.parent()?).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Some(Space { total: bytes(found.f_blocks), free: bytes(found.f_bavail) })
}

#[cfg(not(unix))]
fn space(_: &Path) -> Option<Space> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_disk_has_a_small_reserve_which_never_takes_the_last_space() {
        static FREE: AtomicI64 = AtomicI64::new(0);
        fn small(_: &Path) -> Option<Space> {
            Some(Space { total: 800_000, free: FREE.load(Ordering::SeqCst).unsigned_abs() })
        }
        let folder = std::env::temp_dir().join(format!("plume-server-small-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let now = DateTime::from_timestamp(1, 0).unwrap();
        let reserve = Reserve::on(&folder.join("monitor.db"), 1 << 24, now, small);
        let length = || fs::metadata(folder.join("monitor.db-reserve")).map(|file| file.len()).ok();
        assert_eq!((length(), reserve.needed()), (Some(100_000), 200_000));
        reserve.spend(now);
        FREE.store(199_999, Ordering::SeqCst);
        // A file that is written would be shorter or longer than this one.
        fs::write(folder.join("monitor.db-reserve"), "untouched").unwrap();
        reserve.restore();
        assert_eq!((length(), reserve.spent_since()), (Some(9), Some(now)));
        FREE.store(200_000, Ordering::SeqCst);
        reserve.restore();
        assert_eq!((length(), reserve.spent_since()), (Some(100_000), None));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_space_is_given_back_once_and_kept_again() {
        let folder = std::env::temp_dir().join(format!("plume-server-reserve-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let now = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let reserve = Reserve::new(&folder.join("monitor.db"), 100_000, now(1));
        let length = || fs::metadata(folder.join("monitor.db-reserve")).map(|file| file.len()).ok();
        assert_eq!((length(), reserve.spent_since()), (Some(100_000), None));
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode;
            let file = fs::metadata(folder.join("monitor.db-reserve")).unwrap();
            assert_eq!(mode(&file.permissions()) & 0o777, 0o600);
        }
        reserve.spend(now(2));
        reserve.spend(now(3));
        assert_eq!((length(), reserve.spent_since()), (None, Some(now(2))));
        reserve.restore();
        assert_eq!((length(), reserve.spent_since()), (Some(100_000), None));
        // A folder that is gone has no space.
        reserve.spend(now(4));
        fs::remove_dir_all(&folder).unwrap();
        reserve.restore();
        assert_eq!(reserve.spent_since(), Some(now(4)));
        // Space that was missing while the file was written.
        fs::create_dir_all(&folder).unwrap();
        reserve.is_missing.store(true, Ordering::SeqCst);
        assert!(reserve.fill(200_000).is_err() && length().is_none());
        // One that waits for the file would stop the callers of the store.
        let file = reserve.file.lock().unwrap();
        reserve.spend(now(6));
        drop(file);
        fs::remove_dir_all(&folder).unwrap();
        let full = Reserve::new(&folder.join("monitor.db"), 100_000, now(5));
        assert_eq!(full.spent_since(), Some(now(5)));
    }
}
