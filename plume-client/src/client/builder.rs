//! The builder of a client.

use std::{fmt, sync::Arc, time::Duration};

#[cfg(feature = "store")]
use plume_auth::store::{Persistent, StoreError, TokenStore};
use plume_auth::{
    AuthorizationSetting, CachedTokenProvider, ClientCredentials, Scope, SecureUrl, TokenProvider,
};
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use plume_runtime::TlsBackend;
use plume_runtime::{Clock, Limits, SystemClock, Transport};
use plume_types::PartnerId;

use crate::client::core::{Client, Inner};
use crate::client::settings::{Settings, SettingsError};
use crate::client::tenant::{tenant, tenant_of};
use crate::error::Error;
use crate::exchange::{ByService, CallOptions, RetryPolicy, Services};
use crate::limiter::{CallRate, Priority, RateLimiter};
use crate::telemetry::{DriftLog, DriftSighting, OnDrift};

/// The default of [`ClientBuilder::deadline`].
const DEFAULT_DEADLINE: Duration = Duration::from_secs(60);

impl Client {
    /// Builds a client with the settings of the environment; see [`Settings`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Settings`](crate::ErrorKind::Settings), naming every setting that is missing or wrong.
    pub fn from_env() -> Result<Self, Error> {
        Ok(Self::builder().settings(Settings::from_env()?).build()?)
    }

    /// Returns a builder.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

/// A builder of a [`Client`].
///
/// It requires the base URL of the API and a source of tokens: either [`settings`](Self::settings), which contain both,
/// or [`api_base`](Self::api_base) and [`token_provider`](Self::token_provider). The other methods override the settings.
///
/// ```
/// use plume_auth::{SecureUrl, StaticToken};
/// use plume_client::Client;
///
/// let client = Client::builder()
///     .api_base(SecureUrl::parse("https://cloud.example.net/api")?)
///     .token_provider(StaticToken::new("not.a.token").ok_or("no token")?)
///     .build()?;
/// # let _ = client;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ClientBuilder {
    settings: Option<Settings>,
    api_base: Option<SecureUrl>,
    reports_base: Option<SecureUrl>,
    lte_base: Option<SecureUrl>,
    partner_id: Option<PartnerId>,
    tokens: Option<Arc<dyn TokenProvider>>,
    transport: Option<Arc<dyn Transport>>,
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    tls_backend: Option<TlsBackend>,
    clock: Option<Arc<dyn Clock>>,
    limiter: Option<RateLimiter>,
    limits: Option<Limits>,
    deadline: Option<Duration>,
    retry: Option<RetryPolicy>,
    priority: Priority,
    tenant: Option<String>,
    on_drift: Callback,
    strict: bool,
    store: Option<Store>,
}

#[cfg(not(feature = "store"))]
type Store = std::convert::Infallible;

/// A store of tokens, and the receiver of its failures.
#[cfg(feature = "store")]
#[derive(Clone)]
struct Store {
    tokens: Arc<dyn TokenStore>,
    on_warning: Arc<dyn Fn(&StoreError) + Send + Sync>,
}

#[cfg(feature = "store")]
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tokens.fmt(f)
    }
}

/// A function, without a `Debug` of its own.
#[derive(Clone, Default)]
struct Callback(Option<OnDrift>);

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(_)" } else { "None" })
    }
}

impl ClientBuilder {
    /// Sets base URLs, credentials, partner id, proxy and certificates.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// Sets the base URL of the API, for example `https://cloud.example.net/api`.
    pub fn api_base(mut self, base: SecureUrl) -> Self {
        self.api_base = Some(base);
        self
    }

    /// Sets the base URL of the reports, for example `https://cloud.example.net/reports`.
    pub fn reports_base(mut self, base: SecureUrl) -> Self {
        self.reports_base = Some(base);
        self
    }

    /// Sets the base URL of the LTE service, for example `https://cloud.example.net/lteservice`.
    pub fn lte_base(mut self, base: SecureUrl) -> Self {
        self.lte_base = Some(base);
        self
    }

    /// Sets the partner id, which [`Client::fleet`] and [`Client::partner_id`] return and which is the default of
    /// [`tenant`](Self::tenant). Tokens requested with the [`settings`](Self::settings) are those of this partner.
    pub fn partner_id(mut self, id: PartnerId) -> Self {
        self.partner_id = Some(id);
        self
    }

    /// Sets the source of access tokens.
    pub fn token_provider(mut self, tokens: impl TokenProvider + 'static) -> Self {
        self.tokens = Some(Arc::new(tokens));
        self
    }

    /// Keeps the tokens of the [`settings`](Self::settings) in `store`, so that they outlive the process and other processes
    /// share them. The key of the record is [`Settings::store_key`]. A failure of the store goes to `on_warning` and never
    /// costs a token.
    ///
    /// ```
    /// use plume_auth::store::MemoryStore;
    /// use plume_client::Client;
    ///
    /// let builder = Client::builder().token_store(MemoryStore::new(), |error| eprintln!("warning: {error}"));
    /// # let _ = builder;
    /// ```
    #[cfg(feature = "store")]
    #[cfg_attr(docsrs, doc(cfg(feature = "store")))]
    pub fn token_store(
        mut self,
        store: impl TokenStore + 'static,
        on_warning: impl Fn(&StoreError) + Send + Sync + 'static,
    ) -> Self {
        self.store = Some(Store { tokens: Arc::new(store), on_warning: Arc::new(on_warning) });
        self
    }

    /// Sets the transport: by default an [`HttpTransport`](plume_runtime::HttpTransport) with the proxy and the
    /// certificates of the settings. Tokens of [`settings`](Self::settings) are requested through it as well.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets the TLS library, for programs in which both `rustls` and `native-tls` are compiled in: by default rustls.
    ///
    /// It is a setting of the client's own transport. With a [`transport`](Self::transport) of yours, [`build`](Self::build)
    /// refuses it: use [`HttpTransportBuilder::tls_backend`](plume_runtime::HttpTransportBuilder::tls_backend) there.
    ///
    #[cfg_attr(feature = "native-tls", doc = "```")]
    #[cfg_attr(not(feature = "native-tls"), doc = "```ignore")]
    /// use plume_client::{Client, TlsBackend};
    ///
    /// let builder = Client::builder().tls_backend(TlsBackend::Native);
    /// # let _ = builder;
    /// ```
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "rustls", feature = "native-tls"))))]
    pub fn tls_backend(mut self, backend: TlsBackend) -> Self {
        self.tls_backend = Some(backend);
        self
    }

    /// Sets the clock: by default the system's. The limiter of the process uses the system's clock, so a client with
    /// another clock gets a limiter of its own, with a simulator too.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Sets the call limit: by default [`RateLimiter::of_process`], and none if the transport
    /// [is simulated](Transport::is_simulated) and no clock is set.
    pub fn rate_limiter(mut self, limiter: RateLimiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Sets the time and size limits of one attempt.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Sets the maximum duration of a call with all its attempts and waits: 60 s by default.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets when and how often failed calls are retried.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Sets the priority in the queue of the call limit: [`Priority::Interactive`] by default.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Sets a callback for responses with parts that the models do not know: once per operation and place, at most 256
    /// times. It runs in the call that received the response, so it should be quick.
    ///
    /// ```
    /// # use plume_client::Client;
    /// let builder = Client::builder().on_drift(|sighting| {
    ///     eprintln!("{}: {} {}", sighting.operation.name, sighting.place.kind, sighting.place.path);
    /// });
    /// # let _ = builder;
    /// ```
    pub fn on_drift(mut self, callback: impl Fn(&DriftSighting<'_>) + Send + Sync + 'static) -> Self {
        self.on_drift = Callback(Some(Arc::new(callback)));
        self
    }

    /// Makes a response with parts that the models do not know an error
    /// ([`ErrorKind::Drift`](crate::ErrorKind::Drift)). For tests against a real cloud; off by default.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Sets the tenant of this client's calls in a shared [`RateLimiter`]: by default the partner id, or without one the
    /// token provider. Tenants take turns, however many calls one of them makes.
    ///
    /// Clients with the same name are one tenant, as are clients that share a token provider. For a program that builds a
    /// client for each request of its users, the user is the tenant:
    ///
    /// ```
    /// # use plume_client::Client;
    /// let builder = Client::builder().tenant("user:4711");
    /// # let _ = builder;
    /// ```
    pub fn tenant(mut self, name: impl Into<String>) -> Self {
        self.tenant = Some(name.into());
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] if the base URL of the API or the source of tokens is missing, or if a TLS library is set beside a
    /// transport.
    pub fn build(mut self) -> Result<Client, SettingsError> {
        if let Some(settings) = &mut self.settings {
            settings.partner_id = self.partner_id.take().or(settings.partner_id.take());
        }
        let transport = self.own_transport()?;
        let limiter = match (self.limiter, &self.clock) {
            (Some(limiter), _) => limiter,
            (None, Some(clock)) => RateLimiter::new(CallRate::default(), Arc::clone(clock)),
            (None, None) if transport.is_simulated() => RateLimiter::unlimited(Arc::new(SystemClock::new())),
            (None, None) => RateLimiter::of_process(),
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let settings = self.settings.as_ref().filter(|_| self.tokens.is_none());
        let partner = settings.and_then(|settings| settings.partner_id.as_ref());
        let scope = partner.map(|partner| Scope::partner_admin(partner.as_str()));
        let tokens = match (self.tokens, &self.settings) {
            (Some(tokens), _) => tokens,
            (None, Some(settings)) => tokens(settings, &transport, &clock, self.store)?,
            (None, None) => {
                return Err(SettingsError::one(
                    "the client has no source of tokens; set `settings` or `token_provider`",
                ));
            }
        };
        let (api, reports, lte, partner_id) = match self.settings {
            Some(settings) => {
                (Some(settings.api_base), settings.reports_base, settings.lte_base, settings.partner_id)
            }
            None => (None, None, None, self.partner_id),
        };
        let api_base = self.api_base.or(api).ok_or_else(|| {
            SettingsError::one("the client has no base URL of the API; set `settings` or `api_base`")
        })?;
        let bases = ByService {
            api: Some(api_base),
            reports: self.reports_base.or(reports),
            lte: self.lte_base.or(lte),
        };
        let tenant = match (&self.tenant, &partner_id) {
            (Some(name), _) => tenant(name),
            (None, Some(partner)) => tenant(partner.as_str()),
            (None, None) => tenant_of(&tokens),
        };
        Ok(Client {
            options: CallOptions {
                deadline: self.deadline.unwrap_or(DEFAULT_DEADLINE),
                retry: self.retry.unwrap_or_default(),
                priority: self.priority,
                tenant,
            },
            inner: Arc::new(Inner {
                services: Services::new(
                    bases,
                    tokens,
                    transport,
                    clock,
                    limiter,
                    self.limits.unwrap_or_default(),
                ),
                partner_id,
                scope,
                drift: DriftLog::new(self.on_drift.0),
                strict: self.strict,
            }),
        })
    }
}

impl ClientBuilder {
    /// Returns the given transport, or one with the network settings.
    fn own_transport(&mut self) -> Result<Arc<dyn Transport>, SettingsError> {
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let tls_backend = self.tls_backend;
        if let Some(transport) = self.transport.take() {
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            if tls_backend.is_some() {
                return Err(SettingsError::one(
                    "`tls_backend` has no effect on the given `transport`; set it where that transport is built",
                ));
            }
            return Ok(transport);
        }
        let network = self.settings.as_ref().map(|settings| settings.network.clone());
        let builder = network.unwrap_or_default().transport();
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let builder = match tls_backend {
            Some(backend) => builder.tls_backend(backend),
            None => builder,
        };
        Ok(Arc::new(builder.build()))
    }
}

fn tokens(
    settings: &Settings,
    transport: &Arc<dyn Transport>,
    clock: &Arc<dyn Clock>,
    store: Option<Store>,
) -> Result<Arc<dyn TokenProvider>, SettingsError> {
    let credential = match &settings.authorization {
        AuthorizationSetting::Basic(credential) => credential.clone(),
        AuthorizationSetting::Bearer(token) => return Ok(Arc::new(token.clone())),
        _ => {
            return Err(SettingsError::one("PLUME_AUTH_HEADER is of an unsupported kind"));
        }
    };
    let (Some(url), Some(partner)) = (&settings.sso_url, &settings.partner_id) else {
        return Err(SettingsError::one("PLUME_SSO_URL and PLUME_PARTNER_ID are required to request tokens"));
    };
    let source = ClientCredentials::new(
        url.clone(),
        credential,
        Scope::partner_admin(partner.as_str()),
        Arc::clone(transport),
    )
    .clock(Arc::clone(clock));
    #[cfg(feature = "store")]
    if let (Some(store), Some(key)) = (store, settings.store_key()) {
        let on_warning = store.on_warning;
        let source = Persistent::new(source, store.tokens, key, Arc::clone(clock))
            .on_warning(move |error| on_warning(error));
        return Ok(Arc::new(CachedTokenProvider::new(source, Arc::clone(clock))));
    }
    #[cfg(not(feature = "store"))]
    let _ = store;
    Ok(Arc::new(CachedTokenProvider::new(source, Arc::clone(clock))))
}

#[cfg(test)]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tests {
    use plume_auth::StaticToken;
    use plume_runtime::InProcess;

    use super::*;

    fn builder() -> ClientBuilder {
        let base = SecureUrl::parse("https://cloud.example.net/api").unwrap();
        Client::builder().api_base(base).token_provider(StaticToken::new("not.a.token").unwrap())
    }

    #[test]
    fn tls_backend_is_chosen_at_construction() {
        let mut backends = vec![TlsBackend::default()];
        #[cfg(feature = "rustls")]
        backends.push(TlsBackend::Rustls);
        #[cfg(feature = "native-tls")]
        backends.push(TlsBackend::Native);
        for backend in backends {
            let transport = builder().tls_backend(backend).own_transport().unwrap();
            assert!(format!("{transport:?}").contains(&format!("tls_backend: {backend:?}")), "{transport:?}");
            assert!(builder().tls_backend(backend).build().is_ok());
        }
        let transport = builder().own_transport().unwrap();
        let default = TlsBackend::default();
        assert!(format!("{transport:?}").contains(&format!("tls_backend: {default:?}")));
    }

    #[test]
    fn tls_backend_beside_a_transport_is_refused() {
        let transport = InProcess::new(|_| async { Ok(http::Response::default()) });
        let builder = builder().tls_backend(TlsBackend::default()).transport(Arc::new(transport));
        let error = builder.build().unwrap_err();
        assert!(error.to_string().contains("`tls_backend` has no effect"), "{error}");
    }
}
