//! Open fleet incidents: who joins, and when one ends.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use plume_health::Status;

use crate::groups::members::Member;
use crate::groups::phrases;
use crate::groups::policy::GroupPolicy;
use crate::groups::share::{Share, best};
use crate::groups::signal::{GroupStep, Link};
use crate::groups::state::{Fleet, TenantGroups};
use crate::ids::{GroupKey, IncidentId};
use crate::incident::{
    Cause, CauseKind, ChangeKind, CloseReason, IncidentChange, LONGEST_WAIT, Scope, Situation,
};
use crate::time::{has_passed, later};

/// The number of windows after the start of a wave in which homes join it. With long intervals a wave is found slowly,
/// so it continues while [`GroupPolicy::pull_from`] homes join it within a window, and they are the share of the homes that
/// makes a fleet incident. In a large group some homes are always in trouble of their own. A home that is found later joins
/// if its checks had no data since the first window: its trouble may have begun then.
const WAVE: u32 = 6;
/// The part of the most homes of a fleet incident that are few: one of so many. In a large group some homes stay in trouble
/// for weeks.
const FEW: u64 = 10;

impl TenantGroups {
    /// Opens a fleet incident, or announces a further wave in the one that is open.
    pub(super) fn open_or_grow(
        &mut self,
        planned: bool,
        group: &GroupKey,
        share: Share,
        policy: &GroupPolicy,
        now: DateTime<Utc>,
        step: &mut GroupStep,
    ) {
        if self.fleets.iter().any(|fleet| fleet.is_about(group, planned)) {
            self.grow_fleet(planned, group, share, policy, now, step);
        } else {
            self.open_fleet(planned, group, share, policy, now, step);
        }
    }

    /// Lets the homes that turned join the open incident of their group, which has a new version then.
    fn grow_fleet(
        &mut self,
        planned: bool,
        group: &GroupKey,
        share: Share,
        policy: &GroupPolicy,
        now: DateTime<Utc>,
        step: &mut GroupStep,
    ) {
        let turned = || self.turned(planned, group, share, policy, now);
        let hold = hold_until(turned().filter_map(|member| member.confirmed_at).min(), policy, now);
        let worst = turned().map(|member| member.status).min();
        for fleet in self.fleets.iter_mut().filter(|fleet| fleet.is_about(group, planned)) {
            fleet.version = fleet.version.saturating_add(1);
            fleet.status = fleet.status.map(|status| worst.map_or(status, |worst| worst.worse_of(status)));
            (fleet.wave_since, fleet.few_since) = (Some(now), None);
            fleet.has_found |= share.has_found;
        }
        self.join_open_fleets(policy, now);
        let counts = self.counts();
        for fleet in self.fleets.iter_mut().filter(|fleet| fleet.is_about(group, planned)) {
            let counted = counts.get(&fleet.id).copied().unwrap_or_default();
            fleet.count(counted);
            let mut change = fleet.change(ChangeKind::Updated, now);
            change.situation = Some(situation(fleet, counted.worst, None));
            change.settle_until = Some(hold);
            step.incidents.push(change);
        }
    }

    /// Returns the homes of a group that turned, those in maintenance windows or the others.
    fn turned<'a>(
        &'a self,
        planned: bool,
        group: &'a GroupKey,
        share: Share,
        policy: &'a GroupPolicy,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = &'a Member> {
        self.homes.troubled().filter(move |member| {
            member.groups.contains(group)
                && member.in_maintenance == planned
                && (share.has_found || !member.from_before)
                && member.may_join(policy, now)
        })
    }

    fn open_fleet(
        &mut self,
        planned: bool,
        group: &GroupKey,
        share: Share,
        policy: &GroupPolicy,
        now: DateTime<Utc>,
        step: &mut GroupStep,
    ) {
        self.count = self.count.saturating_add(1);
        let id = IncidentId::of_group(&self.tenant, group, now, self.count);
        let turned = || self.turned(planned, group, share, policy, now);
        let mut fleet = Fleet {
            id,
            group: group.clone(),
            since: turned().filter_map(|member| member.since).min().unwrap_or(now),
            status: None,
            homes: share.turned,
            unconfirmed: 0,
            peak: share.turned,
            few_since: None,
            version: 1,
            wave_since: Some(now),
            planned,
            has_found: share.has_found,
            from_before: turned().all(|member| member.from_before),
        };
        let status = turned().map(|member| member.status).min().unwrap_or(Status::Orange);
        let mut change = fleet.change(ChangeKind::Opened, now);
        let unconfirmed = turned().map(|member| u64::from(member.is_unconfirmed())).sum();
        let counted = Counted { homes: fleet.homes, unconfirmed, worst: status };
        fleet.count(counted);
        let situation = situation(&fleet, status, Some(share));
        fleet.status = Some(situation.status);
        change.situation = Some(situation);
        change.hold_until =
            Some(hold_until(turned().filter_map(|member| member.confirmed_at).min(), policy, now));
        step.incidents.push(change);
        self.join_earlier(&fleet, policy);
        self.fleets.push(fleet);
        self.join_open_fleets(policy, now);
    }

    /// Lets homes join that turned at most a window before the first one of a new fleet incident. They may have been
    /// announced on their own, and the end of the fleet incident is theirs.
    fn join_earlier(&mut self, fleet: &Fleet, policy: &GroupPolicy) {
        let is_earlier = |since| since < fleet.since && !has_passed(since, fleet.since, policy.window);
        let members =
            self.homes.troubled_mut().filter(|member| member.is_in_trouble() && !member.is_explained());
        let members = members.filter(|member| member.in_maintenance == fleet.planned);
        for member in members.filter(|member| member.groups.contains(&fleet.group)) {
            if member.since.is_some_and(is_earlier) && fleet.may_have(member) {
                member.join(&fleet.id, false);
            }
        }
    }

    /// Lets the homes that turned join the fleet incidents of their groups that began a short time ago.
    pub(super) fn join_open_fleets(&mut self, policy: &GroupPolicy, now: DateTime<Utc>) {
        let span = policy.window.saturating_mul(WAVE);
        let recent = self.recent(policy, now);
        let is_wave = |fleet: &Fleet| {
            recent.get(&fleet.id).is_some_and(|share| share.is_part(policy.pull_from, policy.percent))
        };
        let open = self.fleets.iter().filter(|fleet| {
            fleet.wave_since.is_some_and(|since| !has_passed(since, now, span)) || is_wave(fleet)
        });
        let open: BTreeSet<IncidentId> = open.map(|fleet| fleet.id.clone()).collect();
        self.join_fleets(false, |fleet, _| open.contains(&fleet.id), policy, now);
    }

    /// Lets the homes join that are found later, and whose checks had no data since the first window of the wave. Call it after
    /// new fleet incidents are opened: homes that are enough for one are announced.
    pub(super) fn join_late(&mut self, policy: &GroupPolicy, now: DateTime<Utc>) {
        let may_join = |fleet: &Fleet, member: &Member| {
            fleet.wave_since.is_some_and(|since| member.may_be_since(later(since, policy.window)))
        };
        self.join_fleets(true, may_join, policy, now);
    }

    /// Lets the homes that turned join the open fleet incidents of their groups. One that is red does not join a fleet incident
    /// that announced homes that are orange, and one that is in no maintenance window does not join one that is planned.
    fn join_fleets(
        &mut self,
        late: bool,
        may_join: impl Fn(&Fleet, &Member) -> bool,
        policy: &GroupPolicy,
        now: DateTime<Utc>,
    ) {
        for planned in [false, true] {
            self.join_fleets_of(planned, late, &may_join, policy, now);
        }
    }

    fn join_fleets_of(
        &mut self,
        planned: bool,
        late: bool,
        may_join: impl Fn(&Fleet, &Member) -> bool,
        policy: &GroupPolicy,
        now: DateTime<Utc>,
    ) {
        let open = self.fleets.iter().filter(|fleet| fleet.planned == planned);
        let open: BTreeMap<&GroupKey, &Fleet> = open.map(|fleet| (&fleet.group, fleet)).collect();
        if open.is_empty() {
            return;
        }
        let shares = self.shares_of(&open, policy, now);
        let members = self.homes.troubled_mut().filter(|member| member.in_maintenance == planned);
        for member in members.filter(|member| member.may_join(policy, now)) {
            let of_member = member.groups.iter().filter_map(|group| shares.get_key_value(group));
            let mut explaining: Vec<_> = of_member.map(|(group, share)| (*group, share)).collect();
            explaining.retain(|(group, _)| {
                open.get(group).is_some_and(|fleet| fleet.may_have(member) && may_join(fleet, member))
            });
            explaining.sort_unstable_by_key(|(group, _)| *group);
            if let Some(fleet) = best(explaining.into_iter()).and_then(|group| open.get(group)) {
                member.join(&fleet.id, late);
            }
        }
    }

    /// Returns the shares of the homes in trouble of the groups of these fleet incidents.
    fn shares_of<'a>(
        &self,
        open: &BTreeMap<&'a GroupKey, &Fleet>,
        policy: &GroupPolicy,
        now: DateTime<Utc>,
    ) -> BTreeMap<&'a GroupKey, Share> {
        let share = |group: &&'a GroupKey| (*group, Share::of(self.homes.checked(group)));
        let mut shares: BTreeMap<_, _> = open.keys().map(share).collect();
        if shares.len() > 1 {
            for member in self.homes.troubled().filter(|member| member.is_in_trouble()) {
                for group in &member.groups {
                    if let Some(share) = shares.get_mut(group) {
                        share.add(member, true, policy, now);
                    }
                }
            }
        }
        shares
    }

    /// Releases the homes whose confirmed trouble is worse than that of their fleet incident. They are announced one by
    /// one.
    pub(super) fn release_worse(&mut self, step: &mut GroupStep) {
        let members =
            self.homes.troubled_mut().filter(|member| member.fleet.is_some() && !member.is_explained());
        for member in members.filter(|member| member.confirmed_at.is_some()) {
            member.leave();
            let link = |incident| Link { incident, fleet: None, hold_until: None, left: false };
            step.links.extend(member.incident.clone().map(link));
        }
    }

    /// Releases the homes whose maintenance windows have begun or ended since they joined. Those that are still in trouble after
    /// their windows turn now, together or alone.
    pub(super) fn release_by_maintenance(&mut self, now: DateTime<Utc>, step: &mut GroupStep) {
        let planned: BTreeMap<&IncidentId, bool> =
            self.fleets.iter().map(|fleet| (&fleet.id, fleet.planned)).collect();
        for member in self.homes.troubled_mut() {
            let is_planned = member.fleet.as_ref().and_then(|id| planned.get(id));
            if is_planned.is_none_or(|planned| *planned == member.in_maintenance) {
                continue;
            }
            member.leave();
            let hold_until = (!member.in_maintenance).then(|| later(now, LONGEST_WAIT));
            (member.waits, member.released_at) = (true, Some(now));
            let link = |incident| Link { incident, fleet: None, hold_until, left: false };
            step.links.extend(member.incident.clone().map(link));
        }
    }

    /// Returns the share of each fleet incident whose trouble began within its window.
    fn recent(&self, policy: &GroupPolicy, now: DateTime<Utc>) -> BTreeMap<&IncidentId, Share> {
        let share = |fleet: &'_ Fleet| Share::of(self.homes.checked(&fleet.group));
        let mut recent: BTreeMap<_, _> = self.fleets.iter().map(|fleet| (&fleet.id, share(fleet))).collect();
        let members = self.homes.troubled();
        // Those that were found late are no sign that it continues.
        for member in members.filter(|member| member.is_explained() && member.is_in_trouble() && !member.late)
        {
            if let Some(share) = member.fleet.as_ref().and_then(|id| recent.get_mut(id)) {
                share.add(member, member.is_new(policy, now), policy, now);
            }
        }
        recent
    }

    /// Counts the homes of each fleet incident.
    fn counts(&self) -> BTreeMap<IncidentId, Counted> {
        let mut counts = BTreeMap::new();
        for member in self.homes.troubled().filter(|member| member.is_in_trouble()) {
            if let Some(id) = &member.fleet {
                let start = Counted { worst: Status::Green, ..Counted::default() };
                let Counted { homes, unconfirmed, worst } = counts.entry(id.clone()).or_insert(start);
                *homes = homes.saturating_add(1);
                *unconfirmed = unconfirmed.saturating_add(member.is_unconfirmed().into());
                // A suspect that is worse does not make the fleet incident worse.
                let explained = member.explained.map_or(member.status, |most| most.max(member.status));
                *worst = explained.worse_of(*worst);
            }
        }
        counts
    }

    /// Links the incidents of homes that belong to a fleet incident. It changes with each, as a home may be the first of a channel.
    pub(super) fn link(&mut self, now: DateTime<Utc>, step: &mut GroupStep) {
        let mut grown = BTreeSet::new();
        for member in self.homes.troubled_mut().filter(|member| member.fleet.is_some() && !member.linked) {
            if let Some(incident) = member.incident.clone() {
                member.linked = true;
                let fleet = member.fleet.clone();
                grown.extend(fleet.clone());
                step.links.push(Link { incident, fleet, hold_until: None, left: false });
            }
        }
        grown.retain(|id| !step.incidents.iter().any(|change| change.id == *id));
        let unchanged = self.fleets.iter().filter(|fleet| grown.contains(&fleet.id));
        step.incidents.extend(unchanged.map(|fleet| fleet.change(ChangeKind::Updated, now)));
    }

    /// Updates and closes the fleet incidents.
    pub(super) fn follow_fleets(&mut self, policy: &GroupPolicy, now: DateTime<Utc>, step: &mut GroupStep) {
        let counts = self.counts();
        let mut over = BTreeMap::new();
        self.fleets.retain_mut(|fleet| {
            let counted = counts.get(&fleet.id).copied().unwrap_or_default();
            let homes = counted.homes;
            let mut change = fleet.change(ChangeKind::Updated, now);
            if has_ended(fleet, homes, policy, now) {
                change.kind = ChangeKind::Closed;
                change.reason = Some(CloseReason::Recovered);
                change.situation = Some(final_situation(fleet, homes));
                step.incidents.push(change);
                over.insert(fleet.id.clone(), homes > u64::from(policy.homes / 2));
                return false;
            }
            if (homes, counted.unconfirmed) != (fleet.homes, fleet.unconfirmed) {
                fleet.count(counted);
                change.situation = Some(situation(fleet, counted.worst, None));
                step.incidents.push(change);
            }
            true
        });
        for member in self.homes.troubled_mut() {
            if let Some(are_many) = member.fleet.as_ref().and_then(|id| over.get(id)) {
                step.links.extend(release(member, *are_many, policy, now));
            }
        }
    }
}

/// The homes of a fleet incident that are in trouble.
#[derive(Debug, Clone, Copy)]
struct Counted {
    homes: u64,
    unconfirmed: u64,
    worst: Status,
}

impl Default for Counted {
    fn default() -> Self {
        Self { homes: 0, unconfirmed: 0, worst: Status::Orange }
    }
}

impl Fleet {
    fn is_about(&self, group: &GroupKey, planned: bool) -> bool {
        self.group == *group && self.planned == planned
    }

    /// Returns whether it announced a status as bad as that of the home, and whether its trouble of before the first check, if it
    /// is such, is part of it.
    fn may_have(&self, member: &Member) -> bool {
        self.status.is_none_or(|announced| announced <= member.status)
            && (self.has_found || !member.from_before)
    }

    fn count(&mut self, counted: Counted) {
        (self.homes, self.unconfirmed) = (counted.homes, counted.unconfirmed);
        self.peak = self.peak.max(counted.homes);
    }

    /// Returns a change of the incident without a situation.
    fn change(&self, kind: ChangeKind, now: DateTime<Utc>) -> IncidentChange {
        let mut change = IncidentChange::new(self.id.clone(), Scope::Group(self.group.clone()), kind, now);
        change.version = self.version;
        change
    }
}

/// Returns whether a fleet incident is over: no home is in trouble, or only a few have been for a while. One whose message is
/// still held ends at once: it would be about a few homes.
fn has_ended(fleet: &mut Fleet, homes: u64, policy: &GroupPolicy, now: DateTime<Utc>) -> bool {
    let single = u64::from(policy.homes / 2);
    if homes > single.max(fleet.peak / FEW) {
        fleet.few_since = None;
        return false;
    }
    let since = *fleet.few_since.get_or_insert(now);
    let is_held = homes <= single
        && fleet.version == 1
        && fleet.wave_since.is_some_and(|opened| !has_passed(opened, now, policy.hold.min(LONGEST_WAIT)));
    homes == 0 || is_held || has_passed(since, now, policy.grace)
}

/// Releases a home that is in trouble after the end of the fleet incident. Its own incident is announced if the
/// trouble outlasts the grace: alone, or in one summary if there are many.
fn release(member: &mut Member, are_many: bool, policy: &GroupPolicy, now: DateTime<Utc>) -> Option<Link> {
    member.leave();
    member.waits = true;
    let incident = member.incident.clone()?;
    Some(Link { incident, fleet: None, hold_until: Some(later(now, policy.grace)), left: are_many })
}

/// Returns the end of the hold. The first home was confirmed before, and its message waits too.
fn hold_until(confirmed: Option<DateTime<Utc>>, policy: &GroupPolicy, now: DateTime<Utc>) -> DateTime<Utc> {
    let hold = later(now, policy.hold.min(LONGEST_WAIT));
    confirmed.map_or(hold, |at| later(at, LONGEST_WAIT).min(hold)).max(now)
}

/// Returns the situation at the end of a fleet incident: how many homes it was about, and how many are still in trouble.
fn final_situation(fleet: &Fleet, left: u64) -> Situation {
    let status = fleet.status.unwrap_or(Status::Orange);
    let message = phrases::end(&fleet.group, fleet.peak, left, status == Status::Unknown);
    let root = Cause::new(CauseKind::Group, fleet.group.value.clone(), status, message.clone());
    let mut situation = Situation::new(root, fleet.since, message);
    (situation.homes, situation.left) = (fleet.peak, left);
    (situation.planned, situation.from_before) = (fleet.planned, fleet.from_before);
    situation
}

fn situation(fleet: &Fleet, worst: Status, share: Option<Share>) -> Situation {
    // A suspect that is yellow at the moment does not make the fleet incident mild. Unknown: no home has data.
    let is_silent = worst == Status::Unknown;
    let status = if is_silent { Status::Unknown } else { worst.worse_of(Status::Orange) };
    let checked = share.map(Share::checked);
    let message = phrases::group(&fleet.group, fleet.homes, fleet.unconfirmed, checked, is_silent);
    let root = Cause::new(CauseKind::Group, fleet.group.value.clone(), status, message.clone());
    let mut situation = Situation::new(root, fleet.since, message);
    (situation.homes, situation.unconfirmed) = (fleet.homes, fleet.unconfirmed);
    situation.planned = fleet.planned;
    situation.from_before = fleet.from_before;
    situation
}
