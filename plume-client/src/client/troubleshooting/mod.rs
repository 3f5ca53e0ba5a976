//! The texts of errors, their causes and remedies.
//!
//! A test produces every text on these pages. Parts that vary (ids, hosts, times) are replaced by `…`.

/// Settings, arguments and the runtime: [`ErrorKind::Settings`](crate::ErrorKind::Settings),
/// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime), [`ErrorKind::Argument`](crate::ErrorKind::Argument). Nothing was sent.
#[doc = include_str!("settings.md")]
pub mod settings {}

/// Authentication and permissions: [`ErrorKind::Auth`](crate::ErrorKind::Auth),
/// [`ErrorKind::Unauthorized`](crate::ErrorKind::Unauthorized), [`ErrorKind::Forbidden`](crate::ErrorKind::Forbidden).
#[doc = include_str!("access.md")]
pub mod access {}

/// Call limits: [`ErrorKind::Blocked`](crate::ErrorKind::Blocked), [`ErrorKind::RateLimited`](crate::ErrorKind::RateLimited),
/// [`ErrorKind::Overloaded`](crate::ErrorKind::Overloaded).
#[doc = include_str!("limits.md")]
pub mod limits {}

/// Rejected requests: [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), [`ErrorKind::Rejected`](crate::ErrorKind::Rejected),
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported).
#[doc = include_str!("refusals.md")]
pub mod refusals {}

/// Network and server: [`ErrorKind::Network`](crate::ErrorKind::Network), [`ErrorKind::Timeout`](crate::ErrorKind::Timeout),
/// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), [`ErrorKind::Server`](crate::ErrorKind::Server).
#[doc = include_str!("network.md")]
pub mod network {}

/// Responses: [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable), [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete),
/// [`ErrorKind::Drift`](crate::ErrorKind::Drift).
#[doc = include_str!("responses.md")]
pub mod responses {}
