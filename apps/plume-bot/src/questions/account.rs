//! An account of `/auth`.

use std::fmt;

use plume::{auth::SecureUrl, types::PartnerId};
use secrecy::SecretString;

/// The account of a user.
#[derive(Clone)]
pub struct Account {
    pub sso: SecureUrl,
    /// The authorization header, as entered.
    pub header: SecretString,
    pub partner: PartnerId,
    pub api: SecureUrl,
    /// The base of the reports, if there is one.
    pub reports: Option<SecureUrl>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("sso", &self.sso).field("api", &self.api).finish_non_exhaustive()
    }
}
