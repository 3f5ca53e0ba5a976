//! A private directory, behind a trait.

mod files;
mod open;
#[cfg(unix)]
mod unix;

pub use files::{Disk, DiskFile, DiskLock};
pub(crate) use files::{MAX_FILE, replace};
pub(crate) use open::{check, open};
