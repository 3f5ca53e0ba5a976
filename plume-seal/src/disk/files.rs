//! The trait of a private directory, which lets tests fail any operation.

use std::{fmt, io};

use zeroize::Zeroizing;

use crate::error::StoreError;

/// Maximum size of a file, more than any record has.
pub(crate) const MAX_FILE: usize = 128 << 10;

/// The files of one directory, by name. The store chooses the names, which contain no separators.
///
/// An [`io::Error`] is an error of the operating system. A [`StoreError`] has the kind `Io`, or `Exposed` for a file that
/// is not private.
#[expect(clippy::missing_errors_doc, reason = "one sentence above holds for all methods")]
pub trait Disk: fmt::Debug + Send + Sync {
    /// Reads a private, regular file. `None` if there is none.
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError>;
    /// Creates a file that is private from the start. Fails if the name is taken.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// Renames a file in one step, and replaces a file of the new name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file. Succeeds if there is none.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes names durable.
    fn sync(&self) -> io::Result<()>;
    /// Returns the names of all files.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Takes a lock that is released when it is dropped, at the latest when the process ends. `None` if it is taken.
    fn try_lock(&self, name: &str) -> Result<Option<DiskLock>, StoreError>;
}

/// A lock of a name, held until it is dropped.
pub type DiskLock = Box<dyn Send + Sync>;

/// A file that is being written. An error is one of the operating system.
#[expect(clippy::missing_errors_doc, reason = "one sentence above holds for all methods")]
pub trait DiskFile {
    /// Writes some of the bytes and returns their number.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Makes the contents durable.
    fn sync(&mut self) -> io::Result<()>;
}

/// Replaces a file in one step, so that a reader gets the old contents or the new ones. The contents are written to the
/// file `temporary`, which is then renamed to `name`.
pub(crate) fn replace(disk: &dyn Disk, name: &str, temporary: &str, bytes: &[u8]) -> io::Result<()> {
    let written = write_new(disk, temporary, bytes).and_then(|()| disk.rename(temporary, name));
    if written.is_err() {
        // On a full disk this frees the space. A leftover is removed when a store is opened.
        let _ = disk.remove(temporary);
    }
    written?;
    disk.sync()
}

fn write_new(disk: &dyn Disk, name: &str, mut bytes: &[u8]) -> io::Result<()> {
    let mut file = disk.create(name)?;
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    file.sync()
}
