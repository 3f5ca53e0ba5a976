//! The decisions about the groups of a tenant at one moment.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::groups::policy::GroupPolicy;
use crate::groups::share::{Share, best, shares};
use crate::groups::signal::{GroupStep, Link, PullForward};
use crate::groups::state::TenantGroups;
use crate::ids::GroupKey;
use crate::incident::LONGEST_WAIT;
use crate::time::later;

/// The maximum number of fleet incidents that one tick opens, so that its work is linear. The next tick opens more.
const MAX_OPENED: usize = 8;
/// The number of homes that may be the first ones of a fleet incident, if they are the share that makes one.
const TOGETHER: u32 = 2;

impl TenantGroups {
    /// Decides about fleet incidents: joins homes to open ones, opens new ones, and ends those that are over. Call it
    /// every few seconds while homes are in trouble.
    #[must_use]
    pub fn tick(&mut self, policy: &GroupPolicy, now: DateTime<Utc>) -> GroupStep {
        let mut step = GroupStep::default();
        self.follow_clock(now);
        self.forget(policy, now);
        self.release_by_maintenance(now, &mut step);
        self.join_open_fleets(policy, now);
        self.follow_fleets(policy, now, &mut step);
        for planned in [false, true] {
            for _ in 0..MAX_OPENED {
                if !self.open_best(planned, policy, now, &mut step) {
                    break;
                }
            }
        }
        self.join_late(policy, now);
        self.release_worse(&mut step);
        self.link(now, &mut step);
        let shares = shares(self, false, policy, now);
        step.pulls.extend(self.pull(&shares, policy, now));
        self.wait_for_others(&shares, policy, now, &mut step);
        self.homes.release_recovered();
        step
    }

    /// Opens or extends the fleet incident that explains most.
    fn open_best(
        &mut self,
        planned: bool,
        policy: &GroupPolicy,
        now: DateTime<Utc>,
        step: &mut GroupStep,
    ) -> bool {
        let shares = shares(self, planned, policy, now);
        let enough = shares.iter().filter(|(_, share)| share.is_enough(policy));
        let Some((group, share)) = best(enough).and_then(|group| shares.get_key_value(group)) else {
            return false;
        };
        self.open_or_grow(planned, group, *share, policy, now, step);
        true
    }

    /// Returns the group whose other homes are to be checked early: one at a time, and each once per window.
    fn pull(
        &mut self,
        shares: &BTreeMap<GroupKey, Share>,
        policy: &GroupPolicy,
        now: DateTime<Utc>,
    ) -> Option<PullForward> {
        // More checks of homes that give no data would only make the cloud look worse.
        let candidates = shares.iter().filter(|(group, share)| {
            share.turned.saturating_sub(share.silent) >= policy.pull_from.into()
                && !self.pulled.iter().any(|(pulled, _)| pulled == *group)
        });
        let group = best(candidates)?.clone();
        self.pulled.push((group.clone(), now));
        Some(PullForward { group, homes: policy.pull })
    }

    /// Extends the hold of the homes that turned in a group where others did, or whose other homes are checked early: the
    /// results decide between one message for each home and one about the group.
    fn wait_for_others(
        &mut self,
        shares: &BTreeMap<GroupKey, Share>,
        policy: &GroupPolicy,
        now: DateTime<Utc>,
        step: &mut GroupStep,
    ) {
        let parts = shares.iter().filter(|(_, share)| share.is_part(TOGETHER, policy.percent));
        let parts = parts.map(|(group, _)| group);
        let pulled: BTreeSet<&GroupKey> = self.pulled.iter().map(|(group, _)| group).chain(parts).collect();
        if pulled.is_empty() {
            return;
        }
        let turned =
            self.homes.troubled_mut().filter(|member| !member.waits && member.has_turned(policy, now));
        for member in turned.filter(|member| member.groups.iter().any(|group| pulled.contains(group))) {
            if let (Some(incident), Some(confirmed)) = (member.incident.clone(), member.confirmed_at) {
                member.waits = true;
                let hold_until = Some(later(confirmed, LONGEST_WAIT));
                step.links.push(Link { incident, fleet: None, hold_until, left: false });
            }
        }
    }
}
