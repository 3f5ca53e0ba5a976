//! The tracker of one location.

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::{HealthReport, Status};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::tracker::event::{Event, EventKind, TrackerState};
use crate::tracker::levels::{Change, Levels};
use crate::tracker::policy::{TrackerPolicy, nanos};

/// The version of the [`HealthTracker`] format that this version of the crate writes. It also reads version 2.
pub const TRACKER_VERSION: u32 = 3;
/// The oldest version that is still read. Version 2 did not count samples.
const OLDEST_VERSION: u32 = 2;

/// Turns the statuses of one location into events, with fixed memory and constant work per sample.
///
/// * **A change must last.** Each level has a time and a count of samples of its own: how long the location has been
///   *at least* yellow, orange or red, or no longer so. A level is reported with the first sample at which it has
///   lasted the policy's time and number of samples, with the time of its start. Yellow at 10:00 and red from 10:01
///   is red since 10:01.
/// * **A short interruption does not reset a change.** Time at which the level is as reported is subtracted from
///   the gathered time of a change, at half its length for a problem and at twice its length for a recovery. So a
///   location that is red for clearly more than a third of the time is reported as red, in intervals however short,
///   and one that is red for clearly less is reported as recovered. A change between two samples counts for
///   neither. The count of samples continues after an interruption that subtracts less than was gathered.
/// * **Time between samples counts** if the known samples at its start and end agree on the level, up to
///   [`TrackerPolicy::silence_after`]. So every lasting level is reported, however rare the samples.
/// * **Unknown changes nothing.** [`Status::Unknown`] starts, ends and interrupts no problem.
/// * **The first green is no event.** A location starts unknown and becomes green silently.
/// * **Flapping is reported twice**, at its start and at its end. In between, only a level that lasts and is worse
///   than the reported status is an event. The event at the end has the final status, even if it is the one from
///   before.
/// * **Clocks can go wrong.** A sample that is not later than the one before is ignored. If it is earlier by more
///   than [`TrackerPolicy::silence_after`], or the second one in a row that is earlier, the clock was set back: the
///   sample counts without the time between.
///
/// Store the tracker with serde to continue after a restart:
///
/// ```
/// use plume_health::Status;
/// use plume_monitor::tracker::{HealthTracker, TrackerPolicy};
///
/// let mut tracker = HealthTracker::new();
/// let _ = tracker.observe(&TrackerPolicy::standard(), "2026-01-15T10:00:00Z".parse()?, Status::Green);
///
/// let stored = serde_json::to_string(&tracker)?;
/// let restored: HealthTracker = serde_json::from_str(&stored)?;
/// assert_eq!(restored, tracker);
/// assert_eq!(restored.status(), Status::Green);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
// The implementations below validate the input.
#[serde(remote = "Self", deny_unknown_fields)]
#[non_exhaustive]
pub struct HealthTracker {
    version: u32,
    /// The reported status, or the one that became current without an event.
    status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<DateTime<Utc>>,
    pending: Levels,
    /// The time of the newest sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<DateTime<Utc>>,
    /// The time of the newest sample, if it was ignored as earlier than `last`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    late: Option<DateTime<Utc>>,
    /// The newest known sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    known: Option<Known>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unknown_since: Option<DateTime<Utc>>,
    /// A whole number, because a float that changes in its last digit over a restart could end flapping at another
    /// sample.
    flap_millionths: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
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

impl Default for HealthTracker {
    fn default() -> Self {
        Self::new()
    }
}

impl HealthTracker {
    /// Returns a tracker without samples.
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

    /// Returns the last reported status. An initial [`Status::Green`] is not reported.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Returns the status of the newest sample, which may not be reported yet. Unknown before any sample.
    #[must_use]
    pub fn latest(&self) -> Status {
        match (self.unknown_since, self.known) {
            (None, Some(known)) => known.status,
            _ => Status::Unknown,
        }
    }

    /// Returns the start of the reported status, if known.
    #[must_use]
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.since
    }

    /// Returns the state of the tracker.
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

    /// Returns the worst problem or best recovery that has not lasted long enough, with its start.
    #[must_use]
    pub fn pending(&self) -> Option<(Status, DateTime<Utc>)> {
        let reported = self.reported();
        let change = self.pending.entering(reported).or_else(|| self.pending.leaving(reported))?;
        Some((change.status, change.since))
    }

    /// Returns the start of the unknown time, if the newest sample was unknown.
    #[must_use]
    pub fn unknown_since(&self) -> Option<DateTime<Utc>> {
        self.unknown_since
    }

    /// Returns whether the tracker has forgotten all trouble: green, nothing pending, and no trace of changes.
    pub(super) fn is_quiet(&self) -> bool {
        matches!(self.status, Status::Green | Status::Unknown)
            && self.state() == TrackerState::Steady
            && self.flap_millionths == 0
    }

    /// Returns the rate of changes, from 0 to 1. See [`Flapping`](crate::tracker::Flapping).
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most a million")]
    pub fn flap_score(&self) -> f64 {
        self.flap_millionths as f64 / WHOLE as f64
    }

    /// Observes the status of a report at the time of its snapshot.
    ///
    /// Do not call it for a failed check. See [`observe`](Self::observe).
    ///
    /// ```
    /// use plume_health::{Policy, analyze};
    /// use plume_monitor::tracker::{HealthTracker, TrackerPolicy};
    /// use plume_types::{LocationSnapshot, Part};
    ///
    /// let mut tracker = HealthTracker::new();
    /// let mut events = Vec::new();
    /// for time in ["2026-01-15T10:00:00Z", "2026-01-15T10:05:00Z"] {
    ///     let now = time.parse()?;
    ///     let mut snapshot = LocationSnapshot::new("customer", "location", now);
    ///     snapshot.nodes = Part::Known(Vec::new().into()); // without pods it is offline
    ///     let report = analyze(&snapshot, &Policy::standard(), now);
    ///     events.extend(tracker.observe_report(&TrackerPolicy::standard(), &report));
    /// }
    /// assert_eq!(events[0].to_string(), "entered: unknown -> red since 2026-01-15 10:00:00 UTC");
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    #[must_use = "the event is returned only once"]
    pub fn observe_report(&mut self, policy: &TrackerPolicy, report: &HealthReport) -> Option<Event> {
        self.observe(policy, report.taken_at, report.status)
    }

    /// Observes the status at a time. Returns the event if the sample confirms a change that is worth a message.
    #[must_use = "the event is returned only once"]
    pub fn observe(&mut self, policy: &TrackerPolicy, at: DateTime<Utc>, status: Status) -> Option<Event> {
        self.observe_if(self.counts(policy, at), policy, at, status)
    }

    /// Observes the status at a time, of a sample that counts or not.
    pub(super) fn observe_if(
        &mut self,
        counts: bool,
        policy: &TrackerPolicy,
        at: DateTime<Utc>,
        status: Status,
    ) -> Option<Event> {
        if !self.advance(counts, at) {
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

    /// Returns whether a sample at this time counts: it is later than the one before, or the clock was set back.
    pub(super) fn counts(&self, policy: &TrackerPolicy, at: DateTime<Utc>) -> bool {
        let Some(last) = self.last else {
            return true;
        };
        let follows = self.late.is_some_and(|late| at > late);
        at > last || (at < last && (nanos_between(at, last) > longest_pause(policy) || follows))
    }

    /// Advances the time. Returns whether the sample counts.
    fn advance(&mut self, counts: bool, at: DateTime<Utc>) -> bool {
        if !counts {
            if self.last.is_some_and(|last| at < last) {
                self.late = Some(at);
            }
            return false;
        }
        if self.last.is_some_and(|last| at < last) {
            self.set_back(at);
        }
        self.last = Some(at);
        self.late = None;
        true
    }

    /// Handles a clock that was set back: what began later than now began now.
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

    /// Returns the status that a new one is compared with. Before any known sample, no problem is reported.
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
            // Rounded up, or the last millionths would never be subtracted.
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
        let kind = EventKind::of_change(reported, change.status);
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
        Event { kind, from: self.status, to: change.status, since: change.since, at }
    }
}

/// Returns the longest pause, at least a nanosecond, so that time always counts.
fn longest_pause(policy: &TrackerPolicy) -> u64 {
    nanos(policy.silence_after).max(1)
}

/// Returns the time between, clamped if it does not fit; 0 if the second time is not later.
fn nanos_between(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    to.signed_duration_since(from).max(TimeDelta::zero()).to_std().map_or(u64::MAX, nanos)
}

/// At least one: with 0, flapping would never begin or end.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast keeps to the ends of the numbers, and takes NaN as 0"
)]
fn millionths(number: f64) -> i64 {
    ((number * 1e6).round() as i64).max(1)
}

impl Serialize for HealthTracker {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for HealthTracker {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut tracker = Self::deserialize(deserializer)?;
        let version = tracker.version;
        if !(OLDEST_VERSION..=TRACKER_VERSION).contains(&version) {
            return Err(D::Error::custom(format!(
                "tracker: version {version} is not supported, expected {OLDEST_VERSION} to {TRACKER_VERSION}"
            )));
        }
        if !(0..=WHOLE).contains(&tracker.flap_millionths) {
            return Err(D::Error::custom("tracker: the flap score is not from 0 to 1000000 millionths"));
        }
        tracker.version = TRACKER_VERSION;
        Ok(tracker)
    }
}
