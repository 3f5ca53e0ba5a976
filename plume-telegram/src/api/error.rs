//! Why a call gave no result.

use std::time::Duration;

/// Why a call gave no result. Holds no token: an error is safe to log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// Telegram says no.
    #[error("Telegram says {code} {description}")]
    Refused {
        /// Its error code, mostly an HTTP status.
        code: u16,
        /// Its words.
        description: String,
        /// How long it asks to wait, in seconds.
        retry_after: Option<u64>,
        /// The new id of a group that became a supergroup.
        migrate_to: Option<i64>,
    },
    /// No answer came.
    #[error("Telegram cannot be reached: {reason}")]
    Unreachable {
        /// Whether it is certain that Telegram never saw the call.
        never_sent: bool,
        /// What happened.
        reason: String,
    },
    /// The answer is not the Bot API's.
    #[error("the answer ({status}) is not the Bot API's")]
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
