//! Silences: messages that wait.

use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::{HomeId, IncidentId},
    incident::Scope,
    notify::Message,
};
use serde::{Deserialize, Serialize};

/// The document of a silence. Without homes and incidents it holds the messages of all incidents of the tenant. After its
/// end, only what is still true is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// The reason, for people.
    pub name: String,
    /// The start.
    pub from: DateTime<Utc>,
    /// The end.
    pub until: DateTime<Utc>,
    /// Homes that it covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub homes: Vec<HomeId>,
    /// Incidents that it covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incidents: Vec<IncidentId>,
}

impl Silence {
    /// Returns the end, if it holds a message now.
    #[must_use]
    pub fn holds(&self, message: &Message, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let is_home = |home: &HomeId| matches!(&message.scope, Scope::Home(scope) if scope == home);
        let covers = self.homes.is_empty() && self.incidents.is_empty()
            || self.homes.iter().any(is_home)
            || self.incidents.contains(&message.incident);
        (covers && self.from <= now && now < self.until).then_some(self.until)
    }
}
