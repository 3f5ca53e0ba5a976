//! The lock of one record.

use std::fmt;

use crate::error::{StoreError, StoreErrorKind};
use crate::name::RecordName;

/// The lock of one record. It is released when it is dropped and when the process ends.
///
/// Unlike the lock of a `Mutex` it may be held during slow work: each wait for it is limited, and none blocks a thread.
#[must_use = "dropping it releases the lock at once"]
pub struct RecordLock {
    id: [u8; 32],
    _held: Box<dyn Send + Sync>,
}

impl RecordLock {
    /// Creates the lock of the record `name`, held as long as `held` lives.
    pub fn new(name: &RecordName, held: impl Send + Sync + 'static) -> Self {
        Self { id: *name.id(), _held: Box::new(held) }
    }

    /// Checks that this is the lock of the record `name`.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NotHeld`] if it is the lock of another record.
    pub fn check(&self, name: &RecordName) -> Result<(), StoreError> {
        if self.id == *name.id() {
            return Ok(());
        }
        let message = "the lock belongs to another record; nothing was written";
        Err(StoreError::new(StoreErrorKind::NotHeld, message))
    }
}

impl fmt::Debug for RecordLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordLock")
    }
}
