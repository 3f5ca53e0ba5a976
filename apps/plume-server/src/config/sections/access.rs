//! The keys about people: `public_url`, `trusted_proxies`, the section `sign_in`, and the rules `[[access]]`.

use chrono::TimeDelta;
use plume::{auth::SecureUrl, monitor::ids::TenantId};

use crate::access::{ProviderSettings, Proxies, Role, Rule, Rules, SessionLimits, SignIn, Tenants};
use crate::config::values::Values;

const PUBLIC_URL: &str = "public_url";
const PROXIES: &str = "trusted_proxies";
const SECTION: &str = "sign_in";
const RULES: &str = "access";
const NO_SECTION: &str = "needs a section `sign_in`: without one, every visitor is an administrator";
const SCOPES: [&str; 3] = ["openid", "profile", "email"];

/// Reads the settings of sign-in; `None` without a section `sign_in`.
pub(in crate::config) fn read(values: &mut Values) -> Option<SignIn> {
    let is_present = values.has(SECTION);
    let rule_tables = values.tables(RULES);
    let public_origin = public_origin(values);
    let proxies = Proxies::parse(&values.take_list(PROXIES)).unwrap_or_else(|_| {
        values.report(PROXIES, "must be a list of addresses and networks, for example [\"10.0.0.0/8\"]");
        Proxies::default()
    });
    let limits = limits(values);
    let with_accounts = values.take_or("sign_in.accounts", false);
    let provider = provider(values);
    let rules = rules(values, &rule_tables);
    if !is_present {
        // Otherwise a forgotten section would open the dashboard to everyone who reaches it.
        for (key, is_given) in [
            (PUBLIC_URL, values.has_taken(PUBLIC_URL)),
            (PROXIES, values.has_taken(PROXIES)),
            (RULES, !rule_tables.is_empty()),
        ] {
            if is_given {
                values.report(key, NO_SECTION);
            }
        }
        return None;
    }
    match &provider {
        Some(_) if public_origin.is_none() && !values.concern(PUBLIC_URL) => {
            values
                .report("sign_in.issuer", "needs `public_url`, the address that the provider leads back to");
        }
        None if !with_accounts && !values.concern(SECTION) => {
            values.report(SECTION, "needs `issuer` and `client_id`, or `accounts = true`");
        }
        _ => {}
    }
    Some(SignIn { provider, rules: Rules::new(rules), limits, public_origin, proxies })
}

fn public_origin(values: &mut Values) -> Option<String> {
    let url: SecureUrl = values.take(PUBLIC_URL)?;
    let text = url.as_str().trim_end_matches('/');
    if text.matches('/').count() != 2 {
        values.report(PUBLIC_URL, "must end after the host: the dashboard is at the root of its host");
        return None;
    }
    Some(text.to_owned())
}

fn limits(values: &mut Values) -> SessionLimits {
    let standard = SessionLimits::default();
    let minutes = values.take_or("sign_in.idle_minutes", 30_u32);
    let hours = values.take_or("sign_in.hours", 24_u32);
    for (key, given, most) in [("sign_in.idle_minutes", minutes, 24 * 60), ("sign_in.hours", hours, 30 * 24)]
    {
        if given == 0 || given > most {
            values.report(key, &format!("must be from 1 to {most}"));
        }
    }
    SessionLimits {
        idle: TimeDelta::try_minutes(minutes.into()).unwrap_or(standard.idle),
        absolute: TimeDelta::try_hours(hours.into()).unwrap_or(standard.absolute),
    }
}

fn provider(values: &mut Values) -> Option<ProviderSettings> {
    let issuer: Option<SecureUrl> = values.take("sign_in.issuer");
    let client_id: Option<String> = values.take("sign_in.client_id");
    let secret = values.take_secret("sign_in.client_secret");
    let mut scopes = values.take_list("sign_in.scopes");
    if scopes.is_empty() {
        scopes = SCOPES.map(str::to_owned).to_vec();
    } else if !scopes.iter().any(|scope| scope == "openid") {
        values.report("sign_in.scopes", "must contain \"openid\"");
    }
    match (issuer, client_id) {
        (Some(issuer), Some(client_id)) => Some(ProviderSettings {
            issuer,
            client_id,
            client_secret: secret.map(|secret| secret.expose().into()),
            scopes,
        }),
        (Some(_), None) if !values.concern("sign_in.client_id") => {
            values.report("sign_in.issuer", "needs `sign_in.client_id`");
            None
        }
        _ => None,
    }
}

fn rules(values: &mut Values, tables: &[String]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for prefix in tables {
        let key = |name: &str| format!("{prefix}{name}");
        let claim: Option<String> = values.take(&key("claim"));
        let value: Option<String> = values.take(&key("value"));
        let role: Option<String> = values.take(&key("role"));
        let tenants = values.take_list(&key("tenants"));
        let known = role.as_deref().and_then(Role::of);
        if role.is_some() && known.is_none() {
            values.report(&key("role"), "must be viewer, operator or admin");
        }
        for (name, is_given) in [
            ("claim", claim.is_some()),
            ("value", value.is_some()),
            ("tenants", !tenants.is_empty()),
            ("role", role.is_some()),
        ] {
            if is_given || values.concern(&key(name)) {
                continue;
            }
            match values.has_taken(&key(name)) {
                true => values.report(&key(name), "gives no tenant; list their ids, or [\"*\"] for all"),
                false => values.report(prefix.trim_end_matches('.'), &format!("needs `{name}`")),
            }
        }
        if let (Some(claim), Some(value), Some(role), false) = (claim, value, known, tenants.is_empty()) {
            let tenants = match tenants.iter().any(|tenant| tenant == "*") {
                true => Tenants::All,
                false => Tenants::Only(tenants.into_iter().map(TenantId::new).collect()),
            };
            rules.push(Rule { claim, value, tenants, role });
        }
    }
    rules
}
