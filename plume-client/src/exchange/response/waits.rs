//! Durations that a response makes callers wait: the call itself, and all calls of the address.

use std::time::Duration;

/// Longest `Retry-After` that a call respects. A longer one is cut to this.
pub(in crate::exchange) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Longest block of an address by the firewall.
pub(in crate::exchange) const BLOCK: Duration = Duration::from_secs(300);

/// Pause of all calls after a 429 without `Retry-After`. Some 429s concern one operation only, so it is short.
pub(in crate::exchange) const HOLD: Duration = Duration::from_secs(1);

/// Longest pause of all calls after a 429 with `Retry-After`. A longer one usually concerns one operation, and must not stop
/// the others.
pub(in crate::exchange) const LONGEST_HOLD: Duration = Duration::from_secs(10);
