//! The providers with their customers, and the ownership of resources.
//!
//! **Handlers know one provider.** Responses for other providers are rewritten in one place (this file), so a new
//! route cannot omit it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::request::Parts;
use serde_json::Value;

use crate::http::{Pairs, arguments, location_of, texts};
use crate::oauth::TokenStatus;
use crate::world::{Identity, LocationKey, World, bare_mac, customer_number};

/// A provider and its customers.
pub(crate) struct Tenant {
    pub(crate) identity: Identity,
    pub(crate) seed: u64,
    world: Mutex<World>,
}

impl Tenant {
    pub(crate) fn new(identity: Identity, world: World) -> Self {
        Self { identity, seed: world.seed, world: Mutex::new(world) }
    }

    /// Returns the world as it is at `now`.
    pub(crate) fn world(&self, now: i64) -> MutexGuard<'_, World> {
        let mut world = self.lock();
        world.now = now;
        world
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name that belongs to no tenant of a [`Simulator`](crate::Simulator). The message lists every name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown tenant {name:?} (known: {})", quoted(.known))]
pub struct UnknownTenant {
    name: String,
    known: Vec<String>,
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

/// All providers; there is at least one.
pub(crate) struct Tenants {
    all: Vec<Tenant>,
    identities: Vec<Identity>,
}

impl Tenants {
    pub(crate) fn new(all: Vec<Tenant>) -> Self {
        let identities = all.iter().map(|tenant| tenant.identity.clone()).collect();
        Self { all, identities }
    }

    pub(crate) fn named(&self, name: &str) -> Result<&Tenant, UnknownTenant> {
        self.all.iter().find(|tenant| tenant.identity.partner_name == name).ok_or_else(|| UnknownTenant {
            name: name.to_owned(),
            known: self.identities.iter().map(|identity| identity.partner_name.clone()).collect(),
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Tenant> {
        self.all.iter()
    }

    pub(crate) fn get(&self, tenant: usize) -> Option<&Tenant> {
        self.all.get(tenant)
    }

    pub(crate) fn identities(&self) -> &[Identity] {
        &self.identities
    }

    /// Returns whether the path of a request with one provider's token names a resource of another one.
    pub(crate) fn is_foreign_path(
        &self,
        token_status: TokenStatus,
        parameters: &[(&'static str, String)],
    ) -> bool {
        let Some(tenant) = self.of_sight(token_status) else { return false };
        // An unknown customer has no resources, so the response is the same for all providers.
        let nowhere = parameters.iter().any(|(name, value)| *name == "id" && self.owner_of(value).is_none());
        !nowhere
            && parameters.iter().any(|(name, value)| names_a_thing(name) && self.is_strange(tenant, value))
    }

    /// Returns whether query or body of a request with one provider's token names a resource of another one.
    pub(crate) fn names_foreign(&self, token_status: TokenStatus, head: &Parts, body: &[u8]) -> bool {
        let Some(tenant) = self.of_sight(token_status) else { return false };
        let pairs = Pairs::parse(head.uri.query().unwrap_or_default());
        let any_strange = |value: &Value| texts(Some(value)).iter().any(|text| self.is_strange(tenant, text));
        pairs.iter().any(|(name, value)| names_a_thing(name) && any_strange(&Value::from(value)))
            || arguments(&head.headers, body).is_ok_and(|map| map.values().any(any_strange))
    }

    /// Returns the tenant of a token. `None` with a single tenant, where nothing can be confused.
    fn of_sight(&self, token_status: TokenStatus) -> Option<usize> {
        match token_status {
            TokenStatus::Known { tenant, .. } if self.all.len() > 1 => Some(tenant),
            _ => None,
        }
    }

    fn is_strange(&self, tenant: usize, id: &str) -> bool {
        self.owner_of(id).is_some_and(|owner| owner != tenant)
    }

    /// Returns the tenant whose partner, customer, location, node or device has this id.
    fn owner_of(&self, id: &str) -> Option<usize> {
        if let Some(tenant) = self.identities.iter().position(|identity| identity.partner_id == id) {
            return Some(tenant);
        }
        let of_key = |key: LocationKey| key.customer;
        let number = customer_number(id)
            .or_else(|| LocationKey::from_id(id).map(of_key))
            .or_else(|| LocationKey::from_serial(id).map(of_key))
            .or_else(|| LocationKey::from_bare_mac(&bare_mac(id)).map(of_key))
            .or_else(|| LocationKey::from_id(&location_of(id)?).map(of_key))?;
        self.all.iter().position(|tenant| tenant.lock().customer(number).is_some())
    }
}

/// Returns whether the parameter with this name is the id of a resource. The text of a search is not.
fn names_a_thing(name: &str) -> bool {
    !["keyword", "email", "searchString"].contains(&name)
}
