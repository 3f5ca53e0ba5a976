//! The time bounds of one fetch.
//!
//! They add up: a fetch that waits for the lock of a stored token, begins the last attempt as late as it may and gets no
//! response still ends before the cache abandons it, so that the caller learns the cause.

use std::time::Duration;

/// Maximum duration of a fetch from any source.
pub(crate) const FETCH: Duration = Duration::from_secs(30);
/// Maximum wait for another process that holds the lock of a stored token.
pub(crate) const LOCK_WAIT: Duration = Duration::from_secs(7);
/// The time after its beginning in which a fetch may begin another attempt.
pub(crate) const LAST_START: Duration = Duration::from_secs(12);
/// Maximum duration of one attempt.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(10);

const _: () = assert!(LOCK_WAIT.as_secs() + LAST_START.as_secs() + ATTEMPT.as_secs() < FETCH.as_secs());
