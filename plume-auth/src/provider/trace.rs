//! Events for `tracing`, in one place, so that a review can see that they contain no secret.

use crate::provider::observe::TokenEvent;

const TARGET: &str = "plume_auth";

pub(crate) fn event(event: &TokenEvent) {
    match event {
        TokenEvent::Obtained { generation, lifetime } => {
            tracing::debug!(target: TARGET, generation, lifetime_s = lifetime.as_secs(), "token obtained");
        }
        TokenEvent::Refreshed { generation, lifetime } => {
            tracing::debug!(target: TARGET, generation, lifetime_s = lifetime.as_secs(), "token refreshed");
        }
        TokenEvent::Failed { error, failures, backoff } => {
            tracing::warn!(
                target: TARGET,
                error = %error,
                kind = ?error.kind(),
                failures,
                backoff_ms = u64::try_from(backoff.as_millis()).unwrap_or(u64::MAX),
                "no token"
            );
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
