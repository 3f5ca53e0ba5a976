//! One private directory, seen through a trait so that a test can let it die at any operation.

use std::{fmt, io};

use zeroize::Zeroizing;

use crate::error::StoreError;

/// More than any record has.
pub(crate) const MAX_FILE: usize = 128 << 10;

/// The files of one directory, by name. Names are ours: they hold no separators.
///
/// An [`io::Error`] is what the operating system says. A [`StoreError`] is of the kind `Io`, or `Exposed` for what is not
/// private.
#[expect(clippy::missing_errors_doc, reason = "one sentence above holds for all methods")]
pub trait Disk: fmt::Debug + Send + Sync {
    /// The contents of a private, regular file. `None` when there is none.
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError>;
    /// A new file, private from its first moment. An error when the name is taken.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// Gives a file another name, in one step, in place of what had that name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file. None being there is fine.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes names last through a loss of power.
    fn sync(&self) -> io::Result<()>;
    /// The names of all files.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Takes a lock that ends with its holder, at the latest with the process. `None` when somebody has it.
    fn try_lock(&self, name: &str) -> Result<Option<DiskLock>, StoreError>;
}

/// A lock of a name, held for as long as this lives.
pub type DiskLock = Box<dyn Send + Sync>;

/// A file being written. An error is what the operating system says.
#[expect(clippy::missing_errors_doc, reason = "one sentence above holds for all methods")]
pub trait DiskFile {
    /// Writes some of the bytes and tells how many.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Makes the contents last through a loss of power.
    fn sync(&mut self) -> io::Result<()>;
}

/// Writes a file so that at any moment either the old contents are there or the new ones: to a file of its own
/// name `temporary`, which then takes the place of `name`.
pub(crate) fn replace(disk: &dyn Disk, name: &str, temporary: &str, bytes: &[u8]) -> io::Result<()> {
    let written = write_new(disk, temporary, bytes).and_then(|()| disk.rename(temporary, name));
    if written.is_err() {
        // On a full disk this gives the space back. What cannot be removed is removed when a store is opened.
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
