//! The status of a tenant, and the errors of a registry.

use std::{error::Error, fmt};

use chrono::{DateTime, Utc};

use crate::credential::Scope;
use crate::provider::AuthErrorKind;
use crate::registry::account::TenantId;

/// The status of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TenantStatus {
    /// The tenant.
    pub tenant: TenantId,
    /// The host of the token endpoint.
    pub host: String,
    /// The scope of the tokens.
    pub scope: Scope,
    /// Whether a token is being fetched.
    pub fetching: bool,
    /// The number of fetches that were begun.
    pub fetches: u32,
    /// The expiry of the newest token by the wall clock.
    pub expires_at: Option<DateTime<Utc>>,
    /// The class of the error of the last fetch, if it failed.
    pub failure: Option<AuthErrorKind>,
}

/// The reason why a [`TokenRegistry`](crate::TokenRegistry) refused an operation. `{:?}` is the text and the
/// [help](RegistryError::help).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RegistryError {
    /// The tenant is signed in with another account.
    OtherAccount,
    /// The tenant is not signed in.
    Unknown,
    /// The URLs have a host for which the credential was not entered.
    CredentialNeeded,
    /// The registry is full, and all tenants are in use.
    Full,
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherAccount => "the tenant is signed in with another account",
            Self::Unknown => "the tenant is not signed in",
            Self::CredentialNeeded => "the credential was entered for another host than that of the new URL",
            Self::Full => "the registry is full: all of its tenants are in use",
        })
    }
}

impl RegistryError {
    /// Returns the next step to take, in one line.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::OtherAccount => "Replace the account, or sign out first.",
            Self::Unknown => "Sign in first.",
            Self::CredentialNeeded => "Enter the credential again for the new host.",
            Self::Full => "Retry later, or raise the capacity of the registry.",
        }
    }
}

impl fmt::Debug for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return plume_text::write_report(f, self, Some(self.help()));
        }
        f.write_str(match self {
            Self::OtherAccount => "OtherAccount",
            Self::Unknown => "Unknown",
            Self::CredentialNeeded => "CredentialNeeded",
            Self::Full => "Full",
        })
    }
}

impl Error for RegistryError {}
