//! The homes of a monitor.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::home::HomeState;
use crate::ids::{GroupKey, GroupKind, HomeId, TenantId};

/// The properties of a home.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HomeProfile {
    /// The home.
    pub home: HomeId,
    /// Its owner.
    pub tenant: TenantId,
    /// Its tags, for routes.
    #[serde(default)]
    pub tags: Vec<Box<str>>,
    /// Its groups: firmware, model and region. The group of the tenant is added.
    #[serde(default)]
    pub groups: Vec<GroupKey>,
    /// Its maintenance windows.
    #[serde(default)]
    pub maintenance: Calendar,
    /// The owner of the credential that reads the home, if it is not the tenant. A refused credential is one incident of
    /// its owner, whatever the number of tenants that use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<TenantId>,
}

impl HomeProfile {
    /// Returns the profile of a home without tags and groups.
    #[must_use]
    pub fn new(home: impl Into<HomeId>, tenant: impl Into<TenantId>) -> Self {
        Self {
            home: home.into(),
            tenant: tenant.into(),
            tags: Vec::new(),
            groups: Vec::new(),
            maintenance: Calendar::new(),
            credential: None,
        }
    }

    /// Returns the owner of the credential.
    pub(super) fn owner(&self) -> &TenantId {
        self.credential.as_ref().unwrap_or(&self.tenant)
    }

    /// Returns all groups of the home.
    pub(super) fn all_groups(&self) -> Vec<GroupKey> {
        let own = self.groups.iter().filter(|group| group.kind != GroupKind::Tenant).cloned();
        own.chain([GroupKey::new(GroupKind::Tenant, self.tenant.as_str())]).collect()
    }
}

/// A home with its state.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub(super) profile: HomeProfile,
    pub(super) state: HomeState,
}

/// The homes, by id and by group.
#[derive(Debug, Clone, Default)]
pub(super) struct Homes {
    by_id: BTreeMap<HomeId, Home>,
    by_group: BTreeMap<(TenantId, GroupKey), BTreeSet<HomeId>>,
    /// The number of homes that use the credential of an owner.
    by_owner: BTreeMap<TenantId, usize>,
}

impl Homes {
    pub(super) fn get(&self, home: &HomeId) -> Option<&Home> {
        self.by_id.get(home)
    }

    pub(super) fn get_mut(&mut self, home: &HomeId) -> Option<&mut Home> {
        self.by_id.get_mut(home)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Home> {
        self.by_id.values()
    }

    pub(super) fn insert(&mut self, home: Home) {
        self.remove(&home.profile.home);
        for group in home.profile.all_groups() {
            let homes = self.by_group.entry((home.profile.tenant.clone(), group)).or_default();
            homes.insert(home.profile.home.clone());
        }
        *self.by_owner.entry(home.profile.owner().clone()).or_default() += 1;
        self.by_id.insert(home.profile.home.clone(), home);
    }

    pub(super) fn remove(&mut self, home: &HomeId) -> Option<Home> {
        let removed = self.by_id.remove(home)?;
        for group in removed.profile.all_groups() {
            let key = (removed.profile.tenant.clone(), group);
            if let Some(homes) = self.by_group.get_mut(&key) {
                homes.remove(home);
                if homes.is_empty() {
                    self.by_group.remove(&key);
                }
            }
        }
        if let Some(homes) = self.by_owner.get_mut(removed.profile.owner()) {
            *homes = homes.saturating_sub(1);
            if *homes == 0 {
                self.by_owner.remove(removed.profile.owner());
            }
        }
        Some(removed)
    }

    pub(super) fn is_used(&self, owner: &TenantId) -> bool {
        self.by_owner.contains_key(owner)
    }

    /// Returns the homes of a group whose last check is the oldest.
    pub(super) fn oldest(&self, tenant: &TenantId, group: &GroupKey, most: u32) -> Vec<HomeId> {
        let homes = self.by_group.get(&(tenant.clone(), group.clone())).into_iter().flatten();
        let mut homes: Vec<_> =
            homes.filter_map(|id| Some((self.by_id.get(id)?.state.last_at(), id))).collect();
        homes.sort_unstable();
        homes
            .into_iter()
            .take(usize::try_from(most).unwrap_or(usize::MAX))
            .map(|(_, id)| id.clone())
            .collect()
    }
}
