//! Whose record it is, and which one.

use std::fmt;

use crate::digest::{hash, to_hex};

/// Names one record: its tenant, and a blind index of everything else.
///
/// The index is a one-way hash, so that neither a file name nor a record tells what it was made of. What is short or
/// guessable can be guessed from it: put something random beside it.
///
/// ```
/// use plume_seal::RecordName;
///
/// let one = RecordName::new("chat-1", "example user 1", &[b"chat-1", b"account"]);
/// assert_ne!(one, RecordName::new("chat-1", "example user 1", &[b"chat-1", b"place"]));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RecordName {
    tenant: String,
    id: [u8; 32],
}

impl RecordName {
    /// The record of `tenant` that `parts` name. `purpose` tells the names of one program or kind of record from those
    /// of others.
    #[must_use]
    pub fn new(tenant: &str, purpose: &str, parts: &[&[u8]]) -> Self {
        Self { tenant: tenant.to_owned(), id: hash(purpose, parts) }
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The blind index.
    #[must_use]
    pub fn id(&self) -> &[u8; 32] {
        &self.id
    }
}

impl fmt::Debug for RecordName {
    /// A tenant may be a person: only the start of the hash is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short: String = to_hex(&self.id).chars().take(8).collect();
        f.debug_tuple("RecordName").field(&short).finish()
    }
}
