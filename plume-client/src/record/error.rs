//! The error of recordings.

use std::{fmt, io, path::Path, path::PathBuf, sync::Arc};

/// The reason why a recording cannot be written or read.
///
/// The text names the file. It contains nothing of the recorded exchanges. `{:?}` is the text with advice.
#[derive(Clone)]
pub struct RecordError {
    kind: RecordErrorKind,
    message: String,
    path: Option<PathBuf>,
    source: Option<Arc<io::Error>>,
}

/// The class of a [`RecordError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordErrorKind {
    /// A file or directory cannot be read or written.
    Io,
    /// There is no recording in the directory.
    Missing,
    /// A file is damaged or is no part of a recording.
    Damaged,
    /// The recording was written by a newer version.
    Newer,
    /// The key of the pseudonyms is damaged, or is not the one that the directory was recorded with.
    Key,
    /// An argument is invalid, or a resource of the operating system is not available.
    Setup,
}

impl RecordError {
    fn new(kind: RecordErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), path: None, source: None }
    }

    fn at(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    pub(super) fn random(error: io::Error) -> Self {
        Self {
            source: Some(Arc::new(error)),
            ..Self::new(RecordErrorKind::Setup, "no random key for the pseudonyms")
        }
    }

    pub(super) fn short_key(length: usize, least: usize) -> Self {
        let message = format!("the key for the pseudonyms is too short: {length} bytes (at least {least})");
        Self::new(RecordErrorKind::Setup, message)
    }

    pub(super) fn key(path: &Path, why: &str) -> Self {
        Self::new(RecordErrorKind::Key, why).at(path)
    }

    pub(super) fn io(what: &str, path: &Path, error: io::Error) -> Self {
        Self {
            source: Some(Arc::new(error)),
            ..Self::new(RecordErrorKind::Io, format!("cannot {what}")).at(path)
        }
    }

    pub(super) fn base(error: impl fmt::Display) -> Self {
        Self::new(RecordErrorKind::Damaged, format!("damaged recording: a base URL {error}"))
    }

    pub(super) fn missing(path: &Path) -> Self {
        Self::new(RecordErrorKind::Missing, "no recording in this directory").at(path)
    }

    pub(super) fn damaged(path: &Path, why: impl fmt::Display) -> Self {
        Self::new(RecordErrorKind::Damaged, format!("damaged recording: {why}")).at(path)
    }

    pub(super) fn foreign(path: &Path) -> Self {
        Self::new(RecordErrorKind::Damaged, "not a file of a recording").at(path)
    }

    pub(super) fn newer(path: &Path, version: u64, known: u64) -> Self {
        let message =
            format!("recording of a newer format: version {version} (this program reads up to {known})");
        Self::new(RecordErrorKind::Newer, message).at(path)
    }

    /// Returns the class of the failure.
    #[must_use]
    pub fn kind(&self) -> RecordErrorKind {
        self.kind
    }

    /// Returns the file or directory that the error is about.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Returns advice for the person who runs the program.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match (self.kind, self.source.as_ref().map(|error| error.kind())) {
            (RecordErrorKind::Io, Some(io::ErrorKind::StorageFull)) => {
                "Free some space or record into a directory on another disk."
            }
            (
                RecordErrorKind::Io,
                Some(io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem),
            ) => "Choose a directory that this user may read and write.",
            (RecordErrorKind::Io, _) => "Check the path and the disk, or choose another directory.",
            (RecordErrorKind::Missing, _) => {
                "Name the directory that was given when the session was recorded."
            }
            (RecordErrorKind::Damaged, _) => {
                "Remove this file if the rest is sufficient, or copy the recording again."
            }
            (RecordErrorKind::Newer, _) => "Update the program that replays it.",
            (RecordErrorKind::Key, _) => {
                "Restore the file with the key, or remove it and record into another directory."
            }
            (RecordErrorKind::Setup, _) => "Use a random key of 16 bytes or more.",
        }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        match &self.path {
            Some(path) => write!(f, " ({})", plume_text::on_screen(&path.to_string_lossy())),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        plume_text::write_report(f, self, Some(self.help()))
    }
}

impl std::error::Error for RecordError {}
