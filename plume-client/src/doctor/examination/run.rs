//! The course of a diagnosis.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::{Either, select};
use http::{Request, StatusCode};
use plume_auth::{AccessToken, SecureUrl};
use plume_runtime::{Clock, Limits, SystemClock, Transport};

use crate::client::{Client, Partial};
use crate::doctor::account;
use crate::doctor::capabilities::{self, Round, Target};
use crate::doctor::diagnosis::{Check, Diagnosis, Finding};
use crate::doctor::examination::access::{Access, OneToken};
use crate::doctor::examination::doctor::Doctor;
use crate::doctor::network::Host;
use crate::doctor::responses;
use crate::doctor::watched::Watched;
use crate::exchange::RetryPolicy;
use crate::limiter::{CallRate, PermitRequest, Priority, RateLimiter};

impl Doctor {
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
        let access = match is_ready {
            true => {
                let deadline = self.doctor.deadline;
                Box::pin(Access::request(self.settings, &self.watched, &self.clock, deadline)).await
            }
            false => Access::skipped(INVALID),
        };
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
