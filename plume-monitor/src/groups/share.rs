//! The shares of the homes in trouble, and which group explains them best.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::groups::policy::GroupPolicy;
use crate::groups::state::TenantGroups;
use crate::ids::GroupKey;

/// The homes of a group within the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Share {
    /// The homes that turned red or orange, and that no fleet incident explains.
    pub(super) turned: u64,
    /// The part of them without data.
    pub(super) silent: u64,
    /// The homes whose first checks found trouble. They count as turned if that makes at least half of the group.
    pub(super) found: u64,
    /// The homes that were checked. Of a large group with long intervals that is a sample.
    pub(super) checked: u64,
}

impl Share {
    /// Returns whether the share makes a fleet incident.
    pub(super) fn is_enough(self, policy: &GroupPolicy) -> bool {
        self.is_part(policy.homes, policy.percent)
    }

    /// Returns whether at least this many homes turned, and at least this part of the homes.
    pub(super) fn is_part(self, homes: u32, percent: u32) -> bool {
        self.turned >= self.checked.saturating_mul(percent.into()).div_ceil(100).max(homes.into())
    }

    /// Counts the homes that were in trouble at their first checks, if most are: that is an outage which began before, and
    /// not the trouble that some homes of a fleet always have.
    fn with_found(mut self) -> Self {
        let all = self.turned.saturating_add(self.found);
        if all.saturating_mul(2) >= self.checked {
            self.turned = all;
        }
        self.silent = self.silent.min(self.turned);
        self
    }

    /// Returns whether this share is at least four fifths of another one.
    fn is_close_to(self, other: Self) -> bool {
        // a / b ≥ 4/5 · c / d, without division.
        let [ours, theirs] =
            [(self, other), (other, self)].map(|(a, b)| u128::from(a.turned) * u128::from(b.checked));
        ours.saturating_mul(5) >= theirs.saturating_mul(4)
    }

    fn is_larger_than(self, other: Self) -> bool {
        u128::from(self.turned) * u128::from(other.checked)
            > u128::from(other.turned) * u128::from(self.checked)
    }
}

/// Returns the share of each group with homes that turned.
pub(super) fn shares(
    groups: &TenantGroups,
    policy: &GroupPolicy,
    now: DateTime<Utc>,
) -> BTreeMap<GroupKey, Share> {
    let homes = &groups.homes;
    let mut shares = BTreeMap::<&GroupKey, Share>::new();
    for member in homes.troubled().filter(|member| member.may_join(policy, now)) {
        let turned = u64::from(member.has_turned(policy, now));
        for group in &member.groups {
            let share = shares
                .entry(group)
                .or_insert_with(|| Share { checked: homes.checked(group), ..Share::default() });
            share.turned = share.turned.saturating_add(turned);
            share.found = share.found.saturating_add(1_u64.saturating_sub(turned));
            share.silent = share.silent.saturating_add(member.is_silent().into());
            share.checked = share.checked.saturating_add((!member.was_checked(policy, now)).into());
        }
    }
    if !shares.is_empty() {
        // The homes of a fleet incident are no part of the next one.
        let explained = homes.troubled().filter(|member| {
            member.is_in_trouble()
                && member.fleet.is_some()
                && member.was_checked(policy, now)
                && !member.may_join(policy, now)
        });
        for group in explained.flat_map(|member| &member.groups) {
            if let Some(share) = shares.get_mut(group) {
                share.checked = share.checked.saturating_sub(1);
            }
        }
    }
    let shares = shares.into_iter().map(|(group, share)| (group.clone(), share.with_found()));
    shares.filter(|(_, share)| share.turned > 0).collect()
}

/// Returns the group that explains the trouble best: of the groups whose share is close to the highest one, the one
/// with the most homes in trouble, then by the order of [`GroupKind`](crate::ids::GroupKind).
///
/// A region that is off makes the share of the region high and that of the tenant low. If the whole tenant is off, all
/// shares are high, and one incident about the tenant is better than one about each firmware.
pub(super) fn best<'a>(
    candidates: impl Iterator<Item = (&'a GroupKey, &'a Share)> + Clone,
) -> Option<&'a GroupKey> {
    let highest = candidates
        .clone()
        .map(|(_, share)| *share)
        .reduce(|best, share| if share.is_larger_than(best) { share } else { best })?;
    let close = candidates.filter(|(_, share)| share.is_close_to(highest));
    // The first of equal ones: groups come in the order of their kinds.
    close.reduce(|best, next| if next.1.turned > best.1.turned { next } else { best }).map(|(group, _)| group)
}
