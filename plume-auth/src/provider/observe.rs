//! What can be seen of a provider from outside: events and a status, never a secret.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use crate::provider::error::AuthError;

/// Something that happened to a provider's token. Holds no secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TokenEvent {
    /// The first token, or the first one after there was none.
    Obtained {
        /// The new token's number.
        generation: u64,
        /// How long it lives, counted from the request.
        lifetime: Duration,
    },
    /// A token took the place of one that was still held.
    Refreshed {
        /// The new token's number.
        generation: u64,
        /// How long it lives, counted from the request.
        lifetime: Duration,
    },
    /// A fetch brought no token that is of use.
    Failed {
        /// Why.
        error: AuthError,
        /// How many have failed in a row.
        times: u32,
        /// The source is left alone for this long.
        rest: Duration,
    },
    /// The API rejected the token that was held.
    Rejected {
        /// The rejected token's number.
        generation: u64,
    },
    /// A token came that was asked for with another credential than the one before.
    Rotated {
        /// The new token's number.
        generation: u64,
    },
    /// The token was forgotten, because of a logout or because the provider is gone.
    Dropped {
        /// The forgotten token's number.
        generation: u64,
    },
}

/// Is told what happens to a provider's token: for an audit log, for metrics.
///
/// It is called on whichever thread made it happen, with no lock held, and should return soon. A panic in it is
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
    /// Is told one event.
    fn observe(&self, event: &TokenEvent);
}

/// Where a provider stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenPhase {
    /// No token yet.
    Cold,
    /// The token is good for longer than anybody needs to care.
    Fresh,
    /// The token is good; a new one is fetched beside the callers.
    Advisory,
    /// The token is nearly over; callers wait a little for the new one, unless the source is failing.
    Mandatory,
    /// The token is over.
    Expired,
    /// The API rejected the token, and there is no other yet.
    Rejected,
    /// No token, and the source failed a moment ago: callers get its error at once.
    BackingOff,
    /// No token, and the source refused for good, a wrong secret for one: remembered a little longer.
    Refused,
}

/// Where a provider stands, told without a request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenStatus {
    /// In one word.
    pub phase: TokenPhase,
    /// The number of the token that is held.
    pub generation: Option<u64>,
    /// How long ago it was asked for.
    pub age: Option<Duration>,
    /// How long it is still valid. Zero when it is over.
    pub expires_in: Option<Duration>,
    /// When it runs out by the wall clock.
    pub expires_at: Option<SystemTime>,
    /// How long until the next call causes a refresh. Zero when the next call does, or when one is under way.
    pub refresh_in: Option<Duration>,
    /// Whether a fetch is under way.
    pub fetching: bool,
    /// Why the last fetch failed, if it did.
    pub last_error: Option<AuthError>,
    /// How many fetches have failed in a row.
    pub failures: u32,
}
