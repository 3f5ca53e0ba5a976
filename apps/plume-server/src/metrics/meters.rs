//! Counters and histograms of this process.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use plume::{
    health::Status,
    monitor::home::{CheckFailure, Transition},
    runtime::{Clock, SystemClock},
};
use prometheus_client::{
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

use crate::metrics::bridge::{Bridge, CALLS};
use crate::metrics::sheet::Labels;
use crate::store::{StoreErrorKind, StoreObserver, StoreWork};

/// Buckets of operations on the store and of requests, in seconds.
const STORE: [f64; 8] = [0.000_5, 0.001, 0.002_5, 0.005, 0.025, 0.1, 0.5, 2.5];
const REQUESTS: [f64; 8] = [0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 10.0];

/// The failures of checks and `ok`, as labels. Every one exists from the start, so that the first failure is an increase.
const FAILURES: [CheckFailure; 7] = [
    CheckFailure::Transport,
    CheckFailure::Server,
    CheckFailure::Blocked,
    CheckFailure::RateLimited,
    CheckFailure::Credential,
    CheckFailure::NotFound,
    CheckFailure::Other,
];
const STATUSES: [Status; 5] = [Status::Red, Status::Orange, Status::Yellow, Status::Unknown, Status::Green];
const CHANNELS: [&str; 7] =
    ["webhook", "slack", "teams", "telegram", "mail", "alertmanager", UNKNOWN_CHANNEL];
/// The kind of a channel that cannot be read.
const UNKNOWN_CHANNEL: &str = "unknown";
const OUTCOMES: [&str; 5] = ["sent", "accepted", "retry", "dead", "superseded"];
const RESULTS: [&str; 3] = ["stored", "superseded", "lost"];

/// A part of the server that works in turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Part {
    /// Makes checks.
    Worker,
    /// Decides about messages and groups.
    Leader,
    /// Sends messages.
    Sender,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 3] = [Self::Worker, Self::Leader, Self::Sender];

    /// Returns the word for the part.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Leader => "leader",
            Self::Sender => "sender",
        }
    }
}

/// The counters and histograms of a process. Clones share them.
#[derive(Clone)]
pub struct Meters(Arc<Instruments>);

struct Instruments {
    clock: Arc<dyn Clock>,
    started: DateTime<Utc>,
    registry: Registry,
    checks: Family<Labels, Counter>,
    check_seconds: Histogram,
    results: Family<Labels, Counter>,
    transitions: Family<Labels, Counter>,
    messages: Family<Labels, Counter>,
    store_seconds: Family<Labels, Histogram>,
    store_errors: Family<Labels, Counter>,
    requests: Family<Labels, Counter>,
    request_seconds: Histogram,
    bridge: Bridge,
    /// The time of the last completed check, on the monotonic clock.
    checked: Mutex<Duration>,
    /// The times at which parts began their last turn, on the monotonic clock.
    turns: Mutex<BTreeMap<Part, Duration>>,
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meters").finish_non_exhaustive()
    }
}

impl Default for Meters {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock::new()))
    }
}

impl Meters {
    /// Creates counters at zero. `clock` is that of the machine.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let mut registry = Registry::default();
        let mut counters = |name: &str, help: &str| {
            let family = Family::<Labels, Counter>::default();
            registry.register(name, help, family.clone());
            family
        };
        let checks = counters("plume_server_checks", "Checks of homes by outcome");
        let results =
            counters("plume_server_check_results", "Results of checks by what the store made of them");
        let transitions =
            counters("plume_server_transitions", "Confirmed changes of status by the new status");
        let messages =
            counters("plume_server_messages", "Attempts to send messages by channel kind and outcome");
        let store_errors = counters("plume_server_store_errors", "Failed operations of the store by cause");
        let requests =
            counters("plume_server_http_requests", "Answered HTTP requests by route and status code");
        let check_seconds = Histogram::new(CALLS);
        registry.register(
            "plume_server_check_duration_seconds",
            "Time for the calls of a check, waits included",
            check_seconds.clone(),
        );
        let new: fn() -> Histogram = || Histogram::new(STORE);
        let store_seconds = Family::new_with_constructor(new);
        registry.register(
            "plume_server_store_duration_seconds",
            "Time of an operation of the store, its wait for a thread included",
            store_seconds.clone(),
        );
        let request_seconds = Histogram::new(REQUESTS);
        registry.register(
            "plume_server_http_request_duration_seconds",
            "Time until the head of a response; a stream of events counts until its first byte",
            request_seconds.clone(),
        );
        let bridge = Bridge::new(&mut registry);
        let (started, now) = (clock.wall(), clock.monotonic());
        let checked = Mutex::new(now);
        let turns = Mutex::new(Part::ALL.map(|part| (part, now)).into());
        let meters = Self(Arc::new(Instruments {
            clock,
            started,
            registry,
            checks,
            check_seconds,
            results,
            transitions,
            messages,
            store_seconds,
            store_errors,
            requests,
            request_seconds,
            bridge,
            checked,
            turns,
        }));
        meters.begin();
        meters
    }

    /// Creates every series whose labels are known.
    fn begin(&self) {
        let Instruments { checks, results, transitions, messages, store_errors, store_seconds, .. } =
            self.0.as_ref();
        for outcome in FAILURES.iter().map(|failure| failure.as_str()).chain(["ok"]) {
            drop(checks.get_or_create(&one("outcome", outcome)));
        }
        for result in RESULTS {
            drop(results.get_or_create(&one("result", result)));
        }
        for status in STATUSES {
            drop(transitions.get_or_create(&one("to", status.as_str())));
        }
        for (kind, outcome) in CHANNELS.iter().flat_map(|kind| OUTCOMES.map(|outcome| (*kind, outcome))) {
            drop(messages.get_or_create(&message(kind, outcome)));
        }
        for kind in [
            StoreErrorKind::Full,
            StoreErrorKind::Unavailable,
            StoreErrorKind::Damaged,
            StoreErrorKind::Busy,
            StoreErrorKind::Sealed,
            StoreErrorKind::Internal,
        ] {
            let cause = fault(kind).unwrap_or_default();
            drop(store_errors.get_or_create(&one("cause", cause)));
        }
        for work in [StoreWork::Read, StoreWork::Write] {
            drop(store_seconds.get_or_create(&one("work", word(work))));
        }
    }

    /// Takes over the counters that the client reports through the facade `metrics`. The first caller in a process gets them.
    pub fn follow_clients(&self) {
        self.0.bridge.install();
    }

    /// Counts a check.
    pub(crate) fn check(&self, failure: Option<CheckFailure>, took: Duration) {
        let outcome = failure.map_or("ok", CheckFailure::as_str);
        self.0.checks.get_or_create(&one("outcome", outcome)).inc();
        self.0.check_seconds.observe(took.as_secs_f64());
    }

    /// Records that a part begins a turn.
    pub(crate) fn turn(&self, part: Part) {
        let now = self.0.clock.monotonic();
        self.0.turns.lock().unwrap_or_else(PoisonError::into_inner).insert(part, now);
    }

    /// Returns the time since the last turn of each part, or since the start.
    #[must_use]
    pub fn since_turns(&self) -> [(&'static str, Duration); 3] {
        let now = self.0.clock.monotonic();
        let turns = self.0.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Part::ALL.map(|part| {
            let last = turns.get(&part).copied().unwrap_or_default();
            (part.as_str(), now.saturating_sub(last))
        })
    }

    /// Counts a result that the store has, and its confirmed changes.
    pub(crate) fn stored(&self, transitions: &[Transition]) {
        self.result("stored");
        *self.0.checked.lock().unwrap_or_else(PoisonError::into_inner) = self.0.clock.monotonic();
        for transition in transitions {
            self.0.transitions.get_or_create(&one("to", transition.to.as_str())).inc();
        }
    }

    /// Counts a result that the store refused, because another worker has checked the home.
    pub(crate) fn superseded(&self) {
        self.result("superseded");
    }

    /// Counts a result that the store could not write.
    pub(crate) fn lost(&self) {
        self.result("lost");
    }

    fn result(&self, result: &'static str) {
        self.0.results.get_or_create(&one("result", result)).inc();
    }

    /// Counts what became of a message.
    pub(crate) fn message(&self, kind: Option<&'static str>, outcome: &'static str) {
        self.0.messages.get_or_create(&message(kind.unwrap_or(UNKNOWN_CHANNEL), outcome)).inc();
    }

    /// Counts a request. `route` is a pattern of the router.
    pub(super) fn request(&self, route: &str, code: &str, took: Duration) {
        let labels = vec![("route", route.to_owned().into()), ("code", code.to_owned().into())];
        self.0.requests.get_or_create(&labels).inc();
        self.0.request_seconds.observe(took.as_secs_f64());
    }

    /// Returns an observer of a store.
    #[must_use]
    pub fn store(&self) -> StoreObserver {
        let meters = self.clone();
        Arc::new(move |work, took, error| {
            meters.0.store_seconds.get_or_create(&one("work", word(work))).observe(took.as_secs_f64());
            if let Some(cause) = error.and_then(fault) {
                meters.0.store_errors.get_or_create(&one("cause", cause)).inc();
            }
        })
    }

    /// Returns the clock of the machine.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.0.registry
    }

    pub(super) fn started(&self) -> DateTime<Utc> {
        self.0.started
    }

    /// The time since the last check whose result is stored, or since the start.
    pub(super) fn since_check(&self) -> Duration {
        let last = *self.0.checked.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.clock.monotonic().saturating_sub(last)
    }
}

fn one(name: &'static str, value: &str) -> Labels {
    vec![(name, value.to_owned().into())]
}

fn message(kind: &'static str, outcome: &'static str) -> Labels {
    vec![("channel", kind.into()), ("outcome", outcome.into())]
}

fn word(work: StoreWork) -> &'static str {
    match work {
        StoreWork::Read => "read",
        StoreWork::Write => "write",
    }
}

/// The word for a failure; `None` for the answer to a wrong request.
fn fault(kind: StoreErrorKind) -> Option<&'static str> {
    match kind {
        StoreErrorKind::Full => Some("full"),
        StoreErrorKind::Unavailable => Some("unavailable"),
        StoreErrorKind::Damaged => Some("damaged"),
        StoreErrorKind::Newer => Some("newer"),
        StoreErrorKind::Busy => Some("busy"),
        StoreErrorKind::Sealed => Some("sealed"),
        StoreErrorKind::Internal => Some("internal"),
        StoreErrorKind::Backup
        | StoreErrorKind::Exists
        | StoreErrorKind::Missing
        | StoreErrorKind::Conflict
        | StoreErrorKind::Refused => None,
    }
}
