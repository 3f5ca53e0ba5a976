//! Bodies that are not the requested thing.

use std::fmt;

use crate::drift::ROOT;

/// The reason why a body is not the requested thing.
///
/// The text names the place and the expected shape, and repeats no value of the body.
///
/// ```
/// use plume_types::{DecodeErrorKind, Node, decode};
///
/// let error = decode::list::<Node>(br#"{"data":[]}"#, &["nodes"]).unwrap_err();
/// assert_eq!(error.kind(), DecodeErrorKind::UnexpectedShape);
/// assert_eq!(
///     error.to_string(),
///     "expected an array, or an object with one under `nodes`, found an object without a list in it",
/// );
/// ```
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
    /// The body is not JSON, usually an HTML page.
    NotJson,
    /// The body begins as JSON and ends before its end.
    CutOff,
    /// The body begins as JSON but is malformed.
    Malformed,
    /// The body is JSON of another shape than the requested one.
    UnexpectedShape,
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty body",
            Self::NotJson => "not JSON",
            Self::CutOff => "cut-off JSON",
            Self::Malformed => "malformed JSON",
            Self::UnexpectedShape => "unexpected shape",
        })
    }
}

impl DecodeError {
    /// Returns the class of the failure.
    #[must_use]
    pub fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Returns the place in the body, for example `nodes[3].health`; `$` is the body itself.
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
