//! Events for `tracing`, in one place, so that a review can see that they contain no secret.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::provider::error::AuthErrorKind;
use crate::provider::observe::TokenEvent;

const TARGET: &str = "plume_auth";

/// The kind of the last failure since there was a token.
#[derive(Debug, Default)]
pub(crate) struct Failing(Mutex<Option<AuthErrorKind>>);

impl Failing {
    /// Returns whether a failure is a warning: the first of its kind, and each that doubles their number. An endpoint that is
    /// away for a day would fill a log.
    fn is_news(&self, kind: AuthErrorKind, failures: u32) -> bool {
        let last = self.lock().replace(kind);
        failures.is_power_of_two() || last != Some(kind)
    }

    fn end(&self) {
        if self.lock().take().is_some() {
            tracing::info!(target: TARGET, "there is a token again");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<AuthErrorKind>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn event(event: &TokenEvent, failing: &Failing) {
    if let TokenEvent::Obtained { .. } | TokenEvent::Refreshed { .. } = event {
        failing.end();
    }
    match event {
        TokenEvent::Obtained { generation, lifetime } => {
            tracing::debug!(target: TARGET, generation, lifetime_s = lifetime.as_secs(), "token obtained");
        }
        TokenEvent::Refreshed { generation, lifetime } => {
            tracing::debug!(target: TARGET, generation, lifetime_s = lifetime.as_secs(), "token refreshed");
        }
        TokenEvent::Failed { error, failures, backoff } => {
            let (kind, backoff_ms) = (error.kind(), u64::try_from(backoff.as_millis()).unwrap_or(u64::MAX));
            if failing.is_news(kind, *failures) {
                tracing::warn!(target: TARGET, %error, ?kind, failures, backoff_ms, "no token");
            } else {
                tracing::debug!(target: TARGET, %error, ?kind, failures, backoff_ms, "no token");
            }
        }
        TokenEvent::Rejected { generation } => {
            tracing::warn!(target: TARGET, generation, "the API rejected the token");
        }
        TokenEvent::Rotated { generation } => {
            tracing::info!(target: TARGET, generation, "the credential was changed");
        }
        TokenEvent::Dropped { generation } => {
            tracing::debug!(target: TARGET, generation, "token forgotten");
        }
    }
}

/// Warns that the endpoint granted a narrower scope than requested.
pub(crate) fn narrower(host: &str, missing: &str) {
    tracing::warn!(target: TARGET, host, missing, "the token's scope is narrower than requested");
}

/// Warns that the endpoint does not report the lifetime of its tokens.
pub(crate) fn lifetime_missing(host: &str, assumed_s: u64) {
    tracing::warn!(target: TARGET, host, assumed_s, "the token response has no usable `expires_in`");
}

/// Warns that the token's own `exp` claim contradicts `expires_in`.
pub(crate) fn clocks_differ(host: &str, off_s: u64) {
    tracing::warn!(
        target: TARGET,
        host,
        off_s,
        "the clocks disagree: the token's own expiry differs from `expires_in`, which is used"
    );
}

/// Warns that the changed credential could not be read.
pub(crate) fn credential_kept(reason: &str) {
    tracing::warn!(target: TARGET, reason, "failed to read the credential again; the last one is used");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_that_lasts_is_a_warning_ever_more_rarely() {
        let failing = Failing::default();
        let news = |kind, failures: std::ops::RangeInclusive<u32>| {
            failures.filter(|failures| failing.is_news(kind, *failures)).collect::<Vec<_>>()
        };
        assert_eq!(news(AuthErrorKind::Unavailable, 1..=100), [1, 2, 4, 8, 16, 32, 64]);
        assert_eq!(news(AuthErrorKind::Blocked, 101..=110), [101], "another kind is news");
        failing.end();
        assert_eq!(news(AuthErrorKind::Blocked, 1..=3), [1, 2]);
    }
}
