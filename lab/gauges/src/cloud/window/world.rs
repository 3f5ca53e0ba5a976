//! Tenants, clock and server of the gauge.

use std::{
    cell::RefCell,
    collections::{HashSet, VecDeque},
    ops::Range,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use clap::ValueEnum;
use futures_util::{StreamExt, stream::FuturesUnordered, task::noop_waker};
use http::{Method, Request, Response};
use plume_auth::{SecureUrl, StaticToken};
use plume_client::{CallRate, Client, RateLimiter, RetryPolicy};
use plume_runtime::{Clock, InProcess, TransportError, TransportErrorKind};

use gauges::VirtualClock;

const TENANTS: usize = 50;
const WINDOW: Duration = Duration::from_secs(300);
const BLOCK_PAGE: &str = "<html><head><title>403 Forbidden</title></head></html>";

/// The window of the firewall, as server and callers count it.
const MINUTE: Duration = Duration::from_secs(60);

/// The planted fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Fault {
    /// Each client has a limiter of its own.
    LimiterPerClient,
    /// Every failure is retried.
    NoRetryBudget,
    /// The limiter sees all tenants as one.
    OneTenantForAll,
    /// A client does not share a block with the others.
    BlockNotShared,
    /// A layer below the client repeats every failed request.
    RepeatedBelow,
}

/// The schedule of the day.
#[derive(Default)]
pub(super) struct Shape {
    end: Duration,
    /// All tenants send as many calls as they can, and their shares are compared.
    busy: Vec<Range<Duration>>,
    /// The API answers 503.
    outages: Vec<Range<Duration>>,
    /// The firewall answers 403.
    blocks: Vec<Range<Duration>>,
    /// The machine sleeps for twenty minutes.
    suspends: Vec<Duration>,
}

fn minutes(number: u64) -> Duration {
    Duration::from_secs(60 * number)
}

impl Shape {
    /// In every six hours: two busy ones with all tenants at once, idle ones with bursts, an outage, two blocks and a
    /// suspend.
    pub(super) fn day() -> Self {
        let mut shape = Self { end: minutes(24 * 60), ..Self::default() };
        for quarter in 0..4 {
            let at = |minute: u64| minutes(quarter * 360 + minute);
            shape.busy.extend([at(0)..at(60), at(60)..at(120)]);
            shape.outages.push(at(150)..at(160));
            shape.blocks.push(at(200)..at(205));
            // Longer than the pause, so that the probe is blocked too.
            shape.blocks.push(at(260)..at(267));
            shape.suspends.push(at(310));
        }
        shape
    }

    /// A shorter schedule that is enough to show a fault.
    pub(super) fn short() -> Self {
        Self {
            end: minutes(50),
            busy: vec![minutes(0)..minutes(12)],
            outages: vec![minutes(15)..minutes(25)],
            blocks: vec![minutes(32)..minutes(37)],
            suspends: Vec::new(),
        }
    }

    fn busy(&self, now: Duration) -> Option<usize> {
        self.busy.iter().position(|busy| busy.contains(&now))
    }

    fn outage(&self, now: Duration) -> Option<&Range<Duration>> {
        self.outages.iter().find(|outage| outage.contains(&now))
    }
}

#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) requests: u64,
    pub(super) worst_window: usize,
    pub(super) worst_second: usize,
    pub(super) worst_share: f64,
    pub(super) amplification: f64,
    pub(super) most_in_a_block: usize,
    pub(super) blocks: usize,
    pub(super) outage_calls: u64,
    pub(super) refused_here: u64,
    /// Non-idempotent changes that happened twice.
    pub(super) duplicates: u64,
    pub(super) changes: u64,
}

/// The exact count of the firewall.
#[derive(Default)]
struct Server {
    last_window: VecDeque<Duration>,
    last_second: VecDeque<Duration>,
    worst_window: usize,
    worst_second: usize,
    requests: u64,
    in_outage: u64,
    in_block: Vec<usize>,
    /// The changes so far; each has a path of its own.
    changes: HashSet<String>,
    duplicates: u64,
    /// Requests of each tenant in each busy time.
    shares: Vec<Vec<u64>>,
}

fn slide(times: &mut VecDeque<Duration>, now: Duration, length: Duration) -> usize {
    times.push_back(now);
    while times.front().is_some_and(|first| now - *first >= length) {
        times.pop_front();
    }
    times.len()
}

impl Server {
    fn answer(
        &mut self,
        request: &Request<Bytes>,
        now: Duration,
        tenant: usize,
        shape: &Shape,
    ) -> Response<Bytes> {
        self.requests += 1;
        self.worst_window = self.worst_window.max(slide(&mut self.last_window, now, WINDOW));
        self.worst_second = self.worst_second.max(slide(&mut self.last_second, now, Duration::from_secs(1)));
        if let Some(index) = shape.busy(now) {
            self.shares.resize(shape.busy.len(), vec![0; TENANTS]);
            if let Some(count) = self.shares.get_mut(index).and_then(|counts| counts.get_mut(tenant)) {
                *count += 1;
            }
        }
        let mut answer = Response::new(Bytes::from_static(br#"{"id":"5f0000000000000000000001"}"#));
        if let Some(index) = shape.blocks.iter().position(|block| block.contains(&now)) {
            self.in_block.resize(shape.blocks.len(), 0);
            if let Some(count) = self.in_block.get_mut(index) {
                *count += 1;
            }
            *answer.status_mut() = http::StatusCode::FORBIDDEN;
            *answer.body_mut() = Bytes::from_static(BLOCK_PAGE.as_bytes());
        } else if let Some(outage) = shape.outage(now) {
            if now >= outage.start + MINUTE {
                self.in_outage += 1;
            }
            *answer.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
            *answer.body_mut() = Bytes::new();
        }
        // A change can take place although the response reports a failure.
        if request.method() == Method::POST
            && answer.status() != http::StatusCode::FORBIDDEN
            && !self.changes.insert(request.uri().path().to_owned())
        {
            self.duplicates += 1;
        }
        answer
    }
}

/// The counts of the callers.
#[derive(Default)]
struct Callers {
    outage_calls: u64,
    refused_here: u64,
    changes: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn run(shape: Shape, seed: u64, fault: Option<Fault>) -> Result<Seen, String> {
    let clock = VirtualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let shape = Arc::new(shape);
    let server: Arc<Mutex<Server>> = Arc::default();
    let callers: Rc<RefCell<Callers>> = Rc::default();
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let limiter = RateLimiter::new(CallRate::default(), Arc::clone(&shared));
    let mut lot = fastrand::Rng::with_seed(seed);
    let mut workers = FuturesUnordered::new();
    for tenant in 0..TENANTS {
        let limiter = match fault {
            Some(Fault::LimiterPerClient) => RateLimiter::new(CallRate::default(), Arc::clone(&shared)),
            // Slow enough together, but each client has to detect a block itself.
            Some(Fault::BlockNotShared) => {
                let mut rate = CallRate::default();
                rate.per_second /= TENANTS as f64;
                rate.per_window /= TENANTS;
                RateLimiter::new(rate, Arc::clone(&shared))
            }
            _ => limiter.clone(),
        };
        let client = client(tenant, &clock, limiter, &server, &shape, lot.u64(..), fault)?;
        // A few tenants flood; the others have one or two calls at a time.
        let at_once = if tenant < 3 { 25 } else { 1 + tenant % 2 };
        for _ in 0..at_once {
            let lot = lot.fork();
            workers.push(worker(client.clone(), clock.clone(), Arc::clone(&shape), Rc::clone(&callers), lot));
        }
    }
    let mut suspends: VecDeque<Duration> = shape.suspends.iter().copied().collect();
    let waker = noop_waker();
    let mut context = Context::from_waker(&waker);
    loop {
        match workers.poll_next_unpin(&mut context) {
            Poll::Ready(Some(())) => continue,
            Poll::Ready(None) => break,
            Poll::Pending => {}
        }
        if suspends.front().is_some_and(|at| clock.monotonic() >= *at) {
            suspends.pop_front();
            clock.jump(20 * MINUTE);
        } else if !clock.step() {
            return Err("deadlock: all tasks wait and no timer is set".to_owned());
        }
    }
    let server = lock(&server);
    let callers = callers.borrow();
    let share = |hour: &Vec<u64>| {
        let fair = hour.iter().sum::<u64>() as f64 / TENANTS as f64;
        hour.iter().copied().min().unwrap_or(0) as f64 / fair
    };
    let busy = server.shares.iter().filter(|hour| hour.iter().any(|count| *count > 0));
    Ok(Seen {
        requests: server.requests,
        worst_window: server.worst_window,
        worst_second: server.worst_second,
        worst_share: busy.map(share).fold(1.0, f64::min),
        amplification: server.in_outage as f64 / callers.outage_calls.max(1) as f64,
        most_in_a_block: server.in_block.iter().copied().max().unwrap_or(0),
        blocks: server.in_block.iter().filter(|count| **count > 0).count(),
        outage_calls: callers.outage_calls,
        refused_here: callers.refused_here,
        duplicates: server.duplicates,
        changes: server.changes.len() as u64,
    })
}

fn client(
    tenant: usize,
    clock: &VirtualClock,
    limiter: RateLimiter,
    server: &Arc<Mutex<Server>>,
    shape: &Arc<Shape>,
    seed: u64,
    fault: Option<Fault>,
) -> Result<Client, String> {
    let (server, shape, now) = (Arc::clone(server), Arc::clone(shape), clock.clone());
    let lot = Mutex::new(fastrand::Rng::with_seed(seed));
    let transport = InProcess::new(move |request: Request<Bytes>| {
        let ask = || lock(&server).answer(&request, now.monotonic(), tenant, &shape);
        let mut lot = lock(&lot);
        let mut answer = ask();
        // One response in a hundred is lost.
        let mut lost = lot.u32(..100) == 0;
        if fault == Some(Fault::RepeatedBelow) && (lost || answer.status().is_server_error()) {
            answer = ask();
            lost = false;
        }
        let (now, takes) = (now.clone(), Duration::from_millis(lot.u64(20..200)));
        async move {
            now.sleep(takes).await;
            if lost {
                return Err(TransportError::new(TransportErrorKind::Interrupted, "the connection was reset"));
            }
            Ok(answer)
        }
    });
    let name = match fault {
        Some(Fault::OneTenantForAll) => "all".to_owned(),
        _ => format!("tenant-{tenant}"),
    };
    let retry = match fault {
        Some(Fault::NoRetryBudget) => RetryPolicy::default().without_budget(),
        _ => RetryPolicy::default(),
    };
    let base = SecureUrl::parse("https://cloud.example.net/api").map_err(|error| error.to_string())?;
    Client::builder()
        .api_base(base)
        .token_provider(StaticToken::new("not.a.token").ok_or("not a token")?)
        .transport(Arc::new(transport))
        .clock(Arc::new(clock.clone()))
        .rate_limiter(limiter)
        .tenant(name)
        .retry(retry)
        .build()
        .map_err(|error| error.to_string())
}

/// One caller: continuous calls in the busy hours, bursts after long pauses otherwise.
async fn worker(
    client: Client,
    clock: VirtualClock,
    shape: Arc<Shape>,
    callers: Rc<RefCell<Callers>>,
    mut lot: fastrand::Rng,
) {
    let mut left_of_burst = 0_u32;
    while clock.monotonic() < shape.end {
        let now = clock.monotonic();
        if shape.busy(now).is_none() && shape.outage(now).is_none() {
            if left_of_burst == 0 {
                left_of_burst = lot.u32(1..10);
                clock.sleep(Duration::from_secs(lot.u64(1..240))).await;
            }
            left_of_burst -= 1;
        }
        let customer = client.customer("5f0000000000000000000001");
        let result = if lot.u32(..10) == 0 {
            let number = {
                let mut callers = callers.borrow_mut();
                callers.changes += 1;
                callers.changes
            };
            let change = customer.location(format!("location-{number}")).optimize().send().await;
            change.map(|_| ())
        } else {
            customer.get().await.map(|_| ())
        };
        let now = clock.monotonic();
        let sent = match &result {
            Ok(_) => true,
            Err(error) => !error.attempts().is_empty(),
        };
        if !sent {
            callers.borrow_mut().refused_here += 1;
        } else if shape.outages.iter().any(|outage| outage.start + MINUTE <= now && now < outage.end) {
            callers.borrow_mut().outage_calls += 1;
        }
        if let Err(error) = result {
            // A short deadline, as in many programs.
            let rest = error.retry_after().unwrap_or(Duration::ZERO).min(Duration::from_secs(5));
            clock.sleep(rest.max(Duration::from_millis(100))).await;
        }
    }
}
