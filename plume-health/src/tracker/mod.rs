//! Events from the statuses of a location that is judged again and again.
//!
//! A single report says what is; a [`HealthTracker`] says when that is worth a message. A change must last
//! ([`TrackerPolicy::enter_after`], [`TrackerPolicy::leave_after`]), and a status that keeps changing is reported
//! once, as flapping. Numbers get two limits by [`Hysteresis`].
//!
//! ```
//! use std::collections::BTreeMap;
//! use chrono::{DateTime, TimeDelta, Utc};
//! use plume_health::{Status, tracker::{EventKind, HealthTracker, TrackerPolicy}};
//!
//! let policy = TrackerPolicy::standard();
//! let mut homes = BTreeMap::<&str, HealthTracker>::new();
//! let start: DateTime<Utc> = "2026-01-15T10:00:00Z".parse()?;
//! let mut events = Vec::new();
//! for (minute, status) in [(0, Status::Green), (1, Status::Red), (2, Status::Red), (4, Status::Red)] {
//!     let tracker = homes.entry("location").or_default();
//!     events.extend(tracker.observe(&policy, start + TimeDelta::minutes(minute), status));
//! }
//! assert_eq!(events.len(), 1);
//! assert_eq!((events[0].kind, events[0].status), (EventKind::Entered, Status::Red));
//! assert_eq!(events[0].since, start + TimeDelta::minutes(1));
//! # Ok::<(), chrono::ParseError>(())
//! ```

mod hysteresis;
mod levels;
mod policy;

use std::cmp::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

pub use hysteresis::Hysteresis;
use levels::{Change, Levels};
use policy::nanos;
pub use policy::{Flapping, TRACKER_POLICY_VERSION, TrackerPolicy};

use crate::render;
use crate::render::{Rendering, series as layout};
use crate::report::Status;

/// The version of the form of a [`HealthTracker`] that this version of the crate reads and writes.
pub const TRACKER_VERSION: u32 = 2;

/// The memory of one location that is judged again and again: of a fixed size, and as much work for each sample.
///
/// * **A change must last.** Each level has a time of its own: for how long the location has been *at least* yellow,
///   orange, red, or no longer so. A level is reported with the first sample at which it has lasted the time of
///   the policy, with the time since which it has. Yellow at 10:00 and red from 10:01 on is red since 10:01.
/// * **A moment of something else is no end.** Time at which the level is as reported takes away from what was gathered
///   for a change, at half its length from a problem and at twice its length from a recovery. So a location that is
///   red for clearly more than a third of the time is reported as red, in pieces however short, and one that is
///   red for clearly less is reported as no longer so. A change between two samples counts for neither.
/// * **Time between samples counts**, if the known sample at its begin and the one at its end agree on the level; of
///   a long time at most [`TrackerPolicy::silence_after`]. So every level that stays is reported, however rarely
///   the location is judged.
/// * **Unknown proves nothing.** [`Status::Unknown`] is passed over: it raises no problem, clears none, and does not
///   interrupt one.
/// * **The first green is no event.** A location starts unknown, and becomes green without one.
/// * **Flapping is reported once**, when it begins and when it ends. In between only a level that lasts and is worse
///   than the reported status is an event. At the end the status is always reported, also if it is the one from
///   before.
/// * **Time may go wrong.** A sample that is not later than the one before is ignored. If it is earlier by more than
///   [`TrackerPolicy::silence_after`], or the second one in a row that is earlier, the clock was set back: the
///   sample counts without the time between.
///
/// Written and read with serde, it goes on where it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HealthTracker {
    version: u32,
    /// The reported status, or the one that holds without an event.
    status: Status,
    since: Option<DateTime<Utc>>,
    pending: Levels,
    /// The time of the newest sample.
    last: Option<DateTime<Utc>>,
    /// The time of a sample that was ignored as earlier than `last`, if it was the newest one.
    late: Option<DateTime<Utc>>,
    /// The newest known sample.
    known: Option<Known>,
    unknown_since: Option<DateTime<Utc>>,
    /// In whole numbers, which survive being written and read: a score that is off by its last digit after a
    /// restart could end flapping at another sample.
    flap_millionths: i64,
    flapping_since: Option<DateTime<Utc>>,
}

const WHOLE: i64 = 1_000_000;

/// A sample that is not unknown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    at: DateTime<Utc>,
    status: Status,
}

/// Where a location is between two statuses. A problem or recovery is pending until as much time was taken away from it
/// as was gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TrackerState {
    /// It is as reported.
    Steady,
    /// It is worse, not yet for long enough.
    Entering,
    /// It is better, not yet for long enough.
    Leaving,
    /// It keeps changing.
    Flapping,
}

/// A change worth a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The status reported before.
    pub before: Status,
    /// The status now.
    pub status: Status,
    /// Since when it is so: the first sample of the change, or the sample at which flapping began or ended.
    pub since: DateTime<Utc>,
    /// The sample with which that became certain.
    pub at: DateTime<Utc>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// A problem where there was none.
    Entered,
    /// A worse problem.
    Worsened,
    /// A lesser problem.
    Eased,
    /// No problem any more.
    Left,
    /// The status keeps changing.
    FlappingStarted,
    /// It does not any more; the status is the final one.
    FlappingEnded,
}

impl Default for HealthTracker {
    fn default() -> Self {
        Self::new()
    }
}

impl HealthTracker {
    /// A location about which nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self {
            version: TRACKER_VERSION,
            status: Status::Unknown,
            since: None,
            pending: Levels::default(),
            last: None,
            late: None,
            known: None,
            unknown_since: None,
            flap_millionths: 0,
            flapping_since: None,
        }
    }

    /// The status reported last; a [`Status::Green`] at the beginning holds without a report.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Since when that is so, as far as it was seen.
    #[must_use]
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.since
    }

    /// Where the location is between two statuses.
    #[must_use]
    pub fn state(&self) -> TrackerState {
        let reported = self.reported();
        if self.flapping_since.is_some() {
            TrackerState::Flapping
        } else if self.pending.entering(reported).is_some() {
            TrackerState::Entering
        } else if self.pending.leaving(reported).is_some() {
            TrackerState::Leaving
        } else {
            TrackerState::Steady
        }
    }

    /// The worst problem, or the best recovery, that has not lasted long enough yet, and since when it is so.
    #[must_use]
    pub fn pending(&self) -> Option<(Status, DateTime<Utc>)> {
        let reported = self.reported();
        let change = self.pending.entering(reported).or_else(|| self.pending.leaving(reported))?;
        Some((change.status, change.since))
    }

    /// Since when nothing is known, if the newest sample was unknown.
    #[must_use]
    pub fn unknown_since(&self) -> Option<DateTime<Utc>> {
        self.unknown_since
    }

    /// How much the status changes, from 0 to 1. See [`Flapping`].
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most a million")]
    pub fn flap_score(&self) -> f64 {
        self.flap_millionths as f64 / WHOLE as f64
    }

    /// Takes the next sample, and returns the event if there is one.
    #[must_use = "the event is returned only once"]
    pub fn observe(&mut self, policy: &TrackerPolicy, at: DateTime<Utc>, status: Status) -> Option<Event> {
        if !self.advance(policy, at) {
            return None;
        }
        if status == Status::Unknown {
            self.unknown_since.get_or_insert(at);
            return None;
        }
        self.unknown_since = None;
        let before = self.known.replace(Known { at, status });
        if self.status == Status::Unknown && status == Status::Green {
            self.become_status(Change { status, since: at });
        }
        let passed = before.map_or(0, |before| nanos_between(before.at, at));
        let passed = passed.min(longest_pause(policy));
        self.pending.note(self.reported(), before.map(|before| before.status), status, at, passed);
        self.count_change(policy, before.is_some_and(|before| before.status != status));
        self.report(policy, Change { status, since: at })
    }

    /// Moves the time on. Returns whether the sample counts.
    fn advance(&mut self, policy: &TrackerPolicy, at: DateTime<Utc>) -> bool {
        match self.last.map_or(Ordering::Greater, |last| at.cmp(&last)) {
            Ordering::Greater => {}
            Ordering::Equal => return false,
            Ordering::Less => {
                let back = self.last.map_or(0, |last| nanos_between(at, last));
                let follows = self.late.is_some_and(|late| at > late);
                if back <= longest_pause(policy) && !follows {
                    self.late = Some(at);
                    return false;
                }
                self.set_back(at);
            }
        }
        self.last = Some(at);
        self.late = None;
        true
    }

    /// The clock was set back: what began in a future that never came began now at the latest.
    fn set_back(&mut self, at: DateTime<Utc>) {
        for time in [&mut self.since, &mut self.unknown_since, &mut self.flapping_since].into_iter().flatten()
        {
            *time = at.min(*time);
        }
        self.pending.begin_at_latest(at);
        if let Some(known) = &mut self.known {
            // The time between does not count.
            known.at = at;
        }
    }

    /// The status that a new one is compared with: where nothing is known yet, no problem was reported.
    fn reported(&self) -> Status {
        match self.status {
            Status::Unknown => Status::Green,
            reported => reported,
        }
    }

    fn count_change(&mut self, policy: &TrackerPolicy, changed: bool) {
        let weight = millionths(policy.flapping.weight);
        let part = |of: i64| of.saturating_mul(weight);
        self.flap_millionths = if changed {
            self.flap_millionths.saturating_add(part(WHOLE.saturating_sub(self.flap_millionths)) / WHOLE)
        } else {
            // Rounded up, or the last millionths would never go.
            let less = part(self.flap_millionths).saturating_add(WHOLE.saturating_sub(1)) / WHOLE;
            self.flap_millionths.saturating_sub(less)
        }
        .clamp(0, WHOLE);
    }

    fn report(&mut self, policy: &TrackerPolicy, now: Change) -> Option<Event> {
        let at = now.since;
        let (reported, flapping) = (self.reported(), policy.flapping);
        if self.flapping_since.is_none() && self.flap_millionths >= millionths(flapping.begin) {
            self.flapping_since = Some(at);
            return Some(self.event(EventKind::FlappingStarted, now, at));
        }
        if self.flapping_since.is_some() && self.flap_millionths < millionths(flapping.end) {
            self.flapping_since = None;
            return Some(self.become_reported(EventKind::FlappingEnded, now, now));
        }
        let problem = self.pending.problem(reported, now.status, policy);
        let recovery = || self.pending.recovery(reported, now.status, policy);
        let change = match self.flapping_since {
            None => problem.or_else(recovery)?,
            Some(_) => problem?,
        };
        let kind = match (reported, change.status) {
            (_, Status::Green) => EventKind::Left,
            (Status::Green, _) => EventKind::Entered,
            (before, after) if after < before => EventKind::Worsened,
            _ => EventKind::Eased,
        };
        Some(self.become_reported(kind, change, now))
    }

    fn become_reported(&mut self, kind: EventKind, change: Change, now: Change) -> Event {
        let event = self.event(kind, change, now.since);
        self.become_status(change);
        self.pending.settle(self.reported(), now.status);
        event
    }

    fn become_status(&mut self, change: Change) {
        if self.status != change.status {
            self.status = change.status;
            self.since = Some(change.since);
        }
    }

    fn event(&self, kind: EventKind, change: Change, at: DateTime<Utc>) -> Event {
        Event { kind, before: self.status, status: change.status, since: change.since, at }
    }
}

/// At least a nanosecond, so that time always counts.
fn longest_pause(policy: &TrackerPolicy) -> u64 {
    nanos(policy.silence_after).max(1)
}

/// What does not fit is longer than all that is waited for; 0 if the second time is not later.
fn nanos_between(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    to.signed_duration_since(from).max(TimeDelta::zero()).to_std().map_or(u64::MAX, nanos)
}

/// At least one: with less a score would never begin or end to flap.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast keeps to the ends of the numbers, and takes NaN as 0"
)]
fn millionths(number: f64) -> i64 {
    ((number * 1e6).round() as i64).max(1)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    status: Status,
    since: Option<DateTime<Utc>>,
    pending: Levels,
    last: Option<DateTime<Utc>>,
    late: Option<DateTime<Utc>>,
    known: Option<Known>,
    unknown_since: Option<DateTime<Utc>>,
    flap_millionths: i64,
    flapping_since: Option<DateTime<Utc>>,
}

impl<'de> Deserialize<'de> for HealthTracker {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        if document.version != TRACKER_VERSION {
            let version = document.version;
            return Err(D::Error::custom(format!(
                "tracker: version {version} is not supported, expected {TRACKER_VERSION}"
            )));
        }
        if !(0..=WHOLE).contains(&document.flap_millionths) {
            return Err(D::Error::custom("tracker: the flap score is from 0 to 1000000 millionths"));
        }
        let Document {
            version,
            status,
            since,
            pending,
            last,
            late,
            known,
            unknown_since,
            flap_millionths,
            flapping_since,
        } = document;
        Ok(Self {
            version,
            status,
            since,
            pending,
            last,
            late,
            known,
            unknown_since,
            flap_millionths,
            flapping_since,
        })
    }
}

impl Event {
    /// Writes the event. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render::render(format, self, layout::event)
    }
}
