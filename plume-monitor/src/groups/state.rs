//! The state of the groups of a tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_health::Status;
use serde::{Deserialize, Serialize};

use crate::groups::members::{Member, Members};
use crate::groups::policy::GroupPolicy;
use crate::groups::signal::HomeSignal;
use crate::home::HomeCondition;
use crate::ids::{GroupKey, HomeId, IncidentId, TenantId};
use crate::time::has_passed;
use crate::version;

/// The version of the [`TenantGroups`] format that this version of the crate writes.
pub const TENANT_GROUPS_VERSION: u32 = 1;

/// The time by which a signal may be late.
const LATE: Duration = Duration::from_secs(60);

/// The groups of one tenant: homes that were checked a short time ago or are in trouble, and open fleet incidents.
///
/// The memory grows with the checks of [`GroupPolicy::window`] and with the homes in trouble, not with the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TenantGroups {
    #[serde(deserialize_with = "version::read::<TENANT_GROUPS_VERSION, _>")]
    pub(super) version: u32,
    pub(super) tenant: TenantId,
    /// The number of fleet incidents so far.
    pub(super) count: u64,
    pub(super) homes: Members,
    pub(super) fleets: Vec<Fleet>,
    /// The groups whose homes were checked early, with the time.
    pub(super) pulled: Vec<(GroupKey, DateTime<Utc>)>,
}

/// An open fleet incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fleet {
    pub(super) id: IncidentId,
    pub(super) group: GroupKey,
    pub(super) since: DateTime<Utc>,
    /// The worst status that it announced. `None` in a state that was stored before statuses were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
    /// The number of homes in the last change.
    pub(super) homes: u64,
    /// The part of them that was not confirmed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) unconfirmed: u64,
    /// The most homes so far.
    pub(super) peak: u64,
    /// The start of the time with few homes in trouble.
    pub(super) few_since: Option<DateTime<Utc>>,
    /// The version of the incident: it grows with each further wave of homes.
    #[serde(default = "first_version")]
    pub(super) version: u32,
    /// The start of the last wave. `None` in a state that was stored before waves were.
    #[serde(default)]
    pub(super) wave_since: Option<DateTime<Utc>>,
    /// Whether its homes are in maintenance windows. Others do not join it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) planned: bool,
    /// Whether homes that were in trouble at their first checks join it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) has_found: bool,
    /// Whether all homes were in trouble at their first checks when it opened.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) from_before: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn first_version() -> u32 {
    1
}

impl TenantGroups {
    /// Returns the groups of a tenant, without homes.
    #[must_use]
    pub fn new(tenant: TenantId) -> Self {
        Self {
            version: TENANT_GROUPS_VERSION,
            tenant,
            count: 0,
            homes: Members::default(),
            fleets: Vec::new(),
            pulled: Vec::new(),
        }
    }

    /// Returns the tenant.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Returns the groups with an open fleet incident.
    pub fn open(&self) -> impl Iterator<Item = (&GroupKey, &IncidentId)> {
        self.fleets.iter().map(|fleet| (&fleet.group, &fleet.id))
    }

    /// Returns the homes whose messages each open fleet incident replaces.
    #[must_use]
    pub fn replaced(&self) -> BTreeMap<IncidentId, BTreeSet<HomeId>> {
        let mut replaced: BTreeMap<IncidentId, BTreeSet<HomeId>> = BTreeMap::new();
        for (home, fleet) in self.homes.linked() {
            replaced.entry(fleet.clone()).or_default().insert(home.clone());
        }
        replaced
    }

    /// Records a check of a home. A signal that is older than the last one of the home is ignored, unless it is older by
    /// more than a minute: then the clock was set back.
    pub fn observe(&mut self, signal: &HomeSignal) {
        let before = self.homes.get(&signal.home);
        let is_late = |before: &Member| {
            before.checked_at > signal.at && !has_passed(signal.at, before.checked_at, LATE)
        };
        if before.is_some_and(is_late) {
            return;
        }
        if signal.condition == HomeCondition::Unknown && before.is_some_and(Member::is_in_trouble) {
            // Missing data neither confirms trouble nor ends it.
            return;
        }
        let mut member = Member {
            groups: signal.groups.clone(),
            condition: signal.condition,
            status: signal.status,
            checked_at: signal.at,
            since: signal.since,
            before: signal.before,
            window: signal.window,
            confirmed_at: None,
            incident: signal.incident.clone(),
            fleet: None,
            explained: None,
            late: false,
            linked: false,
            waits: false,
            from_before: signal.from_before,
            in_maintenance: signal.in_maintenance,
            released_at: None,
        };
        if signal.confirmed {
            member.confirmed_at = Some(signal.at);
        }
        // A milder incident stays linked, so that it is neither forgotten at the end of the fleet incident nor silent if
        // it gets worse.
        let stays = |before: &&Member| {
            member.is_in_trouble()
                || (before.linked && member.incident.is_some() && before.incident == member.incident)
        };
        if let Some(before) = before.filter(stays) {
            let has_eased = signal.confirmed || !member.is_in_trouble();
            member.fleet.clone_from(&before.fleet);
            member.late = before.late;
            member.explained =
                before.explained.map(|status| if has_eased { status.max(member.status) } else { status });
            let is_same = before.incident == member.incident;
            if member.is_in_trouble() {
                member.released_at = before.released_at;
            }
            if before.is_silent() && member.is_silent() {
                (member.since, member.window) = (before.since, before.window);
            }
            member.linked = before.linked && is_same;
            // A home that is orange and turns red is in new trouble.
            if before.since == member.since {
                member.before = before.before;
                member.waits = before.waits && is_same;
                member.confirmed_at = before.confirmed_at.or(member.confirmed_at);
            }
        }
        self.homes.insert(signal.home.clone(), member);
    }

    /// Removes a home that was deleted or moved to another tenant.
    pub fn remove(&mut self, home: &HomeId) {
        self.homes.remove(home);
    }

    /// Handles a clock that was set back: what happened later than now happened now.
    pub(super) fn follow_clock(&mut self, now: DateTime<Utc>) {
        self.homes.follow_clock(now);
        let limit = |time: &mut DateTime<Utc>| *time = now.min(*time);
        for fleet in &mut self.fleets {
            fleet.few_since.iter_mut().chain(&mut fleet.wave_since).for_each(limit);
        }
        self.pulled.iter_mut().for_each(|(_, at)| limit(at));
    }

    /// Keeps the homes that are still the tenant's. Call it after a state was read that others may have outlived.
    pub fn retain(&mut self, is_member: impl FnMut(&HomeId) -> bool) {
        self.homes.retain(is_member);
    }

    /// Removes what no later decision needs.
    pub(super) fn forget(&mut self, policy: &GroupPolicy, now: DateTime<Utc>) {
        self.homes.forget(policy.window, now);
        self.pulled.retain(|(_, at)| !has_passed(*at, now, policy.window));
    }
}
