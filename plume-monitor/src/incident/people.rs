//! Acknowledgements, snoozes and notes.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The maximum number of notes of an incident.
pub const MAX_NOTES: usize = 100;

/// The state of an incident that a person has seen. An action about another state is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Seen {
    /// The version of the incident.
    pub version: u32,
    /// Its number of changes by people.
    pub edits: u32,
}

/// The statement of a person that the incident is being worked on. It ends with the version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Acknowledgement {
    /// The person.
    pub by: Box<str>,
    /// The time.
    pub at: DateTime<Utc>,
    /// The version that was acknowledged.
    pub version: u32,
}

/// A pause of all messages. It ends with its time or with the version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snooze {
    /// The person.
    pub by: Box<str>,
    /// The end.
    pub until: DateTime<Utc>,
    /// The version that was snoozed.
    pub version: u32,
}

/// A note of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Note {
    /// The person.
    pub by: Box<str>,
    /// The time.
    pub at: DateTime<Utc>,
    /// The text.
    pub text: Box<str>,
}

/// The reason why an action of a person is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ActionError {
    /// The incident has changed since the person saw it.
    Changed {
        /// The present state.
        now: Seen,
    },
    /// The incident is over.
    Closed,
    /// The snooze ends before it begins.
    SnoozeEnded,
    /// The incident has as many notes as it may have.
    TooManyNotes,
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { now } => {
                write!(f, "the incident has changed (now version {}, edit {})", now.version, now.edits)
            }
            Self::Closed => f.write_str("the incident is closed"),
            Self::SnoozeEnded => f.write_str("the end of the snooze is in the past"),
            Self::TooManyNotes => write!(f, "the incident has {MAX_NOTES} notes, the most that are possible"),
        }
    }
}

impl std::error::Error for ActionError {}
