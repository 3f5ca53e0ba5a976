//! The daily summary of milder trouble.

use chrono::{DateTime, Days, TimeDelta, Utc};
use plume_health::Status;
use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, IncidentId, TenantId};
use crate::incident::{Incident, Scope};
use crate::notify::kind::MessageKind;
use crate::notify::policy::NotifyPolicy;

/// The maximum number of entries of a digest. The rest is counted.
pub const MAX_ENTRIES: usize = 50;

/// The milder trouble of a tenant's homes since the last digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Digest {
    /// The key of the message: the same for a repeated decision.
    pub key: Box<str>,
    /// The owner.
    pub tenant: TenantId,
    /// The channels.
    pub channels: Vec<ChannelId>,
    /// The time of the digest.
    pub at: DateTime<Utc>,
    /// The number of incidents.
    pub total: u64,
    /// The first [`MAX_ENTRIES`].
    pub entries: Vec<DigestEntry>,
}

/// An incident in a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DigestEntry {
    /// The incident.
    pub incident: IncidentId,
    /// The thing that it is about.
    pub scope: Scope,
    /// The difference to the last announcement.
    pub kind: MessageKind,
    /// The status now. Green after the end.
    pub status: Status,
    /// The start of the trouble.
    pub since: DateTime<Utc>,
    /// The root cause, in one sentence for people.
    pub message: Box<str>,
}

impl Digest {
    /// Returns a digest without entries. A tenant has one for each set of channels at a time.
    #[must_use]
    pub fn new(tenant: TenantId, channels: Vec<ChannelId>, at: DateTime<Utc>) -> Self {
        let names: Vec<&str> = channels.iter().map(ChannelId::as_str).collect();
        let key = format!("digest:{tenant}:{}:{}", at.timestamp(), names.join(","));
        Self { key: key.into(), tenant, channels, at, total: 0, entries: Vec::new() }
    }

    /// Adds an incident, and records in the incident that it was announced. Store both together.
    pub fn add(&mut self, incident: &mut Incident, kind: MessageKind) {
        self.total = self.total.saturating_add(1);
        if self.entries.len() < MAX_ENTRIES {
            self.entries.push(DigestEntry {
                incident: incident.id.clone(),
                scope: incident.scope.clone(),
                kind,
                status: if incident.is_open() { incident.situation.status } else { Status::Green },
                since: incident.situation.since,
                message: incident.situation.root.message.clone(),
            });
        }
        let _ = incident.tell(self.channels.clone());
        incident.mark_announced(self.at);
    }
}

/// Returns the time of the first digest after this time.
#[must_use]
pub fn next_digest(policy: &NotifyPolicy, after: DateTime<Utc>) -> DateTime<Utc> {
    let minute = TimeDelta::minutes(policy.digest_minute.into());
    let midnight = after.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    let today = midnight.checked_add_signed(minute).unwrap_or(DateTime::<Utc>::MAX_UTC);
    if today > after {
        today
    } else {
        today.checked_add_days(Days::new(1)).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}
