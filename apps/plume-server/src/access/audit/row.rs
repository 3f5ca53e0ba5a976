//! A row of the audit.

use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;

/// Maximum length of a text in characters, and of the person: the end is the identity.
const LENGTH: usize = 300;
const PERSON: usize = 600;

/// An action of a visitor, done or refused. It contains no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// The name of the person or token.
    pub who: String,
    /// The tenant that it belongs to; `None` for what belongs to none.
    pub tenant: Option<TenantId>,
    /// The action, for example `sign-in` or `incident acknowledge`.
    pub action: String,
    /// The incident, session, token or other thing that the action is about.
    pub subject: String,
    /// The result, for example `done` or `refused: …`.
    pub outcome: String,
}

impl AuditEvent {
    /// Returns an event with the result `done`.
    #[must_use]
    pub fn new(who: &str, action: &str, subject: &str) -> Self {
        let text = |text: &str| plume_text::shorten(&plume_text::on_screen(text), LENGTH);
        Self {
            who: plume_text::shorten(&plume_text::on_screen(who), PERSON),
            tenant: None,
            action: text(action),
            subject: text(subject),
            outcome: "done".to_owned(),
        }
    }

    /// Adds the tenant.
    #[must_use]
    pub fn of(mut self, tenant: &TenantId) -> Self {
        self.tenant = Some(tenant.clone());
        self
    }

    /// Replaces the result.
    #[must_use]
    pub fn with_outcome(mut self, outcome: &str) -> Self {
        self.outcome = plume_text::shorten(&plume_text::on_screen(outcome), LENGTH);
        self
    }
}

/// A stored event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// The place in the chain, counted from 1.
    pub number: u64,
    /// The time, in whole milliseconds.
    pub at: DateTime<Utc>,
    /// The event.
    pub event: AuditEvent,
}
