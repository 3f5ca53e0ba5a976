//! What can go wrong with a store.

use std::{error::Error, fmt, io};

/// Why a store could not do what it was asked for. The text names no secret.
///
/// It is no reason to stop: a program can go on without what the store keeps.
#[derive(Debug)]
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
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "store: {}", self.message)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as &(dyn Error + 'static))
    }
}
