//! Events and status of a provider, without secrets.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};

use crate::provider::error::AuthError;

/// A change of a provider's token. Contains no secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TokenEvent {
    /// The first token was obtained, or the first one after there was none.
    Obtained {
        /// The number of the new token.
        generation: u64,
        /// The lifetime, counted from the request.
        lifetime: Duration,
    },
    /// A new token replaced one that was still held.
    Refreshed {
        /// The number of the new token.
        generation: u64,
        /// The lifetime, counted from the request.
        lifetime: Duration,
    },
    /// A fetch brought no usable token.
    Failed {
        /// The cause.
        error: AuthError,
        /// The number of consecutive failures.
        failures: u32,
        /// The time until the next fetch may begin.
        backoff: Duration,
    },
    /// The API rejected the held token.
    Rejected {
        /// The number of the rejected token.
        generation: u64,
    },
    /// A token was obtained with another credential than the one before.
    Rotated {
        /// The number of the new token.
        generation: u64,
    },
    /// The token was forgotten, because of a logout or because the provider was dropped.
    Dropped {
        /// The number of the forgotten token.
        generation: u64,
    },
}

/// Receives the events of a provider, for an audit log or metrics.
///
/// It is called on the thread that caused the event, without a lock held, and should return soon. A panic in it is
/// caught. Every event goes to `tracing` as well, under the target `plume_auth`.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use plume_auth::{TokenEvent, TokenObserver};
///
/// #[derive(Debug, Default)]
/// struct Failures(AtomicU64);
///
/// impl TokenObserver for Failures {
///     fn observe(&self, event: &TokenEvent) {
///         if matches!(event, TokenEvent::Failed { .. }) {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait TokenObserver: fmt::Debug + Send + Sync {
    /// Receives one event.
    fn observe(&self, event: &TokenEvent);
}

/// The phase of a provider's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenPhase {
    /// There is no token yet.
    Cold,
    /// The token is valid, and no refresh is due.
    Fresh,
    /// The token is valid, and a new one is fetched in the background.
    Advisory,
    /// The token is about to expire. Callers wait briefly for the new one, unless the source is failing.
    Mandatory,
    /// The token is expired.
    Expired,
    /// The API rejected the token, and there is no other one yet.
    Rejected,
    /// There is no token, and the source failed a moment ago: callers get its error at once.
    BackingOff,
    /// There is no token, and the source refused permanently, for example because of a wrong secret. The backoff is longer.
    Refused,
}

/// The state of a provider. Reading it sends no request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenStatus {
    /// The phase of the token.
    pub phase: TokenPhase,
    /// The number of the held token.
    pub generation: Option<u64>,
    /// The time since the token was requested.
    pub age: Option<Duration>,
    /// The time until the token expires. Zero if it is expired.
    pub expires_in: Option<Duration>,
    /// The expiry by the wall clock.
    pub expires_at: Option<DateTime<Utc>>,
    /// The time until a call causes a refresh. Zero if the next call does, or if one is in progress.
    pub refresh_in: Option<Duration>,
    /// Whether a fetch is in progress.
    pub fetching: bool,
    /// The cause of the last failure, if the last fetch failed.
    pub last_error: Option<AuthError>,
    /// The number of consecutive failures.
    pub failures: u32,
}
