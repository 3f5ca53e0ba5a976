//! The schedule of one home.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::HomeId;
use crate::schedule::class::{CheckClass, CheckDetail};
use crate::schedule::grid::{hash, later, next_point};
use crate::schedule::policy::SchedulePolicy;
use crate::version;

/// The version of the [`HomeSchedule`] format that this version of the crate writes.
pub const HOME_SCHEDULE_VERSION: u32 = 1;

/// The schedule of one home. Plain data: a store may keep each field in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HomeSchedule {
    /// The version of the format: [`HOME_SCHEDULE_VERSION`].
    #[serde(deserialize_with = "version::read::<HOME_SCHEDULE_VERSION, _>")]
    pub version: u32,
    /// The class, which decides the interval.
    pub class: CheckClass,
    /// The time of the last check, or the time at which the home was added. The age of its data counts from here.
    pub since: DateTime<Utc>,
    /// The time of the next check.
    pub due: DateTime<Utc>,
    /// The number of checks since the last full one.
    pub runs_since_full: u32,
    /// Whether the next check is to be a full one: after the first suspicion and after a transition.
    pub wants_full: bool,
}

/// A completed check. A failed one counts too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CheckDone {
    /// The time of the check.
    pub at: DateTime<Utc>,
    /// Its detail.
    pub detail: CheckDetail,
    /// The class of the home after it.
    pub class: CheckClass,
    /// Whether the next check is to be a full one.
    pub wants_full: bool,
}

impl CheckDone {
    /// Returns a check after which no full one is wanted.
    #[must_use]
    pub fn new(at: DateTime<Utc>, detail: CheckDetail, class: CheckClass) -> Self {
        Self { at, detail, class, wants_full: false }
    }

    /// Sets [`wants_full`](Self::wants_full).
    #[must_use]
    pub fn with_wants_full(mut self, wants_full: bool) -> Self {
        self.wants_full = wants_full;
        self
    }
}

impl HomeSchedule {
    /// Returns the schedule of a new home: its first check is at the next point of its grid. Full checks are spread
    /// over the homes as their phases are.
    #[must_use]
    pub fn new(home: &HomeId, policy: &SchedulePolicy, now: DateTime<Utc>) -> Self {
        let spread = (hash(home) >> 32) % u64::from(policy.full_every.max(1));
        Self {
            version: HOME_SCHEDULE_VERSION,
            class: CheckClass::Normal,
            since: now,
            due: next_point(home, policy.normal, now),
            runs_since_full: u32::try_from(spread).unwrap_or_default(),
            wants_full: false,
        }
    }

    /// Returns whether a check is due.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.due <= now
    }

    /// Records a check and sets the next one: the first point of the grid that is at least half an interval later. A
    /// suspect is checked one interval later, so that two samples span the whole of it. A full check that was wanted
    /// stays wanted until it is done.
    pub fn complete(&mut self, home: &HomeId, policy: &SchedulePolicy, done: CheckDone) {
        self.version = HOME_SCHEDULE_VERSION;
        self.since = done.at;
        match done.detail {
            CheckDetail::Full => {
                self.wants_full = done.wants_full;
                self.runs_since_full = 0;
            }
            CheckDetail::Nodes => {
                self.wants_full |= done.wants_full;
                self.runs_since_full = self.runs_since_full.saturating_add(1);
            }
        }
        self.class = done.class;
        self.due = self.next_due(home, policy);
    }

    /// Changes the class between two checks, for example when a maintenance window begins or ends.
    pub fn set_class(&mut self, home: &HomeId, policy: &SchedulePolicy, class: CheckClass) {
        if self.class != class {
            self.class = class;
            self.due = self.next_due(home, policy);
        }
    }

    /// Makes the home due now, as a suspect.
    pub fn pull_forward(&mut self, now: DateTime<Utc>) {
        self.class = CheckClass::Suspect;
        self.due = self.due.min(now);
    }

    /// Repairs times that a jump of the wall clock has made impossible. Call it for every home that is loaded.
    ///
    /// A last check in the future counts as one of now. A next check that is further away than any interval is due
    /// at the next point of the grid. A clock that was set forward needs no repair: the home is due, once.
    #[must_use]
    pub fn restored(mut self, home: &HomeId, policy: &SchedulePolicy, now: DateTime<Utc>) -> Self {
        self.since = self.since.min(now);
        let interval = policy.interval(self.class);
        if self.due > later(now, interval.saturating_add(interval / 2)) {
            self.due = next_point(home, interval, now);
        }
        self
    }

    fn next_due(&self, home: &HomeId, policy: &SchedulePolicy) -> DateTime<Utc> {
        let interval = policy.interval(self.class);
        match self.class {
            CheckClass::Suspect => later(self.since, interval),
            _ => next_point(home, interval, later(self.since, interval / 2)),
        }
    }
}
