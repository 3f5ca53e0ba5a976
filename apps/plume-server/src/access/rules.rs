//! The rules that give a person of the identity provider a role and tenants.

use std::{collections::BTreeSet, fmt};

use plume::monitor::ids::TenantId;
use serde_json::{Map, Value};

use crate::access::role::Role;
use crate::access::visitor::Tenants;

/// The claims of a person, as the provider sent them.
pub type Claims = Map<String, Value>;

/// The claim with the address of a person, which counts only if the provider has verified it.
const ADDRESS: &str = "email";
const VERIFIED: &str = "email_verified";
/// A claim that is computed: the domain of a verified address.
const DOMAIN: &str = "email_domain";

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The claim, for example `groups`. `email` counts only if `email_verified` is true, and `email_domain` is its domain.
    pub claim: String,
    /// The value that the claim has, or that is in its list.
    pub value: String,
    /// The tenants that it gives.
    pub tenants: Tenants,
    /// The role that it gives.
    pub role: Role,
}

/// The rules in their order. The first one that matches counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules(Vec<Rule>);

/// The rights that a rule gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The tenants.
    pub tenants: Tenants,
    /// The role.
    pub role: Role,
    /// The number of the rule, counted from 1.
    pub rule: usize,
}

/// The reason why no rule matches. It contains no value of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denied {
    /// The provider sent none of the claims that the rules name.
    Missing(Vec<String>),
    /// The values of these claims are in no rule.
    Foreign(Vec<String>),
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(claims) if claims.is_empty() => f.write_str("there is no rule for access"),
            Self::Missing(claims) => {
                write!(f, "the identity provider sent none of the claims {}", claims.join(", "))
            }
            Self::Foreign(claims) => write!(f, "no rule for access matches {}", claims.join(", ")),
        }
    }
}

impl Rules {
    /// Returns rules in this order.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self(rules)
    }

    /// Decides about a person.
    ///
    /// # Errors
    ///
    /// [`Denied`] if no rule matches.
    pub fn decide(&self, claims: &Claims) -> Result<Granted, Denied> {
        let found = (1..).zip(&self.0).find(|(_, rule)| rule.matches(claims));
        if let Some((number, rule)) = found {
            return Ok(Granted { tenants: rule.tenants.clone(), role: rule.role, rule: number });
        }
        let mut names: Vec<String> = self.0.iter().map(|rule| rule.claim.clone()).collect();
        names.sort();
        names.dedup();
        let sent: Vec<String> = names.iter().filter(|name| is_sent(claims, name)).cloned().collect();
        Err(if sent.is_empty() { Denied::Missing(names) } else { Denied::Foreign(sent) })
    }

    /// Returns whether no claim that is missing could change the decision: no rule before the first match, or of all if none
    /// matches, names a claim that the provider has not sent.
    #[must_use]
    pub fn is_settled(&self, claims: &Claims) -> bool {
        let up_to_match = self.0.iter().position(|rule| rule.matches(claims)).unwrap_or(self.0.len());
        self.0.iter().take(up_to_match).all(|rule| is_sent(claims, &rule.claim))
    }

    /// Returns a line for each tenant that a rule names and that does not exist. `known` are the ids of all.
    #[must_use]
    pub fn unknown_tenants(&self, known: &[&str]) -> Vec<String> {
        let mut lines = Vec::new();
        for (index, rule) in self.0.iter().enumerate() {
            let Tenants::Only(tenants) = &rule.tenants else { continue };
            for tenant in tenants.iter().map(TenantId::as_str).filter(|id| !known.contains(id)) {
                let meant = plume_text::nearest(tenant, known.iter().copied());
                let meant = meant.map_or_else(String::new, |id| format!("; did you mean `{id}`?"));
                let shown = plume_text::on_screen(tenant);
                lines.push(format!(
                    "`access[{index}]` names the tenant `{shown}`, which does not exist{meant}"
                ));
            }
        }
        lines
    }

    /// Returns the names of the claims that the rules read.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        self.0.iter().map(|rule| rule.claim.clone()).collect()
    }

    /// Keeps the claims that the rules read, which a session has to store.
    #[must_use]
    pub fn read(&self, claims: &Claims) -> Claims {
        let is_read = |name: &str| {
            let has_address = |rule: &Rule| [ADDRESS, DOMAIN].contains(&rule.claim.as_str());
            self.0.iter().any(|rule| rule.claim == name || has_address(rule) && is_of_address(name))
        };
        claims
            .iter()
            .filter(|(name, _)| is_read(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

impl Rule {
    fn matches(&self, claims: &Claims) -> bool {
        if self.claim == DOMAIN {
            return domain(claims).is_some_and(|domain| domain.eq_ignore_ascii_case(&self.value));
        }
        if self.claim == ADDRESS && !is_verified(claims) {
            return false;
        }
        match claims.get(&self.claim) {
            Some(Value::String(value)) => *value == self.value,
            Some(Value::Array(values)) => values.iter().any(|value| value.as_str() == Some(&self.value)),
            _ => false,
        }
    }
}

fn is_of_address(name: &str) -> bool {
    matches!(name, ADDRESS | VERIFIED)
}

fn is_sent(claims: &Claims, name: &str) -> bool {
    match name {
        DOMAIN => domain(claims).is_some(),
        ADDRESS => is_verified(claims) && claims.contains_key(ADDRESS),
        _ => claims.contains_key(name),
    }
}

/// Returns whether the provider has verified the address. A person can claim any other.
fn is_verified(claims: &Claims) -> bool {
    claims.get(VERIFIED) == Some(&Value::Bool(true))
}

/// The domain of a verified address.
fn domain(claims: &Claims) -> Option<&str> {
    let (_, domain) = claims.get(ADDRESS)?.as_str()?.rsplit_once('@')?;
    (is_verified(claims) && !domain.is_empty()).then_some(domain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tenant_that_does_not_exist_is_named() {
        let rule = |tenants: Tenants| Rule {
            claim: "groups".to_owned(),
            value: "noc".to_owned(),
            tenants,
            role: Role::Viewer,
        };
        let only = |ids: &[&str]| Tenants::Only(ids.iter().map(|id| TenantId::new(*id)).collect());
        let rules = Rules::new(vec![rule(Tenants::All), rule(only(&["north", "soth"]))]);
        assert_eq!(
            rules.unknown_tenants(&["north", "south"]),
            ["`access[1]` names the tenant `soth`, which does not exist; did you mean `south`?"]
        );
    }

    fn rules() -> Rules {
        let rule = |claim: &str, value: &str, tenants, role| Rule {
            claim: claim.to_owned(),
            value: value.to_owned(),
            tenants,
            role,
        };
        let north = Tenants::Only([TenantId::new("north")].into());
        Rules::new(vec![
            rule("groups", "noc", Tenants::All, Role::Operator),
            rule("groups", "admins", Tenants::All, Role::Admin),
            rule("organization", "north", north.clone(), Role::Viewer),
            rule("email_domain", "north.example.net", north, Role::Viewer),
        ])
    }

    /// The rule of an address that matches, if any.
    fn granted_by_address(claims: Value) -> Option<usize> {
        let Value::Object(claims) = claims else { panic!("{claims}") };
        let rules = Rules::new(vec![Rule {
            claim: "email".to_owned(),
            value: "boss@example.net".to_owned(),
            tenants: Tenants::All,
            role: Role::Admin,
        }]);
        let granted = rules.decide(&claims);
        assert_eq!(rules.decide(&rules.read(&claims)), granted, "the kept claims decide the same");
        granted.ok().map(|granted| granted.rule)
    }

    fn decide(claims: Value) -> Result<(Role, usize), String> {
        let Value::Object(claims) = claims else { panic!("{claims}") };
        let kept = rules().read(&claims);
        let granted = rules().decide(&claims);
        assert_eq!(rules().decide(&kept), granted, "the kept claims decide the same");
        granted.map(|granted| (granted.role, granted.rule)).map_err(|denied| denied.to_string())
    }

    #[test]
    fn the_first_rule_that_matches_counts() {
        assert_eq!(decide(json!({"groups": ["admins", "noc"]})), Ok((Role::Operator, 1)));
        assert_eq!(decide(json!({"groups": "admins"})), Ok((Role::Admin, 2)));
        assert_eq!(decide(json!({"organization": "north", "groups": []})), Ok((Role::Viewer, 3)));
        let verified = json!({"email": "ada@North.example.net", "email_verified": true});
        assert_eq!(decide(verified), Ok((Role::Viewer, 4)));
    }

    #[test]
    fn a_claim_that_is_missing_is_only_unimportant_behind_the_first_match() {
        let settled = |claims: Value| rules().is_settled(claims.as_object().unwrap());
        assert!(settled(json!({"groups": "noc"})), "the first rule decides");
        assert!(!settled(json!({"organization": "north"})), "a group would come before");
        assert!(settled(json!({"organization": "north", "groups": []})));
        assert!(!settled(json!({"groups": [], "organization": "other"})), "an address could match");
        let verified =
            json!({"email": "a@example.net", "email_verified": true, "groups": [], "organization": ""});
        assert!(settled(verified), "nothing is missing");
    }

    #[test]
    fn none_or_a_missing_claim_or_an_address_that_is_not_verified_is_refused() {
        let missing = "the identity provider sent none of the claims email_domain, groups, organization";
        for claims in [
            json!({}),
            json!({"email": "eve@north.example.net"}),
            json!({"email": "eve@north.example.net", "email_verified": "true"}),
            json!({"email": "eve@north.example.net", "email_verified": false}),
            json!({"email": "north.example.net", "email_verified": true}),
            json!({"Groups": "noc"}),
        ] {
            assert_eq!(decide(claims.clone()), Err(missing.to_owned()), "{claims}");
        }
        for claims in [
            json!({"groups": ["NOC", "noc2", ["noc"], 1, null]}),
            json!({"groups": {"noc": true}}),
            json!({"groups": "noc,admins"}),
        ] {
            assert_eq!(decide(claims), Err("no rule for access matches groups".to_owned()));
        }
        for claims in [
            json!({"email": "boss@example.net"}),
            json!({"email": "boss@example.net", "email_verified": false}),
            json!({"email": "boss@example.net", "email_verified": "true"}),
            json!({"email": ["boss@example.net"], "email_verified": null}),
        ] {
            assert_eq!(granted_by_address(claims.clone()), None, "{claims}");
        }
        let verified = json!({"email": "boss@example.net", "email_verified": true});
        assert_eq!(granted_by_address(verified), Some(1));
        let other = json!({"email": "eve@example.net", "email_verified": true});
        assert_eq!(granted_by_address(other), None);
        let spoofed = json!({"email": "eve@north.example.net@evil.example.net", "email_verified": true});
        assert_eq!(decide(spoofed), Err("no rule for access matches email_domain".to_owned()));
        assert_eq!(
            Rules::default().decide(&Claims::new()).unwrap_err().to_string(),
            "there is no rule for access"
        );
    }
}
