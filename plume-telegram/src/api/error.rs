//! The error of a call.

use std::{fmt, time::Duration};

/// The reason why a call failed. It contains no token, so it is safe to log. `{:?}` is the text, so a `main` that
/// returns the error prints it; `{:#?}` shows the fields.
///
/// ```
/// use plume_telegram::ApiError;
///
/// let error = ApiError::Unreadable { status: 502 };
/// assert_eq!(format!("{error:?}"), "the response (502) is not one of the Bot API");
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// Telegram refused the call.
    #[error("Telegram refused the call: {code} {description}")]
    Refused {
        /// Telegram's error code, usually an HTTP status.
        code: u16,
        /// Telegram's description.
        description: String,
        /// The wait that Telegram requests, in seconds.
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

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return plume_text::write_report(f, self, None);
        }
        match self {
            Self::Refused { code, description, retry_after, migrate_to } => f
                .debug_struct("Refused")
                .field("code", code)
                .field("description", description)
                .field("retry_after", retry_after)
                .field("migrate_to", migrate_to)
                .finish(),
            Self::Unreachable { never_sent, reason } => {
                f.debug_struct("Unreachable").field("never_sent", never_sent).field("reason", reason).finish()
            }
            Self::Unreadable { status } => f.debug_struct("Unreadable").field("status", status).finish(),
        }
    }
}

impl ApiError {
    pub(super) fn not_sent(reason: &str) -> Self {
        Self::Unreachable { never_sent: true, reason: reason.to_owned() }
    }

    /// Returns whether the description contains these words.
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

    /// Returns the wait that Telegram requests.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after: Some(seconds @ 1..), .. } => Some(Duration::from_secs(*seconds)),
            _ => None,
        }
    }

    /// Returns whether the chat has no reader any more: blocked, removed or deleted.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.code() == Some(403) || (self.code() == Some(400) && self.says("chat not found"))
    }
}
