//! The decisions about the groups of a tenant at one moment.

use chrono::{DateTime, Utc};

use crate::groups::policy::GroupPolicy;
use crate::groups::share::{best, shares};
use crate::groups::signal::{GroupStep, PullForward};
use crate::groups::state::TenantGroups;

/// The maximum number of fleet incidents that one tick opens, so that its work is linear. The next tick opens more.
const MAX_OPENED: usize = 8;

impl TenantGroups {
    /// Decides about fleet incidents: joins homes to open ones, opens new ones, and ends those that are over. Call it
    /// every few seconds while homes are in trouble.
    #[must_use]
    pub fn tick(&mut self, policy: &GroupPolicy, now: DateTime<Utc>) -> GroupStep {
        let mut step = GroupStep::default();
        self.forget(policy, now);
        self.join_open_fleets(policy, now);
        self.follow_fleets(policy, now, &mut step);
        for _ in 0..MAX_OPENED {
            if !self.open_best(policy, now, &mut step) {
                break;
            }
        }
        self.link(&mut step);
        step.pulls.extend(self.pull(policy, now));
        step
    }

    /// Opens or extends the fleet incident that explains most.
    fn open_best(&mut self, policy: &GroupPolicy, now: DateTime<Utc>, step: &mut GroupStep) -> bool {
        let shares = shares(self, policy, now);
        let enough = shares.iter().filter(|(_, share)| share.is_enough(policy));
        let Some((group, share)) = best(enough).and_then(|group| shares.get_key_value(group)) else {
            return false;
        };
        self.open_or_grow(group, *share, policy, now, step);
        true
    }

    /// Returns the group whose other homes are to be checked early: one at a time, and each once per window.
    fn pull(&mut self, policy: &GroupPolicy, now: DateTime<Utc>) -> Option<PullForward> {
        let shares = shares(self, policy, now);
        let candidates = shares.iter().filter(|(group, share)| {
            share.turned >= policy.pull_from.into() && !self.pulled.iter().any(|(pulled, _)| pulled == *group)
        });
        let group = best(candidates)?.clone();
        self.pulled.push((group.clone(), now));
        Some(PullForward { group, homes: policy.pull })
    }
}
