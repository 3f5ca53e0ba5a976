//! The documents of sessions and tokens.

use std::collections::BTreeSet;

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

/// A token is refused whose creator the provider has not confirmed for this time.
const UNCONFIRMED: TimeDelta = TimeDelta::days(30);

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
    /// The names of the claims that the rules read at the sign-in. Rules that read others need a new sign-in.
    pub read: BTreeSet<String>,
    /// The time of the sign-in.
    pub created: DateTime<Utc>,
    /// The time at which the provider last let the person in.
    pub confirmed: DateTime<Utc>,
    /// The address of the browser at the sign-in.
    pub address: String,
}

impl Session {
    /// Returns the visitor, by the rules of now; `None` if they refuse the person.
    #[must_use]
    pub fn visitor(&self, id: &str, rules: &Rules) -> Option<Visitor> {
        let (role, tenants) = match &self.claims {
            None => (Role::Admin, Tenants::All),
            Some(_) if !rules.names().is_subset(&self.read) => return None,
            Some(claims) => rules.decide(claims).map(|granted| (granted.role, granted.tenants)).ok()?,
        };
        Some(Visitor::new(&self.name, role, tenants, Via::Session(id.to_owned())).known_as(&self.subject))
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
            Some(_) if !rules.names().is_subset(&self.read) => "the rules have changed".to_owned(),
            Some(Ok(granted)) => format!("access rule {}", granted.rule),
            Some(Err(denied)) => denied.to_string(),
        }
    }
}

/// A token for the API. It never has more rights than its creator has now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// The purpose, which people entered.
    pub name: String,
    /// The creator, with the claims and the confirmation of the person's latest session.
    pub by: Session,
    /// The role.
    pub role: Role,
    /// The tenants.
    pub tenants: Tenants,
    /// The time of its creation.
    pub created: DateTime<Utc>,
}

impl ApiToken {
    /// Returns whether the provider has confirmed the creator within the last 30 days. An account of this server has no provider.
    #[must_use]
    pub fn is_confirmed(&self, now: DateTime<Utc>) -> bool {
        self.by.claims.is_none() || now.signed_duration_since(self.by.confirmed) < UNCONFIRMED
    }

    /// Returns the visitor, by the rules of now; `None` if they refuse the creator.
    #[must_use]
    pub fn visitor(&self, id: &str, rules: &Rules) -> Option<Visitor> {
        let creator = self.by.visitor("", rules)?;
        let tenants = self.tenants.and(creator.tenants())?;
        let (name, role) = (format!("token {}", self.name), self.role.min(creator.role()));
        let short: String = id.chars().take(8).collect();
        let subject = format!("token {short} of {}", self.by.subject);
        Some(Visitor::new(&name, role, tenants, Via::Token(id.to_owned())).known_as(&subject))
    }
}

/// An account with a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The hash of the password, with its salt and parameters.
    pub hash: String,
}

#[cfg(test)]
mod tests {
    use plume::monitor::ids::TenantId;
    use serde_json::json;

    use super::*;
    use crate::access::rules::Rule;

    fn rules(rows: &[(&str, &str, &[&str], Role)]) -> Rules {
        let rule = |(claim, value, tenants, role): &(&str, &str, &[&str], Role)| Rule {
            claim: (*claim).to_owned(),
            value: (*value).to_owned(),
            tenants: Tenants::Only(tenants.iter().map(|tenant| TenantId::new(*tenant)).collect()),
            role: *role,
        };
        Rules::new(rows.iter().map(rule).collect())
    }

    fn session(rules: &Rules) -> Session {
        Session {
            name: "Ada (account root)".to_owned(),
            subject: "https://id.example.net 42".to_owned(),
            claims: json!({"groups": ["noc"]}).as_object().cloned(),
            read: rules.names(),
            created: DateTime::UNIX_EPOCH,
            confirmed: DateTime::UNIX_EPOCH,
            address: "192.0.2.1".to_owned(),
        }
    }

    #[test]
    fn changed_rules_count_at_once_and_those_that_read_another_claim_need_a_new_sign_in() {
        let first = rules(&[("groups", "noc", &["north"], Role::Admin)]);
        let session = session(&first);
        assert_eq!(session.visitor("", &first).unwrap().role(), Role::Admin);
        let lower = rules(&[("groups", "noc", &["north"], Role::Viewer)]);
        assert_eq!(session.visitor("", &lower).unwrap().role(), Role::Viewer);
        assert_eq!(session.visitor("", &rules(&[("groups", "other", &["north"], Role::Admin)])), None);
        // The session does not know whether this person is a contractor.
        let further = rules(&[
            ("contract", "external", &["north"], Role::Viewer),
            ("groups", "noc", &["north"], Role::Admin),
        ]);
        assert_eq!(session.visitor("", &further), None);
        assert_eq!(session.rule(&further), "the rules have changed");
    }

    #[test]
    fn a_token_has_no_more_rights_than_its_creator_has_now() {
        let first = rules(&[("groups", "noc", &["north", "south"], Role::Admin)]);
        let token = ApiToken {
            name: "script".to_owned(),
            by: session(&first),
            role: Role::Operator,
            tenants: Tenants::Only([TenantId::new("south")].into()),
            created: DateTime::UNIX_EPOCH,
        };
        let rights = |rules: &Rules| {
            let visitor = token.visitor("0123456789", rules)?;
            Some((visitor.role(), visitor.tenants().clone()))
        };
        assert_eq!(rights(&first), Some((Role::Operator, token.tenants.clone())));
        let lower = rules(&[("groups", "noc", &["north", "south"], Role::Viewer)]);
        assert_eq!(rights(&lower), Some((Role::Viewer, token.tenants.clone())));
        assert_eq!(rights(&rules(&[("groups", "noc", &["north"], Role::Admin)])), None);
        assert_eq!(rights(&Rules::default()), None);
        let days = |days| DateTime::UNIX_EPOCH + TimeDelta::days(days);
        assert!(token.is_confirmed(days(29)) && !token.is_confirmed(days(30)));
        let of_account = Session { claims: None, ..token.by.clone() };
        assert!(ApiToken { by: of_account, ..token }.is_confirmed(days(300)), "it has no provider");
    }

    #[test]
    fn a_name_does_not_hide_the_identity() {
        let rules = rules(&[("groups", "noc", &["north"], Role::Admin)]);
        let signed = session(&rules).visitor("", &rules).unwrap().signed();
        assert_eq!(signed, "Ada (account root) (https://id.example.net 42)");
        assert_eq!(session(&rules).account(), None);
        let own = Session { claims: None, subject: Session::subject_of("root"), ..session(&rules) };
        assert_eq!(own.account(), Some("root"));
    }
}
