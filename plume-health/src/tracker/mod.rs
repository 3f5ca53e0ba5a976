//! What to tell when the same location is judged again and again.
//!
//! A single report says what is; a [`HealthTracker`] says when that is worth a message. A change must last
//! ([`TrackerPolicy::enter_after`], [`TrackerPolicy::leave_after`]), and a status that keeps changing is told once,
//! as flapping. Numbers get two limits by [`Hysteresis`].
//!
//! ```
//! use std::collections::BTreeMap;
//! use chrono::{DateTime, TimeDelta, Utc};
//! use plume_health::{Status, tracker::{EventKind, HealthTracker, TrackerPolicy}};
//!
//! let policy = TrackerPolicy::standard();
//! let mut homes = BTreeMap::<&str, HealthTracker>::new();
//! let start: DateTime<Utc> = "2026-01-15T10:00:00Z".parse()?;
//! let mut told = Vec::new();
//! for (minute, status) in [(0, Status::Green), (1, Status::Red), (2, Status::Red), (4, Status::Red)] {
//!     let tracker = homes.entry("location").or_default();
//!     told.extend(tracker.observe(&policy, start + TimeDelta::minutes(minute), status));
//! }
//! assert_eq!(told.len(), 1);
//! assert_eq!((told[0].kind, told[0].status), (EventKind::Entered, Status::Red));
//! assert_eq!(told[0].since, start + TimeDelta::minutes(1));
//! # Ok::<(), chrono::ParseError>(())
//! ```

mod hysteresis;
mod policy;

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

pub use hysteresis::Hysteresis;
pub use policy::{Flapping, TRACKER_POLICY_VERSION, TrackerPolicy};

use crate::{
    Format, Status,
    render::{self, series as layout},
};

/// The version of the form of a [`HealthTracker`] that this version of the crate reads and writes.
pub const TRACKER_VERSION: u32 = 1;

/// The memory of one location that is judged again and again: of a fixed size, and as much work for each sample.
///
/// * **A change must last.** While it is worse than what was told last, the mildest status since then waits to be
///   told; while it is better, the worst one. It is told when it has lasted the time of the policy.
/// * **Unknown proves nothing.** [`Status::Unknown`] raises no problem and clears none; unknown time, and a
///   silence, do not count towards the time that a change must last.
/// * **The first green is no news.** A location starts unknown, and becomes green without an event.
/// * **Flapping is told once**, when it begins and when it ends. In between nothing else is told, and at the end
///   the status is always told, also if it is the one from before.
/// * **Time may go wrong.** A sample that is not later than the one before is ignored; if it is earlier by more
///   than [`TrackerPolicy::silence_after`], the clock was set right, and the sample counts without the time
///   between.
///
/// Written and read with serde, it goes on where it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HealthTracker {
    version: u32,
    /// What was told last, or holds without being told.
    status: Status,
    since: Option<DateTime<Utc>>,
    pending: Option<Pending>,
    last: Option<Last>,
    unknown_since: Option<DateTime<Utc>>,
    /// In whole numbers, which survive being written and read: a score that is off by its last digit after a
    /// restart could end flapping at another sample.
    flap_millionths: i64,
    flapping_since: Option<DateTime<Utc>>,
}

const WHOLE: i64 = 1_000_000;

/// A status that waits to be told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending {
    status: Status,
    /// Than what was told.
    is_worse: bool,
    since: DateTime<Utc>,
    /// For how long it was seen, without unknown time.
    held_ms: i64,
}

/// The newest sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    at: DateTime<Utc>,
    /// The newest known status.
    known: Option<Status>,
}

/// Where a location is between two statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TrackerState {
    /// It is as it was told.
    Steady,
    /// It is worse, not yet for long enough.
    Entering,
    /// It is better, not yet for long enough.
    Leaving,
    /// It keeps changing.
    Flapping,
}

/// Something worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The status told before.
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
            pending: None,
            last: None,
            unknown_since: None,
            flap_millionths: 0,
            flapping_since: None,
        }
    }

    /// What was told last; [`Status::Green`] is not told at first.
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
        match (self.flapping_since, self.pending.map(|pending| pending.is_worse)) {
            (Some(_), _) => TrackerState::Flapping,
            (None, Some(true)) => TrackerState::Entering,
            (None, Some(false)) => TrackerState::Leaving,
            (None, None) => TrackerState::Steady,
        }
    }

    /// The status that waits to be told, and since when.
    #[must_use]
    pub fn pending(&self) -> Option<(Status, DateTime<Utc>)> {
        self.pending.map(|pending| (pending.status, pending.since))
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

    /// Takes the next sample, and says what is worth telling.
    #[must_use = "the event is told only once"]
    pub fn observe(&mut self, policy: &TrackerPolicy, at: DateTime<Utc>, status: Status) -> Option<Event> {
        let seen_ms = self.advance(policy, at)?;
        if status == Status::Unknown {
            self.unknown_since.get_or_insert(at);
            return None;
        }
        let was_unknown = self.unknown_since.take().is_some();
        self.wait(at, status, if was_unknown { 0 } else { seen_ms });
        self.count_change(policy, status);
        if let Some(last) = &mut self.last {
            last.known = Some(status);
        }
        self.tell(policy, at, status)
    }

    /// Moves the time on. The milliseconds that count since the sample before; `None` if this one is ignored.
    fn advance(&mut self, policy: &TrackerPolicy, at: DateTime<Utc>) -> Option<i64> {
        let Some(last) = &mut self.last else {
            self.last = Some(Last { at, known: None });
            return Some(0);
        };
        let passed = at.signed_duration_since(last.at).num_milliseconds();
        let silence = millis(policy.silence_after);
        match passed {
            1.. => {
                last.at = at;
                Some(if passed <= silence { passed } else { 0 })
            }
            _ if passed >= silence.saturating_neg() => None,
            _ => {
                last.at = at;
                // What began in a future that never came began now at the latest.
                let earlier = |time: &mut DateTime<Utc>| *time = at.min(*time);
                self.since.iter_mut().for_each(earlier);
                self.unknown_since.iter_mut().for_each(earlier);
                self.flapping_since.iter_mut().for_each(earlier);
                self.pending.iter_mut().for_each(|pending| earlier(&mut pending.since));
                Some(0)
            }
        }
    }

    /// Lets a status that differs from the told one wait.
    fn wait(&mut self, at: DateTime<Utc>, status: Status, seen_ms: i64) {
        let is_worse = match status.cmp(&self.told()) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => {
                self.pending = None;
                self.become_status(status, at);
                return;
            }
        };
        match &mut self.pending {
            Some(pending) if pending.is_worse == is_worse => {
                pending.held_ms = pending.held_ms.saturating_add(seen_ms);
                // Only what held all the time has lasted: the mildest problem, the worst recovery.
                let status = if is_worse { pending.status.max(status) } else { pending.status.min(status) };
                pending.status = status;
            }
            pending => *pending = Some(Pending { status, is_worse, since: at, held_ms: 0 }),
        }
    }

    /// What a status is compared with: where nothing is known yet, nobody was told of a problem.
    fn told(&self) -> Status {
        match self.status {
            Status::Unknown => Status::Green,
            told => told,
        }
    }

    fn count_change(&mut self, policy: &TrackerPolicy, status: Status) {
        let before = self.last.and_then(|last| last.known);
        let new = if before.is_some_and(|before| before != status) { WHOLE } else { 0 };
        let step =
            new.saturating_sub(self.flap_millionths).saturating_mul(millionths(policy.flapping.weight));
        self.flap_millionths = self.flap_millionths.saturating_add(step / WHOLE).clamp(0, WHOLE);
    }

    fn tell(&mut self, policy: &TrackerPolicy, at: DateTime<Utc>, status: Status) -> Option<Event> {
        let Flapping { begin, end, .. } = policy.flapping;
        match self.flapping_since {
            None if self.flap_millionths >= millionths(begin) => {
                self.flapping_since = Some(at);
                Some(self.event(EventKind::FlappingStarted, status, at, at))
            }
            Some(_) if self.flap_millionths < millionths(end) => {
                self.flapping_since = None;
                self.pending = None;
                let event = self.event(EventKind::FlappingEnded, status, at, at);
                self.become_status(status, at);
                Some(event)
            }
            Some(_) => None,
            None => self.tell_pending(policy, at, status),
        }
    }

    fn tell_pending(&mut self, policy: &TrackerPolicy, at: DateTime<Utc>, now: Status) -> Option<Event> {
        let Pending { status, is_worse, since, held_ms } = self.pending?;
        if held_ms < millis(if is_worse { policy.enter_after } else { policy.leave_after }) {
            return None;
        }
        let kind = match (self.told(), status) {
            (_, Status::Green) => EventKind::Left,
            (Status::Green, _) => EventKind::Entered,
            _ if is_worse => EventKind::Worsened,
            _ => EventKind::Eased,
        };
        let event = self.event(kind, status, since, at);
        self.become_status(status, since);
        // What is worse or better still begins to wait now.
        self.pending = None;
        self.wait(at, now, 0);
        Some(event)
    }

    fn become_status(&mut self, status: Status, since: DateTime<Utc>) {
        if self.status != status {
            self.status = status;
            self.since = Some(since);
        }
    }

    fn event(&self, kind: EventKind, status: Status, since: DateTime<Utc>, at: DateTime<Utc>) -> Event {
        Event { kind, before: self.status, status, since, at }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast keeps to the ends of the numbers, and takes NaN as 0"
)]
fn millionths(number: f64) -> i64 {
    (number * 1e6).round() as i64
}

/// What does not fit is longer than all that can be waited for.
fn millis(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    status: Status,
    since: Option<DateTime<Utc>>,
    pending: Option<Pending>,
    last: Option<Last>,
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
            unknown_since,
            flap_millionths,
            flapping_since,
        } = document;
        Ok(Self { version, status, since, pending, last, unknown_since, flap_millionths, flapping_since })
    }
}

impl Event {
    /// Writes the event. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: Format) -> String {
        render::render(format, self, layout::event)
    }
}
