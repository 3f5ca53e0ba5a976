//! Messages to send, and their deliveries.

use chrono::{DateTime, Utc};
use plume::monitor::ids::{IncidentId, TenantId};

/// A message for one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The id of the channel.
    pub channel: String,
    /// The incident that it is about.
    pub incident: Option<IncidentId>,
    /// A text that is the same for a repetition of the same decision. A second message with it is not stored.
    pub dedup: String,
    /// The earliest time.
    pub not_before: DateTime<Utc>,
    /// The document of the message.
    pub body: Vec<u8>,
}

/// The messages of a channel that wait.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Queue {
    /// The owner.
    pub tenant: TenantId,
    /// The id of the channel.
    pub channel: String,
}

/// A message that a sender has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// The number of the message, the same in every attempt: the id for the receiver.
    pub id: i64,
    /// The owner.
    pub tenant: TenantId,
    /// The number of this claim among those of the message.
    pub fence: i64,
    /// The message.
    pub message: Outgoing,
    /// The number of attempts before.
    pub attempts: u32,
    /// Whether an attempt before may have reached the receiver.
    pub is_repeat: bool,
    /// The number of older messages that this one replaces.
    pub replaced: u32,
    /// The time at which the message was stored.
    pub stored: DateTime<Utc>,
    /// The time from which its life counts: when it was stored, or the end of the last time for which it was held.
    pub alive_since: DateTime<Utc>,
}

/// The outcome of an attempt, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The receiver has it.
    Sent,
    /// A service accepted it, and does not report whether the receiver got it.
    Accepted,
    /// Another attempt.
    Retry {
        /// The earliest time.
        at: DateTime<Utc>,
        /// Whether this attempt may have reached the receiver.
        is_uncertain: bool,
    },
    /// No attempt was made, and none before this time. It is neither counted nor logged.
    Postponed {
        /// The earliest time.
        at: DateTime<Utc>,
    },
    /// As [`Postponed`](Self::Postponed), for a reason that is no failure: a silence, a snooze, the limit of an hour. Its life
    /// begins at that time.
    Held {
        /// The earliest time.
        at: DateTime<Utc>,
    },
    /// No other attempt: a dead letter.
    Dead,
    /// It is not needed any more, because a later message says more.
    Superseded,
}

impl Outcome {
    /// Returns the word for the outcome, as the delivery log has it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Retry { .. } => "retry",
            Self::Postponed { .. } => "postponed",
            Self::Held { .. } => "held",
            Self::Dead => "dead",
            Self::Superseded => "superseded",
        }
    }
}

/// An attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The time.
    pub at: DateTime<Utc>,
    /// The response or the cause, in one line without secrets.
    pub detail: String,
    /// The consequence.
    pub outcome: Outcome,
}

/// A row of the delivery log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The number of the message.
    pub message: i64,
    /// The channel.
    pub channel: String,
    /// The incident.
    pub incident: Option<IncidentId>,
    /// The time.
    pub at: DateTime<Utc>,
    /// `sent`, `accepted`, `retry`, `dead` or `superseded`.
    pub outcome: String,
    /// The response or the cause, in one line.
    pub detail: String,
}

/// The number of messages of a channel that are not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// The id of the channel.
    pub channel: String,
    /// The number of messages that wait.
    pub waiting: u64,
    /// The time at which the oldest of them was stored.
    pub oldest: Option<DateTime<Utc>>,
    /// The number of dead letters.
    pub dead: u64,
}

/// A message that no attempt will follow, although it was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The number of the message.
    pub id: i64,
    /// The time at which it was stored.
    pub stored: DateTime<Utc>,
    /// The number of attempts.
    pub attempts: u32,
    /// The incident.
    pub incident: Option<IncidentId>,
    /// The document of the message.
    pub body: Vec<u8>,
}
