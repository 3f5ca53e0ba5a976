//! The error of a call.

use std::time::Duration;

/// The reason why a call gave no result. It contains no token, so it is safe to log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// Telegram refused the call.
    #[error("Telegram refused the call: {code} {description}")]
    Refused {
        /// Telegram's error code, usually an HTTP status.
        code: u16,
        /// Telegram's description.
        description: String,
        /// The wait that Telegram asks for, in seconds.
        retry_after: Option<u64>,
        /// The new id of a group that became a supergroup.
        migrate_to: Option<i64>,
    },
    /// There was no response, or the call was not sent.
    #[error("the call to Telegram failed: {reason}")]
    Unreachable {
        /// Whether Telegram certainly did not get the call.
        never_sent: bool,
        /// The cause.
        reason: String,
    },
    /// The response is not one of the Bot API.
    #[error("the response ({status}) is not one of the Bot API")]
    Unreadable {
        /// The HTTP status.
        status: u16,
    },
}

impl ApiError {
    pub(super) fn not_sent(reason: &str) -> Self {
        Self::Unreachable { never_sent: true, reason: reason.to_owned() }
    }

    /// Whether the description holds these words.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        matches!(self, Self::Refused { description, .. } if description.contains(words))
    }

    /// Telegram's error code.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// How long Telegram asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after: Some(seconds @ 1..), .. } => Some(Duration::from_secs(*seconds)),
            _ => None,
        }
    }

    /// Whether the chat has no reader any more: blocked, removed or deleted.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.code() == Some(403) || (self.code() == Some(400) && self.says("chat not found"))
    }
}
