//! Pending changes by level.

use chrono::{DateTime, Utc};
use plume_health::Status;
use serde::{Deserialize, Serialize};

use crate::tracker::policy::{Threshold, TrackerPolicy};

/// For each level, whether the status is at least that bad, and how long that has differed from the reported
/// status.
///
/// The levels are monotone: red implies orange and yellow. So all changes that a sample confirms go in one
/// direction, and a milder problem has lasted at least as long as a worse one.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Levels {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    red: Option<Pending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    orange: Option<Pending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    yellow: Option<Pending>,
}

/// A change that is not reported yet.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending {
    /// The first sample of the change.
    since: DateTime<Utc>,
    /// The gathered time, less the time subtracted since.
    held_ns: u64,
    /// The samples of the change. Version 2 had no such member.
    #[serde(default = "one")]
    samples: u32,
}

fn one() -> u32 {
    1
}

impl Pending {
    fn reaches(&self, threshold: Threshold) -> bool {
        self.held_ns >= threshold.after_ns && self.samples >= threshold.samples
    }
}

/// A status that differs from the reported one, and the first sample of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) status: Status,
    pub(super) since: DateTime<Utc>,
}

impl Levels {
    /// Returns the levels worst first: the level, the next better status, and the pending change.
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

    /// Observes a known sample; `passed_ns` is the time since the sample `before`.
    ///
    /// Time at which both samples differ from the report is gathered; time at which neither does is subtracted,
    /// half of it from a problem and twice of it from a recovery, so the balance is at one third of the time. A
    /// change between the samples does neither.
    pub(super) fn note(
        &mut self,
        reported: Status,
        before: Option<Status>,
        now: Status,
        at: DateTime<Utc>,
        passed_ns: u64,
    ) {
        for (level, pending) in self.each_mut() {
            let was = reported <= level;
            let agreed = before.is_some_and(|before| (before <= level) == was);
            let agrees = (now <= level) == was;
            let lost_ns = match (agreed, was) {
                (false, _) => 0,
                (true, false) => passed_ns.div_ceil(2),
                (true, true) => passed_ns.saturating_mul(2),
            };
            let gained_ns = if agreed { 0 } else { passed_ns };
            *pending = match *pending {
                Some(Pending { since, held_ns, samples }) if agrees => {
                    let held_ns = held_ns.saturating_sub(lost_ns);
                    (held_ns > 0).then_some(Pending { since, held_ns, samples })
                }
                None if agrees => None,
                None => Some(Pending { since: at, held_ns: 0, samples: 1 }),
                Some(Pending { since, held_ns, samples }) => Some(Pending {
                    since,
                    held_ns: held_ns.saturating_add(gained_ns),
                    samples: samples.saturating_add(1),
                }),
            };
        }
    }

    /// Removes changes that the sample of a report covers or ends.
    pub(super) fn settle(&mut self, reported: Status, now: Status) {
        for (level, pending) in self.each_mut() {
            if (now <= level) == (reported <= level) {
                *pending = None;
            }
        }
    }

    /// Moves changes that began after `at` to `at`.
    pub(super) fn begin_at_latest(&mut self, at: DateTime<Utc>) {
        for pending in self.each_mut().into_iter().filter_map(|(_, pending)| pending.as_mut()) {
            pending.since = pending.since.min(at);
        }
    }

    /// Returns the worst problem that has lasted long enough and is confirmed by the sample `now`.
    pub(super) fn problem(&self, reported: Status, now: Status, policy: &TrackerPolicy) -> Option<Change> {
        self.worse(reported, now, |level| policy.enter(level))
    }

    /// Returns the best recovery that has lasted long enough and is confirmed by the sample `now`.
    pub(super) fn recovery(&self, reported: Status, now: Status, policy: &TrackerPolicy) -> Option<Change> {
        self.better(reported, now, |level| policy.leave(level))
    }

    /// Returns the worst pending problem, however short.
    pub(super) fn entering(&self, reported: Status) -> Option<Change> {
        self.worse(reported, Status::Red, |_| Threshold::NONE)
    }

    /// Returns the best pending recovery, however short.
    pub(super) fn leaving(&self, reported: Status) -> Option<Change> {
        self.better(reported, Status::Green, |_| Threshold::NONE)
    }

    fn worse(
        &self,
        reported: Status,
        now: Status,
        threshold: impl Fn(Status) -> Threshold,
    ) -> Option<Change> {
        let levels = self.each().into_iter().filter(|(level, ..)| reported > *level && now <= *level);
        levels
            .filter_map(|(level, _, pending)| Some((level, pending?)))
            .find(|(level, pending)| pending.reaches(threshold(*level)))
            .map(|(status, pending)| Change { status, since: pending.since })
    }

    /// A status is left only if all worse ones are, so the first level that has not lasted ends the search.
    fn better(
        &self,
        reported: Status,
        now: Status,
        threshold: impl Fn(Status) -> Threshold,
    ) -> Option<Change> {
        let levels = self.each().into_iter().filter(|(level, ..)| reported <= *level && now > *level);
        levels
            .map_while(|(level, better, pending)| {
                pending.filter(|pending| pending.reaches(threshold(level))).map(|pending| (better, pending))
            })
            .last()
            .map(|(status, pending)| Change { status, since: pending.since })
    }
}
