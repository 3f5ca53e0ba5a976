//! How an error shows itself.

use std::{error::Error as StdError, fmt};

use crate::error::attempt::{Attempt, NotRetried};
use crate::error::record::Error;

/// How many tries there were, and how the earlier ones ended where that differs from the last.
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
    write!(f, ", after {} tries", attempts.len())?;
    if !others.is_empty() {
        write!(f, " (before: {})", others.join("; "))?;
    }
    Ok(())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)?;
        tried(&self.inner.attempts, f)?;
        // Only where somebody would expect another try.
        match (self.inner.not_retried, self.inner.retry_after) {
            (Some(NotRetried::Deadline), Some(wait)) => write!(
                f,
                "; not tried again: the wait of {} would pass the call's deadline",
                plume_text::human(wait)
            ),
            (
                Some(why @ (NotRetried::Deadline | NotRetried::BudgetUsedUp | NotRetried::NotRepeatable)),
                _,
            ) => {
                write!(f, "; not tried again: {why}")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

/// Everything there is to say about an [`Error`]; see [`Error::report`].
#[derive(Debug, Clone)]
pub struct Report<'e>(pub(super) &'e Error);

impl Error {
    /// The whole story, on several lines: the error and its causes, every try with its waits, why there was no other,
    /// the request's id, and what to do. For logs and support tickets. It holds no secret, but the server's own words can
    /// hold ids and e-mail addresses.
    ///
    /// ```
    /// # let error = plume_client::Error::from(plume_client::Settings::from_variables([("A", "b")]).unwrap_err());
    /// let report = error.report().to_string();
    /// assert!(report.ends_with("help: Correct the setting and start again."));
    /// ```
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        Report(self)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.0;
        write!(f, "{error}")?;
        let mut cause = error.source();
        while let Some(next) = cause {
            write!(f, "\ncaused by: {}", plume_text::on_screen(&next.to_string()))?;
            cause = next.source();
        }
        for (number, attempt) in error.inner.attempts.iter().enumerate() {
            write!(f, "\ntry {}: {attempt}", number + 1)?;
        }
        if let Some(why) = error.inner.not_retried {
            write!(f, "\nnot tried again: {why}")?;
        }
        if let Some(id) = &error.inner.request_id {
            write!(f, "\nrequest id: {id}")?;
        }
        write!(f, "\nhelp: {}", error.help())
    }
}
