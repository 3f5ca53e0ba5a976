//! Events for `tracing`. In one place, so that one look shows that no secret is among them.

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
        TokenEvent::Failed { error, times, rest } => {
            tracing::warn!(
                target: TARGET,
                error = %error,
                kind = ?error.kind(),
                times,
                rest_ms = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX),
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

/// The endpoint granted less than was asked for.
pub(crate) fn narrower(host: &str, missing: &str) {
    tracing::warn!(target: TARGET, host, missing, "the token's scope is narrower than asked for");
}

/// The endpoint does not say how long its tokens live.
pub(crate) fn lifetime_missing(host: &str, assumed_s: u64) {
    tracing::warn!(target: TARGET, host, assumed_s, "the token answer has no usable `expires_in`");
}

/// The token's own `exp` claim contradicts `expires_in`.
pub(crate) fn clocks_differ(host: &str, off_s: u64) {
    tracing::warn!(
        target: TARGET,
        host,
        off_s,
        "the clocks disagree: the token's own expiry differs from `expires_in`, which is used"
    );
}

/// The changed credential could not be read.
pub(crate) fn credential_kept(reason: &str) {
    tracing::warn!(target: TARGET, reason, "the credential could not be read again; the last one is used");
}
