//! The attempts of a call.

use std::{fmt, time::Duration};

/// Less would be shown as "0.0 s".
const SHOWN_FROM: Duration = Duration::from_millis(50);

/// One attempt of a call: a request and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The backoff before it.
    pub pause: Duration,
    /// The wait for a permit of the call limit.
    pub limiter_wait: Duration,
    /// The wait for an access token.
    pub token_wait: Duration,
    /// The time from sending to the end of the response.
    pub took: Duration,
    /// The status or failure, for example `503 Service Unavailable`.
    pub outcome: String,
    /// Whether the server may have carried out the request all the same.
    pub(crate) maybe_done: bool,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {:.1} s", self.outcome, self.took.as_secs_f64())?;
        let waits = [("paused", self.pause), ("limit", self.limiter_wait), ("token", self.token_wait)];
        let mut waits = waits.iter().filter(|(_, wait)| *wait >= SHOWN_FROM).peekable();
        if waits.peek().is_none() {
            return Ok(());
        }
        f.write_str(" (waited before:")?;
        for (name, wait) in waits {
            write!(f, " {name} {:.1} s", wait.as_secs_f64())?;
        }
        f.write_str(")")
    }
}

/// The reason why a failed call was not retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotRetried {
    /// A retry would fail in the same way.
    Final,
    /// The operation is neither safe nor idempotent, so it is not sent again once it may have reached the server.
    NotRepeatable,
    /// The maximum number of attempts is reached.
    AttemptsUsedUp,
    /// The wait before a retry would pass the deadline of the call.
    Deadline,
    /// The retry budget of the client is used up: too many calls fail at the moment.
    BudgetUsedUp,
    /// The token was rejected, and there is no other, or the other one was rejected as well.
    NoOtherToken,
    /// The API responded 401, and the check whether it means the token is not possible, or not yet.
    Unchecked,
}

impl fmt::Display for NotRetried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Final => "a retry would fail in the same way",
            Self::NotRepeatable => "the operation is not idempotent",
            Self::AttemptsUsedUp => "the maximum number of attempts is reached",
            Self::Deadline => "the wait would pass the deadline",
            Self::BudgetUsedUp => "too many calls fail at the moment",
            Self::NoOtherToken => "there is no other token",
            Self::Unchecked => "the token could not be checked",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_waits_are_not_shown() {
        let mut attempt = Attempt {
            pause: Duration::ZERO,
            limiter_wait: Duration::from_micros(7),
            token_wait: Duration::from_millis(49),
            took: Duration::from_millis(120),
            outcome: "503 Service Unavailable".to_owned(),
            maybe_done: false,
        };
        assert_eq!(attempt.to_string(), "503 Service Unavailable in 0.1 s");
        attempt.limiter_wait = Duration::from_millis(1_500);
        assert_eq!(attempt.to_string(), "503 Service Unavailable in 0.1 s (waited before: limit 1.5 s)");
    }
}
