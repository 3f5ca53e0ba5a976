//! Messages as data.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plume_health::Status;
use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, IncidentId, TenantId};
use crate::incident::{Incident, Scope, Situation};
use crate::notify::kind::MessageKind;

/// A message about an incident: everything that a channel needs to write it in its own format.
///
/// Names and sentences come from the cloud in part. Escape them for the format of the channel;
/// [`render`](Self::render) does so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// The key of the message: the same for a repeated decision, so a store or receiver can drop the second one.
    pub key: Box<str>,
    /// The kind.
    pub kind: MessageKind,
    /// The incident.
    pub incident: IncidentId,
    /// The owner.
    pub tenant: TenantId,
    /// The thing that the incident is about.
    pub scope: Scope,
    /// The version of the incident.
    pub version: u32,
    /// The status now. Green after the end, unknown if the state of the incident was lost.
    pub status: Status,
    /// The status of the last message, if there was one.
    pub was: Option<Status>,
    /// The root cause with its consequences, why the status is what it is, and what would make it green.
    pub situation: Situation,
    /// The end of the trouble, if it is over. With [`Situation::since`] it gives the length.
    pub ended_at: Option<DateTime<Utc>>,
    /// The channels.
    pub channels: Vec<ChannelId>,
    /// The ends of the quiet hours of channels, while others are not quiet. Send it to these channels at that time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_before: BTreeMap<ChannelId, DateTime<Utc>>,
    /// The time of the decision.
    pub at: DateTime<Utc>,
}

impl Message {
    /// Returns the message about an incident, and records in the incident that it was announced. Store both together. The
    /// end of trouble goes to all channels of its earlier messages as well.
    #[must_use]
    pub fn announce(
        incident: &mut Incident,
        kind: MessageKind,
        channels: Vec<ChannelId>,
        now: DateTime<Utc>,
    ) -> Self {
        let channels = incident.tell(channels);
        let message = Self::of(incident, kind, channels, now);
        incident.mark_announced(now);
        message
    }

    /// Returns the message about a fleet incident to channels that had none, and records it. What was announced to others, and
    /// the time of the next reminder, stay.
    pub(super) fn introduce(incident: &mut Incident, channels: Vec<ChannelId>, now: DateTime<Utc>) -> Self {
        let message = Self { was: None, ..Self::of(incident, MessageKind::Problem, channels, now) };
        incident.introduce(&message.channels);
        message
    }

    fn of(incident: &Incident, kind: MessageKind, channels: Vec<ChannelId>, now: DateTime<Utc>) -> Self {
        let number = incident.announced.map_or(0, |last| last.number).saturating_add(1);
        Self {
            key: key(&incident.id, number),
            kind,
            incident: incident.id.clone(),
            tenant: incident.tenant.clone(),
            scope: incident.scope.clone(),
            version: incident.version,
            status: incident.status(),
            was: incident.announced.map(|last| last.status),
            situation: incident.situation.clone(),
            ended_at: incident.closed.map(|closed| closed.at),
            channels,
            not_before: BTreeMap::new(),
            at: now,
        }
    }

    /// Takes back in the incident that this message was announced, because it is not sent: a fleet incident reports the
    /// trouble. If the trouble outlasts the fleet incident, it is news then. `was_sent` says whether a receiver has the
    /// message on another channel, and so expects its end.
    ///
    /// An incident that is over or was announced again since is not changed, and a reminder takes nothing back.
    pub fn withdraw(&self, incident: &mut Incident, was_sent: bool) {
        let is_open = incident.is_open();
        let Some(last) = incident.announced.as_mut() else { return };
        let is_last = is_open && *self.key == *key(&incident.id, last.number);
        if !is_last || self.kind == MessageKind::Reminder {
            return;
        }
        let is_first = self.kind == MessageKind::Problem
            || self.kind == MessageKind::FlappingStarted && self.was.is_none();
        match self.kind {
            _ if is_first && !was_sent => last.ended = true,
            MessageKind::FlappingStarted => last.flapping = false,
            MessageKind::FlappingEnded => last.flapping = true,
            MessageKind::OtherCause => last.version = last.version.saturating_sub(1),
            MessageKind::Eased => last.status = self.was.unwrap_or(Status::Red),
            _ => last.status = Status::Green,
        }
    }
}

/// The key of the message of this number about an incident.
fn key(incident: &IncidentId, number: u32) -> Box<str> {
    format!("{incident}#{number}").into()
}
