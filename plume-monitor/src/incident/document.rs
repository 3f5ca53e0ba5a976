//! The incident that people see.

use chrono::{DateTime, Utc};
use plume_health::Status;
use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, IncidentId, TenantId};
use crate::incident::cause::Cause;
use crate::incident::change::{ChangeKind, CloseReason, IncidentChange, Scope};
use crate::incident::people::{Acknowledgement, Note, Snooze};
use crate::incident::severity::{is_worse, worse_of};
use crate::incident::situation::Situation;
use crate::time::{CLOCKS, has_passed};
use crate::version;

/// The version of the [`Incident`] format that this version of the crate reads and writes.
pub const INCIDENT_VERSION: u32 = 1;

/// More channels than a tenant has.
const MAX_NOTIFIED: usize = 256;

/// An incident: the situation, what people did about it, and what was last announced.
///
/// It holds all that a decision about messages needs, so no timer is lost over a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Incident {
    /// The version of the format: [`INCIDENT_VERSION`].
    #[serde(deserialize_with = "version::read::<INCIDENT_VERSION, _>")]
    pub format: u32,
    /// The id.
    pub id: IncidentId,
    /// The owner.
    pub tenant: TenantId,
    /// The thing that it is about.
    pub scope: Scope,
    /// The time of the decision that opened it.
    pub opened_at: DateTime<Utc>,
    /// The end, if it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// The version: it grows when the trouble gets worse or has another cause.
    pub version: u32,
    /// The number of changes by people.
    #[serde(default)]
    pub edits: u32,
    /// The situation.
    pub situation: Situation,
    /// The earliest time of the first message, and of the one about a worsening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_until: Option<DateTime<Utc>>,
    /// The time until which an improvement is not announced on its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_until: Option<DateTime<Utc>>,
    /// The time of the change that set one of the two. If it lies ahead, the clock was set back since then, and neither
    /// counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_at: Option<DateTime<Utc>>,
    /// The last announcement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Announced>,
    /// The number of versions since the last message that were a worsening.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub worsened: u32,
    /// The keys of the causes in the last message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    named: Vec<u32>,
    /// The channels of the messages since the trouble began. Its end goes to all of them, whatever the route is then; at
    /// most 256.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notified: Vec<ChannelId>,
    /// The acknowledgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledgement>,
    /// The snooze.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed: Option<Snooze>,
    /// The notes, oldest first; at most [`MAX_NOTES`](crate::incident::MAX_NOTES).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// The fleet incident that announces this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<IncidentId>,
    /// The trouble that was left at the end of a fleet incident, if it is mild or that of one of many homes: it is no news of its
    /// own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Left>,
}

/// The end of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Closed {
    /// The time of the decision.
    pub at: DateTime<Utc>,
    /// The reason.
    pub reason: CloseReason,
}

/// The state of an incident in the last message about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Announced {
    /// The time of the message.
    pub at: DateTime<Utc>,
    /// The version.
    pub version: u32,
    /// The status.
    pub status: Status,
    /// The worst status of all messages since the incident opened. Its end is announced where that was.
    pub worst: Status,
    /// Whether it was flapping.
    #[serde(default)]
    pub flapping: bool,
    /// Whether the message announced the end.
    #[serde(default)]
    pub ended: bool,
    /// The number of messages, this one included. It makes the key of each message unique.
    pub number: u32,
}

/// The trouble that was left at the end of a fleet incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Left {
    /// The version.
    pub version: u32,
    /// The status.
    pub status: Status,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Incident {
    /// Returns the incident that a change opens. Returns `None` if the change has no situation.
    #[must_use]
    pub fn open(tenant: TenantId, change: &IncidentChange) -> Option<Self> {
        let mut incident = Self {
            format: INCIDENT_VERSION,
            id: change.id.clone(),
            tenant,
            scope: change.scope.clone(),
            opened_at: change.at,
            closed: None,
            version: change.version,
            edits: 0,
            situation: change.situation.clone()?,
            hold_until: None,
            settle_until: None,
            held_at: None,
            announced: None,
            worsened: 0,
            named: Vec::new(),
            notified: Vec::new(),
            acknowledged: None,
            snoozed: None,
            notes: Vec::new(),
            fleet: None,
            left: None,
        };
        incident.apply(change);
        Some(incident)
    }

    /// Writes a change into the incident. Applying a change twice is the same as once. A change of another incident
    /// is ignored, and so is one with an older version.
    pub fn apply(&mut self, change: &IncidentChange) {
        if change.id != self.id || change.version < self.version {
            return;
        }
        let is_news =
            self.announced.is_none() || change.version > self.version || change.kind == ChangeKind::Reopened;
        if change.situation.as_ref().is_some_and(|next| is_worse(next.status, self.situation.status)) {
            self.worsened = self.worsened.saturating_add(change.version.saturating_sub(self.version));
        }
        self.version = change.version;
        if let Some(situation) = &change.situation {
            self.situation = situation.clone();
        }
        let sets_a_time = (is_news && change.hold_until.is_some()) || change.settle_until.is_some();
        if sets_a_time && self.held_at.is_some_and(|at| has_passed(change.at, at, CLOCKS)) {
            // Both are from before the clock was set back, and the new time must not make them count again.
            (self.hold_until, self.settle_until) = (None, None);
        }
        if is_news {
            self.hold_until = change.hold_until.or(self.hold_until);
        }
        self.settle_until = change.settle_until.or(self.settle_until);
        if sets_a_time {
            self.held_at = Some(change.at);
        }
        self.closed = match change.kind {
            ChangeKind::Closed => {
                let reason = change.reason.unwrap_or(CloseReason::Recovered);
                self.closed.or(Some(Closed { at: change.at, reason }))
            }
            ChangeKind::Opened | ChangeKind::Updated | ChangeKind::Reopened => None,
        };
        if change.kind == ChangeKind::Reopened {
            (self.fleet, self.left) = (None, None);
        }
    }

    /// Records that it is announced on its own again: in a digest if its trouble is mild, or that of one of many homes.
    pub(crate) fn leave_fleet(&mut self, one_of_many: bool) {
        if self.fleet.take().is_some() {
            let is_left = one_of_many || self.situation.status == Status::Yellow;
            self.left = is_left.then_some(Left { version: self.version, status: self.situation.status });
        }
    }

    /// Returns whether its trouble is what a fleet incident left, or milder.
    pub(crate) fn is_left(&self) -> bool {
        let now = Left { version: self.version, status: self.situation.status };
        self.left.is_some_and(|left| left == now || is_worse(left.status, now.status))
    }

    /// Returns the status than which a worse one is news: the announced one, or the milder one that a fleet incident left.
    pub(crate) fn known_status(&self, last: Announced) -> Status {
        let left = self.left.map(|left| left.status);
        left.filter(|left| is_worse(last.status, *left)).unwrap_or(last.status)
    }

    /// Returns whether a version since the last message has another cause, or is a worsening of which a cause remains that the
    /// message did not name.
    pub(crate) fn has_other_cause(&self, last: Announced) -> bool {
        let mut causes = std::iter::once(&self.situation.root).chain(&self.situation.further);
        let is_named = causes.all(|cause| self.named.contains(&cause.key()));
        self.version > last.version && !(is_named && self.has_only_worsened(last))
    }

    /// Returns whether each version since the last message was a worsening.
    pub(crate) fn has_only_worsened(&self, last: Announced) -> bool {
        self.version.saturating_sub(self.worsened) <= last.version
    }

    /// Returns whether the incident is not over.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Returns the status for a message: that of the situation, and after the end green, or unknown if the state was lost.
    pub(crate) fn status(&self) -> Status {
        match self.closed.map(|closed| closed.reason) {
            None => self.situation.status,
            Some(CloseReason::Lost) => Status::Unknown,
            Some(CloseReason::Recovered | CloseReason::Gone) => Status::Green,
        }
    }

    /// Returns the worst status that was announced since the last end.
    fn worst_announced(&self) -> Option<Status> {
        self.announced.filter(|last| !last.ended || !self.is_open()).map(|last| last.worst)
    }

    /// Returns the worst status of the incident and of its messages so far, which decides about its route. Missing data is
    /// worse than mild trouble. The end goes where the messages went: what got worse without a message is no part of it.
    #[must_use]
    pub fn severity(&self) -> Status {
        let now = self.situation.status;
        match self.worst_announced() {
            Some(worst) if self.is_open() => worse_of(worst, now),
            Some(worst) => worst,
            None => now,
        }
    }

    /// Records the channels of a message, and returns those that it goes to: the end goes to all of those before it too.
    pub(crate) fn tell(&mut self, mut channels: Vec<ChannelId>) -> Vec<ChannelId> {
        let notified = std::mem::take(&mut self.notified);
        let (kept, others) =
            if self.is_open() { (notified, &channels) } else { (channels.clone(), &notified) };
        let new: Vec<ChannelId> = others.iter().filter(|channel| !kept.contains(channel)).cloned().collect();
        let all = kept.into_iter().chain(new);
        if self.is_open() {
            self.notified = all.take(MAX_NOTIFIED).collect();
        } else {
            channels = all.collect();
        }
        channels
    }

    /// Returns whether a channel had a message since the trouble began, as far as it is known.
    pub(crate) fn has_heard(&self, channel: &ChannelId) -> bool {
        self.notified.len() >= MAX_NOTIFIED || self.notified.contains(channel)
    }

    /// Records a message about what was announced before to channels that had none.
    pub(crate) fn introduce(&mut self, channels: &[ChannelId]) {
        let _ = self.tell(channels.to_vec());
        if let Some(last) = self.announced.as_mut() {
            last.number = last.number.saturating_add(1);
        }
    }

    /// Records that the present state was announced: a message about it was stored for sending.
    pub fn mark_announced(&mut self, at: DateTime<Utc>) {
        let ended = !self.is_open();
        let worst = self.severity();
        self.announced = Some(Announced {
            at,
            version: self.version,
            status: self.situation.status,
            worst,
            flapping: self.situation.flapping,
            ended,
            number: self.announced.map_or(0, |last| last.number).saturating_add(1),
        });
        self.worsened = 0;
        self.left = self.left.filter(|_| self.is_open() && self.is_left());
        let causes = std::iter::once(&self.situation.root).chain(&self.situation.further);
        self.named = causes.map(Cause::key).collect();
        if ended {
            // An incident that reopens after this is news, even for those who acknowledged it.
            (self.acknowledged, self.snoozed) = (None, None);
        }
    }
}
