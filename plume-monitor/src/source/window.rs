//! The checks of the last five minutes.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::HomeId;
use crate::source::check::SourceProblem;
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
    #[serde(default, skip_serializing_if = "Homes::is_empty")]
    limited: Homes,
}

/// The part of the source in a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There was a response about the home, or about a credential.
    Answered,
    /// No response, or a status of 500 or more.
    Unreachable,
    /// A response that cannot be read.
    Unreadable,
    /// The cloud does not know the home.
    NotFound,
    /// The call limit had no place for the check.
    Limited,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Slot {
    number: i64,
    /// Without those that the call limit had no place for.
    checks: u32,
    failures: u32,
    first_failure: Option<DateTime<Utc>>,
    /// The part of the failures that are unreadable responses.
    #[serde(default, skip_serializing_if = "is_zero")]
    unreadable: u32,
    /// The part of the failures that are unknown homes.
    #[serde(default, skip_serializing_if = "is_zero")]
    not_found: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    limited: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Slot {
    fn new(number: i64) -> Self {
        Self { number, checks: 0, failures: 0, first_failure: None, unreadable: 0, not_found: 0, limited: 0 }
    }

    fn add(&mut self, at: DateTime<Utc>, outcome: Outcome) {
        let add = |number: &mut u32, is: bool| *number = number.saturating_add(is.into());
        let failed = matches!(outcome, Outcome::Unreachable | Outcome::Unreadable | Outcome::NotFound);
        add(&mut self.checks, outcome != Outcome::Limited);
        add(&mut self.failures, failed);
        add(&mut self.unreadable, outcome == Outcome::Unreadable);
        add(&mut self.not_found, outcome == Outcome::NotFound);
        add(&mut self.limited, outcome == Outcome::Limited);
        if failed {
            self.first_failure = Some(self.first_failure.map_or(at, |first| first.min(at)));
        }
    }
}

/// The newest two different homes, with the slot of each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Homes {
    newest: Option<(HomeId, i64)>,
    other: Option<(HomeId, i64)>,
}

impl Homes {
    fn is_empty(&self) -> bool {
        self.newest.is_none()
    }

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
    /// Enough checks failed; the time of the first one, and the most frequent failure.
    Lost(DateTime<Utc>, SourceProblem),
    /// Few enough checks failed.
    Kept,
    /// Between the limits, or too few checks.
    Unclear,
}

impl Window {
    pub(super) fn add(&mut self, home: &HomeId, at: DateTime<Utc>, outcome: Outcome) {
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
            self.slots.insert(place, Slot::new(number));
        }
        if let Some(slot) = self.slots.get_mut(place) {
            slot.add(at, outcome);
        }
        match outcome {
            Outcome::Limited => self.limited.add(home, number),
            Outcome::Answered => self.checked.add(home, number),
            Outcome::Unreachable | Outcome::Unreadable | Outcome::NotFound => {
                self.checked.add(home, number);
                self.failed.add(home, number);
            }
        }
    }

    /// Returns whether the call limit leaves too few checks. That is no problem before it has lasted for most of the long
    /// window.
    pub(super) fn limit(&self, policy: &SourcePolicy) -> Reach {
        let Some(newest) = self.slots.back().map(|slot| slot.number) else { return Reach::Unclear };
        let since = newest.saturating_sub(LONG).saturating_add(1);
        let sum = |of: fn(&Slot) -> u32| self.slots.iter().map(|slot| u64::from(of(slot))).sum::<u64>();
        let limited = sum(|slot| slot.limited);
        let wanted = limited.saturating_add(sum(|slot| slot.checks));
        let first = self.slots.iter().find(|slot| slot.limited > 0).map(|slot| slot.number);
        let lasts = first.is_some_and(|first| first <= newest.saturating_sub(LONG * 4 / 5));
        let (limited, percent) =
            (limited.saturating_mul(100), |percent: u32| wanted.saturating_mul(percent.into()));
        if wanted < u64::from(policy.few_checks) {
            Reach::Unclear
        } else if limited >= percent(policy.begin_percent) && lasts && self.limited.are_two(since) {
            let begin = first.and_then(|first| DateTime::from_timestamp(first.saturating_mul(SLOT), 0));
            begin.map_or(Reach::Unclear, |begin| Reach::Lost(begin, SourceProblem::Limited))
        } else if limited <= percent(policy.end_percent) {
            Reach::Kept
        } else {
            Reach::Unclear
        }
    }

    /// Returns the verdict on the newest checks. A problem that is open ends with the checks since it opened: the window may
    /// get longer when checks become fewer, and has successes from before it then.
    pub(super) fn reach(&self, policy: &SourcePolicy, opened: Option<DateTime<Utc>>) -> Reach {
        let Some(newest) = self.slots.back().map(|slot| slot.number) else { return Reach::Unclear };
        // One that lies ahead is from before the clock was set back.
        let opened = opened.map(|at| at.timestamp().div_euclid(SLOT)).filter(|slot| *slot <= newest);
        for (length, least) in [(SHORT, policy.many_checks), (LONG, policy.few_checks)] {
            let since = newest.saturating_sub(length).saturating_add(1).max(opened.unwrap_or(i64::MIN));
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
                let most = |part: u64| part.saturating_mul(200) > failures;
                let problem = match (sum(|slot| slot.unreadable), sum(|slot| slot.not_found)) {
                    (part, _) if most(part) => SourceProblem::Unreadable,
                    (_, part) if most(part) => SourceProblem::NotFound,
                    _ => SourceProblem::Unreachable,
                };
                let first = slots.clone().find_map(|slot| slot.first_failure);
                first.map_or(Reach::Unclear, |first| Reach::Lost(first, problem))
            } else if failures <= percent(policy.end_percent) {
                Reach::Kept
            } else {
                Reach::Unclear
            };
        }
        Reach::Unclear
    }
}
