//! What was tried.

use std::{fmt, time::Duration};

/// Less would be told as "0.0 s".
const WORTH_TELLING: Duration = Duration::from_millis(50);

/// One try of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// How long the call paused before it, after the failure before.
    pub pause: Duration,
    /// How long it waited for the call limit.
    pub limiter_wait: Duration,
    /// How long it waited for an access token.
    pub token_wait: Duration,
    /// From sending to the end of the answer.
    pub took: Duration,
    /// How it ended, for example `503 Service Unavailable`.
    pub outcome: String,
    /// Whether the server may have done what it was asked for all the same.
    pub(crate) maybe_done: bool,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {:.1} s", self.outcome, self.took.as_secs_f64())?;
        let waits = [("paused", self.pause), ("limit", self.limiter_wait), ("token", self.token_wait)];
        let mut waits = waits.iter().filter(|(_, wait)| *wait >= WORTH_TELLING).peekable();
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

/// Why a call that failed was not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotRetried {
    /// The same call would fail again.
    Final,
    /// The operation is not safe to repeat, and the request may have arrived.
    NotRepeatable,
    /// All tries were used.
    TriesUsedUp,
    /// The wait before another try would have passed the call's deadline.
    Deadline,
    /// The client has used up its budget of second tries: too much fails at the moment.
    BudgetUsedUp,
    /// The token was refused, and there is no other, or the other one was refused as well.
    NoOtherToken,
    /// The API answered 401, and whether it means the token could not be checked, or not yet.
    Unchecked,
}

impl fmt::Display for NotRetried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Final => "it would fail again",
            Self::NotRepeatable => "it may have arrived, and must not happen twice",
            Self::TriesUsedUp => "all tries were used",
            Self::Deadline => "the wait would pass the call's deadline",
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
    fn waits_of_nothing_are_not_told() {
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
