//! How a tenant stands, and why something was not done for one.

use std::{error::Error, fmt, time::SystemTime};

use crate::credential::Scope;
use crate::provider::AuthErrorKind;
use crate::registry::account::TenantId;

/// How a tenant stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TenantStatus {
    /// The tenant.
    pub tenant: TenantId,
    /// The host of the token endpoint.
    pub host: String,
    /// What the tokens are for.
    pub scope: Scope,
    /// Whether a token is being fetched.
    pub fetching: bool,
    /// How many fetches were begun.
    pub fetches: u32,
    /// When the newest token runs out by the wall clock.
    pub expires_at: Option<SystemTime>,
    /// Why the last fetch gave no token.
    pub failure: Option<AuthErrorKind>,
}

/// Why a [`TokenRegistry`](crate::TokenRegistry) did not do what it was asked.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistryError {
    /// The tenant is signed in with another account.
    OtherAccount,
    /// No such tenant is signed in.
    Unknown,
    /// The URLs lead to a host for which the credential was not entered.
    CredentialNeeded,
    /// There is no room, and everybody is in use.
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
    /// The next step to take, in one line.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::OtherAccount => "Replace the account, or sign out first.",
            Self::Unknown => "Sign in first.",
            Self::CredentialNeeded => "Enter the credential again for the new host.",
            Self::Full => "Try again later, or raise the capacity of the registry.",
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
