//! One pending time for each level of trouble.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::policy::{TrackerPolicy, nanos};
use crate::Status;

/// The question "is it at least this bad?" for each level, and for how long the answer has differed from what was
/// reported last.
///
/// The answers are monotone: what is red is orange and yellow too. So all pending changes go in one direction, a
/// milder problem has lasted at least as long as a worse one, and the levels never contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Levels {
    red: Option<Pending>,
    orange: Option<Pending>,
    yellow: Option<Pending>,
}

/// A change that is not reported yet.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending {
    /// The first sample of the change.
    since: DateTime<Utc>,
    /// The time that counts.
    held_ns: u64,
}

/// A status that differs from the reported one, and the first sample of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) status: Status,
    pub(super) since: DateTime<Utc>,
}

impl Levels {
    /// Worst first: the level, the next better status, and the pending change.
    fn each(&self) -> [(Status, Status, Option<Pending>); 3] {
        [
            (Status::Red, Status::Orange, self.red),
            (Status::Orange, Status::Yellow, self.orange),
            (Status::Yellow, Status::Green, self.yellow),
        ]
    }

    fn each_mut(&mut self) -> [(Status, &mut Option<Pending>); 3] {
        [(Status::Red, &mut self.red), (Status::Orange, &mut self.orange), (Status::Yellow, &mut self.yellow)]
    }

    /// Takes a known sample; `passed_ns` counts for what was so at the sample before, too.
    pub(super) fn note(&mut self, reported: Status, now: Status, at: DateTime<Utc>, passed_ns: u64) {
        for (level, pending) in self.each_mut() {
            *pending = match *pending {
                _ if (now <= level) == (reported <= level) => None,
                None => Some(Pending { since: at, held_ns: 0 }),
                Some(Pending { since, held_ns }) => {
                    Some(Pending { since, held_ns: held_ns.saturating_add(passed_ns) })
                }
            };
        }
    }

    /// Moves what began after `at` to `at`.
    pub(super) fn begin_at_latest(&mut self, at: DateTime<Utc>) {
        for pending in self.each_mut().into_iter().filter_map(|(_, pending)| pending.as_mut()) {
            pending.since = pending.since.min(at);
        }
    }

    /// The worst problem that has lasted.
    pub(super) fn problem(&self, reported: Status, policy: &TrackerPolicy) -> Option<Change> {
        self.worse(reported, nanos(policy.enter_after))
    }

    /// The best recovery that has lasted.
    pub(super) fn recovery(&self, reported: Status, policy: &TrackerPolicy) -> Option<Change> {
        self.better(reported, nanos(policy.leave_after))
    }

    /// The worst problem that is pending, for however short a time.
    pub(super) fn entering(&self, reported: Status) -> Option<Change> {
        self.worse(reported, 0)
    }

    /// The best recovery that is pending, for however short a time.
    pub(super) fn leaving(&self, reported: Status) -> Option<Change> {
        self.better(reported, 0)
    }

    fn worse(&self, reported: Status, held_ns: u64) -> Option<Change> {
        let levels = self.each().into_iter().filter(|(level, ..)| reported > *level);
        levels
            .filter_map(|(level, _, pending)| Some((level, pending?)))
            .find(|(_, pending)| pending.held_ns >= held_ns)
            .map(|(status, pending)| Change { status, since: pending.since })
    }

    fn better(&self, reported: Status, held_ns: u64) -> Option<Change> {
        let levels = self.each().into_iter().rev().filter(|(level, ..)| reported <= *level);
        levels
            .filter_map(|(_, better, pending)| Some((better, pending?)))
            .find(|(_, pending)| pending.held_ns >= held_ns)
            .map(|(status, pending)| Change { status, since: pending.since })
    }
}
