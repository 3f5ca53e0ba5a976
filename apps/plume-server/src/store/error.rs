//! The error of a store.

use std::{error::Error, fmt};

/// The class of a [`StoreError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The disk, or the quota of the database, is full. Nothing was written.
    Full,
    /// The file to write exists.
    Exists,
    /// The database cannot be reached, or the operating system refused.
    Unavailable,
    /// The database is torn, damaged, or belongs to another program.
    Damaged,
    /// The file of a backup is torn, damaged, belongs to another program, or is the database itself.
    Backup,
    /// A newer version of the program wrote the database.
    Newer,
    /// Another process uses the database.
    Busy,
    /// A tenant, home or other record does not exist, or a file is not the one that its name seems to mean.
    Missing,
    /// The record has changed since it was read.
    Conflict,
    /// The change is not possible.
    Refused,
    /// A sealed value could not be sealed or opened.
    Sealed,
    /// A bug in the program.
    Internal,
}

/// The failure of an operation on the store. The operation had no effect.
#[derive(Debug, Clone)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
}

/// The result of an operation on the store.
pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// Creates an error. `message` is shown to people and must not contain a secret.
    #[must_use]
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Returns the error of a backup that is read. Its damage is not that of the database.
    pub(in crate::store) fn of_backup(mut self) -> Self {
        if self.kind == StoreErrorKind::Damaged {
            self.kind = StoreErrorKind::Backup;
        }
        self
    }

    /// Returns the class of the failure.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Returns the next step to take, in one line.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self.kind {
            StoreErrorKind::Full => "Free some space. The server continues and records the gap.",
            StoreErrorKind::Exists => "Choose another name, or move the file away if nothing writes it.",
            StoreErrorKind::Unavailable => "Check the disk, the permissions of the directory and the log.",
            StoreErrorKind::Damaged => "Restore a backup with `plume-server restore`, or move the file away.",
            StoreErrorKind::Backup => {
                "Name a file that `plume-server backup` has written. The database is unchanged."
            }
            StoreErrorKind::Newer => {
                "Use the newer version of the program again, or restore an older backup."
            }
            StoreErrorKind::Busy => "Stop the other process, or choose another directory with `data`.",
            StoreErrorKind::Missing => "Check the name.",
            StoreErrorKind::Conflict => "Read the record again and repeat the change.",
            StoreErrorKind::Refused => "Nothing needs to be done.",
            StoreErrorKind::Sealed => "Check the keys: a value is sealed with one that was not given.",
            StoreErrorKind::Internal => "This is a bug; report it with the log.",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "store: {}", self.message)
    }
}

impl Error for StoreError {}
