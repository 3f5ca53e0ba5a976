//! The client.

use std::{fmt, sync::Arc, time::Duration};

use plume_auth::{Scope, TokenProvider};
use plume_runtime::Clock;
use plume_types::{Drift, PartnerId};

use crate::client::tenant::tenant;
use crate::exchange::{CallOptions, RetryPolicy, Services};
use crate::limiter::{Priority, RateLimiter};
use crate::telemetry::DriftLog;

/// A client of the Plume Cloud API.
///
/// Cheap to clone: clones share connections, tokens, the call limit and the counters. Dropping the future of a call
/// cancels it.
///
/// ```no_run
/// # async fn run() -> Result<(), plume_client::Error> {
/// let client = plume_client::Client::from_env()?;
/// let home = client.customer("5f0000000000000000000001").location("5f0000000000000000000002");
/// for node in &home.nodes().await? {
///     println!("{}", node.display_name());
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
    pub(crate) options: CallOptions,
}

pub(crate) struct Inner {
    pub(crate) services: Services,
    pub(super) partner_id: Option<PartnerId>,
    /// The requested scope of the tokens, if they come from the settings.
    pub(super) scope: Option<Scope>,
    pub(super) drift: DriftLog,
    pub(super) strict: bool,
}

impl Client {
    /// Returns the number of requests that this client and its clones have sent to the API, without token requests.
    #[must_use]
    pub fn calls_made(&self) -> u64 {
        self.inner.services.requests()
    }

    /// Returns the call limit of this client.
    #[must_use]
    pub fn rate_limiter(&self) -> &RateLimiter {
        &self.inner.services.limiter
    }

    /// Returns the source of tokens of this client, for requests of your own with the same tokens.
    ///
    /// ```no_run
    /// # async fn run(client: &plume_client::Client) -> Result<(), plume_auth::AuthError> {
    /// use plume_auth::TokenProvider;
    ///
    /// let token = client.token_provider().token().await?;
    /// println!("valid until {:?}", token.expires_at());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn token_provider(&self) -> &Arc<dyn TokenProvider> {
        &self.inner.services.tokens
    }

    /// Returns the clock of this client, for a program that waits between its calls.
    ///
    /// ```
    /// # fn run(client: &plume_client::Client) {
    /// use plume_runtime::Clock;
    ///
    /// let now = client.clock().wall();
    /// # let _ = now; }
    /// ```
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.services.clock
    }

    /// Returns the same client with another deadline for its calls: the maximum duration of a call with all its attempts
    /// and waits.
    ///
    /// ```no_run
    /// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
    /// use std::time::Duration;
    ///
    /// let customers = client.with_deadline(Duration::from_secs(5)).customers().count().await?;
    /// # let _ = customers; Ok(()) }
    /// ```
    #[must_use]
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        let mut client = self.clone();
        client.options.deadline = deadline;
        client
    }

    /// Returns the same client with another retry policy for its calls.
    #[must_use]
    pub fn with_retry(&self, policy: RetryPolicy) -> Self {
        let mut client = self.clone();
        client.options.retry = policy;
        client
    }

    /// Returns the same client with another priority in the queue of the call limit.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        let mut client = self.clone();
        client.options.priority = priority;
        client
    }

    /// Returns the same client as another tenant of the call limit; see
    /// [`ClientBuilder::tenant`](crate::ClientBuilder::tenant). For a program that makes calls for many users with one account.
    ///
    /// ```
    /// # fn of_user(client: &plume_client::Client, user: u64) -> plume_client::Client {
    /// client.with_tenant(&format!("user:{user}"))
    /// # }
    /// ```
    #[must_use]
    pub fn with_tenant(&self, name: &str) -> Self {
        let mut client = self.clone();
        client.options.tenant = tenant(name);
        client
    }

    /// Returns the parts of the responses so far that the models do not know.
    #[must_use]
    pub fn drift(&self) -> Drift {
        self.inner.drift.seen()
    }

    /// Returns the log of parts that the models do not know, for repeated reading.
    #[must_use]
    pub fn drift_log(&self) -> DriftLog {
        self.inner.drift.clone()
    }

    /// Returns the partner id of the settings or the builder.
    #[must_use]
    pub fn partner_id(&self) -> Option<&PartnerId> {
        self.inner.partner_id.as_ref()
    }

    /// Returns the parts of the requested scope that the current token does not grant, if the tokens come from the
    /// [`Settings`](crate::Settings). The API refuses calls that need them. Empty before the first call.
    ///
    /// With a token provider of your own, call [`Scope::not_granted`](plume_auth::Scope::not_granted) with
    /// [`AccessToken::scope`](plume_auth::AccessToken::scope).
    #[must_use]
    pub fn scope_not_granted(&self) -> Vec<String> {
        let (Some(asked), Some(token)) = (&self.inner.scope, self.inner.services.tokens.ready()) else {
            return Vec::new();
        };
        asked.not_granted(token.scope())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Services { bases, tokens, .. } = &self.inner.services;
        f.debug_struct("Client")
            .field("api_base", &bases.api)
            .field("reports_base", &bases.reports)
            .field("lte_base", &bases.lte)
            .field("partner_id", &self.inner.partner_id)
            .field("tokens", tokens)
            .field("calls", &self.calls_made())
            .finish_non_exhaustive()
    }
}
