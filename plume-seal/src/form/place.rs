//! The place of a record.

use crate::name::RecordName;

/// The prefixes of the names of records, one for each form.
pub(crate) const PLAIN: &str = "plain1-";
pub(crate) const SEALED: &str = "sealed1-";

/// The purpose of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The contents.
    Record,
    /// The highest counter that a sealed record of this key ever had.
    Mark,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            // As in the first version, in which every record was that of a token.
            Self::Record => "token",
            Self::Mark => "mark",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Record, Self::Mark].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The place of a record: tenant, kind and id. It is always built from the requested name, never from a file.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Place<'a> {
    /// The tenant of the record.
    pub tenant: &'a str,
    /// The purpose of the record.
    pub kind: Kind,
    /// The blind index of the record.
    pub id: &'a [u8; 32],
}

impl<'a> Place<'a> {
    /// Returns the place of the record, or of its counter, that `key` names.
    #[must_use]
    pub fn new(key: &'a RecordName, kind: Kind) -> Self {
        Self { tenant: key.tenant(), kind, id: key.id() }
    }
}
