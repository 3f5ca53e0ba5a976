//! Opening a private directory on this platform.

use std::{path::Path, sync::Arc};

use crate::disk::files::Disk;
#[cfg(unix)]
use crate::disk::unix::Directory;
use crate::error::StoreError;
#[cfg(not(unix))]
use crate::error::StoreErrorKind;

/// Opens a directory, and creates it if it is missing.
#[cfg(unix)]
pub(crate) fn open(path: &Path) -> Result<Arc<dyn Disk>, StoreError> {
    Ok(Arc::new(Directory::open(path)?))
}

/// Checks that [`open`] can succeed and that files can be written, without a change.
#[cfg(unix)]
pub(crate) fn check(path: &Path) -> Result<(), StoreError> {
    Directory::check(path)
}

/// Fails, because files cannot be kept private on this platform.
#[cfg(not(unix))]
pub(crate) fn check(path: &Path) -> Result<(), StoreError> {
    open(path).map(drop)
}

/// Fails, because files cannot be kept private on this platform.
#[cfg(not(unix))]
pub(crate) fn open(_: &Path) -> Result<Arc<dyn Disk>, StoreError> {
    let message = "files cannot be kept private on this platform; keep records in memory";
    Err(StoreError::new(StoreErrorKind::Unsupported, message))
}
