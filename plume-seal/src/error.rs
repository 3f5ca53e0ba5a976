//! The error of a store.

use std::{error::Error, fmt, io};

/// The failure of an operation on a store. Its text contains no secret.
///
/// A program can continue without what the store keeps. `{:?}` is the text, its causes and the
/// [help](StoreError::help); `{:#?}` shows the fields.
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
    source: Option<io::Error>,
}

/// The class of a [`StoreError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The operating system refused: disk full, read-only, no permission.
    Io,
    /// A file or directory is not private to this user, or is a link or no regular file. It was not opened.
    Exposed,
    /// A record is torn, empty, changed, moved from another place or not a record at all. It was moved aside.
    Damaged,
    /// A record was written by a newer version. It was moved aside unchanged.
    Newer,
    /// A record is older than the newest one known: a copy was put back. It was moved aside.
    Restored,
    /// A record is sealed with a key that was not given. It was left unchanged.
    UnknownKey,
    /// A key has the name of the one that a record is sealed with, but is another key. The record was left unchanged.
    WrongKey,
    /// The keys could not be read.
    Keys,
    /// Another process held the lock for longer than the wait allows.
    Busy,
    /// The lock passed to a write was that of another record. Nothing was written: this is a bug in the caller.
    NotHeld,
    /// Files cannot be kept private on this platform.
    Unsupported,
}

impl StoreErrorKind {
    /// Returns whether the record may be overwritten, because it was moved aside.
    #[must_use]
    pub fn leaves_room(self) -> bool {
        matches!(self, Self::Damaged | Self::Newer | Self::Restored)
    }
}

impl StoreError {
    /// Creates an error. `message` is shown to people and must not contain a secret.
    #[must_use]
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: plume_text::on_screen(&message.into()).into_owned(), source: None }
    }

    pub(crate) fn io(doing: &str, source: io::Error) -> Self {
        let message = format!("{doing}: {source}");
        Self { source: Some(source), ..Self::new(StoreErrorKind::Io, message) }
    }

    pub(crate) fn damaged(why: &str) -> Self {
        Self::new(StoreErrorKind::Damaged, format!("the record {why}"))
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
            StoreErrorKind::Io => "Check the free space and the permissions of the directory, then retry.",
            StoreErrorKind::Exposed => {
                "Make the directory and its files accessible to this user only (0700 and 0600), without links."
            }
            StoreErrorKind::Damaged | StoreErrorKind::Restored => {
                "Nothing needs to be done: the record was moved aside, and a new one is written."
            }
            StoreErrorKind::Newer => "Use the newer version of the program again, or delete the record.",
            StoreErrorKind::UnknownKey => "Add the key that the record was sealed with to the keys.",
            StoreErrorKind::WrongKey => "Give each key a name of its own.",
            StoreErrorKind::Keys => "Check the source of the keys.",
            StoreErrorKind::Busy => "Retry; another process is using the record.",
            StoreErrorKind::NotHeld => "This is a bug in the caller: pass the lock of the record itself.",
            StoreErrorKind::Unsupported => "Use a store in memory on this platform.",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "store: {}", self.message)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            f.debug_struct("StoreError")
                .field("kind", &self.kind)
                .field("message", &self.message)
                .field("source", &self.source)
                .finish()
        } else {
            plume_text::write_report(f, self, Some(self.help()))
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as &(dyn Error + 'static))
    }
}
