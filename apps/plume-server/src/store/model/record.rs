//! Documents that people or the monitor edit, and the changes that wake live pages.

use chrono::{DateTime, Utc};

/// The kind of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// A credential of a tenant. Sealed.
    Credential,
    /// A channel with its target. Sealed.
    Channel,
    /// A route from incidents to channels.
    Route,
    /// A maintenance window.
    Window,
    /// A silence.
    Silence,
    /// A state of the monitor.
    State,
    /// The name of a home that was removed, by its id.
    Removed,
}

impl RecordKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Credential,
        Self::Channel,
        Self::Route,
        Self::Window,
        Self::Silence,
        Self::State,
        Self::Removed,
    ];

    /// Returns the word for the kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Channel => "channel",
            Self::Route => "route",
            Self::Window => "window",
            Self::Silence => "silence",
            Self::State => "state",
            Self::Removed => "removed",
        }
    }

    /// Returns whether its documents are sealed.
    #[must_use]
    pub fn is_sealed(self) -> bool {
        matches!(self, Self::Credential | Self::Channel)
    }
}

/// A document.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The id, unique for the tenant and the kind.
    pub id: String,
    /// The number of writes. A change names the edition that was read.
    pub edition: u64,
    /// The time of the last write.
    pub changed: DateTime<Utc>,
    /// The document.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Record {
    /// Shows no document: it may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record").field("id", &self.id).field("edition", &self.edition).finish_non_exhaustive()
    }
}

/// The subject of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// The status of a home, or a home was added or removed.
    Home,
    /// An incident.
    Incident,
    /// A message or its delivery.
    Message,
    /// A document.
    Record,
}

/// A change of something that pages show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The number of the change. It only grows.
    pub seq: u64,
    /// The subject.
    pub kind: ChangeKind,
    /// The id of the subject.
    pub subject: String,
}
