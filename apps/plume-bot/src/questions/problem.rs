//! Failures as users read them. The details go to the log.

use std::{error::Error as _, time::Duration};

use plume::{
    Error, ErrorKind,
    auth::{AuthError, AuthErrorKind},
};

use plume_telegram::Log;

/// A failure, as far as it concerns the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    NotConnected,
    /// The SSO rejects the user's own credentials.
    CredentialsRefused {
        status: Option<u16>,
        code: Option<String>,
    },
    /// The API rejects the token of the user's own account.
    TokenRefused,
    /// The shared account is refused. Only the operator can correct it.
    OperatorRefused,
    /// The SSO refuses by policy, independent of the credentials.
    SsoForbids,
    /// The SSO is busy or failing; the wait that it requests.
    SsoBusy(Option<Duration>),
    /// The SSO refuses without a reason: temporarily, or because the credentials are wrong.
    SsoUnexplained,
    /// The API refuses with a response that it sends for an unknown id, for a role and for a token, and the check that
    /// distinguishes them failed.
    Unchecked,
    /// There is no such object, or the account may not see it.
    NotFound(String),
    /// The object exists, but not for this account.
    Forbidden,
    /// The base URL of the reports is missing.
    NoReports {
        /// Whether the user can add it.
        own: bool,
    },
    Unsupported,
    /// The call limit is reached; the wait, if it is known.
    Limited(Option<Duration>),
    Unreachable,
    /// There is no connection, and a retry does not help: a certificate, a proxy, a refused address.
    NoConnection,
    Other {
        /// The code that is also in the log.
        code: String,
        hint: String,
    },
}

impl Problem {
    /// Returns the problem of an error of the SDK. The details go to the log. `own` is whether the user's own account was
    /// used, because `/auth` cannot correct the shared one.
    pub fn of(error: &Error, own: bool, log: &Log) -> Self {
        if let Some(error) = error.auth_error() {
            return Self::of_auth(error, own, log);
        }
        let logged = |problem| {
            log.warn(&format!("{error} ({})", error.help()));
            problem
        };
        match error.kind() {
            // It may be the id as well as the account.
            ErrorKind::Unauthorized if error.is_transient() => logged(Self::Unchecked),
            ErrorKind::Unauthorized if own => logged(Self::TokenRefused),
            ErrorKind::Unauthorized => logged(Self::OperatorRefused),
            ErrorKind::NotFound(resource) => Self::NotFound(resource.to_string()),
            ErrorKind::Argument => Self::NotFound("id".to_owned()),
            ErrorKind::Forbidden => Self::Forbidden,
            ErrorKind::Settings if error.to_string().contains("PLUME_REPORTS_BASE") => {
                Self::NoReports { own }
            }
            ErrorKind::Settings => logged(Self::NoConnection),
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::Blocked | ErrorKind::RateLimited | ErrorKind::Overloaded => {
                Self::Limited(error.retry_after())
            }
            ErrorKind::Network if !error.is_transient() => logged(Self::NoConnection),
            ErrorKind::Network | ErrorKind::Timeout => logged(Self::Unreachable),
            _ => Self::other(&error.to_string(), error.help(), log),
        }
    }

    /// Returns the problem of a failed token request.
    pub fn of_auth(error: &AuthError, own: bool, log: &Log) -> Self {
        let problem = match error.kind() {
            // No response at all: a certificate, a proxy, a refused address.
            AuthErrorKind::Configuration if error.source().is_some() => Self::NoConnection,
            AuthErrorKind::CredentialsRejected
            | AuthErrorKind::Configuration
            | AuthErrorKind::TokenRejected
                if !own =>
            {
                Self::OperatorRefused
            }
            AuthErrorKind::CredentialsRejected | AuthErrorKind::Configuration => {
                Self::CredentialsRefused { status: error.status(), code: error.code().map(str::to_owned) }
            }
            AuthErrorKind::TokenRejected => Self::TokenRefused,
            AuthErrorKind::Forbidden => Self::SsoForbids,
            AuthErrorKind::SignedOut => return Self::NotConnected,
            // A 403 has many causes, so its duration is unknown.
            AuthErrorKind::Blocked => Self::SsoBusy(None),
            AuthErrorKind::Unexplained => Self::SsoUnexplained,
            AuthErrorKind::Throttled => Self::SsoBusy(error.retry_after()),
            AuthErrorKind::Unavailable if error.is_unreachable() => Self::Unreachable,
            AuthErrorKind::Unavailable => Self::SsoBusy(error.retry_after()),
            _ => return Self::other(&error.to_string(), error.help(), log),
        };
        log.warn(&format!("{error} ({})", error.help()));
        problem
    }

    /// Returns the problem of a bug in this program.
    pub fn bug(details: &str, log: &Log) -> Self {
        Self::other(details, "Please try again, and tell the operator of this bot.", log)
    }

    /// Creates a code for the user and logs the details.
    pub(crate) fn other(details: &str, hint: &str, log: &Log) -> Self {
        let code = format!("E{:06X}", fastrand::u32(..1 << 24));
        log.warn(&format!("{code}: {details}"));
        Self::Other { code, hint: hint.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refused_account_of_the_user_leads_to_auth() {
        let log = Log::new(|_| ());
        let of = |kind, own| Problem::of_auth(&AuthError::new(kind, "x"), own, &log);
        let refused = Problem::CredentialsRefused { status: None, code: None };
        for (kind, own, operators) in [
            (AuthErrorKind::CredentialsRejected, refused.clone(), Problem::OperatorRefused),
            (AuthErrorKind::Configuration, refused, Problem::OperatorRefused),
            (AuthErrorKind::TokenRejected, Problem::TokenRefused, Problem::OperatorRefused),
            (AuthErrorKind::Forbidden, Problem::SsoForbids, Problem::SsoForbids),
            (AuthErrorKind::Blocked, Problem::SsoBusy(None), Problem::SsoBusy(None)),
            (AuthErrorKind::Unexplained, Problem::SsoUnexplained, Problem::SsoUnexplained),
            (AuthErrorKind::Throttled, Problem::SsoBusy(None), Problem::SsoBusy(None)),
            (AuthErrorKind::Unavailable, Problem::SsoBusy(None), Problem::SsoBusy(None)),
            (AuthErrorKind::SignedOut, Problem::NotConnected, Problem::NotConnected),
        ] {
            assert_eq!((of(kind, true), of(kind, false)), (own, operators), "{kind:?}");
        }
        let wait = Duration::from_secs(90);
        let throttled = Problem::of_auth(&AuthError::throttled("x", wait), true, &log);
        assert_eq!(throttled, Problem::SsoBusy(Some(wait)));
    }
}
