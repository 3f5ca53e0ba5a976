//! Reads of a cached token, its validity checked: nanoseconds and allocations.

use std::{
    hint::black_box,
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use plume_auth::{AccessToken, AuthError, CachedTokenProvider, IssuedToken, TokenProvider, TokenSource};
use plume_runtime::{Clock, SystemClock};
use serde_json::json;

use gauges::{Reading, Settings};

use crate::runtime::block_on;

/// Short, so that some of them are not interrupted even on a busy machine.
const BATCH: u32 = 2_000;
const BATCHES: u32 = 3_000;

#[derive(Debug)]
struct Kilobyte;

#[async_trait]
impl TokenSource for Kilobyte {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        let text = "x".repeat(1_000);
        IssuedToken::new(text, Duration::from_secs(86_400))
            .ok_or_else(|| AuthError::new(plume_auth::AuthErrorKind::Internal, "no token"))
    }
}

/// Planted: every read takes one lock and copies the text.
#[derive(Debug)]
struct Slow {
    inner: Mutex<(CachedTokenProvider, String)>,
}

#[async_trait]
impl TokenProvider for Slow {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        self.ready().ok_or_else(|| AuthError::new(plume_auth::AuthErrorKind::Internal, "no token"))
    }

    fn ready(&self) -> Option<AccessToken> {
        let mut inner = self.inner.lock().ok()?;
        let token = inner.0.ready()?;
        inner.1 = black_box(token.expose_token().to_owned());
        Some(token)
    }
}

/// The number of reads of the other thread between two updates of its progress.
const MARK: u32 = 200;

struct Times {
    best: f64,
    median: f64,
    batches: usize,
}

/// The times of many batches of reads in nanoseconds per read. Beside another reader only those batches count in which
/// it made progress too: on a busy machine two threads often run one after the other.
fn time(clock: &SystemClock, provider: &dyn TokenProvider, other: Option<&AtomicU64>) -> Times {
    let progress = || other.map_or(0, |other| other.load(Ordering::Relaxed));
    let mut times = Vec::new();
    for _ in 0..BATCHES {
        let before = progress();
        let start = clock.monotonic();
        for _ in 0..BATCH {
            black_box(provider.ready());
        }
        let took = clock.monotonic() - start;
        if other.is_none() || progress() - before >= u64::from(BATCH / MARK / 2) {
            times.push(took);
        }
    }
    times.sort_unstable();
    let each =
        |time: Option<&Duration>| time.map_or(f64::MAX, |time| time.as_nanos() as f64 / f64::from(BATCH));
    Times {
        best: each(times.get(times.len() / 20)),
        median: each(times.get(times.len() / 2)),
        batches: times.len(),
    }
}

/// The same with another thread that reads all the time.
fn time_beside(clock: &SystemClock, provider: &dyn TokenProvider) -> Times {
    let done = AtomicBool::new(false);
    let progress = AtomicU64::new(0);
    let both = Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            both.wait();
            while !done.load(Ordering::Relaxed) {
                for _ in 0..MARK {
                    black_box(provider.ready());
                }
                progress.fetch_add(1, Ordering::Relaxed);
            }
        });
        both.wait();
        let times = time(clock, provider, Some(&progress));
        done.store(true, Ordering::Relaxed);
        times
    })
}

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    let clock = SystemClock::new();
    // The cost of two threads that count references in one place. It shows that they run side by side.
    let shared = CachedTokenProvider::builder(Kilobyte, Arc::new(clock.clone())).lanes(1).build();
    block_on(shared.token())?.map_err(|error| error.to_string())?;
    let one_lane = time_beside(&clock, &shared);
    let cache = CachedTokenProvider::new(Kilobyte, Arc::new(clock.clone()));
    block_on(cache.token())?.map_err(|error| error.to_string())?;
    let provider: Arc<dyn TokenProvider> = if settings.plant {
        Arc::new(Slow { inner: Mutex::new((cache, String::new())) })
    } else {
        Arc::new(cache)
    };
    let reads = 1_000_000;
    let mut missing = 0;
    let allocations = allocation_counter::measure(|| {
        for _ in 0..reads {
            missing += u64::from(black_box(provider.ready()).is_none());
        }
    });
    let one = time(&clock, provider.as_ref(), None);
    let two = time_beside(&clock, provider.as_ref());
    // The medians, because the best batch of two threads is the one with the least contention.
    let ratio = two.median / one.median;
    Ok(Reading {
        value: json!({
            "one_thread_ns": one.best,
            "one_thread_median_ns": one.median,
            "two_threads_ns": two.best,
            "two_threads_median_ns": two.median,
            "two_threads_one_lane_median_ns": one_lane.median,
            "batches_side_by_side": two.batches,
            "ratio": ratio,
            "allocations": allocations.count_total,
        }),
        goal: "at most 50 ns (best twentieth of the batches), 0 allocations, at most 1.5 times per read with two threads (medians)",
        pass: one.best <= 50.0
            && ratio <= 1.5
            && two.batches >= 20
            && allocations.count_total == 0
            && missing == 0,
        scanned: reads + u64::from(BATCH) * (one.batches + two.batches) as u64,
    })
}
