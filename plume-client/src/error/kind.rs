//! The classes of errors.

use std::fmt;

/// The class of an [`Error`](crate::Error).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing or wrong. Nothing was sent.
    Settings,
    /// The async runtime of the caller cannot carry the call: there is none, or it has no I/O or no timers. Nothing was sent,
    /// and calls on other runtimes are not affected.
    Runtime,
    /// An id or other argument cannot be used. Nothing was sent.
    Argument,
    /// No access token could be had.
    Auth,
    /// The API answered 401, and it means the access token, or there is no way to find out whether it does.
    Unauthorized,
    /// Not on this customer or node, or not with this client's role.
    Forbidden,
    /// There is no such thing.
    NotFound(Resource),
    /// The API finds the request wrong: a bad value, a conflict, a precondition.
    Rejected,
    /// The location or its cloud does not offer this.
    Unsupported,
    /// The firewall in front of the API blocks this address for a while.
    Blocked,
    /// The call limit is used up, here or at the API.
    RateLimited,
    /// As many calls wait for the call limit as may; this one was not even queued.
    Overloaded,
    /// The API could not be reached, or the connection broke.
    Network,
    /// No answer in time.
    Timeout,
    /// The request may have been carried out, but the answer never came. It was not repeated.
    OutcomeUnknown,
    /// The API failed.
    Server,
    /// The answer is not what was asked for: HTML, cut off, another shape.
    Unreadable,
    /// A list that is read page by page cannot be read to its end. What was given of it is right.
    Incomplete,
    /// In strict mode: the answer was read, but holds what the models do not know.
    Drift,
}

/// What was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// A customer. The API answers 401 for an unknown customer and for one it will not show.
    Customer,
    /// A location.
    Location,
    /// A node.
    Node,
    /// A device.
    Device,
    /// Something else.
    Other,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Customer => "customer",
            Self::Location => "location",
            Self::Node => "node",
            Self::Device => "device",
            Self::Other => "resource",
        })
    }
}
