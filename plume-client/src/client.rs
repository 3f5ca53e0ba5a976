//! The client and how it is made.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use plume_auth::{
    AuthorizationSetting, CachedTokenProvider, ClientCredentials, ProviderIdentity, Scope, SecureUrl,
    TokenProvider,
};
use plume_runtime::{Clock, Limits, SystemClock, Transport};
use plume_types::{CustomerId, Drift, PartnerId};

use crate::customers::{CustomerHandle, Customers};
use crate::drift::{DriftLog, DriftSighting, OnDrift};
use crate::error::Error;
use crate::limiter::{CallRate, Priority, RateLimiter};
use crate::operation::{Operation, Service};
use crate::partner::Partner;
use crate::reports::GatewayReports;
use crate::retry::{Budget, RetryPolicy};
use crate::settings::{Settings, SettingsError};
use crate::verification::Verification;

/// How long one call may take with all its tries, unless the builder says otherwise.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(60);

/// A client of the Plume Cloud.
///
/// Cheap to clone: clones share connections, tokens, the call limit and the counters. Every method gives a
/// future that may be dropped at any point to cancel the call.
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

/// What may differ from call to call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallOptions {
    pub(crate) deadline: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) priority: Priority,
    /// The tenant of the call limit.
    pub(crate) tenant: u64,
}

pub(crate) struct Inner {
    pub(crate) api_base: SecureUrl,
    pub(crate) reports_base: Option<SecureUrl>,
    pub(crate) lte_base: Option<SecureUrl>,
    pub(crate) partner_id: Option<PartnerId>,
    pub(crate) tokens: Arc<dyn TokenProvider>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limiter: RateLimiter,
    pub(crate) limits: Limits,
    pub(crate) calls: AtomicU64,
    /// What the tokens are asked for, if the settings say so.
    scope: Option<Scope>,
    budgets: [Budget; 3],
    verifications: [Arc<Verification>; 3],
    drift: DriftLog,
    strict: bool,
}

impl Client {
    /// A client with the settings of the environment; see [`Settings`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Settings`](crate::ErrorKind::Settings), naming every setting that is missing or wrong.
    pub fn from_env() -> Result<Self, Error> {
        Ok(Self::builder().settings(Settings::from_env()?).build()?)
    }

    /// A client made piece by piece.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// One customer. Nothing is sent yet.
    pub fn customer(&self, id: impl Into<CustomerId>) -> CustomerHandle {
        CustomerHandle { client: self.clone(), id: id.into() }
    }

    /// All customers this client may see.
    #[must_use]
    pub fn customers(&self) -> Customers {
        Customers { client: self.clone() }
    }

    /// Look-ups by the provider's own keys.
    #[must_use]
    pub fn partner(&self) -> Partner {
        Partner { client: self.clone() }
    }

    /// Reports of the gateway group, which need no customer id.
    #[must_use]
    pub fn gateway_reports(&self) -> GatewayReports {
        GatewayReports { client: self.clone() }
    }

    /// How many requests this client and its clones have sent to the API, token requests not counted.
    #[must_use]
    pub fn calls_made(&self) -> u64 {
        self.inner.calls.load(Ordering::Relaxed)
    }

    /// The call limit this client keeps.
    #[must_use]
    pub fn rate_limiter(&self) -> &RateLimiter {
        &self.inner.limiter
    }

    /// The same client, with another deadline for its calls: how long one may take with all its tries and waits.
    ///
    /// ```no_run
    /// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
    /// use std::time::Duration;
    ///
    /// let customers = client.with_deadline(Duration::from_secs(5)).customers().count(&plume_client::Filter::new()).await?;
    /// # let _ = customers; Ok(()) }
    /// ```
    #[must_use]
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        let mut client = self.clone();
        client.options.deadline = deadline;
        client
    }

    /// The same client, with another retry policy for its calls.
    #[must_use]
    pub fn with_retry(&self, policy: RetryPolicy) -> Self {
        let mut client = self.clone();
        client.options.retry = policy;
        client
    }

    /// The same client, whose calls wait for the call limit with another priority.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        let mut client = self.clone();
        client.options.priority = priority;
        client
    }

    /// The same client, whose calls count for another tenant of the call limit. See [`ClientBuilder::tenant`]; this is for
    /// a program that makes calls for many users with one account.
    ///
    /// ```
    /// # fn of_user(client: &plume_client::Client, user: u64) -> plume_client::Client {
    /// client.with_tenant(&format!("user:{user}"))
    /// # }
    /// ```
    #[must_use]
    pub fn with_tenant(&self, name: &str) -> Self {
        let mut client = self.clone();
        client.options.tenant = hash(name);
        client
    }

    /// What the answers so far held that the models do not know.
    #[must_use]
    pub fn drift(&self) -> Drift {
        self.inner.drift.seen()
    }

    /// The log of what the models do not know, for a program that reads it again and again.
    #[must_use]
    pub fn drift_log(&self) -> DriftLog {
        self.inner.drift.clone()
    }

    /// The provider whose credentials this client uses, if its settings told.
    #[must_use]
    pub fn partner_id(&self) -> Option<&PartnerId> {
        self.inner.partner_id.as_ref()
    }

    /// The words of the scope that the token at hand was not granted, if the client asks for its tokens by its settings:
    /// calls that need them will be refused. Empty before the first call.
    ///
    /// A program with a token provider of its own asks [`Scope::not_granted`](plume_auth::Scope::not_granted) with
    /// [`AccessToken::scope`](plume_auth::AccessToken::scope).
    #[must_use]
    pub fn scope_not_granted(&self) -> Vec<String> {
        let (Some(asked), Some(token)) = (&self.inner.scope, self.inner.tokens.ready()) else {
            return Vec::new();
        };
        asked.not_granted(token.scope())
    }

    /// Notes what the models do not know. In strict mode it is an error.
    pub(crate) fn note_drift(
        &self,
        operation: &Operation,
        status: StatusCode,
        drift: Drift,
    ) -> Result<(), Error> {
        if drift.is_empty() {
            return Ok(());
        }
        let error = self.inner.strict.then(|| Error::drifted(operation, status, drift.clone()));
        self.inner.drift.note(operation, drift);
        error.map_or(Ok(()), Err)
    }

    pub(crate) fn base(&self, service: Service) -> Option<&SecureUrl> {
        match service {
            Service::Api => Some(&self.inner.api_base),
            Service::Reports => self.inner.reports_base.as_ref(),
            Service::Lte => self.inner.lte_base.as_ref(),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("api_base", &self.inner.api_base)
            .field("reports_base", &self.inner.reports_base)
            .field("lte_base", &self.inner.lte_base)
            .field("partner_id", &self.inner.partner_id)
            .field("tokens", &self.inner.tokens)
            .field("calls", &self.inner.calls)
            .finish_non_exhaustive()
    }
}

/// Makes a [`Client`].
///
/// Needed are the API's base and a source of tokens: either [`settings`](Self::settings), which brings both,
/// or [`api_base`](Self::api_base) and [`token_provider`](Self::token_provider). What is given piece by piece
/// wins over the settings.
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
#[derive(Debug, Default)]
#[must_use]
pub struct ClientBuilder {
    settings: Option<Settings>,
    api_base: Option<SecureUrl>,
    reports_base: Option<SecureUrl>,
    lte_base: Option<SecureUrl>,
    tokens: Option<Arc<dyn TokenProvider>>,
    transport: Option<Arc<dyn Transport>>,
    clock: Option<Arc<dyn Clock>>,
    limiter: Option<RateLimiter>,
    limits: Option<Limits>,
    deadline: Option<Duration>,
    retry: Option<RetryPolicy>,
    priority: Priority,
    tenant: Option<String>,
    on_drift: Callback,
    strict: bool,
}

/// A function, which has nothing to show.
#[derive(Default)]
struct Callback(Option<OnDrift>);

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(_)" } else { "None" })
    }
}

impl ClientBuilder {
    /// Bases, credentials and partner id.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// The base of the API, for example `https://cloud.example.net/api`.
    pub fn api_base(mut self, base: SecureUrl) -> Self {
        self.api_base = Some(base);
        self
    }

    /// The base of the reports, for example `https://cloud.example.net/reports`.
    pub fn reports_base(mut self, base: SecureUrl) -> Self {
        self.reports_base = Some(base);
        self
    }

    /// The base of the LTE service, for example `https://cloud.example.net/lteservice`.
    pub fn lte_base(mut self, base: SecureUrl) -> Self {
        self.lte_base = Some(base);
        self
    }

    /// Where tokens come from.
    pub fn token_provider(mut self, tokens: impl TokenProvider + 'static) -> Self {
        self.tokens = Some(Arc::new(tokens));
        self
    }

    /// How bytes move: an [`HttpTransport`](plume_runtime::HttpTransport) with the proxy and the certificates of the settings unless given. The tokens of [`settings`](Self::settings) are asked
    /// for through it as well.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The clock: the machine's unless given. The limiter of the process runs on the machine's clock, so a
    /// client with another one gets a limiter of its own on that clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The call limit: [`RateLimiter::of_process`] unless given. A simulator needs none:
    /// [`RateLimiter::unlimited`].
    pub fn rate_limiter(mut self, limiter: RateLimiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// The bounds of one try.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// How long a call may take with all its tries and waits: 60 s unless given.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// When and how often a call is tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Which calls go first when they have to wait for the call limit: [`Priority::Interactive`] unless given.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Calls `callback` when an answer holds something that the models do not know: once per operation and place, at
    /// most 256 times. It is called by the call that got the answer, so it should be quick.
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

    /// Whether an answer that holds what the models do not know is an error
    /// ([`ErrorKind::Drift`](crate::ErrorKind::Drift)). For tests against a real cloud; off unless given.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The tenant for which this client's calls count when tenants share a [`RateLimiter`]: the partner of the
    /// [`settings`](Self::settings) unless given, or without one the token provider. Each tenant has its turn, however
    /// many calls another one makes.
    ///
    /// Clients with the same name are one tenant, as are clients that share a token provider. A program that builds a
    /// client for each request of its users names the user:
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

    /// The client.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] when the API's base or the source of tokens is missing.
    pub fn build(self) -> Result<Client, SettingsError> {
        let transport = self.transport.unwrap_or_else(|| {
            let network = self.settings.as_ref().map(|settings| settings.network.clone());
            Arc::new(network.unwrap_or_default().transport().build())
        });
        let limiter = match (self.limiter, &self.clock) {
            (Some(limiter), _) => limiter,
            (None, Some(clock)) => RateLimiter::new(CallRate::default(), Arc::clone(clock)),
            (None, None) => RateLimiter::of_process(),
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let settings = self.settings.as_ref().filter(|_| self.tokens.is_none());
        let partner = settings.and_then(|settings| settings.partner_id.as_ref());
        let scope = partner.map(|partner| Scope::partner_admin(partner.as_str()));
        let tokens = match (self.tokens, &self.settings) {
            (Some(tokens), _) => tokens,
            (None, Some(settings)) => tokens(settings, &transport, &clock)?,
            (None, None) => {
                return Err(SettingsError::one(
                    "the client has no source of tokens; give settings or a token provider",
                ));
            }
        };
        let (api, reports, lte, partner_id) = match self.settings {
            Some(settings) => {
                (Some(settings.api_base), settings.reports_base, settings.lte_base, settings.partner_id)
            }
            None => (None, None, None, None),
        };
        let api_base = self
            .api_base
            .or(api)
            .ok_or_else(|| SettingsError::one("the client has no API base; give settings or an API base"))?;
        let tenant = match (&self.tenant, &partner_id) {
            (Some(name), _) => hash(name),
            (None, Some(partner)) => hash(partner.as_str()),
            (None, None) => tenant_of(&tokens),
        };
        let now = clock.monotonic();
        let (reports_base, lte_base) = (self.reports_base.or(reports), self.lte_base.or(lte));
        let identity: ProviderIdentity = tokens.identity().unwrap_or_default();
        let verifications = [Some(&api_base), reports_base.as_ref(), lte_base.as_ref()]
            .map(|base| Verification::of(&identity, base.map_or("", SecureUrl::as_base)));
        Ok(Client {
            options: CallOptions {
                deadline: self.deadline.unwrap_or(DEFAULT_DEADLINE),
                retry: self.retry.unwrap_or_default(),
                priority: self.priority,
                tenant,
            },
            inner: Arc::new(Inner {
                api_base,
                reports_base,
                lte_base,
                partner_id,
                tokens,
                transport,
                clock,
                limiter,
                limits: self.limits.unwrap_or_default(),
                calls: AtomicU64::new(0),
                scope,
                budgets: std::array::from_fn(|_| Budget::new(now)),
                verifications,
                drift: DriftLog::new(self.on_drift.0),
                strict: self.strict,
            }),
        })
    }
}

/// The number of a tenant that has no name.
struct Unnamed(u64);

impl Default for Unnamed {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Clients that share a provider are one tenant: the provider's identity says so, or its address, which nothing else can
/// have while a client holds it.
fn tenant_of(tokens: &Arc<dyn TokenProvider>) -> u64 {
    match tokens.identity() {
        Some(identity) => hash(("provider", identity.shared::<Unnamed>().0)),
        None => hash(("address", tokens.address())),
    }
}

/// The same for the same value, within one process. Two tenants that collide share their turns, no more.
fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Inner {
    /// The budget of second tries. Each service fails for itself.
    pub(crate) fn budget(&self, service: Service) -> &Budget {
        of_service(&self.budgets, service)
    }

    /// What is known about the tokens at the base of a service.
    pub(crate) fn verification(&self, service: Service) -> &Arc<Verification> {
        of_service(&self.verifications, service)
    }
}

/// The one of three that belongs to a service.
fn of_service<T>(each: &[T; 3], service: Service) -> &T {
    let [api, reports, lte] = each;
    match service {
        Service::Api => api,
        Service::Reports => reports,
        Service::Lte => lte,
    }
}

fn tokens(
    settings: &Settings,
    transport: &Arc<dyn Transport>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn TokenProvider>, SettingsError> {
    let credential = match &settings.authorization {
        AuthorizationSetting::Basic(credential) => credential.clone(),
        AuthorizationSetting::Bearer(token) => return Ok(Arc::new(token.clone())),
        _ => {
            return Err(SettingsError::one("PLUME_AUTH_HEADER is of a kind this client cannot use"));
        }
    };
    let (Some(url), Some(partner)) = (&settings.sso_url, &settings.partner_id) else {
        return Err(SettingsError::one("PLUME_SSO_URL and PLUME_PARTNER_ID are needed to ask for tokens"));
    };
    let source = ClientCredentials::new(
        url.clone(),
        credential,
        Scope::partner_admin(partner.as_str()),
        Arc::clone(transport),
    )
    .with_clock(Arc::clone(clock));
    Ok(Arc::new(CachedTokenProvider::new(source, Arc::clone(clock))))
}
