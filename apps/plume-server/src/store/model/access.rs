//! Sessions, tokens and accounts, and a selection of the audit.

use chrono::{DateTime, Utc};

use crate::access::Tenants;

/// The kind of a [`Pass`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PassKind {
    /// A session of a browser.
    Session,
    /// A token of the API.
    Token,
    /// An account with a password.
    Account,
}

impl PassKind {
    /// Returns the word for the kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Account => "account",
        }
    }
}

/// A session, a token or an account. Its id is the hash of what the visitor shows, or the name of the account.
#[derive(Clone, PartialEq, Eq)]
pub struct Pass {
    /// The id, unique for the kind.
    pub id: String,
    /// The time of the last use.
    pub seen: DateTime<Utc>,
    /// The time after which it is not valid.
    pub ends: Option<DateTime<Utc>>,
    /// The document.
    pub body: Vec<u8>,
}

/// The place of a pass in the order of their last use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassCursor {
    /// The time of the last use.
    pub seen: DateTime<Utc>,
    /// The id.
    pub id: String,
}

impl From<&Pass> for PassCursor {
    fn from(pass: &Pass) -> Self {
        Self { seen: pass.seen, id: pass.id.clone() }
    }
}

impl std::fmt::Debug for Pass {
    /// Shows no document: it has the hash of a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pass").field("seen", &self.seen).field("ends", &self.ends).finish_non_exhaustive()
    }
}

/// A selection of the audit, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only rows of these tenants. Rows without a tenant are of all tenants.
    pub tenants: Tenants,
    /// Only rows whose person, action or subject contains this text.
    pub text: Option<String>,
    /// Only rows with a smaller number.
    pub before: Option<u64>,
    /// Maximum number.
    pub limit: usize,
}
