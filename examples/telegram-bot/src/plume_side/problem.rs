//! What users are told of a failure. The rest is for the log.

use plume::{
    Error, ErrorKind,
    auth::{AuthError, AuthErrorKind},
};

use crate::log::Log;

/// Why there is no answer, as far as it concerns the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// There is no account to ask with.
    NotConnected,
    /// The SSO does not take the credentials.
    SsoRefused {
        /// Its HTTP status.
        status: Option<u16>,
        /// Its code, for example `invalid_client`.
        code: Option<String>,
    },
    /// The API does not take the token.
    TokenRefused,
    /// There is no such thing.
    NotFound(String),
    /// It is there, but not for this account.
    Forbidden,
    /// The base URL of the reports is missing.
    NoReports,
    /// The cloud does not offer it.
    Unsupported,
    /// Too many calls; how many seconds to wait.
    Limited(u64),
    /// No network, no answer.
    Unreachable,
    /// Anything else.
    Other {
        /// Stands in the log as well.
        code: String,
        /// What to do.
        hint: String,
    },
}

impl Problem {
    /// What to tell of an error of the SDK. The details go to the log.
    #[must_use]
    pub fn of(error: &Error, log: &Log) -> Self {
        if let Some(error) = error.auth_error() {
            return Self::of_auth(error, log);
        }
        let wait = error.retry_after().map_or(300, |wait| wait.as_secs());
        match error.kind() {
            ErrorKind::Unauthorized => Self::TokenRefused,
            ErrorKind::NotFound(resource) => Self::NotFound(resource.to_string()),
            ErrorKind::Argument => Self::NotFound("id".to_owned()),
            ErrorKind::Forbidden => Self::Forbidden,
            ErrorKind::Settings if error.to_string().contains("PLUME_REPORTS_BASE") => Self::NoReports,
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::Blocked | ErrorKind::RateLimited => Self::Limited(wait),
            ErrorKind::Network | ErrorKind::Timeout => {
                log.warn(&error.to_string());
                Self::Unreachable
            }
            _ => Self::other(&error.to_string(), error.help(), log),
        }
    }

    /// What to tell when there is no token.
    #[must_use]
    pub fn of_auth(error: &AuthError, log: &Log) -> Self {
        match error.kind() {
            AuthErrorKind::CredentialsRejected | AuthErrorKind::Configuration | AuthErrorKind::Forbidden => {
                log.warn(&error.to_string());
                Self::SsoRefused { status: error.status(), code: error.code().map(str::to_owned) }
            }
            AuthErrorKind::TokenRejected => Self::TokenRefused,
            AuthErrorKind::SignedOut => Self::NotConnected,
            AuthErrorKind::Blocked | AuthErrorKind::Throttled => {
                Self::Limited(error.retry_after().map_or(300, |wait| wait.as_secs()))
            }
            AuthErrorKind::Unavailable => {
                log.warn(&error.to_string());
                Self::Unreachable
            }
            _ => Self::other(&error.to_string(), error.help(), log),
        }
    }

    /// Something that should not happen in this program.
    #[must_use]
    pub fn bug(details: &str, log: &Log) -> Self {
        Self::other(details, "Please try again, and tell the operator of this bot.", log)
    }

    /// A code for the user and the whole story for the log.
    pub(crate) fn other(details: &str, hint: &str, log: &Log) -> Self {
        let code = format!("E{:06X}", fastrand::u32(..1 << 24));
        log.warn(&format!("{code}: {details}"));
        Self::Other { code, hint: hint.to_owned() }
    }
}
