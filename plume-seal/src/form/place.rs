//! Where a record belongs.

use crate::name::RecordName;

/// The beginnings of the names of records, one for each form.
pub(crate) const PLAIN: &str = "plain1-";
pub(crate) const SEALED: &str = "sealed1-";

/// What a record is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// What is kept.
    Record,
    /// The highest counter that a sealed record of this key ever had.
    Mark,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            // As since the first version, in which every record was that of a token.
            Self::Record => "token",
            Self::Mark => "mark",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Record, Self::Mark].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Where a record belongs. Always made from the key that was asked for, never from what was read.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Whose record it is.
    pub tenant: &'a str,
    /// What it is for.
    pub kind: Kind,
    /// Which one it is.
    pub id: &'a [u8; 32],
}

impl<'a> Place<'a> {
    /// The place of the record, or of its counter, that `key` names.
    #[must_use]
    pub fn new(key: &'a RecordName, kind: Kind) -> Self {
        Self { tenant: key.tenant(), kind, id: key.id() }
    }
}
