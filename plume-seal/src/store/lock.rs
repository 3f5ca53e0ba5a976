//! The lock of one record.

use std::fmt;

use crate::error::{StoreError, StoreErrorKind};
use crate::name::RecordName;

/// The lock of one record. Dropping it gives it back; so does the end of the process, however it ends.
///
/// Unlike the lock of a `Mutex` it is meant to be held while something slow is done: each wait for it has a
/// limit, and none blocks a thread.
#[must_use = "dropping it gives the lock back at once"]
pub struct RecordLock {
    id: [u8; 32],
    _held: Box<dyn Send + Sync>,
}

impl RecordLock {
    /// The lock of the record `name`, held for as long as `held` lives.
    pub fn new(name: &RecordName, held: impl Send + Sync + 'static) -> Self {
        Self { id: *name.id(), _held: Box::new(held) }
    }

    /// Checks that it is the lock of the record `name`.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NotHeld`] when it is the lock of another record.
    pub fn check(&self, name: &RecordName) -> Result<(), StoreError> {
        if self.id == *name.id() {
            return Ok(());
        }
        let message = "the lock is that of another record; nothing was written";
        Err(StoreError::new(StoreErrorKind::NotHeld, message))
    }
}

impl fmt::Debug for RecordLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordLock")
    }
}
