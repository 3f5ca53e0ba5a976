//! The shared parts of all calls of a client.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use plume_auth::{SecureUrl, TokenProvider};
use plume_runtime::{Clock, Limits, Transport};

use crate::call::Call;
use crate::error::Error;
use crate::exchange::budget::Budget;
use crate::exchange::policy::RetryPolicy;
use crate::exchange::verification::Verification;
use crate::limiter::{Priority, RateLimiter};
use crate::operations::Service;

/// The options that may differ from call to call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallOptions {
    pub(crate) deadline: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) priority: Priority,
    /// The tenant of the call limit.
    pub(crate) tenant: u64,
}

/// One value for each service.
#[derive(Debug)]
pub(crate) struct ByService<T> {
    pub(crate) api: T,
    pub(crate) reports: T,
    pub(crate) lte: T,
}

impl<T> ByService<T> {
    pub(crate) fn get(&self, service: Service) -> &T {
        match service {
            Service::Api => &self.api,
            Service::Reports => &self.reports,
            Service::Lte => &self.lte,
        }
    }

    fn map<U>(&self, mut value: impl FnMut(&T) -> U) -> ByService<U> {
        ByService { api: value(&self.api), reports: value(&self.reports), lte: value(&self.lte) }
    }
}

/// The parts that the calls of a client and its clones share.
pub(crate) struct Services {
    pub(crate) bases: ByService<Option<SecureUrl>>,
    pub(crate) tokens: Arc<dyn TokenProvider>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limiter: RateLimiter,
    pub(crate) limits: Limits,
    /// The number of requests that were sent.
    pub(super) requests: AtomicU64,
    /// The retry budgets. Each service fails independently.
    pub(super) budgets: ByService<Budget>,
    /// The verification of tokens at each base.
    pub(super) verifications: ByService<Arc<Verification>>,
}

impl Services {
    pub(crate) fn new(
        bases: ByService<Option<SecureUrl>>,
        tokens: Arc<dyn TokenProvider>,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        limiter: RateLimiter,
        limits: Limits,
    ) -> Self {
        let (now, provider) = (clock.monotonic(), tokens.identity().unwrap_or_default());
        let budgets = bases.map(|_| Budget::new(now));
        let verifications =
            bases.map(|base| Verification::of(&provider, base.as_ref().map_or("", SecureUrl::as_base)));
        let requests = AtomicU64::new(0);
        Self { bases, tokens, transport, clock, limiter, limits, requests, budgets, verifications }
    }

    /// Returns the number of requests that were sent.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Completes the error of a response with facts about the base URL.
    pub(crate) fn at_base(&self, service: Service, error: Error) -> Error {
        let base = self.bases.get(service).as_ref();
        if base.is_some_and(SecureUrl::is_bare) { error.with_bare_base() } else { error }
    }

    /// Returns the URL of a call, or the error of an invalid one.
    pub(crate) fn url(&self, call: &Call<'_>) -> Result<String, Error> {
        let target = call.target()?;
        let service = call.operation.service;
        let base = self.bases.get(service).as_ref().ok_or_else(|| {
            let setting = match service {
                Service::Api => "PLUME_API_BASE",
                Service::Reports => "PLUME_REPORTS_BASE",
                Service::Lte => "PLUME_LTE_BASE",
            };
            Error::missing_setting(call.operation, setting)
        })?;
        Ok(format!("{}{target}", base.as_base()))
    }
}
