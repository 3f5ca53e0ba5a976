//! Words that an open enum does not know.

use std::fmt;

/// A word of the API that this version of an open enum does not know, kept as the API wrote it.
///
/// Only the `From<&str>` of an open enum makes one, so an `Unknown` never holds a word that has a variant.
///
/// ```
/// use plume_types::ConnectionState;
///
/// let ConnectionState::Unknown(word) = ConnectionState::from("dozing") else { return };
/// assert_eq!(word.as_str(), "dozing");
/// assert_eq!(ConnectionState::from("CONNECTED"), ConnectionState::Connected);
/// ```
///
/// ```compile_fail
/// use plume_types::ConnectionState;
///
/// let state = ConnectionState::Unknown("connected".into());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnknownWord(String);

impl UnknownWord {
    pub(crate) fn new(word: &str) -> Self {
        Self(word.to_owned())
    }

    /// Returns the word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
