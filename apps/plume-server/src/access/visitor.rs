//! A person or program that sent a request.

use std::collections::BTreeSet;

use plume::monitor::ids::TenantId;
use serde::{Deserialize, Serialize};

use crate::access::role::Role;

/// The tenants that a visitor sees.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Tenants {
    /// All tenants, also those that are added later.
    All,
    /// These.
    Only(BTreeSet<TenantId>),
}

impl Tenants {
    /// Returns whether a tenant is one of these.
    #[must_use]
    pub fn has(&self, tenant: &TenantId) -> bool {
        match self {
            Self::All => true,
            Self::Only(tenants) => tenants.contains(tenant),
        }
    }

    /// Returns those that are also among `others`; `None` if there are none.
    #[must_use]
    pub fn and(&self, others: &Self) -> Option<Self> {
        match (self, others) {
            (Self::All, both) | (both, Self::All) => Some(both.clone()),
            (Self::Only(own), Self::Only(others)) => {
                let both: BTreeSet<TenantId> = own.intersection(others).cloned().collect();
                (!both.is_empty()).then_some(Self::Only(both))
            }
        }
    }

    /// Returns whether all of `others` are among these.
    #[must_use]
    pub fn cover(&self, others: &Self) -> bool {
        match (self, others) {
            (Self::All, _) => true,
            (Self::Only(_), Self::All) => false,
            (Self::Only(own), Self::Only(others)) => others.is_subset(own),
        }
    }
}

/// The proof of a visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Via {
    /// None, because the server has no sign-in.
    Local,
    /// A session with this id.
    Session(String),
    /// A token with this id.
    Token(String),
    /// None, because it is a part of this server.
    Server,
}

/// A person or program that sent a request, with its rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    name: String,
    /// The identity, which no other visitor has; empty for one without.
    subject: String,
    role: Role,
    tenants: Tenants,
    via: Via,
}

impl Visitor {
    /// Returns the visitor of a server without sign-in, which other machines do not reach: it may do everything.
    #[must_use]
    pub fn local() -> Self {
        Self::new("local", Role::Admin, Tenants::All, Via::Local)
    }

    /// Returns a visitor that has shown a session or a token.
    #[must_use]
    pub fn new(name: &str, role: Role, tenants: Tenants, via: Via) -> Self {
        Self { name: name.to_owned(), subject: String::new(), role, tenants, via }
    }

    /// Adds the identity: the issuer and the subject, the account, or the token.
    #[must_use]
    pub fn known_as(self, subject: &str) -> Self {
        Self { subject: subject.to_owned(), ..self }
    }

    /// Returns the visitor without these tenants; `None` if none is left.
    #[must_use]
    pub fn without(mut self, suspended: &BTreeSet<TenantId>) -> Option<Self> {
        if let Tenants::Only(tenants) = &mut self.tenants {
            tenants.retain(|tenant| !suspended.contains(tenant));
            if tenants.is_empty() {
                return None;
            }
        }
        Some(self)
    }

    /// Returns the name, which others see beside actions.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name with the identity, for the audit. People choose their names at the identity provider, so a name alone
    /// may be that of another person.
    #[must_use]
    pub fn signed(&self) -> String {
        match self.subject.as_str() {
            "" => self.name.clone(),
            subject => format!("{} ({subject})", self.name),
        }
    }

    /// Returns the role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns the tenants that the visitor sees.
    #[must_use]
    pub fn tenants(&self) -> &Tenants {
        &self.tenants
    }

    /// Returns whether the server has no sign-in, so that the name of the person is not known.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.via == Via::Local
    }

    /// Returns what the visitor has shown.
    #[must_use]
    pub fn via(&self) -> &Via {
        &self.via
    }
}
