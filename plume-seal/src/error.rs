//! What can go wrong with a store.

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
    /// A record is torn, empty, changed, moved from another place or not a record at all. It was put aside.
    Damaged,
    /// A record was written by a newer version. It was put aside as it is.
    Newer,
    /// A record is older than the newest one known: somebody put back a copy. It was put aside.
    Restored,
    /// A record is sealed with a key that is not among those given. It was left alone.
    UnknownKey,
    /// A key has the name of the one a record is sealed with, and is another key. The record was left alone.
    WrongKey,
    /// The keys themselves could not be read.
    Keys,
    /// Another process held the lock for longer than the wait allows.
    Busy,
    /// A record was to be written with the lock of another one. Nothing was written: this is a bug in the caller.
    NotHeld,
    /// Files cannot be kept private on this platform.
    Unsupported,
}

impl StoreErrorKind {
    /// Whether the place of the record may be written over: nothing was there, or it was put aside.
    #[must_use]
    pub fn leaves_room(self) -> bool {
        matches!(self, Self::Damaged | Self::Newer | Self::Restored)
    }
}

impl StoreError {
    /// An error of the given class. `message` is shown to people and holds no secret.
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

    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// The next step to take, in one line.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self.kind {
            StoreErrorKind::Io => {
                "Check the free space and the permissions of the directory, then try again."
            }
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
            StoreErrorKind::Busy => "Try again; another process is using the record.",
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
