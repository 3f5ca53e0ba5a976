//! The token cache of plume-auth against those of other SDKs, in one run.
//!
//! ```text
//! cd lab/peers && cargo run --release
//! ```
//!
//! Prints a Markdown table. `README.md` beside this package explains the columns.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::panic, reason = "a program that measures")]

mod caches;
mod upstream;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use caches::{Aws, Azure, Cache, Google, Plume, Yup};
use plume_runtime::{Clock, SystemClock};
use tokio::runtime::{Builder, Runtime};
use upstream::Upstream;

/// The number of reads per round: few enough for a round to fit between two interruptions.
const READS: u32 = 1_000;
const ROUNDS: u32 = 2_000;
/// Minimum number of rounds in which both threads ran; with fewer there is no result for two threads.
const ENOUGH: usize = 20;
const HERD: usize = 2_000;
/// The response time of the endpoint with many callers. Long enough for every caller to arrive.
const DELAY: Duration = Duration::from_millis(20);
/// A shorter response time for caches that send one request per caller in sequence.
const FAILING_DELAY: Duration = Duration::from_millis(5);
const LOCK: &str = include_str!("../Cargo.lock");

struct Row {
    name: &'static str,
    version: String,
    one: f64,
    two: f64,
    expired: u64,
    failing: Herd,
}

struct Herd {
    asked: u64,
    seconds: f64,
}

fn main() {
    let rows = [row::<Plume>(), row::<Azure>(), row::<Aws>(), row::<Google>(), row::<Yup>()];
    println!(
        "| cache | release | read, 1 thread | ratio | read, 2 threads | ratio | requests, {HERD} callers at expiry | requests, {HERD} callers, endpoint down | last caller answered after |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let ours = &rows[0];
    for row in &rows {
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {:.2} s |",
            row.name,
            row.version,
            number(row.one, 0, "ns"),
            number(row.one / ours.one, 1, "×"),
            number(row.two, 0, "ns"),
            number(row.two / ours.two, 1, "×"),
            row.expired,
            row.failing.asked,
            row.failing.seconds
        );
    }
    println!("\n{}", machine());
}

fn number(value: f64, digits: usize, unit: &str) -> String {
    if value.is_nan() { "not seen".to_owned() } else { format!("{value:.digits$} {unit}") }
}

fn row<C: Cache>() -> Row {
    eprintln!("{} …", C::NAME);
    let (one, two) = reads::<C>();
    Row {
        name: C::NAME,
        version: version(C::PACKAGE),
        one,
        two,
        expired: herd_at_expiry::<C>(),
        failing: herd_on_failure::<C>(),
    }
}

fn runtime() -> Runtime {
    let made = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    made.unwrap_or_else(|error| panic!("no runtime: {error}"))
}

/// Nanoseconds per read of a valid token, with one thread and with two.
fn reads<C: Cache>() -> (f64, f64) {
    let runtime = runtime();
    let upstream = Upstream::new(Duration::ZERO, false);
    let cache = runtime.block_on(async {
        let cache = C::new(Arc::clone(&upstream)).await;
        // Past the first token, which is valid for a second only.
        assert!(cache.read().await, "{}: no first token", C::NAME);
        SystemClock::new().sleep(Duration::from_millis(1_200)).await;
        assert!(cache.read().await, "{}: no second token", C::NAME);
        cache
    });
    let before = upstream.asked();
    let found = (rounds(&cache, 1), rounds(&cache, 2));
    assert_eq!(upstream.asked(), before, "{}: a read was no hit", C::NAME);
    found
}

/// The progress of each thread, on a cache line of its own.
#[derive(Default)]
#[repr(align(128))]
struct Progress(AtomicU32);

/// The median of the rounds in which all threads ran side by side from the first read to the last.
fn rounds<C: Cache>(cache: &C, threads: usize) -> f64 {
    let arrived = AtomicU32::new(0);
    let progress: Vec<Progress> = (0..threads).map(|_| Progress::default()).collect();
    let measured: Vec<Vec<Option<Duration>>> = thread::scope(|scope| {
        let (arrived, progress) = (&arrived, &progress);
        let started: Vec<_> =
            (0..threads).map(|own| scope.spawn(move || timed_reads(cache, own, arrived, progress))).collect();
        started.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let round = |number: usize| {
        let times: Option<Vec<Duration>> = measured.iter().map(|thread| thread[number]).collect();
        times.and_then(|times| times.into_iter().max())
    };
    let mut times: Vec<Duration> = (0..ROUNDS as usize).filter_map(round).collect();
    if times.len() < ENOUGH {
        return f64::NAN;
    }
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e9 / f64::from(READS)
}

/// The duration of each round during which the other threads ran all the time.
fn timed_reads<C: Cache>(
    cache: &C,
    own: usize,
    arrived: &AtomicU32,
    progress: &[Progress],
) -> Vec<Option<Duration>> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
    let clock = SystemClock::new();
    let reads = async |round: u32| {
        arrived.fetch_add(1, Ordering::AcqRel);
        // Spins instead of sleeping, because a woken thread starts late.
        while arrived.load(Ordering::Acquire) < (round + 1) * progress.len() as u32 {
            std::hint::spin_loop();
        }
        let begun = clock.monotonic();
        for number in 0..READS {
            assert!(cache.read().await);
            progress[own].0.store(round * READS + number, Ordering::Relaxed);
        }
        let time = clock.monotonic() - begun;
        // A thread that is far behind now was not running all the time.
        let quarter = round * READS + READS / 4;
        progress.iter().all(|other| other.0.load(Ordering::Relaxed) >= quarter).then_some(time)
    };
    runtime.block_on(async {
        let mut times = Vec::new();
        for round in 0..ROUNDS {
            times.push(reads(round).await);
        }
        times
    })
}

/// Returns the number of requests for a token that all callers find expired.
fn herd_at_expiry<C: Cache>() -> u64 {
    runtime().block_on(async {
        let upstream = Upstream::new(DELAY, false);
        let cache = Arc::new(C::new(Arc::clone(&upstream)).await);
        assert!(cache.read().await, "{}: no first token", C::NAME);
        SystemClock::new().sleep(Duration::from_millis(1_200)).await;
        // Background requests of the cache belong to the same expiry.
        let served = callers(&cache).await;
        assert_eq!(served, HERD, "{}: callers without a token", C::NAME);
        upstream.asked() - 1
    })
}

/// Returns the number of requests for callers without a token while the endpoint fails.
fn herd_on_failure<C: Cache>() -> Herd {
    runtime().block_on(async {
        let clock = SystemClock::new();
        let upstream = Upstream::new(FAILING_DELAY, true);
        let cache = Arc::new(C::new(Arc::clone(&upstream)).await);
        let begun = clock.monotonic();
        assert_eq!(callers(&cache).await, 0, "{}: a token from nowhere", C::NAME);
        let seconds = (clock.monotonic() - begun).as_secs_f64();
        Herd { asked: upstream.asked(), seconds }
    })
}

/// The number of callers that got a token.
async fn callers<C: Cache>(cache: &Arc<C>) -> usize {
    let calls: Vec<_> = (0..HERD)
        .map(|_| {
            let cache = Arc::clone(cache);
            tokio::spawn(async move { cache.read().await })
        })
        .collect();
    let mut served = 0;
    for call in calls {
        served += usize::from(call.await.unwrap_or(false));
    }
    served
}

fn version(package: &str) -> String {
    let name = format!("name = \"{package}\"\nversion = \"");
    let rest = LOCK.split_once(&name).map_or("", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let cores = thread::available_parallelism().map_or(0, usize::from);
    format!("{} with {cores} cores, {}.", model.trim_start_matches([' ', '\t', ':']), std::env::consts::OS)
}
