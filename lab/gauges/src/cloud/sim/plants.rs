//! Typical bugs of clients, planted around a correct one. Each must be found.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use clap::ValueEnum;
use http::{Method, Request, Response, header::RETRY_AFTER};
use plume_auth::{AccessToken, AuthError, IssuedToken, TokenProvider, TokenSource};
use plume_runtime::{Clock, Limits, Transport, TransportError};

/// The planted bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Plant {
    #[value(name = "loops-on-401")]
    LoopsOn401,
    #[value(name = "refreshes-on-403")]
    RefreshesOn403,
    RetriesAtOnce,
    HammersDuringBlock,
    NoLimiter,
    IgnoresRetryAfter,
    UsesExpiredToken,
    KeepsRejectedToken,
    TokenPerCall,
    SharesTokens,
    HammersTokenEndpoint,
    NeverRecovers,
    EmptyOnGarbage,
    RepeatsChanges,
}

/// All plants with their names.
pub(super) fn all() -> impl Iterator<Item = (Plant, String)> {
    let named = |plant: &Plant| Some((*plant, plant.to_possible_value()?.get_name().to_owned()));
    Plant::value_variants().iter().filter_map(named)
}

/// The state that the wrappers of one client share.
#[derive(Debug, Default)]
pub(super) struct Signals {
    forbidden: AtomicBool,
    failures: AtomicU32,
}

/// The API's transport with a bug.
pub(super) struct BadTransport {
    pub(super) inner: Arc<dyn Transport>,
    pub(super) plant: Plant,
    pub(super) signals: Arc<Signals>,
}

impl fmt::Debug for BadTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BadTransport").field("plant", &self.plant).finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for BadTransport {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        let mut result = self.inner.send(request.clone(), limits).await;
        for _ in 0..10 {
            let again = match (&result, self.plant) {
                (Ok(answer), Plant::LoopsOn401) => answer.status() == 401,
                (Ok(answer), Plant::HammersDuringBlock) => {
                    answer.status() == 403 && !answer.body().windows(10).any(|part| part == b"statusCode")
                }
                (Ok(answer), Plant::RetriesAtOnce) => answer.status().is_server_error(),
                (Err(error), Plant::RetriesAtOnce) => error.is_transient(),
                (Err(error), Plant::RepeatsChanges) => {
                    request.method() == Method::PUT && error.is_transient()
                }
                _ => false,
            };
            if !again {
                break;
            }
            result = self.inner.send(request.clone(), limits).await;
        }
        let mut answer = result?;
        match self.plant {
            Plant::RefreshesOn403 if answer.status() == 403 => {
                self.signals.forbidden.store(true, Ordering::Relaxed);
            }
            Plant::IgnoresRetryAfter => {
                answer.headers_mut().remove(RETRY_AFTER);
            }
            Plant::EmptyOnGarbage if answer.status().is_success() => {
                let readable = serde_json::from_slice::<serde_json::Value>(answer.body()).is_ok();
                if !readable {
                    *answer.body_mut() = Bytes::from_static(b"[]");
                }
            }
            _ => {}
        }
        Ok(answer)
    }
}

/// A token provider with a bug, around a good one.
pub(super) struct BadProvider {
    pub(super) inner: Arc<dyn TokenProvider>,
    pub(super) source: Arc<dyn TokenSource>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) plant: Plant,
    pub(super) signals: Arc<Signals>,
    pub(super) kept: Mutex<Option<(AccessToken, Duration)>>,
}

impl fmt::Debug for BadProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BadProvider").field("plant", &self.plant).finish_non_exhaustive()
    }
}

impl BadProvider {
    fn kept(&self) -> Option<(AccessToken, Duration)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fresh(&self) -> Result<AccessToken, AuthError> {
        let issued: IssuedToken = self.source.fetch().await?;
        let lasts = issued.lifetime().saturating_add(Duration::from_secs(120));
        let until = self.clock.monotonic().saturating_add(lasts);
        match AccessToken::from_issued(&issued, until.as_secs()) {
            Some(token) => {
                *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((token.clone(), until));
                Ok(token)
            }
            None => self.inner.token().await,
        }
    }
}

#[async_trait]
impl TokenProvider for BadProvider {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        match self.plant {
            Plant::TokenPerCall => self.fresh().await,
            Plant::RefreshesOn403 => match self.kept() {
                Some((token, until))
                    if !self.signals.forbidden.swap(false, Ordering::Relaxed)
                        && self.clock.monotonic() + Duration::from_secs(150) < until =>
                {
                    Ok(token)
                }
                _ => self.fresh().await,
            },
            Plant::UsesExpiredToken | Plant::KeepsRejectedToken => match self.kept() {
                Some((token, until)) if self.clock.monotonic() < until => Ok(token),
                _ => self.fresh().await,
            },
            Plant::HammersTokenEndpoint => {
                if let Some((token, until)) = self.kept()
                    && self.clock.monotonic() + Duration::from_secs(150) < until
                {
                    return Ok(token);
                }
                for _ in 0..12 {
                    if let Ok(token) = self.fresh().await {
                        return Ok(token);
                    }
                }
                self.fresh().await
            }
            Plant::NeverRecovers => {
                if self.signals.failures.load(Ordering::Relaxed) >= 5 {
                    // The planted bug: any failure is permanent.
                    self.clock.sleep(Duration::from_secs(3_600)).await;
                }
                let result = self.inner.token().await;
                if result.is_err() {
                    self.signals.failures.fetch_add(1, Ordering::Relaxed);
                }
                result
            }
            _ => self.inner.token().await,
        }
    }

    fn invalidate(&self, token: &AccessToken) {
        match self.plant {
            Plant::KeepsRejectedToken => {}
            // Here the expiry of a token would not be the bug.
            Plant::UsesExpiredToken
            | Plant::TokenPerCall
            | Plant::RefreshesOn403
            | Plant::HammersTokenEndpoint => {
                *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            _ => self.inner.invalidate(token),
        }
    }
}
