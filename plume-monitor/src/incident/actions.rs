//! The actions of people on an incident.

use chrono::{DateTime, Utc};

use crate::incident::document::Incident;
use crate::incident::people::{Acknowledgement, ActionError, MAX_NOTES, Note, Seen, Snooze};

/// The maximum length of a note in characters. A longer one is cut.
const MAX_NOTE: usize = 2_000;

impl Incident {
    /// Returns the state that an action must have seen.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen { version: self.version, edits: self.edits }
    }

    /// Acknowledges the present version: no more messages about it, except of its end. A version that is worse or has
    /// another cause is announced again.
    ///
    /// # Errors
    ///
    /// Returns an error if the incident is closed or has changed since it was seen.
    pub fn acknowledge(
        &mut self,
        seen: Seen,
        by: impl Into<Box<str>>,
        at: DateTime<Utc>,
    ) -> Result<(), ActionError> {
        self.edit(seen)?;
        self.acknowledged = Some(Acknowledgement { by: by.into(), at, version: self.version });
        Ok(())
    }

    /// Pauses all messages until a time, or until the incident is worse or has another cause.
    ///
    /// # Errors
    ///
    /// Returns an error if the incident is closed, has changed since it was seen, or if the end is in the past.
    pub fn snooze(
        &mut self,
        seen: Seen,
        by: impl Into<Box<str>>,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), ActionError> {
        if until <= now {
            return Err(ActionError::SnoozeEnded);
        }
        self.edit(seen)?;
        self.snoozed = Some(Snooze { by: by.into(), until, version: self.version });
        Ok(())
    }

    /// Withdraws the acknowledgement and the snooze.
    ///
    /// # Errors
    ///
    /// Returns an error if the incident is closed or has changed since it was seen.
    pub fn release(&mut self, seen: Seen) -> Result<(), ActionError> {
        self.edit(seen)?;
        (self.acknowledged, self.snoozed) = (None, None);
        Ok(())
    }

    /// Adds a note. Notes never conflict, and a closed incident takes them too.
    ///
    /// # Errors
    ///
    /// Returns an error if the incident has [`MAX_NOTES`].
    pub fn note(
        &mut self,
        by: impl Into<Box<str>>,
        at: DateTime<Utc>,
        text: &str,
    ) -> Result<(), ActionError> {
        if self.notes.len() >= MAX_NOTES {
            return Err(ActionError::TooManyNotes);
        }
        let text: String = text.chars().take(MAX_NOTE).collect();
        self.notes.push(Note { by: by.into(), at, text: text.into() });
        Ok(())
    }

    /// Returns whether the present version is acknowledged.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.acknowledged.as_ref().is_some_and(|done| done.version == self.version)
    }

    /// Returns the end of the snooze, if the present version is snoozed at this time.
    #[must_use]
    pub fn snoozed_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let snooze = self.snoozed.as_ref().filter(|snooze| snooze.version == self.version)?;
        Some(snooze.until).filter(|until| *until > now)
    }

    fn edit(&mut self, seen: Seen) -> Result<(), ActionError> {
        let now = self.seen();
        if !self.is_open() {
            return Err(ActionError::Closed);
        }
        if seen != now {
            return Err(ActionError::Changed { now });
        }
        self.edits = self.edits.saturating_add(1);
        Ok(())
    }
}
