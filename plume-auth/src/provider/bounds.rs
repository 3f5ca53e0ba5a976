//! The time bounds of one fetch.
//!
//! They add up: whoever waits for the lock of a stored token, begins the last try as late as it may and gets no answer
//! still ends before the cache gives the fetch up, so that the caller learns the cause.

use std::time::Duration;

/// The longest time one fetch may take, whatever its source does.
pub(crate) const FETCH: Duration = Duration::from_secs(30);
/// The longest wait for another process that holds the lock of a stored token.
pub(crate) const LOCK_WAIT: Duration = Duration::from_secs(7);
/// How long after its beginning a fetch may still begin a try at the token endpoint.
pub(crate) const LAST_START: Duration = Duration::from_secs(12);
/// The longest time of one try.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(10);

const _: () = assert!(LOCK_WAIT.as_secs() + LAST_START.as_secs() + ATTEMPT.as_secs() < FETCH.as_secs());
