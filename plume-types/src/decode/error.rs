//! Bodies that are not what was asked for.

use std::fmt;

use crate::drift::ROOT;

/// Why a body is not what was asked for.
///
/// Its text names the place and the expected shape and holds nothing of the body's values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DecodeError {
    pub(super) kind: DecodeErrorKind,
    pub(super) path: String,
    pub(super) message: String,
}

/// The class of a [`DecodeError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The body is empty.
    Empty,
    /// The body is text of another kind, usually an HTML page.
    NotJson,
    /// The body begins as JSON but is cut off or malformed.
    Malformed,
    /// The body is JSON of another shape than the one asked for.
    UnexpectedShape,
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty body",
            Self::NotJson => "not JSON",
            Self::Malformed => "malformed JSON",
            Self::UnexpectedShape => "unexpected shape",
        })
    }
}

impl DecodeError {
    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Where in the body, for example `nodes[3].health`; `$` is the body itself.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path == ROOT {
            f.write_str(&self.message)
        } else {
            write!(f, "{} (at {})", self.message, self.path)
        }
    }
}

impl std::error::Error for DecodeError {}
