//! One seed: a cloud, its clients, and the outcome.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use chrono::DateTime;
use fastrand::Rng;
use futures_util::{
    future::{Either, join_all, join4, select},
    task::AtomicWaker,
};
use plume_auth::{
    AuthorizationSetting, CachedTokenProvider, ClientCredentials, Scope, SecureUrl, TokenProvider,
    TokenSource,
};
use plume_client::{CallRate, Client, Error, ErrorKind, Filter, Granularity, QoePeriod, RateLimiter};
use plume_runtime::{Clock, Transport};
use plume_sim::{Endpoints, Home, RequestRecord, Simulator, Verdict, faults::FaultPlan};

use gauges::VirtualClock;

use super::{
    lot::{HORIZON, Lot},
    plants::{BadProvider, BadTransport, Plant, Signals},
};

/// The number of customers of each further provider.
const OWN: u32 = 4;

/// The name of a provider; the first one is in every simulator.
fn name(tenant: usize) -> String {
    if tenant == 0 { "Example ISP".to_owned() } else { format!("Example ISP {tenant}") }
}

/// The outcome of one seed.
pub(super) struct Ran {
    pub(super) verdict: Verdict,
    pub(super) trace: u64,
    pub(super) virtual_time: Duration,
    pub(super) calls: u64,
    pub(super) succeeded: u64,
    pub(super) recovered: bool,
    pub(super) complaints: Vec<String>,
    pub(super) plan: FaultPlan,
    /// The requests, for a detailed report.
    pub(super) requests: Vec<RequestRecord>,
}

impl Ran {
    pub(super) fn is_good(&self) -> bool {
        self.verdict.is_clean() && self.complaints.is_empty()
    }
}

#[derive(Debug, Default)]
struct Seen {
    calls: u64,
    succeeded: u64,
    complaints: Vec<String>,
}

/// Runs a seed. With `closely` the outcome contains the requests too.
pub(super) fn run(seed: u64, plant: Option<Plant>, closely: bool) -> Result<Ran, String> {
    let mut rng = Rng::with_seed(seed);
    // The client draws its backoff from the random generator of the thread.
    fastrand::seed(seed);
    let lot = Lot::draw(&mut rng);
    // 2026-01-15T10:00:00Z.
    let timeline = VirtualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200));
    let clock: Arc<dyn Clock> = Arc::new(timeline.clone());
    let mut builder = Simulator::builder()
        .seed(seed)
        .clock(Arc::clone(&clock))
        .customers(lot.customers)
        .token_lifetime(lot.life)
        .list_shape(lot.shape)
        .faults(lot.plan.clone());
    for tenant in 1..lot.tenants {
        builder = builder.tenant(name(tenant), OWN);
    }
    if lot.firewall {
        builder = builder.firewall();
    }
    let simulator = builder.build();
    let limiter = match plant {
        Some(Plant::NoLimiter) => RateLimiter::unlimited(Arc::clone(&clock)),
        _ => RateLimiter::new(CallRate::default(), Arc::clone(&clock)),
    };
    let seen = Arc::new(Mutex::new(Seen::default()));
    let (stepping, stuck) = (timeline.clone(), Arc::new(Stuck::default()));
    let noticed = Arc::clone(&stuck);
    let runtime = tokio::runtime::Builder::new_current_thread()
        // No task can run now: advance to the next event.
        .on_thread_park(move || {
            if !stepping.step() {
                noticed.notice();
            }
        })
        .build()
        .map_err(|error| error.to_string())?;
    let mut workers = Vec::new();
    let mut first_provider = None;
    for tenant in 0..lot.tenants {
        let endpoints = simulator.tenant_endpoints(&name(tenant)).map_err(|error| error.to_string())?;
        let maker = Maker { simulator: &simulator, clock: &clock, limiter: &limiter, plant };
        let shared = first_provider.clone().filter(|_| plant == Some(Plant::SharesTokens));
        let (client, provider) = maker.client(&endpoints, rng.u64(..), shared)?;
        first_provider.get_or_insert(provider);
        let own = if tenant == 0 {
            Vec::new()
        } else {
            simulator.tenant_customers(&name(tenant)).map_err(|error| error.to_string())?
        };
        for number in 0..lot.workers {
            workers.push(Worker {
                client: client.clone(),
                clock: Arc::clone(&clock),
                rng: rng.fork(),
                seen: Arc::clone(&seen),
                number,
                workers: lot.workers,
                own: own.clone(),
                life: lot.life,
                flood: lot.flood && tenant == 0 && number == 0,
                well_from: lot.well_from,
                foreign_words: lot.plan.rules().iter().any(|rule| rule.effect().kind() == "mutate"),
            });
        }
    }
    let ended = runtime.block_on(async {
        let working = join_all(workers.into_iter().map(|worker| tokio::spawn(worker.work())));
        match select(working, poll_fn(|cx| stuck.poll(cx))).await {
            Either::Left((results, _)) => {
                results.into_iter().find_map(|result| result.err().map(|e| e.to_string()))
            }
            Either::Right(_) => Some("a call waits for an event that never happens".to_owned()),
        }
    });
    drop(runtime);
    let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    let mut complaints = seen.complaints;
    complaints.extend(ended);
    Ok(Ran {
        verdict: simulator.verdict(),
        trace: simulator.trace_hash(),
        virtual_time: timeline.monotonic(),
        calls: seen.calls,
        succeeded: seen.succeeded,
        recovered: lot.well_from.is_some(),
        complaints,
        plan: lot.plan,
        requests: if closely { simulator.requests() } else { Vec::new() },
    })
}

/// A deadlock: a task waits, but none sleeps and none can run.
#[derive(Default)]
struct Stuck {
    yes: AtomicBool,
    waker: AtomicWaker,
}

impl Stuck {
    fn notice(&self) {
        self.yes.store(true, Ordering::Relaxed);
        self.waker.wake();
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.waker.register(cx.waker());
        if self.yes.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
    }
}

struct Maker<'a> {
    simulator: &'a Simulator,
    clock: &'a Arc<dyn Clock>,
    limiter: &'a RateLimiter,
    plant: Option<Plant>,
}

impl Maker<'_> {
    fn client(
        &self,
        endpoints: &Endpoints,
        seed: u64,
        shared: Option<Arc<dyn TokenProvider>>,
    ) -> Result<(Client, Arc<dyn TokenProvider>), String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let url = |url: String| SecureUrl::parse(&url).map_err(|error| text(&error));
        let AuthorizationSetting::Basic(credential) =
            AuthorizationSetting::parse(&endpoints.auth_header()).map_err(|error| text(&error))?
        else {
            return Err("the simulator's credentials are of another kind".to_owned());
        };
        let transport = self.simulator.transport();
        let scope = Scope::partner_admin(endpoints.partner_id().as_str());
        let source =
            ClientCredentials::new(url(endpoints.sso_url())?, credential, scope, Arc::clone(&transport))
                .clock(Arc::clone(self.clock));
        let source: Arc<dyn TokenSource> = Arc::new(source);
        let cached =
            CachedTokenProvider::builder(Arc::clone(&source), Arc::clone(self.clock)).seed(seed).build();
        let mut provider: Arc<dyn TokenProvider> = Arc::new(cached);
        let mut transport: Arc<dyn Transport> = transport;
        if let Some(plant) = self.plant {
            let signals = Arc::new(Signals::default());
            transport = Arc::new(BadTransport { inner: transport, plant, signals: Arc::clone(&signals) });
            let inner = Arc::clone(&provider);
            let wraps_provider = matches!(
                plant,
                Plant::RefreshesOn403
                    | Plant::UsesExpiredToken
                    | Plant::KeepsRejectedToken
                    | Plant::TokenPerCall
                    | Plant::HammersTokenEndpoint
                    | Plant::NeverRecovers
            );
            if wraps_provider {
                let clock = Arc::clone(self.clock);
                provider =
                    Arc::new(BadProvider { inner, source, clock, plant, signals, kept: Mutex::default() });
            }
        }
        let provider = shared.unwrap_or(provider);
        let client = Client::builder()
            .api_base(url(endpoints.api_base())?)
            .reports_base(url(endpoints.reports_base())?)
            .token_provider(Arc::clone(&provider))
            .transport(transport)
            .rate_limiter(self.limiter.clone())
            .clock(Arc::clone(self.clock))
            .build()
            .map_err(|error| text(&error))?;
        Ok((client, provider))
    }
}

/// A user of a client, who makes one call after another.
struct Worker {
    client: Client,
    clock: Arc<dyn Clock>,
    rng: Rng,
    seen: Arc<Mutex<Seen>>,
    number: usize,
    workers: usize,
    /// The customers of a provider that has no named homes.
    own: Vec<String>,
    life: Duration,
    flood: bool,
    well_from: Option<Duration>,
    foreign_words: bool,
}

impl Worker {
    async fn work(mut self) {
        while self.clock.monotonic() < HORIZON {
            let began = self.clock.monotonic();
            let calls = if self.flood && self.rng.u32(0..30) == 0 { 2_300 } else { 1 };
            self.flood &= calls == 1;
            let mut good = true;
            for _ in 0..calls {
                good &= self.some_call().await;
                if !good {
                    break;
                }
            }
            let must = self.well_from.is_some_and(|from| began >= from);
            if must && !good {
                let message = format!("no success {:.0} s after the faults had ended", began.as_secs_f64());
                self.complain(message);
            }
            let pause = self.pause(good);
            self.clock.sleep(pause).await;
        }
    }

    fn pause(&mut self, good: bool) -> Duration {
        let rng = &mut self.rng;
        if !good {
            // A caller that repeats at once would be one more attempt of the previous call.
            return Duration::from_secs(rng.u64(61..400));
        }
        match rng.u32(0..20) {
            0..=2 => Duration::from_millis(rng.u64(6_000..30_000)),
            3..=14 => Duration::from_secs(rng.u64(300..3_600)),
            15 => Duration::from_secs(rng.u64(3_600..14_400)),
            // Around the end of a token.
            _ => {
                let before = self.life.saturating_sub(Duration::from_secs(45));
                before.max(Duration::from_secs(6)) + Duration::from_millis(rng.u64(0..50_000))
            }
        }
    }

    /// Assigns the homes to workers, so that no two workers read the same one.
    fn home(&mut self) -> Home {
        let mine: Vec<Home> = Home::ALL.into_iter().skip(self.number).step_by(self.workers).collect();
        mine[self.rng.usize(..mine.len())]
    }

    async fn some_call(&mut self) -> bool {
        let choice = if self.own.is_empty() { self.rng.u32(0..17) } else { self.rng.u32(12..21) };
        let client = self.client.clone();
        let home = self.home();
        let location = client.customer(home.customer_id()).location(home.location_id());
        match choice {
            0..=3 => {
                let result = location.nodes().await;
                if let Ok(nodes) = &result
                    && nodes.is_known_empty()
                    && home != Home::Empty
                    && !self.foreign_words
                {
                    self.complain(format!("the nodes of {home} were lost without an error"));
                }
                self.note(result.map(drop))
            }
            4 => self.note(location.devices().await.map(drop)),
            5 => self.note(location.get().await.map(drop)),
            6 => self.note(location.app_qoe(QoePeriod::LastHour).await.map(drop)),
            7 => self.note(location.reports().online_stats(Granularity::Hours, Some(24)).await.map(drop)),
            8 => {
                let (one, two, three, four) =
                    join4(location.nodes(), location.devices(), location.get(), location.wifi_network())
                        .await;
                let results = [one.map(drop), two.map(drop), three.map(drop), four.map(drop)];
                let mut good = true;
                for result in results {
                    good &= self.note(result);
                }
                good
            }
            9 => {
                // A caller that cancels the call.
                let patience = Duration::from_millis(self.rng.u64(0..5_000));
                let leaving = self.clock.clone();
                let call = Box::pin(location.backhaul());
                match select(call, leaving.sleep(patience)).await {
                    Either::Left((result, _)) => self.note(result.map(drop)),
                    Either::Right(_) => true,
                }
            }
            10 => self.note(location.snapshot().await.map(drop)),
            12 => {
                // This customer does not exist, whatever fault is active.
                let number = 0x00ff_0000 + self.rng.u32(0..0xffff);
                let id = format!("5ca1ab1e0000000c{number:08x}");
                let result = client.customer(id).location(home.location_id()).nodes().await;
                if result.is_ok() && !self.foreign_words {
                    self.complain("nodes of a customer that does not exist".to_owned());
                }
                self.seen().calls += 1;
                true
            }
            11 => {
                let delay = Duration::from_secs(self.rng.u64(1..4));
                // An earlier restart may have happened without a response, so a careful caller checks first.
                if !self.note(location.get().await.map(drop)) {
                    return false;
                }
                // Two requests are two restarts, so the change may be sent only once.
                self.note(location.reboot(delay).send().await.map(drop))
            }
            17.. => {
                // Assigned like the homes. A location's id contains its customer's number.
                let mine: Vec<&String> = self.own.iter().skip(self.number).step_by(self.workers).collect();
                let id = mine[self.rng.usize(..mine.len())].clone();
                let place = id.replacen("0000000c", "0000010f", 1);
                self.note(client.customer(id).location(place).nodes().await.map(drop))
            }
            _ => {
                // Each worker requests pages of a different size, so that no two requests are equal.
                let size = 5 + u32::try_from(self.number).unwrap_or(0) + self.rng.u32(0..50) * 8;
                let filter = Filter::new().limit(size);
                self.note(client.customers().filter(filter).list().await.map(drop))
            }
        }
    }

    /// Whether the call succeeded.
    fn note(&self, result: Result<(), Error>) -> bool {
        let mut seen = self.seen();
        seen.calls += 1;
        match result {
            Ok(()) => {
                seen.succeeded += 1;
                true
            }
            Err(error) => {
                if matches!(error.kind(), ErrorKind::Settings | ErrorKind::Argument) {
                    seen.complaints.push(format!("a call was not sent: {error}"));
                }
                false
            }
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complain(&self, message: String) {
        self.seen().complaints.push(message);
    }
}
