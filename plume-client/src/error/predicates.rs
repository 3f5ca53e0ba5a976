//! Questions about an error: one for each kind, and those that concern several kinds.

use std::error::Error as _;

use plume_auth::{AuthError, AuthErrorKind};
use plume_runtime::{TransportError, TransportErrorKind};

use crate::error::attempt::NotRetried;
use crate::error::kind::{Cause, ErrorKind};
use crate::error::record::{Error, Source};
use crate::operations::{Operation, Safety};

/// One for each [`ErrorKind`] but [`ErrorKind::Auth`], which is a part of [`Error::is_auth`].
impl Error {
    /// Returns whether a setting is missing or invalid.
    #[must_use]
    pub fn is_settings(&self) -> bool {
        self.inner.kind == ErrorKind::Settings
    }

    /// Returns whether the caller has no async runtime with I/O and timers.
    #[must_use]
    pub fn is_runtime(&self) -> bool {
        self.inner.kind == ErrorKind::Runtime
    }

    /// Returns whether an id or other argument is invalid, so that nothing was sent.
    #[must_use]
    pub fn is_argument(&self) -> bool {
        self.inner.kind == ErrorKind::Argument
    }

    /// Returns whether the API responded 401 because of the access token, or the client cannot find out whether that is the cause.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.inner.kind == ErrorKind::Unauthorized
    }

    /// Returns whether the operation is not allowed for this customer or node, or with this client's role.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.inner.kind == ErrorKind::Forbidden
    }

    /// Returns whether the resource does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.inner.kind, ErrorKind::NotFound(_))
    }

    /// Returns whether the API rejected the request.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.inner.kind == ErrorKind::Rejected
    }

    /// Returns whether the location or its cloud does not support the operation.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.inner.kind == ErrorKind::Unsupported
    }

    /// Returns whether the firewall blocks this address.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.inner.kind == ErrorKind::Blocked
    }

    /// Returns whether the call limit is used up, in this process or at the API (429). [`is_limited`](Self::is_limited) also
    /// includes blocked addresses and limits of the token endpoint.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.inner.kind == ErrorKind::RateLimited
    }

    /// Returns whether the queue of the call limit is full.
    #[must_use]
    pub fn is_overloaded(&self) -> bool {
        self.inner.kind == ErrorKind::Overloaded
    }

    /// Returns whether the API is unreachable, or the connection broke.
    #[must_use]
    pub fn is_network(&self) -> bool {
        self.inner.kind == ErrorKind::Network
    }

    /// Returns whether the call timed out, on the network or while it waited.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.inner.kind == ErrorKind::Timeout
    }

    /// Returns whether the request may have been carried out, but its response was lost.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.inner.kind == ErrorKind::OutcomeUnknown
    }

    /// Returns whether the API failed (5xx).
    #[must_use]
    pub fn is_server(&self) -> bool {
        self.inner.kind == ErrorKind::Server
    }

    /// Returns whether the response cannot be decoded.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.inner.kind == ErrorKind::Unreadable
    }

    /// Returns whether a list cannot be read to its end.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.inner.kind == ErrorKind::Incomplete
    }

    /// Returns whether a strict client met parts of a response that the models do not know.
    #[must_use]
    pub fn is_drift(&self) -> bool {
        self.inner.kind == ErrorKind::Drift
    }
}

/// Those that concern several kinds.
impl Error {
    /// Returns whether a limit is the cause: the call limit of this process, 429, a firewall's 403, or 503 with
    /// `Retry-After`, at the API or at the token endpoint.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        match self.inner.kind {
            ErrorKind::Blocked | ErrorKind::RateLimited | ErrorKind::Overloaded => true,
            // Without a `Retry-After` it is an outage.
            ErrorKind::Server => self.inner.status == Some(503) && self.inner.retry_after.is_some(),
            ErrorKind::Auth => self.auth_error().is_some_and(|error| {
                matches!(error.kind(), AuthErrorKind::Blocked | AuthErrorKind::Throttled)
            }),
            _ => false,
        }
    }

    /// Returns whether authentication or the permissions of the client are the cause: [`ErrorKind::Auth`],
    /// [`ErrorKind::Unauthorized`] or [`ErrorKind::Forbidden`].
    #[must_use]
    pub fn is_auth(&self) -> bool {
        matches!(self.inner.kind, ErrorKind::Auth | ErrorKind::Unauthorized | ErrorKind::Forbidden)
    }

    /// Returns whether a change may have taken place although the call failed.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        let changes = self.inner.operation.as_ref().is_some_and(|operation| operation.safety != Safety::Safe);
        // A success that could not be decoded, or any attempt with an unknown outcome, even before a rejected one.
        let answered = matches!(self.inner.kind, ErrorKind::Unreadable | ErrorKind::Drift)
            && self.inner.status.is_some_and(|status| (200..300).contains(&status));
        self.inner.kind == ErrorKind::OutcomeUnknown
            || changes && (answered || self.inner.attempts.iter().any(|attempt| attempt.maybe_done))
    }

    /// Returns whether the same call may succeed later without any change.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.inner.kind {
            ErrorKind::Blocked
            | ErrorKind::RateLimited
            | ErrorKind::Overloaded
            | ErrorKind::Timeout
            | ErrorKind::Server => true,
            // A certificate that is not trusted stays so.
            ErrorKind::Network => match &self.inner.source {
                Some(Source::Transport(error)) => error.is_transient(),
                _ => true,
            },
            ErrorKind::Auth => self.auth_error().is_some_and(AuthError::is_transient),
            // Only the check of the token failed, or the error has a time for a retry.
            ErrorKind::Unauthorized => {
                self.inner.not_retried == Some(NotRetried::Unchecked) || self.inner.retry_after.is_some()
            }
            ErrorKind::Rejected => self.is_not_ready(),
            // The change behind a cut-off response has been made.
            ErrorKind::Unreadable => {
                let safe = |operation: &Operation| operation.safety == Safety::Safe;
                self.is_cut_off() && self.inner.operation.as_ref().is_some_and(safe)
            }
            _ => false,
        }
    }

    /// Returns whether a later retry may succeed and is safe: the failure is [transient](Error::is_transient), and no change
    /// can happen twice.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let repeatable = self.inner.operation.as_ref().is_none_or(|operation| operation.safety.may_repeat());
        self.is_transient() && (repeatable || !self.was_sent())
    }

    /// Returns whether a replayed recording lacks the call.
    fn is_not_recorded(&self) -> bool {
        matches!(&self.inner.source, Some(Source::Transport(error)) if error.kind() == TransportErrorKind::NotRecorded)
    }

    /// Returns the cause, with that of the token endpoint if there is no token.
    #[must_use]
    pub fn cause(&self) -> Cause {
        if let Some(error) = self.auth_error() {
            return error.into();
        }
        match self.kind() {
            ErrorKind::Settings | ErrorKind::Argument => Cause::Settings,
            // It may be about the id. A refusal of the operation (`Forbidden`) is not about the credential either.
            ErrorKind::Unauthorized if self.not_retried() == Some(NotRetried::Unchecked) => Cause::Other,
            ErrorKind::Auth | ErrorKind::Unauthorized => Cause::Credential,
            _ if self.is_limited() => Cause::Limited,
            ErrorKind::NotFound(_) => Cause::NotFound,
            _ if self.is_not_recorded() => Cause::NotFound,
            ErrorKind::Network
            | ErrorKind::Timeout
            | ErrorKind::OutcomeUnknown
            | ErrorKind::Server
            | ErrorKind::Unsupported => Cause::Network,
            _ => Cause::Other,
        }
    }
}

/// The cause of a missing token.
impl From<&AuthError> for Cause {
    fn from(error: &AuthError) -> Self {
        let transport = error.source().and_then(|source| source.downcast_ref::<TransportError>());
        match (error.kind(), transport.map(TransportError::kind)) {
            (_, Some(TransportErrorKind::Refused)) => Self::Settings,
            (_, Some(TransportErrorKind::TooLarge | TransportErrorKind::Runtime)) => Self::Other,
            (_, Some(_)) => Self::Network,
            // An unexplained 403 may be a firewall's, and is backed off from like one.
            (AuthErrorKind::Blocked | AuthErrorKind::Unexplained, _) => Self::Limited,
            // Without a time 503 is an outage, not a request to wait.
            (AuthErrorKind::Throttled | AuthErrorKind::Unavailable, _) => {
                let limited = error.status() != Some(503) && error.kind() == AuthErrorKind::Throttled;
                if limited || error.status() == Some(503) && error.retry_after().is_some() {
                    Self::Limited
                } else {
                    Self::Network
                }
            }
            (
                AuthErrorKind::CredentialsRejected
                | AuthErrorKind::Forbidden
                | AuthErrorKind::TokenRejected
                | AuthErrorKind::SignedOut,
                _,
            ) => Self::Credential,
            // The scope or the URL, not the credential.
            (AuthErrorKind::Configuration, _) => Self::Settings,
            _ if error.status().is_some_and(|status| status >= 500) => Self::Network,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::kind::Resource;
    use crate::operations::NODES;

    #[test]
    fn each_kind_has_one_predicate() {
        type Predicate = fn(&Error) -> bool;
        let kinds: [(ErrorKind, Predicate); 18] = [
            (ErrorKind::Settings, Error::is_settings),
            (ErrorKind::Runtime, Error::is_runtime),
            (ErrorKind::Argument, Error::is_argument),
            (ErrorKind::Unauthorized, Error::is_unauthorized),
            (ErrorKind::Forbidden, Error::is_forbidden),
            (ErrorKind::NotFound(Resource::Node), Error::is_not_found),
            (ErrorKind::Rejected, Error::is_rejected),
            (ErrorKind::Unsupported, Error::is_unsupported),
            (ErrorKind::Blocked, Error::is_blocked),
            (ErrorKind::RateLimited, Error::is_rate_limited),
            (ErrorKind::Overloaded, Error::is_overloaded),
            (ErrorKind::Network, Error::is_network),
            (ErrorKind::Timeout, Error::is_timeout),
            (ErrorKind::OutcomeUnknown, Error::is_outcome_unknown),
            (ErrorKind::Server, Error::is_server),
            (ErrorKind::Unreadable, Error::is_unreadable),
            (ErrorKind::Incomplete, Error::is_incomplete),
            (ErrorKind::Drift, Error::is_drift),
        ];
        for (kind, _) in kinds {
            let error = Error::plain(&NODES, kind, String::new());
            let true_of: Vec<ErrorKind> =
                kinds.iter().filter(|(_, is)| is(&error)).map(|(kind, _)| *kind).collect();
            assert_eq!(true_of, [kind]);
        }
        let auth = Error::plain(&NODES, ErrorKind::Auth, String::new());
        assert!(auth.is_auth() && !kinds.iter().any(|(_, is)| is(&auth)));
    }
}
