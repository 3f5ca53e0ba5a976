//! The simulated cloud, its homes, and one real client for each tenant.

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use gauges::VirtualClock;
use plume_auth::{AuthorizationSetting, CachedTokenProvider, ClientCredentials, Scope, SecureUrl};
use plume_client::{CallRate, Client, Priority, RateLimiter, RetryPolicy};
use plume_runtime::Clock;
use plume_sim::{
    Endpoints, Simulator,
    faults::{Effect, FaultRule},
};

use crate::scenario::{REGIONS, Scenario};

/// The tenants and their parts of the homes, in percent.
pub(crate) const TENANTS: [(&str, u32); 3] =
    [("Example ISP", 80), ("Example Cable", 15), ("Example Fiber", 5)];

/// The part of the call limit for checks.
pub(crate) const CHECKS_SHARE: f64 = 0.8;

/// The call limit of the address. A small fleet has a small one, so that every fleet needs all of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) per_second: f64,
    pub(crate) per_window: u32,
    /// The calls in 300 s after which the firewall blocks the address.
    firewall: u32,
}

impl Pace {
    /// Returns the limit of the cloud for 2,000 homes or more, and a part of it for fewer.
    pub(crate) fn of(homes: u32) -> Self {
        const WHOLE: u32 = 2_000;
        let part = |number: u32| (number * homes.clamp(1, WHOLE)).div_ceil(WHOLE);
        let share = f64::from(homes.clamp(1, WHOLE)) / f64::from(WHOLE);
        Self { per_second: 6.0 * share, per_window: part(1_900), firewall: part(2_000) }
    }

    /// Returns the calls per second for checks.
    pub(crate) fn lane(self) -> f64 {
        CHECKS_SHARE * self.per_second
    }

    /// Returns the limit times a factor, which the firewall does not know.
    fn times(self, factor: f64) -> Self {
        let per_window = f64::from(self.per_window) * factor;
        Self { per_second: self.per_second * factor, per_window: per_window as u32, ..self }
    }
}

/// One home, as the operator has registered it.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) tenant: usize,
    pub(crate) customer: String,
    pub(crate) location: String,
    pub(crate) region: u32,
}

/// The cloud and all that calls it.
pub(crate) struct Fleet {
    pub(crate) clock: VirtualClock,
    pub(crate) simulator: Simulator,
    pub(crate) pace: Pace,
    pub(crate) homes: Vec<Home>,
    /// By tenant.
    pub(crate) clients: Vec<Client>,
}

impl Fleet {
    /// Builds a fleet. `limit` is a factor of the call limit, which is 1 without a planted fault.
    pub(crate) fn new(homes: u32, seed: u64, scenario: &Scenario, limit: f64) -> Result<Self, String> {
        // 2026-01-15T00:00:00Z.
        let clock = VirtualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_768_435_200));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let mut builder = Simulator::builder().seed(seed).homes([]).clock(Arc::clone(&shared));
        let pace = Pace::of(homes);
        let mut rest = homes;
        for (name, percent) in TENANTS {
            let customers = (homes * percent).div_ceil(100).min(rest);
            builder = builder.tenant(name, customers);
            rest -= customers;
        }
        for story in &scenario.stories {
            builder = builder.story(story.clone());
        }
        let firewall = Effect::Firewall { calls: pace.firewall, window: Duration::from_secs(300) };
        let simulator = builder.faults(scenario.faults.clone().rule(FaultRule::new(firewall))).build();
        let pace = pace.times(limit);
        let mut rate = CallRate::default();
        rate.per_second = pace.per_second;
        rate.per_window = usize::try_from(pace.per_window).unwrap_or(usize::MAX);
        let limiter = RateLimiter::new(rate, Arc::clone(&shared));
        let mut fleet = Self { clock, simulator, pace, homes: Vec::new(), clients: Vec::new() };
        for (tenant, (name, _)) in TENANTS.into_iter().enumerate() {
            let endpoints = fleet.simulator.tenant_endpoints(name).map_err(|error| error.to_string())?;
            fleet.clients.push(client(&fleet.simulator, &endpoints, &shared, &limiter, seed)?);
            for (customer, location) in fleet.simulator.tenant_locations(name).map_err(|e| e.to_string())? {
                // One location of each customer.
                if fleet.homes.last().is_some_and(|last| last.customer == customer) {
                    continue;
                }
                let number = customer.get(16..).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                let region = number.unwrap_or(0) % REGIONS;
                fleet.homes.push(Home { tenant, customer, location, region });
            }
        }
        Ok(fleet)
    }
}

fn client(
    simulator: &Simulator,
    endpoints: &Endpoints,
    clock: &Arc<dyn Clock>,
    limiter: &RateLimiter,
    seed: u64,
) -> Result<Client, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let url = |url: String| SecureUrl::parse(&url).map_err(|error| text(&error));
    let setting = AuthorizationSetting::parse(&endpoints.auth_header()).map_err(|error| text(&error))?;
    let AuthorizationSetting::Basic(credential) = setting else {
        return Err("the simulator's credentials are of another kind".to_owned());
    };
    let transport = simulator.transport();
    let scope = Scope::partner_admin(endpoints.partner_id().as_str());
    let source = ClientCredentials::new(url(endpoints.sso_url())?, credential, scope, Arc::clone(&transport))
        .clock(Arc::clone(clock));
    Client::builder()
        .api_base(url(endpoints.api_base())?)
        .reports_base(url(endpoints.reports_base())?)
        .token_provider(CachedTokenProvider::builder(source, Arc::clone(clock)).seed(seed).build())
        .transport(transport)
        .rate_limiter(limiter.clone())
        .clock(Arc::clone(clock))
        .tenant(endpoints.partner_id().as_str())
        .priority(Priority::Background)
        // The next check is the retry, so that every call has a permit of the lane.
        .retry(RetryPolicy::none())
        .build()
        .map_err(|error| text(&error))
}
