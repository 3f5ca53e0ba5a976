//! A person or program that sent a request.

use std::collections::BTreeSet;

use plume::monitor::ids::TenantId;

use crate::access::role::Role;

/// The tenants that a visitor sees.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
}

/// A person or program that sent a request, with its rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    name: String,
    role: Role,
    tenants: Tenants,
    is_local: bool,
}

impl Visitor {
    /// Returns the visitor of a server without sign-in, which other machines do not reach: it may do everything.
    #[must_use]
    pub fn local() -> Self {
        Self { name: "local".to_owned(), role: Role::Admin, tenants: Tenants::All, is_local: true }
    }

    /// Returns a visitor that has signed in.
    #[must_use]
    pub fn new(name: impl Into<String>, role: Role, tenants: Tenants) -> Self {
        Self { name: name.into(), role, tenants, is_local: false }
    }

    /// Returns the name, which others see beside actions.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
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
        self.is_local
    }
}
