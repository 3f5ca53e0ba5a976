//! A private directory on Unix.
//!
//! The directory is opened once and all operations are relative to it, so that it cannot be exchanged. Symbolic links are
//! not followed, and modes are never changed: a file that is not private is refused, because it may have been read
//! already.

use std::{
    fs::{DirBuilder, File},
    io::{self, Read, Write},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use rustix::{
    fd::OwnedFd,
    fs::{self, Access, AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, Stat},
    io::{Errno, retry_on_intr},
};
use zeroize::Zeroizing;

use crate::disk::files::{Disk, DiskFile, DiskLock, MAX_FILE};
use crate::error::{StoreError, StoreErrorKind};

#[derive(Debug)]
pub(crate) struct Directory {
    directory: OwnedFd,
}

impl Directory {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        // The path is not repeated, because people paste secrets in its place.
        let failed = |error: io::Error| StoreError::io("the directory cannot be opened", error);
        // Private from the start, whatever the umask is. Missing parents become private too.
        DirBuilder::new().mode(0o700).recursive(true).create(path).map_err(failed)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = match retry_on_intr(|| fs::openat(CWD, path, flags, Mode::empty())) {
            Ok(directory) => directory,
            // For a link, Linux reports "not a directory", other systems "too many links".
            Err(Errno::NOTDIR | Errno::LOOP) => {
                return Err(exposed("the directory", "is a link or not a directory"));
            }
            Err(error) => return Err(failed(error.into())),
        };
        let stat = fs::fstat(&directory).map_err(|error| failed(error.into()))?;
        private("the directory", &stat)?;
        Ok(Self { directory })
    }

    pub(crate) fn check(path: &Path) -> Result<(), StoreError> {
        let failed = |error: io::Error| StoreError::io("the directory cannot be created", error);
        let ancestors =
            path.ancestors().map(|path| if path.as_os_str().is_empty() { ".".as_ref() } else { path });
        let Some(existing) = ancestors.into_iter().find(|path| path.symlink_metadata().is_ok()) else {
            return Err(failed(Errno::NOENT.into()));
        };
        if existing == path {
            Self::open(path)?;
            let failed =
                |error: Errno| StoreError::io("files cannot be created in the directory", error.into());
            return writable(path).map_err(failed);
        }
        if !existing.is_dir() {
            return Err(failed(Errno::NOTDIR.into()));
        }
        writable(existing).map_err(|error| failed(error.into()))
    }

    fn open_file(&self, name: &str, flags: OFlags) -> Result<File, Errno> {
        // Opening a FIFO must not block.
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        retry_on_intr(|| fs::openat(&self.directory, name, flags, mode)).map(File::from)
    }

    /// Returns the metadata of a file without opening it. `None` if there is none.
    fn stat(&self, name: &str) -> Result<Option<Stat>, StoreError> {
        match fs::statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(StoreError::io("the metadata of a record cannot be read", error.into())),
        }
    }
}

/// Checks that this user can create files in a directory.
fn writable(directory: &Path) -> Result<(), Errno> {
    fs::accessat(CWD, directory, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)?;
    // The superuser has access to `/proc`, which has no room for files.
    let mode = Mode::from_raw_mode(fs::stat(directory)?.st_mode);
    let is_closed = mode.intersection(Mode::WUSR | Mode::WGRP | Mode::WOTH).is_empty();
    if is_closed && fs::statvfs(directory)?.f_blocks == 0 {
        return Err(Errno::PERM);
    }
    Ok(())
}

fn exposed(name: &str, why: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Exposed, format!("{name} {why}"))
}

/// Checks that only this user has access.
fn private(name: &str, stat: &Stat) -> Result<(), StoreError> {
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(exposed(name, "belongs to another user"));
    }
    if !Mode::from_raw_mode(stat.st_mode).intersection(Mode::RWXG | Mode::RWXO).is_empty() {
        return Err(exposed(name, "is accessible to other users (want mode 0700 or 0600)"));
    }
    Ok(())
}

fn private_file(name: &str, stat: &Stat) -> Result<(), StoreError> {
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(exposed(name, "is a link or not a regular file"));
    }
    // A hard link may be in a directory that others can read.
    if stat.st_nlink > 1 {
        return Err(exposed(name, "has a hard link elsewhere"));
    }
    private(name, stat)
}

impl Disk for Directory {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let failed = |error: io::Error| StoreError::io("a record cannot be read", error);
        let Some(stat) = self.stat(name)? else {
            return Ok(None);
        };
        private_file(name, &stat)?;
        let file = match self.open_file(name, OFlags::RDONLY) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(failed(error.into())),
        };
        // Checked again, now that the file cannot be exchanged.
        let stat = fs::fstat(&file).map_err(|error| failed(error.into()))?;
        // A replacement since then removes its name but does not make it accessible.
        private_file(name, &stat)?;
        // Reserved at once, because a buffer that grows leaves copies in memory.
        let size = usize::try_from(stat.st_size).unwrap_or(0).min(MAX_FILE);
        let mut bytes = Zeroizing::new(Vec::with_capacity(size + 64));
        // One byte more than allowed shows that the file is larger.
        let limit = u64::try_from(MAX_FILE + 1).unwrap_or(u64::MAX);
        file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some(bytes))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let file = self.open_file(name, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)?;
        Ok(Box::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(fs::renameat(&self.directory, from, &self.directory, to)?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::unlinkat(&self.directory, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        Ok(retry_on_intr(|| fs::fsync(&self.directory))?)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.directory)? {
            // The store's names are ASCII.
            if let Ok(name) = entry?.file_name().to_str() {
                names.push(name.to_owned());
            }
        }
        names.retain(|name| name != "." && name != "..");
        names.sort_unstable();
        Ok(names)
    }

    fn try_lock(&self, name: &str) -> Result<Option<DiskLock>, StoreError> {
        let failed = |error: Errno| StoreError::io("a lock cannot be taken", error.into());
        // The file is never removed: two processes could otherwise lock two files of one name.
        let file = match self.open_file(name, OFlags::RDWR | OFlags::CREATE) {
            Ok(file) => file,
            Err(Errno::LOOP) => return Err(exposed(name, "is a link")),
            Err(error) => return Err(failed(error)),
        };
        let stat = fs::fstat(&file).map_err(failed)?;
        private_file(name, &stat)?;
        match retry_on_intr(|| fs::flock(&file, FlockOperation::NonBlockingLockExclusive)) {
            Ok(()) => Ok(Some(Box::new(Locked(file)))),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

/// A locked file.
struct Locked(File);

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing the file is not enough: until its `exec`, a child that another thread starts has a copy of it.
        let _ = retry_on_intr(|| fs::flock(&self.0, FlockOperation::Unlock));
    }
}

impl DiskFile for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_ends_while_a_child_still_has_the_file() {
        let path = std::env::temp_dir().join(format!("plume-seal-lock-{}", std::process::id()));
        let directory = Directory::open(&path).unwrap();
        let file = Locked(directory.open_file("lock", OFlags::RDWR | OFlags::CREATE).unwrap());
        fs::flock(&file.0, FlockOperation::NonBlockingLockExclusive).unwrap();
        let of_a_child = file.0.try_clone().unwrap();
        assert!(directory.try_lock("lock").unwrap().is_none());
        drop(file);
        assert!(directory.try_lock("lock").unwrap().is_some());
        drop(of_a_child);
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_check_finds_places_without_room_and_changes_nothing() {
        let path = std::env::temp_dir().join(format!("plume-seal-check-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("file"), "").unwrap();
        std::os::unix::fs::symlink(path.join("nowhere"), path.join("link")).unwrap();
        let before = Dir::read_from(File::open(&path).unwrap()).unwrap().count();
        for (place, expected) in [
            (path.join("new/deep"), None),
            (path.join("file/store"), Some("the directory cannot be created: Not a directory")),
            (path.join("file"), Some("the directory cannot be opened: File exists")),
            (path.join("link"), Some("the directory cannot be opened: File exists")),
            #[cfg(target_os = "linux")]
            ("/proc/plume-store".into(), Some("the directory cannot be created: ")),
        ] {
            let found = Directory::check(&place).map_err(|error| error.to_string());
            match expected {
                None => assert_eq!(found, Ok(()), "{}", place.display()),
                Some(text) => assert!(found.unwrap_err().contains(text), "{}", place.display()),
            }
        }
        let after = Dir::read_from(File::open(&path).unwrap()).unwrap().count();
        assert_eq!(before, after);
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_name_that_is_taken_is_not_written_to() {
        let path = std::env::temp_dir().join(format!("plume-seal-unix-{}", std::process::id()));
        let directory = Directory::open(&path).unwrap();
        let (file, link, target) = (path.join("file"), path.join("link"), path.join("target"));
        std::fs::write(&file, "theirs").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        for name in ["file", "link"] {
            assert_eq!(directory.create(name).err().unwrap().kind(), io::ErrorKind::AlreadyExists, "{name}");
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "theirs");
        assert!(!target.exists());
        std::fs::remove_dir_all(&path).unwrap();
    }
}
