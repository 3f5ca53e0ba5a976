//! The names that people gave to tenants and homes, for texts. Documents for programs keep the ids.

use std::collections::BTreeMap;

use plume::monitor::{
    ids::{GroupKind, HomeId, TenantId},
    incident::Scope,
};

use crate::notify::content::body::Body;
use crate::worker::Letter;

/// The names of a tenant and of some of its homes.
#[derive(Debug, Clone, Default)]
pub struct Names {
    tenant: Option<(TenantId, String)>,
    homes: BTreeMap<HomeId, String>,
}

impl Names {
    /// Creates the names of a tenant.
    #[must_use]
    pub fn of_tenant(tenant: TenantId, name: impl Into<String>) -> Self {
        Self { tenant: Some((tenant, name.into())), homes: BTreeMap::new() }
    }

    /// Adds the name of a home.
    pub fn add_home(&mut self, home: HomeId, name: impl Into<String>) {
        self.homes.insert(home, name.into());
    }

    /// Returns the homes that a message names.
    #[must_use]
    pub fn homes_of(body: &Body) -> Vec<HomeId> {
        let scopes: Vec<&Scope> = match body {
            Body::Letter(Letter::Message(message)) => vec![&message.scope],
            Body::Letter(Letter::Digest { digest }) => {
                digest.entries.iter().map(|entry| &entry.scope).collect()
            }
            Body::Notice { .. } | Body::Summary { .. } => Vec::new(),
        };
        let home = |scope: &Scope| match scope {
            Scope::Home(home) => Some(home.clone()),
            _ => None,
        };
        scopes.into_iter().filter_map(home).collect()
    }

    /// Returns a scope with names instead of ids.
    pub(super) fn scope(&self, scope: &Scope) -> Scope {
        match scope {
            Scope::Home(home) => Scope::Home(
                self.homes.get(home).map_or_else(|| home.clone(), |name| HomeId::new(name.as_str())),
            ),
            Scope::Group(group) if group.kind == GroupKind::Tenant => {
                let mut group = group.clone();
                group.value = self.tenant(group.value.as_ref()).into();
                Scope::Group(group)
            }
            other => other.clone(),
        }
    }

    /// Returns the name of a tenant, or its id.
    pub(in crate::notify) fn tenant<'a>(&'a self, id: &'a str) -> &'a str {
        let named = self.tenant.as_ref().filter(|(tenant, _)| tenant.as_str() == id);
        named.map_or(id, |(_, name)| name)
    }

    /// Returns the line that names the tenant, unless the title does.
    pub(super) fn line(&self, scope: &Scope) -> Option<String> {
        let (_, name) = self.tenant.as_ref()?;
        match scope {
            Scope::Home(_) => Some(format!("Tenant: {name}")),
            Scope::Group(group) if group.kind != GroupKind::Tenant => Some(format!("Tenant: {name}")),
            _ => None,
        }
    }
}
