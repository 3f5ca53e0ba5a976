//! What each kind of error means, and what to do about it. Look for the text that you were shown.
//!
//! Every text on these pages is produced by a test, so the words are the ones that the client really says. Parts that
//! change from case to case (ids, hosts, times) are replaced by `…`.

/// Settings, arguments and the program itself: [`ErrorKind::Settings`](crate::ErrorKind::Settings),
/// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime), [`ErrorKind::Argument`](crate::ErrorKind::Argument). Nothing was sent.
#[doc = include_str!("settings.md")]
pub mod settings {}

/// Signing in and rights: [`ErrorKind::Auth`](crate::ErrorKind::Auth),
/// [`ErrorKind::Unauthorized`](crate::ErrorKind::Unauthorized), [`ErrorKind::Forbidden`](crate::ErrorKind::Forbidden).
#[doc = include_str!("access.md")]
pub mod access {}

/// Call limits: [`ErrorKind::Blocked`](crate::ErrorKind::Blocked), [`ErrorKind::RateLimited`](crate::ErrorKind::RateLimited),
/// [`ErrorKind::Overloaded`](crate::ErrorKind::Overloaded).
#[doc = include_str!("limits.md")]
pub mod limits {}

/// Refusals: [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), [`ErrorKind::Rejected`](crate::ErrorKind::Rejected),
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported).
#[doc = include_str!("refusals.md")]
pub mod refusals {}

/// Network and server: [`ErrorKind::Network`](crate::ErrorKind::Network), [`ErrorKind::Timeout`](crate::ErrorKind::Timeout),
/// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), [`ErrorKind::Server`](crate::ErrorKind::Server).
#[doc = include_str!("network.md")]
pub mod network {}

/// Answers: [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable), [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete),
/// [`ErrorKind::Drift`](crate::ErrorKind::Drift).
#[doc = include_str!("answers.md")]
pub mod answers {}
