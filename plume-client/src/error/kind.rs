//! The kinds of errors.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// The kind of an [`Error`](crate::Error).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing or invalid. Nothing was sent.
    Settings,
    /// The caller has no async runtime, or one without I/O or timers. Nothing was sent, and calls on other runtimes are
    /// not affected.
    Runtime,
    /// An id or other argument is invalid. Nothing was sent.
    Argument,
    /// Failed to obtain an access token.
    Auth,
    /// The API responded 401 because of the access token, or the client cannot find out whether that is the cause.
    Unauthorized,
    /// The operation is not allowed for this customer or node, or with this client's role.
    Forbidden,
    /// The resource does not exist.
    NotFound(Resource),
    /// The API rejected the request: an invalid value, a conflict, a precondition.
    Rejected,
    /// The location or its cloud does not support the operation.
    Unsupported,
    /// The firewall of the API blocks this address for up to five minutes.
    Blocked,
    /// The call limit is used up, in this process or at the API.
    RateLimited,
    /// The queue of the call limit is full. Nothing was sent.
    Overloaded,
    /// The API is unreachable, or the connection broke.
    Network,
    /// No response before the deadline.
    Timeout,
    /// The request may have been carried out, but its response was lost. It was not repeated.
    OutcomeUnknown,
    /// The API failed (5xx).
    Server,
    /// The response cannot be decoded: HTML, truncated, or of another shape.
    Unreadable,
    /// A list cannot be read to its end. The items before are valid.
    Incomplete,
    /// The response has parts that the models do not know. Only in strict mode.
    Drift,
}

/// The cause of a failure, wherever it happened: in the program, at the token endpoint or at the API. Programs map it to an
/// exit code or to advice.
///
/// ```
/// use plume_auth::{AuthError, AuthErrorKind};
/// use plume_client::Cause;
///
/// let error = AuthError::new(AuthErrorKind::CredentialsRejected, "the secret is wrong");
/// assert_eq!(Cause::from(&error), Cause::Credential);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// A setting or argument is missing or invalid.
    Settings,
    /// The credential is missing or was refused.
    Credential,
    /// The call limit is used up, or a firewall blocks this address. A later attempt may succeed.
    Limited,
    /// The resource does not exist, or a replayed recording lacks the call.
    NotFound,
    /// The network failed, the deadline passed, or the server failed.
    Network,
    /// None of the others.
    #[default]
    Other,
}

impl ErrorKind {
    /// Returns the name in snake case, for example `rate_limited`: the label of metrics and spans. All values of
    /// [`ErrorKind::NotFound`] are `not_found`.
    ///
    /// ```
    /// use plume_client::ErrorKind;
    ///
    /// assert_eq!(ErrorKind::RateLimited.as_str(), "rate_limited");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Runtime => "runtime",
            Self::Argument => "argument",
            Self::Auth => "auth",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound(_) => "not_found",
            Self::Rejected => "rejected",
            Self::Unsupported => "unsupported",
            Self::Blocked => "blocked",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Server => "server",
            Self::Unreadable => "unreadable",
            Self::Incomplete => "incomplete",
            Self::Drift => "drift",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Serializes as [`ErrorKind::as_str`].
impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The kind of resource that was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// A customer. The API responds 401 for an unknown customer and for one that is not accessible.
    Customer,
    /// A location.
    Location,
    /// A node.
    Node,
    /// A device.
    Device,
    /// A group of customers.
    Group,
    /// Another resource.
    Other,
}

impl Resource {
    /// Returns the name in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Location => "location",
            Self::Node => "node",
            Self::Device => "device",
            Self::Group => "group",
            Self::Other => "resource",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
