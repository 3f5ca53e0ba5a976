//! The documents of sessions and tokens.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::access::role::Role;
use crate::access::rules::{Claims, Rules};
use crate::access::visitor::{Tenants, Via, Visitor};

/// The limits of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// The time without a request after which a session ends.
    pub idle: TimeDelta,
    /// The time after which a session ends in any case.
    pub absolute: TimeDelta,
}

impl Default for SessionLimits {
    /// 30 minutes without a request, 24 hours in any case.
    fn default() -> Self {
        Self { idle: TimeDelta::minutes(30), absolute: TimeDelta::hours(24) }
    }
}

/// The start of the subject of sessions of an account.
const ACCOUNT: &str = "account ";

/// A session of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The name that others see.
    pub name: String,
    /// The identity: the issuer and the subject, or `account NAME`.
    pub subject: String,
    /// The claims that the rules read; `None` for an account of this server, which is an administrator.
    pub claims: Option<Claims>,
    /// The time of the sign-in.
    pub created: DateTime<Utc>,
    /// The address of the browser at the sign-in.
    pub address: String,
}

impl Session {
    /// Returns the visitor, by the rules of now; `None` if they refuse the person.
    #[must_use]
    pub fn visitor(&self, id: &str, rules: &Rules) -> Option<Visitor> {
        let (role, tenants) = match &self.claims {
            None => (Role::Admin, Tenants::All),
            Some(claims) => rules.decide(claims).map(|granted| (granted.role, granted.tenants)).ok()?,
        };
        Some(Visitor::new(&self.name, role, tenants, Via::Session(id.to_owned())))
    }

    /// Returns the subject of the sessions of an account.
    #[must_use]
    pub fn subject_of(account: &str) -> String {
        format!("{ACCOUNT}{account}")
    }

    /// Returns the name of the account of this server, if the person signed in with one.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.claims.is_none().then(|| self.subject.strip_prefix(ACCOUNT))?
    }

    /// Returns the words for the rule that lets the person in.
    #[must_use]
    pub fn rule(&self, rules: &Rules) -> String {
        match self.claims.as_ref().map(|claims| rules.decide(claims)) {
            None => "account of this server".to_owned(),
            Some(Ok(granted)) => format!("access rule {}", granted.rule),
            Some(Err(denied)) => denied.to_string(),
        }
    }
}

/// A token for the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// The purpose, which people entered.
    pub name: String,
    /// The person who created it.
    pub by: String,
    /// The role.
    pub role: Role,
    /// The tenants.
    pub tenants: Tenants,
    /// The time of its creation.
    pub created: DateTime<Utc>,
    /// Whether it was used. The time is that of its pass.
    pub is_used: bool,
}

impl ApiToken {
    /// Returns the visitor.
    #[must_use]
    pub fn visitor(&self, id: &str) -> Visitor {
        Visitor::new(
            &format!("token {}", self.name),
            self.role,
            self.tenants.clone(),
            Via::Token(id.to_owned()),
        )
    }
}

/// An account with a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The hash of the password, with its salt and parameters.
    pub hash: String,
}
