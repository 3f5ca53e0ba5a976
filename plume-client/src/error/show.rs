//! The texts of an error.

use std::{error::Error as StdError, fmt};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::error::attempt::{Attempt, NotRetried};
use crate::error::record::Error;

/// Writes the number of attempts, and the outcomes of earlier ones that differ from the last.
fn tried(attempts: &[Attempt], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some((last, earlier)) = attempts.split_last() else { return Ok(()) };
    if earlier.is_empty() {
        return Ok(());
    }
    let mut others: Vec<&str> = Vec::new();
    for attempt in earlier {
        if attempt.outcome != last.outcome && !others.contains(&attempt.outcome.as_str()) {
            others.push(&attempt.outcome);
        }
    }
    write!(f, ", after {} attempts", attempts.len())?;
    if !others.is_empty() {
        write!(f, " (before: {})", others.join("; "))?;
    }
    Ok(())
}

/// Returns whether the text gives this reason: only where a retry would be expected.
fn in_text(why: NotRetried) -> bool {
    matches!(why, NotRetried::Deadline | NotRetried::BudgetUsedUp | NotRetried::NotRepeatable)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)?;
        tried(&self.inner.attempts, f)?;
        match (self.inner.not_retried, self.inner.retry_after) {
            (Some(NotRetried::Deadline), Some(wait)) => {
                write!(f, "; not retried: the wait of {} would pass the deadline", plume_text::human(wait))
            }
            (Some(NotRetried::NotRepeatable), _) if self.may_have_happened() => {
                f.write_str("; not retried: it may have arrived and must not happen twice")
            }
            (Some(why @ NotRetried::NotRepeatable), Some(wait)) => {
                write!(f, "; not retried: {why}; possible again after {}", plume_text::human(wait))
            }
            (Some(why), _) if in_text(why) => write!(f, "; not retried: {why}"),
            _ => Ok(()),
        }
    }
}

/// The [report](Error::report), as `fn main` prints the error that it returns; `{:#?}` is the struct.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return write!(f, "{}", self.report());
        }
        f.debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("message", &self.inner.message)
            .field("operation", &self.inner.operation.as_ref().map(|operation| operation.name))
            .field("status", &self.inner.status)
            .field("request_id", &self.inner.request_id)
            .field("attempts", &self.inner.attempts)
            .field("not_retried", &self.inner.not_retried)
            .finish_non_exhaustive()
    }
}

/// Serializes kind, text, operation, status, the server's code, the request's id and the help. The text can hold the
/// server's own words.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Error", 7)?;
        fields.serialize_field("kind", &self.kind())?;
        fields.serialize_field("message", &self.to_string())?;
        fields.serialize_field("operation", &self.operation().map(|operation| operation.name))?;
        fields.serialize_field("status", &self.status())?;
        fields.serialize_field("code", &self.code())?;
        fields.serialize_field("request_id", &self.request_id())?;
        fields.serialize_field("help", self.help())?;
        fields.end()
    }
}

/// An [`Error`] in full; see [`Error::report`].
#[derive(Clone)]
pub struct ErrorReport<'e>(pub(super) &'e Error);

impl Error {
    /// Returns the error in full, on several lines: its text and causes, every attempt with its waits, why there was no
    /// further one, the request's id, and the help. For logs and support tickets. It holds no secret, but the server's
    /// message can hold ids and e-mail addresses.
    ///
    /// ```
    /// # let error = plume_client::Error::from(plume_client::Settings::from_variables([("A", "b")]).unwrap_err());
    /// let report = error.report().to_string();
    /// assert!(report.ends_with("help: Correct the setting and start again."));
    /// ```
    #[must_use]
    pub fn report(&self) -> ErrorReport<'_> {
        ErrorReport(self)
    }
}

impl fmt::Debug for ErrorReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for ErrorReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.0;
        write!(f, "{error}")?;
        let mut cause = error.source();
        while let Some(next) = cause {
            write!(f, "\ncaused by: {}", plume_text::on_screen(&next.to_string()))?;
            cause = next.source();
        }
        for (number, attempt) in error.inner.attempts.iter().enumerate() {
            write!(f, "\nattempt {}: {attempt}", number + 1)?;
        }
        // The text has the other reasons.
        if let Some(why) = error.inner.not_retried.filter(|why| !in_text(*why)) {
            write!(f, "\nnot retried: {why}")?;
        }
        if let Some(id) = &error.inner.request_id {
            write!(f, "\nrequest id: {id}")?;
        }
        write!(f, "\nhelp: {}", error.help())
    }
}
