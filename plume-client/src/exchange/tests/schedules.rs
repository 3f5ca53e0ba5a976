//! Randomized schedules of whole calls: they are polled late, dropped at any point and polled again, every try ends in
//! another way or never, and time jumps. After every event no permit is lost, no budget is overdrawn and nothing was sent
//! more often than it may be.

use std::{
    collections::HashMap,
    future::{pending, poll_fn},
    panic::catch_unwind,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use fastrand::Rng;
use futures_util::FutureExt;
use http::{Request, Response};
use plume_auth::{SecureUrl, StaticToken};
use plume_runtime::{Clock, InProcess, ManualClock, Transport, TransportError, TransportErrorKind};

use crate::client::Client;
use crate::error::Error;
use crate::exchange::policy::RetryPolicy;
use crate::exchange::services::Services;
use crate::limiter::{CallRate, Priority, RateLimiter};
use crate::operations::Service;

impl Services {
    /// Panics unless the budget of each service is in order.
    fn invariants(&self) {
        let now = self.clock.monotonic();
        for service in [Service::Api, Service::Reports, Service::Lte] {
            self.budgets.get(service).invariants(now);
        }
    }
}

const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const TRIES: u32 = 3;

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The requests of one call that reached the cloud, and those that may have had an effect.
#[derive(Default, Clone, Copy)]
struct Seen {
    requests: u32,
    maybe_done: u32,
}

type Log = Arc<Mutex<HashMap<String, Seen>>>;

/// Answers in every way there is, at once, later or never. The customer's id names the call.
fn transport(log: &Log, seed: u64) -> Arc<dyn Transport> {
    let (log, rng) = (Arc::clone(log), Mutex::new(Rng::with_seed(seed)));
    Arc::new(InProcess::new(move |request: Request<Bytes>| {
        let call = request.uri().path().split('/').nth(3).unwrap_or_default().to_owned();
        let mut rng = rng.lock().unwrap();
        let outcome = rng.u32(0..20);
        let mut waits = [0, 0, 1, 3][rng.usize(0..4)];
        let mut log = log.lock().unwrap();
        let seen = log.entry(call).or_default();
        seen.requests += 1;
        seen.maybe_done += u32::from(outcome < 14);
        let answer = |status: u16, body: &'static str| {
            Ok(Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap())
        };
        let fails = |kind| Err(TransportError::new(kind, "planted failure"));
        let result = match outcome {
            0..=5 => answer(200, r#"{"nodes":[]}"#),
            6 | 7 => answer(503, ""),
            8 => answer(500, ""),
            9 => fails(TransportErrorKind::Timeout),
            10 | 11 => fails(TransportErrorKind::Interrupted),
            12 => answer(404, r#"{"error":{"statusCode":404,"message":"none"}}"#),
            13 => return pending().boxed(),
            14 | 15 => answer(429, ""),
            16 => answer(403, r#"{"error":{"statusCode":403,"message":"no"}}"#),
            17 if rng.u32(0..10) == 0 => answer(403, "<html>blocked</html>"),
            _ => fails(TransportErrorKind::Connect),
        };
        poll_fn(move |cx| {
            if waits == 0 {
                return Poll::Ready(());
            }
            waits -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .map(move |()| result)
        .boxed()
    }))
}

struct Task {
    call: Pin<Box<dyn Future<Output = Result<(), Error>>>>,
    name: String,
    flag: Arc<Flag>,
    deadline: Duration,
    attentive: bool,
    repeatable: bool,
}

struct World {
    client: Client,
    limiter: RateLimiter,
    clock: ManualClock,
    rng: Rng,
    log: Log,
    tasks: Vec<Task>,
    calls: u32,
    /// Calls whose retries only this test counts, by name.
    repeatable: HashMap<String, bool>,
    done: u32,
    failed: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        fastrand::seed(seed);
        let clock = ManualClock::new(DateTime::UNIX_EPOCH);
        let rate = CallRate { per_second: 6.0, burst: rng.u32(1..10), ..CallRate::default() };
        let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
        let log = Log::default();
        let client = Client::builder()
            .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
            .token_provider(StaticToken::new("not.a.token").unwrap())
            .transport(transport(&log, rng.u64(..)))
            .rate_limiter(limiter.clone())
            .retry(RetryPolicy::default().max_attempts(TRIES))
            .clock(Arc::new(clock.clone()))
            .build()
            .unwrap();
        Self {
            client,
            limiter,
            clock,
            rng,
            log,
            tasks: Vec::new(),
            calls: 0,
            repeatable: HashMap::new(),
            done: 0,
            failed: 0,
        }
    }

    fn check(&self) {
        // Between two polls no call holds a permit: it is sent or given back within one.
        self.limiter.invariants(0);
        self.client.inner.services.invariants();
        let log = self.log.lock().unwrap();
        let sent: u32 = log.values().map(|seen| seen.requests).sum();
        assert_eq!(self.client.calls_made(), u64::from(sent), "a request that is not counted");
        for (name, seen) in log.iter() {
            assert!(seen.requests <= TRIES, "{name} was sent {} times", seen.requests);
            let most = if self.repeatable[name] { TRIES } else { 1 };
            assert!(seen.maybe_done <= most, "{name} may have happened {} times", seen.maybe_done);
        }
    }

    fn come(&mut self) {
        self.calls += 1;
        let name = format!("c{}", self.calls);
        let deadline = match self.rng.u32(0..10) {
            0 => Duration::ZERO,
            1 => Duration::MAX,
            _ => MILLI * self.rng.u32(1..60_000),
        };
        let priority = if self.rng.bool() { Priority::Interactive } else { Priority::Background };
        let client = self.client.with_deadline(deadline).with_priority(priority);
        let home = client.customer(name.as_str()).location("l1");
        let repeatable = self.rng.u32(0..3) > 0;
        self.repeatable.insert(name.clone(), repeatable);
        let call: Pin<Box<dyn Future<Output = _>>> = if repeatable {
            Box::pin(async move { home.nodes().await.map(drop) })
        } else {
            Box::pin(async move { home.reboot_node("TST1", Duration::ZERO).send().await.map(drop) })
        };
        self.tasks.push(Task {
            call,
            name,
            flag: Arc::new(Flag(AtomicBool::new(true))),
            deadline: self.clock.monotonic().saturating_add(deadline),
            attentive: self.rng.u32(0..4) > 0,
            repeatable,
        });
        // A call begins, and its time with it, when it is polled first.
        self.poll(self.tasks.len() - 1);
    }

    fn poll(&mut self, index: usize) {
        let task = &mut self.tasks[index];
        task.flag.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&task.flag));
        let Poll::Ready(result) = task.call.poll_unpin(&mut Context::from_waker(&waker)) else { return };
        let task = self.tasks.swap_remove(index);
        let seen = self.log.lock().unwrap().get(&task.name).copied().unwrap_or_default();
        match result {
            Ok(()) => {
                self.done += 1;
                assert!(seen.maybe_done > 0, "{} succeeded without an answer", task.name);
            }
            Err(error) => {
                self.failed += 1;
                // What may have happened, the error must not deny.
                let told = error.may_have_happened() || task.repeatable || error.status().is_some();
                assert!(told || seen.maybe_done == 0, "{error} {:?}", error.attempts());
            }
        }
    }

    fn run(&mut self, all: bool) {
        let woken = |task: &Task| (all || task.attentive) && task.flag.0.load(Ordering::Relaxed);
        while let Some(index) = self.tasks.iter().position(woken) {
            self.poll(index);
            self.check();
        }
        let now = self.clock.monotonic();
        for task in self.tasks.iter().filter(|task| all || task.attentive) {
            assert!(task.deadline > now, "{} continues after its deadline", task.name);
        }
    }

    fn step(&mut self) {
        match self.rng.u32(0..100) {
            0..=19 => self.come(),
            20..=49 => self.run(false),
            50..=59 if !self.tasks.is_empty() => {
                let index = self.rng.usize(..self.tasks.len());
                self.poll(index);
            }
            60..=63 if !self.tasks.is_empty() => {
                let index = self.rng.usize(..self.tasks.len());
                drop(self.tasks.swap_remove(index));
            }
            64..=66 => self.clock.advance(SECOND * self.rng.u32(1..400)),
            _ => self.clock.advance(MILLI * self.rng.u32(0..500)),
        }
        self.check();
    }

    fn end(mut self) -> (u32, u32) {
        for _ in 0..2_000 {
            if self.tasks.is_empty() {
                break;
            }
            for index in (0..self.tasks.len()).rev() {
                self.poll(index);
                self.check();
            }
            self.run(true);
            self.clock.advance(SECOND);
        }
        assert!(self.tasks.is_empty(), "{} never ends", self.tasks[0].name);
        let status = self.limiter.status();
        assert_eq!((status.waiting, status.tenants_waiting), (0, 0));
        assert_eq!(self.clock.sleepers(), 0, "a timer was left behind");
        (self.done, self.failed)
    }
}

#[test]
fn every_invariant_holds_after_every_event() {
    let (mut done, mut failed) = (0, 0);
    for seed in 0..100 {
        let outcome = catch_unwind(|| {
            let mut world = World::new(seed);
            for _ in 0..300 {
                world.step();
            }
            world.end()
        });
        let (more, others) = outcome.unwrap_or_else(|_| panic!("seed {seed}, see above"));
        done += more;
        failed += others;
    }
    assert!(done > 500 && failed > 500, "{done} done, {failed} failed");
}
