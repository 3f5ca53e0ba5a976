//! The name of a record.

use std::fmt;

use crate::digest::{hash, to_hex};

/// The name of one record: its tenant, and a blind index of everything else.
///
/// The index is a one-way hash, so that neither a file name nor a record reveals its parts. Short or guessable parts can be
/// guessed from it: add a random one.
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
    /// Returns the name of a record of `tenant`, identified by `parts`. `purpose` distinguishes the names of one program or
    /// kind of record from those of others.
    #[must_use]
    pub fn new(tenant: &str, purpose: &str, parts: &[&[u8]]) -> Self {
        Self { tenant: tenant.to_owned(), id: hash(purpose, parts) }
    }

    /// Returns the name of a record that was found by its index.
    pub(crate) fn found(tenant: &str, id: [u8; 32]) -> Self {
        Self { tenant: tenant.to_owned(), id }
    }

    /// Returns the tenant.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Returns the blind index.
    #[must_use]
    pub fn id(&self) -> &[u8; 32] {
        &self.id
    }
}

impl fmt::Debug for RecordName {
    /// Shows only the start of the hash, because a tenant may be a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short: String = to_hex(&self.id).chars().take(8).collect();
        f.debug_tuple("RecordName").field(&short).finish()
    }
}
