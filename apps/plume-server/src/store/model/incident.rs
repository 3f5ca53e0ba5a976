//! Transitions and incidents.

use std::{cmp::Reverse, fmt};

use chrono::{DateTime, Utc};
use plume::monitor::{
    home::Transition,
    ids::{HomeId, IncidentId},
    incident::{ActionError, Incident, Scope, Seen, severity},
    source::SourceProblem,
};

use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::model::message::Outgoing;

/// A change of the reported status of a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// The change.
    pub transition: Transition,
    /// The status and its reason in one line.
    pub headline: String,
}

/// An incident, and the number of its writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Filed {
    /// The incident.
    pub incident: Incident,
    /// The number of writes. A write names the edition that was read.
    pub edition: u64,
}

/// The decision about messages of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announcement {
    /// Messages to send.
    pub messages: Vec<Outgoing>,
    /// The time of the next decision, if the incident does not change before.
    pub wake: Option<DateTime<Utc>>,
    /// Whether the next digest is to mention the incident.
    pub for_digest: bool,
}

/// Decides about the messages of an incident within the transaction that changes it, so that no message is lost and none is
/// stored without its change. It does no I/O, because all writes wait for it.
pub trait Announcer: fmt::Debug + Send + Sync {
    /// Decides, and records in the incident what is announced.
    fn announce(&self, incident: &mut Incident, now: DateTime<Utc>) -> Announcement;
}

/// Announces nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Announcer for Silent {
    fn announce(&self, _: &mut Incident, _: DateTime<Utc>) -> Announcement {
        Announcement::default()
    }
}

/// A decision of a person about an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// No further message about this version.
    Acknowledge {
        /// The state that the person saw.
        seen: Seen,
    },
    /// No message until then.
    Snooze {
        /// The state that the person saw.
        seen: Seen,
        /// The end.
        until: DateTime<Utc>,
    },
    /// The acknowledgement and the snooze end.
    Release {
        /// The state that the person saw.
        seen: Seen,
    },
    /// A note.
    Note {
        /// The text.
        text: String,
    },
}

impl Action {
    /// Returns the words for the audit.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Acknowledge { .. } => "incident acknowledge",
            Self::Snooze { .. } => "incident snooze",
            Self::Release { .. } => "incident release",
            Self::Note { .. } => "incident note",
        }
    }

    /// Writes the decision into the incident.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Conflict`] if the incident has changed since the person saw it, [`StoreErrorKind::Refused`] if it is
    /// closed, a snooze ends in the past, or it has too many notes.
    pub(crate) fn apply(&self, incident: &mut Incident, person: &str, now: DateTime<Utc>) -> Result<()> {
        let done = match self {
            Self::Acknowledge { seen } => incident.acknowledge(*seen, person, now),
            Self::Snooze { seen, until } => incident.snooze(*seen, person, *until, now),
            Self::Release { seen } => incident.release(*seen),
            Self::Note { text } => incident.note(person, now, text),
        };
        done.map_err(|error| {
            let kind = match error {
                ActionError::Changed { .. } => StoreErrorKind::Conflict,
                _ => StoreErrorKind::Refused,
            };
            StoreError::new(kind, error.to_string())
        })
    }
}

/// Returns whether homes cannot be seen because of an incident: that of the cloud or of a credential. The name of a source is
/// a problem, with the tenant that it concerns: `unreachable:operator`.
pub(crate) fn blinds(incident: &Incident) -> bool {
    let problem =
        |source: &str| source.split(':').next().is_some_and(|name| name.parse::<SourceProblem>().is_ok());
    matches!(&incident.scope, Scope::Source(source) if problem(source))
}

/// A place in a list of incidents. The list continues after it: with milder incidents, with those of fewer homes, with older
/// ones, and with those of the same millisecond that have a lower id. An empty id is the end of that millisecond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentCursor {
    /// 1 for an incident that hides homes, and from 2 on by [`severity`]; 0 in a list by time.
    pub rank: u8,
    /// The number of affected homes; 0 in a list by time.
    pub homes: u64,
    /// The time at which the incident was opened.
    pub opened: DateTime<Utc>,
    /// Its id.
    pub id: IncidentId,
}

impl IncidentCursor {
    /// Returns the place of an incident in a list by time.
    #[must_use]
    pub fn of(incident: &Incident) -> Self {
        Self { rank: 0, homes: 0, opened: incident.opened_at, id: incident.id.clone() }
    }

    /// Returns the place of an incident in a list with the worst first.
    #[must_use]
    pub fn ranked(incident: &Incident) -> Self {
        let rank = if blinds(incident) { 1 } else { severity(incident.situation.status).saturating_add(2) };
        Self { rank, homes: incident.situation.homes, ..Self::of(incident) }
    }

    /// Returns the place as values that are in the order of the list when they are reversed.
    pub(crate) fn order(&self) -> (Reverse<u8>, u64, i64, &str) {
        (Reverse(self.rank), self.homes, self.opened.timestamp_millis(), self.id.as_str())
    }
}

/// The numbers of open incidents that no fleet incident announces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenIncidents {
    /// All.
    pub total: u64,
    /// Those that are neither acknowledged nor snoozed.
    pub unclaimed: u64,
}

/// A selection of incidents, the newest first, those of the same millisecond by their id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentQuery {
    /// Only incidents of this home.
    pub home: Option<HomeId>,
    /// Only those that this fleet incident announces.
    pub fleet: Option<IncidentId>,
    /// Only those that no fleet incident announces.
    pub is_root: bool,
    /// Only open ones.
    pub is_open: bool,
    /// Only those that wait for the next digest.
    pub for_digest: bool,
    /// First those that hide homes, then the worst; of the same status those of most homes first, then the newest.
    pub worst_first: bool,
    /// Only incidents after this place.
    pub after: Option<IncidentCursor>,
    /// Maximum number.
    pub limit: usize,
}

impl IncidentQuery {
    /// Returns the selection of the worst open incidents that no fleet incident announces.
    #[must_use]
    pub fn worst(limit: usize) -> Self {
        Self { is_open: true, is_root: true, worst_first: true, limit, ..Self::default() }
    }
}
