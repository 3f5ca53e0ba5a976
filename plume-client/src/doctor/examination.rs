//! The doctor.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::{Either, select};
use http::{Request, StatusCode};
use plume_auth::{
    AccessToken, AuthError, AuthorizationSetting, ClientCredentials, Scope, SecureUrl, TokenProvider,
    TokenSource,
};
use plume_runtime::{Clock, HttpTransport, Limits, SystemClock, Transport};
use plume_text::human;
use plume_types::{CustomerId, LocationId};

use crate::client::{Client, Partial, Settings};
use crate::doctor::account;
use crate::doctor::capabilities::{self, Round, Target};
use crate::doctor::diagnosis::{Check, Diagnosis, Finding};
use crate::doctor::network::Host;
use crate::doctor::responses;
use crate::doctor::watched::Watched;
use crate::error::Cause;
use crate::exchange::RetryPolicy;
use crate::limiter::{CallRate, PermitRequest, Priority, RateLimiter};

/// The default of [`Doctor::check_deadline`].
const DEADLINE: Duration = Duration::from_secs(10);

/// Checks a set-up; see the [module](crate::doctor).
///
/// Settings may be incomplete: a doctor checks what they allow. It requests a token of its own and makes its calls with it;
/// tokens of clients are not touched.
///
/// ```no_run
/// # async fn run() {
/// use plume_client::doctor::{Doctor, Outcome};
///
/// let diagnosis = Doctor::from_env().secret_file("/etc/example/token").run().await;
/// for check in diagnosis.failed() {
///     println!("{}: {}", check.name, check.help().unwrap_or_default());
/// }
/// assert_ne!(diagnosis.outcome, Outcome::Failed);
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Doctor {
    settings: Partial,
    checks: Vec<Check>,
    secret_files: Vec<PathBuf>,
    customer: Option<CustomerId>,
    location: Option<LocationId>,
    transport: Option<Arc<dyn Transport>>,
    clock: Option<Arc<dyn Clock>>,
    limiter: Option<RateLimiter>,
    deadline: Duration,
}

/// Provides the token of the diagnosis, even if it is rejected, so that no second one is requested.
#[derive(Debug)]
struct OneToken(AccessToken);

#[async_trait]
impl TokenProvider for OneToken {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        Ok(self.0.clone())
    }

    fn ready(&self) -> Option<AccessToken> {
        Some(self.0.clone())
    }
}

impl Doctor {
    /// Checks complete settings. To check incomplete ones, use [`from_variables`](Self::from_variables).
    pub fn new(settings: Settings) -> Self {
        Self::of(settings.into())
    }

    /// Checks the environment of this process, as [`Settings::from_env`] reads it.
    pub fn from_env() -> Self {
        Self::of(Partial::of_env())
    }

    /// Checks the environment of a program that people run in a shell, as [`Settings::from_shell`] reads it.
    pub fn from_shell() -> Self {
        Self::of(Partial::of_shell())
    }

    /// Checks the given variables in place of the environment, as [`Settings::from_variables`] reads them.
    pub fn from_variables<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        Self::of(Partial::read(variables))
    }

    fn of(settings: Partial) -> Self {
        Self {
            settings,
            checks: Vec::new(),
            secret_files: Vec::new(),
            customer: None,
            location: None,
            transport: None,
            clock: None,
            limiter: None,
            deadline: DEADLINE,
        }
    }

    /// Adds a check that the program made, before the others. If it failed, missing settings count as its consequence: they
    /// are skipped.
    ///
    /// ```
    /// use plume_client::{Cause, doctor::{Check, Doctor, Finding}};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let broken = Finding::failed(Cause::Settings, "example.toml:3: invalid TOML", "Correct the file.");
    /// let none: [(&str, &str); 0] = [];
    /// let doctor = Doctor::from_variables(none).check(Check::new("configuration", broken));
    /// let diagnosis = doctor.run().await;
    /// assert_eq!(diagnosis.failed().count(), 1);
    /// assert_eq!(diagnosis.cause(), Some(Cause::Settings));
    /// # }
    /// ```
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Adds a file that holds a secret, to check its permissions. The file of `PLUME_AUTH_HEADER_FILE` is checked in any
    /// case.
    pub fn secret_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.secret_files.push(path.into());
        self
    }

    /// Sets the customer whose locations are read: by default the first one that has a location.
    pub fn customer(mut self, id: impl Into<CustomerId>) -> Self {
        self.customer = Some(id.into());
        self
    }

    /// Sets the location that is read, and its customer: by default the first location of the customer.
    pub fn location(mut self, customer: impl Into<CustomerId>, id: impl Into<LocationId>) -> Self {
        self.location = Some(id.into());
        self.customer(customer)
    }

    /// Returns the transport that the settings describe, for example to wrap it for [`transport`](Self::transport).
    #[must_use]
    pub fn http_transport(&self) -> HttpTransport {
        self.settings.network.transport().build()
    }

    /// Sets the transport: by default an [`HttpTransport`](plume_runtime::HttpTransport) with the proxy and the
    /// certificates of the settings.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets the clock: by default the system's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Sets the call limit: by default as [`ClientBuilder::rate_limiter`](crate::ClientBuilder::rate_limiter), or with another
    /// clock a limiter of its own.
    pub fn rate_limiter(mut self, limiter: RateLimiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Sets the maximum duration of each check that sends a request: 10 s by default. A host that does not respond gets no
    /// further request.
    pub fn check_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Makes the checks. Dropping the future cancels them.
    pub async fn run(&self) -> Diagnosis {
        let clock = self.clock.clone().unwrap_or_else(|| Arc::new(SystemClock::new()));
        let transport = self.transport.clone().unwrap_or_else(|| Arc::new(self.http_transport()));
        let limiter = match (&self.limiter, &self.clock) {
            (Some(limiter), _) => limiter.clone(),
            (None, Some(clock)) => RateLimiter::new(CallRate::default(), Arc::clone(clock)),
            (None, None) if transport.is_simulated() => RateLimiter::unlimited(Arc::clone(&clock)),
            (None, None) => RateLimiter::of_process(),
        };
        let watched = Arc::new(Watched::new(transport, Arc::clone(&clock), self.attempt()));
        let examination = Examination { doctor: self, settings: &self.settings, watched, clock, limiter };
        Box::pin(examination.run()).await
    }

    /// Returns the maximum duration of a request: short of the deadline, so that the transport can report the cause.
    fn attempt(&self) -> Duration {
        self.deadline.mul_f64(0.9)
    }
}

/// A diagnosis in progress.
struct Examination<'d> {
    doctor: &'d Doctor,
    settings: &'d Partial,
    watched: Arc<Watched>,
    clock: Arc<dyn Clock>,
    limiter: RateLimiter,
}

/// The results of the token request.
struct Access {
    token: Finding,
    scopes: Finding,
    /// The token, or why there is none.
    access: Result<AccessToken, String>,
}

impl Access {
    fn none(token: Finding) -> Self {
        const WHY: &str = "there is no token: see `token`";
        Self { token, scopes: Finding::skipped(WHY), access: Err(WHY.to_owned()) }
    }

    fn skipped(why: impl Into<String>) -> Self {
        Self::none(Finding::skipped(why))
    }
}

impl Examination<'_> {
    async fn run(&self) -> Diagnosis {
        const INVALID: &str = "the proxy or the certificates are invalid: see `settings`";
        let checked_at = utc(&*self.clock);
        let mut checks = self.doctor.checks.clone();
        let behind = checks.iter().find(|check| check.is_failed());
        let settings = account::settings(self.settings, behind);
        checks.extend(settings);
        let files = self.settings.secret_file.iter().chain(&self.doctor.secret_files);
        checks.extend(account::secret_files(files.map(PathBuf::as_path)));

        let hosts = self.hosts();
        let is_ready = !account::has_invalid_network(self.settings);
        let access = if is_ready { Box::pin(self.token()).await } else { Access::skipped(INVALID) };
        let round = Box::pin(self.capabilities(&access.access)).await;
        let is_limited = round.as_ref().is_ok_and(|round| round.limited.is_some());
        if is_ready && !is_limited {
            for (host, url) in &hosts {
                Box::pin(self.probe(host, url)).await;
            }
        }
        let why_not = match (is_ready, is_limited) {
            (false, _) => INVALID,
            (_, true) => "no request is sent while the address is limited: see `call-limit`",
            _ => "no request was sent to this host",
        };
        for (host, _) in &hosts {
            let contact = self.watched.contact(&host.name);
            let proxied = self.settings.network.is_proxy_in_use();
            checks.extend(host.checks(contact.as_ref(), proxied, self.watched.skew(), why_not));
        }
        checks.push(account::clock(self.watched.responded(), self.watched.skew()));
        checks.push(Check::new("token", access.token));
        checks.push(Check::new("scopes", access.scopes));
        let (calls, shape, limit) = match round {
            Ok(round) => {
                let shape = responses::shape(round.decoded, &round.client.drift(), &round.essentials);
                let headers = self.watched.limit_headers();
                let limit =
                    responses::call_limit(&self.limiter, round.limited.as_ref(), round.responded, &headers);
                (round.into_checks(), shape, limit)
            }
            Err(why) => (capabilities::none(&why), Finding::skipped(why.clone()), Finding::skipped(why)),
        };
        checks.extend(calls);
        checks.push(Check::new("response-shape", shape));
        checks.push(Check::new("call-limit", limit));
        Diagnosis::new(checked_at, self.watched.calls(), checks)
    }

    /// Returns the hosts of the settings and the first URL of each.
    fn hosts(&self) -> Vec<(Host, SecureUrl)> {
        let mut hosts: Vec<(Host, SecureUrl)> = Vec::new();
        let Partial { sso_url, api_base, reports_base, lte_base, .. } = self.settings;
        for (url, setting) in [
            (sso_url, "PLUME_SSO_URL"),
            (api_base, "PLUME_API_BASE"),
            (reports_base, "PLUME_REPORTS_BASE"),
            (lte_base, "PLUME_LTE_BASE"),
        ] {
            let Some(url) = url else { continue };
            let Some(host) = Host::of(url, setting) else { continue };
            if hosts.iter().all(|(known, _)| known.name != host.name) {
                hosts.push((host, url.clone()));
            }
        }
        hosts
    }

    async fn token(&self) -> Access {
        let Partial { sso_url, authorization, partner_id, .. } = self.settings;
        let (url, credential, partner) = match (sso_url, authorization, partner_id) {
            (_, Some(AuthorizationSetting::Bearer(token)), _) => {
                let why = "PLUME_AUTH_HEADER is a token, so none is requested";
                let access = token.ready().ok_or_else(|| why.to_owned());
                return Access { access, ..Access::skipped(why) };
            }
            (Some(url), Some(AuthorizationSetting::Basic(credential)), Some(partner)) => {
                (url, credential, partner)
            }
            _ => return Access::skipped("settings are missing or invalid: see the checks above"),
        };
        let scope = Scope::partner_admin(partner.as_str());
        let transport: Arc<dyn Transport> = Arc::clone(&self.watched) as Arc<dyn Transport>;
        let source = ClientCredentials::new(url.clone(), credential.clone(), scope.clone(), transport)
            .clock(Arc::clone(&self.clock))
            .max_attempts(1);
        let fetched = match select(source.fetch(), self.clock.limit(self.doctor.deadline)).await {
            Either::Left((fetched, _)) => Some(fetched),
            Either::Right(_) => None,
        };
        let is_connected = Host::of(url, "").is_some_and(|host| self.is_connected(&host));
        match fetched {
            Some(Ok(issued)) => {
                let Some(token) = AccessToken::from_issued(&issued, 1) else {
                    return Access::none(Finding::failed(
                        Cause::Other,
                        "the token holds a character that no header may have",
                        "Ask Plume support: the token endpoint issues tokens that cannot be sent.",
                    ));
                };
                Access {
                    token: account::token(issued.lifetime()),
                    scopes: account::scopes(&scope, &token),
                    access: Ok(token),
                }
            }
            _ if !is_connected => Access::skipped(format!("{} was not reached", url.host())),
            Some(Err(error)) => Access::none(account::refused(&error)),
            None => Access::none(Finding::failed(
                Cause::Network,
                format!(
                    "the token endpoint at {} did not respond in {}",
                    url.host(),
                    human(self.doctor.deadline)
                ),
                "Try again later: the token endpoint accepts connections but does not respond.",
            )),
        }
    }

    fn is_connected(&self, host: &Host) -> bool {
        self.watched.contact(&host.name).is_some_and(|contact| contact.is_connected())
    }

    /// Makes one call per capability, or returns why none can be made.
    async fn capabilities(&self, access: &Result<AccessToken, String>) -> Result<Round<'_>, String> {
        let Partial { api_base, reports_base, lte_base, partner_id, .. } = self.settings;
        let token = access.as_ref().map_err(Clone::clone)?;
        let Some(api) = api_base else { return Err("PLUME_API_BASE is missing or invalid".to_owned()) };
        let mut builder = Client::builder()
            .api_base(api.clone())
            .token_provider(OneToken(token.clone()))
            .transport(Arc::clone(&self.watched) as Arc<dyn Transport>)
            .clock(Arc::clone(&self.clock))
            .rate_limiter(self.limiter.clone())
            .deadline(self.doctor.deadline)
            .retry(RetryPolicy::none());
        if let Some(base) = reports_base {
            builder = builder.reports_base(base.clone());
        }
        if let Some(base) = lte_base {
            builder = builder.lte_base(base.clone());
        }
        let client = builder.build().map_err(|error| error.to_string())?;
        let host = |url: &Option<SecureUrl>| url.as_ref().and_then(|url| Host::of(url, ""));
        let target = Target {
            api: host(api_base),
            reports: host(reports_base),
            lte: host(lte_base),
            partner: partner_id.clone(),
            customer: self.doctor.customer.clone(),
            location: self.doctor.location.clone(),
        };
        let mut round = Round::new(client, &self.watched);
        Box::pin(round.run(&target)).await;
        Ok(round)
    }

    /// Sends a request without a token to a host that got none yet. Any response shows that the host is reached.
    async fn probe(&self, host: &Host, url: &SecureUrl) {
        if self.watched.contact(&host.name).is_some() {
            return;
        }
        let Ok(request) = Request::get(url.as_base()).body(Bytes::new()) else { return };
        let ask =
            PermitRequest { tenant: 0, priority: Priority::Interactive, patience: self.doctor.deadline };
        let Ok(permit) = self.limiter.acquire(ask).await else { return };
        let Ok(sent) = permit.used() else { return };
        let limits = Limits::default();
        let request = self.watched.send(request, &limits);
        // A 403 may be the firewall's.
        if let Either::Left((Ok(response), _)) = select(request, self.clock.limit(self.doctor.deadline)).await
            && response.status() != StatusCode::FORBIDDEN
        {
            sent.passed();
        }
    }
}

/// Returns the time of the clock in milliseconds, not before 1970.
fn utc(clock: &dyn Clock) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(clock.wall().timestamp_millis().max(0)).unwrap_or_default()
}
