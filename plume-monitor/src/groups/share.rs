//! The shares of the homes in trouble, and which group explains them best.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::groups::members::Member;
use crate::groups::policy::GroupPolicy;
use crate::groups::state::TenantGroups;
use crate::ids::GroupKey;

/// A home that counts for one window of the policy.
const ONE: u128 = 1_000_000;

/// The homes of a group within their windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Share {
    /// The homes that turned red or orange, or lost their data, and that no fleet incident explains.
    pub(super) turned: u64,
    /// The part of them without data.
    pub(super) silent: u64,
    /// The number of them that turned in one window of the policy, in millionths.
    per_window: u128,
    /// The homes whose first checks found trouble. They count as turned if that makes at least half of the group.
    found: u64,
    /// Whether they count.
    pub(super) has_found: bool,
    /// The homes in trouble. All of them are known, because they are checked often.
    known: u64,
    /// The homes that were checked within the window of the policy, and the homes in trouble. Of a large group with long
    /// intervals that is a sample.
    sample: u64,
}

impl Share {
    /// Returns the share of a group without homes in trouble.
    pub(super) fn of(sample: u64) -> Self {
        Self { sample, ..Self::default() }
    }

    /// Adds a home in trouble.
    pub(super) fn add(&mut self, member: &Member, turned: bool, policy: &GroupPolicy, now: DateTime<Utc>) {
        self.known = self.known.saturating_add(1);
        self.sample = self.sample.saturating_add((!member.was_checked(policy, now)).into());
        if turned {
            let window = member.window(policy).as_nanos();
            let part = policy.window.as_nanos().saturating_mul(ONE).checked_div(window).unwrap_or(ONE);
            self.turned = self.turned.saturating_add(1);
            self.per_window = self.per_window.saturating_add(part);
        }
    }

    /// Returns the number of homes that were checked within the window of those that turned: the mean window, if some of
    /// these give no data and count for longer. Of the homes that are well, it is estimated from the sample.
    pub(super) fn checked(self) -> u64 {
        let well = u128::from(self.sample.saturating_sub(self.known));
        let longer = well.saturating_mul(ONE).saturating_mul(self.turned.into());
        let well = longer.checked_div(self.per_window).unwrap_or(well);
        self.known.saturating_add(u64::try_from(well).unwrap_or(u64::MAX))
    }

    /// Returns whether the share makes a fleet incident.
    pub(super) fn is_enough(self, policy: &GroupPolicy) -> bool {
        self.is_part(policy.homes, policy.percent)
    }

    /// Returns whether at least this many homes turned, and at least this part of the homes.
    pub(super) fn is_part(self, homes: u32, percent: u32) -> bool {
        self.turned >= self.checked().saturating_mul(percent.into()).div_ceil(100).max(homes.into())
    }

    /// Counts the homes that were in trouble at their first checks, if most are: that is an outage which began before, and
    /// not the trouble that some homes of a fleet always have.
    fn with_found(self) -> Self {
        let all = Self {
            turned: self.turned.saturating_add(self.found),
            has_found: self.found > 0,
            per_window: self.per_window.saturating_add(ONE.saturating_mul(self.found.into())),
            ..self
        };
        let mut share = if all.turned.saturating_mul(2) >= all.checked() { all } else { self };
        share.silent = share.silent.min(share.turned);
        share
    }

    /// Returns whether this share is at least four fifths of another one.
    fn is_close_to(self, other: Self) -> bool {
        // a / b ≥ 4/5 · c / d, without division.
        let [ours, theirs] =
            [(self, other), (other, self)].map(|(a, b)| u128::from(a.turned) * u128::from(b.checked()));
        ours.saturating_mul(5) >= theirs.saturating_mul(4)
    }

    fn is_larger_than(self, other: Self) -> bool {
        u128::from(self.turned) * u128::from(other.checked())
            > u128::from(other.turned) * u128::from(self.checked())
    }
}

/// Returns the share of each group with homes that turned: of those in maintenance windows if it is planned, or of the others.
pub(super) fn shares(
    groups: &TenantGroups,
    planned: bool,
    policy: &GroupPolicy,
    now: DateTime<Utc>,
) -> BTreeMap<GroupKey, Share> {
    let homes = &groups.homes;
    let mut shares = BTreeMap::<&GroupKey, Share>::new();
    let may_join = |member: &&Member| member.may_join(policy, now) && member.in_maintenance == planned;
    for member in homes.troubled().filter(may_join) {
        let turned = member.has_turned(policy, now);
        for group in &member.groups {
            let share = shares.entry(group).or_insert_with(|| Share::of(homes.checked(group)));
            share.add(member, turned, policy, now);
            share.found = share.found.saturating_add((!turned).into());
            share.silent = share.silent.saturating_add(member.is_silent().into());
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
                share.sample = share.sample.saturating_sub(1);
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
