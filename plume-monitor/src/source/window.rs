//! The checks of the last five minutes.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::HomeId;
use crate::source::policy::SourcePolicy;

/// The length of a slot in seconds.
const SLOT: i64 = 5;
/// The slots of the short and of the long window: 60 s and 5 minutes.
const SHORT: i64 = 60 / SLOT;
const LONG: i64 = 300 / SLOT;

/// The checks of the last five minutes, counted in slots of five seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Window {
    /// Oldest first, at most [`LONG`] of them.
    slots: VecDeque<Slot>,
    checked: Homes,
    failed: Homes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Slot {
    number: i64,
    checks: u32,
    failures: u32,
    first_failure: Option<DateTime<Utc>>,
}

/// The newest two different homes, with the slot of each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Homes {
    newest: Option<(HomeId, i64)>,
    other: Option<(HomeId, i64)>,
}

impl Homes {
    fn add(&mut self, home: &HomeId, slot: i64) {
        if self.newest.as_ref().is_some_and(|(newest, _)| newest != home) {
            self.other = self.newest.take();
        }
        self.newest = Some((home.clone(), slot));
    }

    fn are_two(&self, since: i64) -> bool {
        [&self.newest, &self.other]
            .into_iter()
            .all(|home| home.as_ref().is_some_and(|(_, slot)| *slot >= since))
    }
}

/// The verdict on the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Enough checks failed; the time of the first one.
    Lost(DateTime<Utc>),
    /// Few enough checks failed.
    Kept,
    /// Between the limits, or too few checks.
    Unclear,
}

impl Window {
    pub(super) fn add(&mut self, home: &HomeId, at: DateTime<Utc>, failed: bool) {
        let number = at.timestamp().div_euclid(SLOT);
        // A newest slot far ahead means that the clock was set back between two runs.
        if self.slots.back().is_some_and(|newest| newest.number > number.saturating_add(LONG)) {
            *self = Self::default();
        }
        let newest = self.slots.back().map_or(number, |slot| slot.number.max(number));
        let oldest = newest.saturating_sub(LONG).saturating_add(1);
        while self.slots.front().is_some_and(|slot| slot.number < oldest) {
            self.slots.pop_front();
        }
        if number < oldest {
            return;
        }
        let place = self.slots.partition_point(|slot| slot.number < number);
        if self.slots.get(place).is_none_or(|slot| slot.number != number) {
            self.slots.insert(place, Slot { number, checks: 0, failures: 0, first_failure: None });
        }
        if let Some(slot) = self.slots.get_mut(place) {
            slot.checks = slot.checks.saturating_add(1);
            if failed {
                slot.failures = slot.failures.saturating_add(1);
                slot.first_failure = Some(slot.first_failure.map_or(at, |first| first.min(at)));
            }
        }
        self.checked.add(home, number);
        if failed {
            self.failed.add(home, number);
        }
    }

    pub(super) fn reach(&self, policy: &SourcePolicy) -> Reach {
        let Some(newest) = self.slots.back().map(|slot| slot.number) else { return Reach::Unclear };
        for (length, least) in [(SHORT, policy.many_checks), (LONG, policy.few_checks)] {
            let since = newest.saturating_sub(length).saturating_add(1);
            let slots = self.slots.iter().filter(|slot| slot.number >= since);
            let sum = |of: fn(&Slot) -> u32| slots.clone().map(|slot| u64::from(of(slot))).sum::<u64>();
            let (checks, failures) = (sum(|slot| slot.checks), sum(|slot| slot.failures));
            if checks < u64::from(least) {
                continue;
            }
            let percent = |percent: u32| checks.saturating_mul(percent.into());
            let failures = failures.saturating_mul(100);
            // A failure of one home among several is its own.
            let concerns_all = self.failed.are_two(since) || !self.checked.are_two(since);
            return if failures >= percent(policy.begin_percent) && concerns_all {
                slots.clone().find_map(|slot| slot.first_failure).map_or(Reach::Unclear, Reach::Lost)
            } else if failures <= percent(policy.end_percent) {
                Reach::Kept
            } else {
                Reach::Unclear
            };
        }
        Reach::Unclear
    }
}
