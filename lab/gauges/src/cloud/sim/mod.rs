//! A long simulation: random fault plans and fleets exercise the real client and the real token provider.
//!
//! Each seed is about a day of a cloud with faults. No fault may make the client break a rule of the simulator
//! (safety). In every second seed the faults end, and every call must succeed soon after (liveness). Equal seeds give
//! equal runs, byte for byte.
//!
//! **The long simulation skips idle time.** The clock advances when the runtime is about to park, so calls, refreshes
//! and waits interleave as in real time, and a day passes in milliseconds. One thread per seed and a single source of
//! randomness make a replay exact.
#![allow(clippy::indexing_slicing, reason = "an index is drawn below the length of what it points into")]

mod drive;
mod lot;
mod plants;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use plume_runtime::{Clock, SystemClock};
use plume_sim::RequestRecord;
use serde_json::{Value, json};

use drive::Ran;
use gauges::{Reading, Reference, Settings};
use plants::{Plant, all};

/// The number of seeds, every day and in a nightly run. Each simulates at least 32 hours.
const SEEDS: u64 = 300;
const ALL_SEEDS: u64 = 3_000;
/// The number of seeds that must run in the time of a thousand units of the reference.
const SLOWEST: f64 = 3.0;
const YEAR: f64 = 365.0 * 86_400.0;
/// One of this many seeds is run twice, to compare the runs.
const AGAIN_EVERY: u64 = 50;

#[derive(Default)]
struct Sums {
    seeds: u64,
    recovered: u64,
    calls: u64,
    succeeded: u64,
    requests: u64,
    faulted: u64,
    token_requests: u64,
    virtual_time: Duration,
    repeated: u64,
    differing: Vec<u64>,
    reference: Reference,
    /// The failed seeds, with their reports.
    failures: BTreeMap<u64, String>,
}

/// Maximum number of failing seeds before the gauge stops.
const ENOUGH: usize = 8;

/// The name for every planted bug in turn.
const ALL: &str = "all";

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    let plant = match settings.bug {
        Some(ALL) => return all_plants(settings.seed),
        Some(name) => {
            Some(all().find(|(_, known)| known == name).map(|(plant, _)| plant).ok_or_else(|| {
                let known: Vec<String> = all().map(|(_, name)| name).collect();
                format!("no bug is called {name}; known are {}, {ALL}", known.join(", "))
            })?)
        }
        None => settings.plant.then_some(Plant::LoopsOn401),
    };
    if let Some(seed) = settings.case {
        return replay(seed, plant);
    }
    let count = if settings.full { ALL_SEEDS } else { SEEDS };
    let (sums, took) = search(settings.seed, count, plant);
    let rate = sums.reference.items_per_unit() * 1_000.0;
    let years = sums.virtual_time.as_secs_f64() / YEAR;
    let bug = settings.bug.map(|name| format!(" --plant {name}")).unwrap_or_default();
    for (seed, why) in &sums.failures {
        eprintln!("seed {seed} failed:\n{why}\nreplay it: cargo xtask gauge sim --case {seed}{bug}\n");
    }
    Ok(Reading {
        value: json!({
            "failing_seeds": sums.failures.keys().collect::<Vec<_>>(),
            "virtual_years": (years * 10.0).round() / 10.0,
            "seeds": sums.seeds,
            "seeds_that_had_to_recover": sums.recovered,
            "seconds": took.as_secs_f64().round(),
            "seeds_per_1000_units": (rate * 10.0).round() / 10.0,
            "calls": sums.calls,
            "calls_that_succeeded": sums.succeeded,
            "requests": sums.requests,
            "requests_with_faults": sums.faulted,
            "token_requests": sums.token_requests,
            "seeds_run_twice": sums.repeated,
            "seeds_that_differed": sums.differing,
        }),
        goal: "no oracle broken, everything recovers, equal seeds equal traces; 1 virtual year in 300 seeds, 10 in 3,000 \
               (--full), at no less than 3 seeds in 1,000 units of the reference",
        pass: sums.failures.is_empty()
            && sums.differing.is_empty()
            && sums.seeds == count
            && years >= if settings.full { 10.0 } else { 1.0 }
            && rate >= SLOWEST,
        scanned: sums.requests,
    })
}

/// Runs `count` seeds, with a unit of the reference after each, or until enough of them failed.
fn search(from: u64, count: u64, plant: Option<Plant>) -> (Sums, Duration) {
    let clock = SystemClock::new();
    let next = AtomicU64::new(from);
    let sums = Mutex::new(Sums::default());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut reference = Reference::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed.wrapping_sub(from) >= count {
                        break;
                    }
                    let ran = reference.measured(1, || one(seed, plant, false));
                    reference.unit();
                    let twice = (plant.is_none() && seed.is_multiple_of(AGAIN_EVERY))
                        .then(|| one(seed, plant, false));
                    let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
                    sums.add(seed, &ran);
                    if let Some(again) = twice {
                        sums.repeated += 1;
                        if ran.trace() != again.trace() {
                            sums.differing.push(seed);
                        }
                    }
                    let enough = if plant.is_some() { 1 } else { ENOUGH };
                    if sums.failures.len() >= enough {
                        break;
                    }
                }
                sums.lock().unwrap_or_else(PoisonError::into_inner).reference.add(&reference);
            });
        }
    });
    (sums.into_inner().unwrap_or_else(PoisonError::into_inner), clock.monotonic())
}

/// Runs one seed. Returns the message of a panic as the error.
struct One(Result<Ran, String>);

impl One {
    fn trace(&self) -> Option<u64> {
        self.0.as_ref().ok().map(|ran| ran.trace)
    }
}

fn one(seed: u64, plant: Option<Plant>, closely: bool) -> One {
    let result = catch_unwind(AssertUnwindSafe(|| drive::run(seed, plant, closely)));
    One(result.unwrap_or_else(|_| Err("a panic".to_owned())))
}

impl Sums {
    fn add(&mut self, seed: u64, one: &One) {
        self.seeds += 1;
        let why = match &one.0 {
            Err(error) => Some(error.clone()),
            Ok(ran) => {
                let counts = ran.verdict.counts();
                self.recovered += u64::from(ran.recovered);
                self.calls += ran.calls;
                self.succeeded += ran.succeeded;
                self.requests += counts.requests;
                self.faulted += counts.faulted;
                self.token_requests += counts.token_requests;
                self.virtual_time += ran.virtual_time;
                (!ran.is_good()).then(|| reported(ran))
            }
        };
        if let Some(why) = why {
            self.failures.insert(seed, why);
        }
    }
}

fn reported(ran: &Ran) -> String {
    let complaints =
        ran.complaints.iter().take(10).map(|complaint| format!("  {complaint}\n")).collect::<String>();
    format!("{complaints}{}", ran.verdict)
}

/// Runs one seed twice, with a detailed report.
fn replay(seed: u64, plant: Option<Plant>) -> Result<Reading, String> {
    let ran = one(seed, plant, true).0?;
    let again = one(seed, plant, false).0?;
    eprintln!("the plan:\n{}\nseed {seed}:\n{}", ran.plan.to_json(), reported(&ran));
    // The requests before the first breach.
    if let Some(last) = ran.verdict.violations().first().and_then(|violation| violation.requests.last()) {
        let before = |request: &&RequestRecord| request.number <= last + 1 && request.number + 12 > *last;
        for request in ran.requests.iter().filter(before) {
            eprintln!(
                "#{} {:.3} s {} {} {} {:?}",
                request.number,
                request.at.as_secs_f64(),
                request.method,
                request.path,
                request.status.as_u16(),
                request.faults
            );
        }
    }
    Ok(Reading {
        value: json!({ "trace": format!("{:016x}", ran.trace), "again": format!("{:016x}", again.trace) }),
        goal: "no oracle broken, everything recovers, equal traces",
        pass: ran.is_good() && ran.trace == again.trace,
        scanned: ran.verdict.counts().requests,
    })
}

/// Checks that the daily seeds find every planted bug.
fn all_plants(seed: u64) -> Result<Reading, String> {
    let mut found: Vec<(String, Value)> = Vec::new();
    let mut missed = Vec::new();
    let mut scanned = 0;
    for (plant, name) in all() {
        let (sums, took) = search(seed, SEEDS, Some(plant));
        scanned += sums.requests;
        match sums.failures.into_iter().next() {
            Some((seed, why)) => {
                let line =
                    why.lines().find(|line| line.starts_with("  ")).unwrap_or_default().trim().to_owned();
                let seconds = (took.as_secs_f64() * 100.0).round() / 100.0;
                found.push((name, json!({ "seed": seed, "seconds": seconds, "by": line })));
            }
            None => missed.push(name),
        }
    }
    // As in every gauge, a planted bug must make it fail. A missed bug is an error.
    if !missed.is_empty() {
        return Err(format!("these bugs were not found in {SEEDS} seeds: {}", missed.join(", ")));
    }
    Ok(Reading {
        value: Value::Object(found.into_iter().collect()),
        goal: "none of these is found",
        pass: false,
        scanned,
    })
}
