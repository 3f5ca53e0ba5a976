//! The homes that the decisions about groups remember.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_health::Status;
use plume_health::policy::span;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::groups::policy::GroupPolicy;
use crate::home::HomeCondition;
use crate::ids::{GroupKey, HomeId, IncidentId};
use crate::time::has_passed;

/// A home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) groups: Vec<GroupKey>,
    pub(super) condition: HomeCondition,
    pub(super) status: Status,
    pub(super) checked_at: DateTime<Utc>,
    /// The start of its trouble.
    pub(super) since: Option<DateTime<Utc>>,
    /// The time until which its checks before its trouble had data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<DateTime<Utc>>,
    /// Its window, if it is longer than that of the policy.
    #[serde(default, with = "span", skip_serializing_if = "Duration::is_zero")]
    pub(super) window: Duration,
    /// The first check that confirmed its trouble.
    pub(super) confirmed_at: Option<DateTime<Utc>>,
    pub(super) incident: Option<IncidentId>,
    /// The fleet incident that it belongs to.
    pub(super) fleet: Option<IncidentId>,
    /// The status that the fleet incident explains: the one with which it joined, or a milder one since then. `None` in
    /// a state that was stored before statuses were: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) explained: Option<Status>,
    /// Whether it joined after the time in which homes join, because it was found late.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) late: bool,
    /// Whether its own incident is linked to the fleet incident.
    pub(super) linked: bool,
    /// Whether the message about its own incident waits for the checks of other homes.
    #[serde(default)]
    pub(super) waits: bool,
    /// Whether it was never seen without its trouble.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) from_before: bool,
    /// Whether it is in a maintenance window.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) in_maintenance: bool,
    /// The time at which it left a fleet incident in trouble, because its maintenance window began or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) released_at: Option<DateTime<Utc>>,
}

impl Member {
    pub(super) fn is_in_trouble(&self) -> bool {
        matches!(self.condition, HomeCondition::Bad | HomeCondition::Suspect | HomeCondition::NoData)
    }

    /// Returns whether it is remembered however long ago its last check was.
    pub(super) fn is_followed(&self) -> bool {
        self.is_in_trouble() || self.linked
    }

    /// Returns whether no second check has confirmed its trouble.
    pub(super) fn is_unconfirmed(&self) -> bool {
        self.condition == HomeCondition::Suspect
    }

    /// Returns whether its trouble is that it gives no data.
    pub(super) fn is_silent(&self) -> bool {
        self.condition == HomeCondition::NoData
    }

    /// Returns the time within which such trouble of other homes is the same one.
    pub(super) fn window(&self, policy: &GroupPolicy) -> Duration {
        policy.window.max(self.window)
    }

    /// Returns the start of its trouble, or the begin or end of its maintenance window if that was later.
    pub(super) fn turned_at(&self) -> Option<DateTime<Utc>> {
        self.since.max(self.released_at)
    }

    /// Returns whether its trouble began within its window.
    pub(super) fn is_new(&self, policy: &GroupPolicy, now: DateTime<Utc>) -> bool {
        let window = self.window(policy);
        self.is_in_trouble() && self.turned_at().is_some_and(|since| !has_passed(since, now, window))
    }

    /// Returns whether its trouble began within the window, and no fleet incident explains it.
    pub(super) fn has_turned(&self, policy: &GroupPolicy, now: DateTime<Utc>) -> bool {
        !self.from_before && !self.is_explained() && self.is_new(policy, now)
    }

    /// Returns whether its first checks confirmed trouble a short time ago that no fleet incident explains. It counts when
    /// most of a window has passed, because the share of the homes in trouble is that of the first ones before.
    pub(super) fn was_found(&self, policy: &GroupPolicy, now: DateTime<Utc>) -> bool {
        let is_confirmed = self.is_in_trouble() && !self.is_unconfirmed();
        let (from, to) = (policy.window.saturating_mul(4) / 5, policy.window.saturating_mul(2));
        let is_time = |since| has_passed(since, now, from) && !has_passed(since, now, to);
        self.from_before && is_confirmed && !self.is_explained() && self.since.is_some_and(is_time)
    }

    /// Returns whether it may join a fleet incident.
    pub(super) fn may_join(&self, policy: &GroupPolicy, now: DateTime<Utc>) -> bool {
        self.has_turned(policy, now) || self.was_found(policy, now)
    }

    /// Returns whether it belongs to a fleet incident, and is not worse than when it joined.
    pub(super) fn is_explained(&self) -> bool {
        self.fleet.is_some() && self.explained.is_none_or(|status| status <= self.status)
    }

    /// Returns whether its trouble may have begun at this time or before.
    pub(super) fn may_be_since(&self, time: DateTime<Utc>) -> bool {
        self.before.is_some_and(|before| before <= time)
    }

    /// Joins a fleet incident.
    pub(super) fn join(&mut self, fleet: &IncidentId, late: bool) {
        self.linked &= self.fleet.as_ref() == Some(fleet);
        (self.fleet, self.explained, self.late) = (Some(fleet.clone()), Some(self.status), late);
    }

    /// Leaves its fleet incident.
    pub(super) fn leave(&mut self) {
        (self.fleet, self.explained, self.late, self.linked) = (None, None, false, false);
    }

    pub(super) fn was_checked(&self, policy: &GroupPolicy, now: DateTime<Utc>) -> bool {
        !has_passed(self.checked_at, now, policy.window)
    }
}

/// The homes that were checked a short time ago or are in trouble.
///
/// A decision walks through the homes in trouble. Of the others it needs the number in each group, which is counted when
/// a check is recorded. So the cost of a decision does not grow with the fleet.
#[derive(Debug, Clone, Default)]
pub(super) struct Members {
    /// The homes that are in trouble, or whose incidents are linked.
    troubled: BTreeMap<HomeId, Member>,
    /// The others.
    well: BTreeMap<HomeId, Member>,
    /// The homes whose last check is within the window, by its time.
    checked: BTreeSet<(DateTime<Utc>, HomeId)>,
    /// Their number in each group.
    counts: BTreeMap<GroupKey, u64>,
}

impl Members {
    pub(super) fn get(&self, home: &HomeId) -> Option<&Member> {
        self.troubled.get(home).or_else(|| self.well.get(home))
    }

    pub(super) fn insert(&mut self, home: HomeId, member: Member) {
        self.remove(&home);
        for group in &member.groups {
            let homes = self.counts.entry(group.clone()).or_default();
            *homes = homes.saturating_add(1);
        }
        self.checked.insert((member.checked_at, home.clone()));
        let homes = if member.is_followed() { &mut self.troubled } else { &mut self.well };
        homes.insert(home, member);
    }

    pub(super) fn remove(&mut self, home: &HomeId) -> Option<Member> {
        let member = self.troubled.remove(home).or_else(|| self.well.remove(home))?;
        if self.checked.remove(&(member.checked_at, home.clone())) {
            self.uncount(&member.groups);
        }
        Some(member)
    }

    pub(super) fn retain(&mut self, mut is_member: impl FnMut(&HomeId) -> bool) {
        let all = self.troubled.keys().chain(self.well.keys());
        let gone: Vec<HomeId> = all.filter(|home| !is_member(home)).cloned().collect();
        for home in &gone {
            self.remove(home);
        }
    }

    /// Returns the homes that are in trouble, or whose incidents are linked.
    pub(super) fn troubled(&self) -> impl Iterator<Item = &Member> {
        self.troubled.values()
    }

    /// Returns the homes whose incidents are linked to a fleet incident, with its id.
    pub(super) fn linked(&self) -> impl Iterator<Item = (&HomeId, &IncidentId)> {
        let linked = self.troubled.iter().filter(|(_, member)| member.linked);
        linked.filter_map(|(home, member)| Some((home, member.fleet.as_ref()?)))
    }

    pub(super) fn troubled_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.troubled.values_mut()
    }

    /// Returns the number of homes of a group whose last check is within the window.
    pub(super) fn checked(&self, group: &GroupKey) -> u64 {
        self.counts.get(group).copied().unwrap_or_default()
    }

    /// Removes what no later decision needs.
    pub(super) fn forget(&mut self, window: Duration, now: DateTime<Utc>) {
        while self.checked.first().is_some_and(|(at, _)| has_passed(*at, now, window)) {
            let Some((_, home)) = self.checked.pop_first() else { break };
            let gone = self.well.remove(&home);
            let groups = gone.or_else(|| self.troubled.get(&home).cloned()).map(|member| member.groups);
            self.uncount(&groups.unwrap_or_default());
        }
        self.release_recovered();
    }

    /// Follows no longer the homes that are well and not linked.
    pub(super) fn release_recovered(&mut self) {
        let recovered = self.troubled.iter().filter(|(_, member)| !member.is_followed());
        for home in recovered.map(|(home, _)| home.clone()).collect::<Vec<_>>() {
            let Some(member) = self.troubled.remove(&home) else { continue };
            if self.checked.contains(&(member.checked_at, home.clone())) {
                self.well.insert(home, member);
            }
        }
    }

    /// Handles a clock that was set back: what happened later than now happened now.
    pub(super) fn follow_clock(&mut self, now: DateTime<Utc>) {
        let limit = |time: &mut DateTime<Utc>| *time = now.min(*time);
        for member in self.troubled.values_mut() {
            let times =
                [&mut member.since, &mut member.before, &mut member.confirmed_at, &mut member.released_at];
            times.into_iter().flatten().for_each(limit);
        }
        let checked = self.checked.iter().rev().take_while(|(at, _)| *at > now).map(|(_, home)| home);
        let troubled = self.troubled.iter().filter(|(_, member)| member.checked_at > now);
        let ahead: BTreeSet<HomeId> = checked.chain(troubled.map(|(home, _)| home)).cloned().collect();
        for home in ahead {
            if let Some(member) = self.remove(&home) {
                self.insert(home, Member { checked_at: now, ..member });
            }
        }
    }

    fn uncount(&mut self, groups: &[GroupKey]) {
        for group in groups {
            if let Some(homes) = self.counts.get_mut(group) {
                *homes = homes.saturating_sub(1);
                if *homes == 0 {
                    self.counts.remove(group);
                }
            }
        }
    }

    /// Returns all homes by id.
    fn all(&self) -> BTreeMap<&HomeId, &Member> {
        self.troubled.iter().chain(&self.well).collect()
    }
}

/// The counts follow from the homes.
impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        self.troubled == other.troubled && self.well == other.well
    }
}

impl Eq for Members {}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Self::default();
        for (home, member) in BTreeMap::<HomeId, Member>::deserialize(deserializer)? {
            members.insert(home, member);
        }
        Ok(members)
    }
}
