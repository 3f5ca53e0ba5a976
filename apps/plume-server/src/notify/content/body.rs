//! The documents of the outbox.

use chrono::{DateTime, Utc};
use plume::{health::Status, monitor::notify::Message};
use serde::{Deserialize, Serialize};

use crate::worker::Letter;

/// The maximum number of entries of a summary. The rest is counted.
pub const MAX_ENTRIES: usize = 50;

/// The document of a message in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(clippy::exhaustive_enums, reason = "every channel writes each of them")]
pub enum Body {
    /// A text of the server about itself.
    Notice {
        /// The text.
        notice: Notice,
    },
    /// Messages that waited too long to be sent one by one.
    Summary {
        /// The messages.
        summary: Summary,
    },
    /// A message of the monitor.
    Letter(Letter),
}

/// A text of the server about itself, for example about a channel that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The title.
    pub title: String,
    /// The lines below it.
    pub lines: Vec<String>,
}

/// Messages of one channel that waited, in one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The time of the oldest message.
    pub from: DateTime<Utc>,
    /// The number of messages.
    pub total: u64,
    /// The last messages, at most [`MAX_ENTRIES`].
    pub entries: Vec<Entry>,
}

/// A message in a summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The incident, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// The status, if it is about an incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The title.
    pub title: String,
    /// The first line below it.
    pub line: String,
}

impl Body {
    /// Reads the document of a message.
    ///
    /// # Errors
    ///
    /// The cause in one line, for a document of another version.
    pub fn parse(body: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(body).map_err(|error| format!("the message cannot be read: {error}"))
    }

    /// Writes the document.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Returns the message about an incident, if it is one.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::Letter(Letter::Message(message)) => Some(message),
            _ => None,
        }
    }

    /// Returns the status that the message reports.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        match self {
            Self::Letter(Letter::Message(message)) => Some(message.status),
            Self::Letter(Letter::Digest { digest }) => digest.entries.iter().map(|entry| entry.status).min(),
            Self::Summary { summary } => summary.entries.iter().filter_map(|entry| entry.status).min(),
            Self::Notice { .. } => None,
        }
    }
}
