//! Reading a cached token, its validity checked: nanoseconds and allocations.

use std::{
    hint::black_box,
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use plume_auth::{AccessToken, AuthError, CachedTokenProvider, IssuedToken, TokenProvider, TokenSource};
use plume_runtime::{Clock, SystemClock};
use serde_json::json;

use crate::{Reading, Settings, block_on};

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

/// What is planted: every read goes through one lock, and copies the text.
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

/// The median and the best of many batches, in nanoseconds per read.
fn time(clock: &SystemClock, provider: &dyn TokenProvider) -> (f64, f64) {
    let mut times: Vec<Duration> = (0..BATCHES)
        .map(|_| {
            let start = clock.monotonic();
            for _ in 0..BATCH {
                black_box(provider.ready());
            }
            clock.monotonic() - start
        })
        .collect();
    times.sort_unstable();
    let each =
        |time: Option<&Duration>| time.map_or(f64::MAX, |time| time.as_nanos() as f64 / f64::from(BATCH));
    (each(times.get(times.len() / 2)), each(times.get(times.len() / 20)))
}

/// The same with another thread that reads all the time.
fn time_beside(clock: &SystemClock, provider: &dyn TokenProvider) -> (f64, f64) {
    let done = AtomicBool::new(false);
    let both = Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            both.wait();
            while !done.load(Ordering::Relaxed) {
                for _ in 0..BATCH {
                    black_box(provider.ready());
                }
            }
        });
        both.wait();
        let times = time(clock, provider);
        done.store(true, Ordering::Relaxed);
        times
    })
}

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    let clock = SystemClock::new();
    // What two threads cost each other when they count references in one place: shows that they do run side by side.
    let shared = CachedTokenProvider::builder(Kilobyte, Arc::new(clock.clone())).lanes(1).build();
    block_on(shared.token())?.map_err(|error| error.to_string())?;
    let (_, best_shared) = time_beside(&clock, &shared);
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
    let (median, best) = time(&clock, provider.as_ref());
    let (median_two, best_two) = time_beside(&clock, provider.as_ref());
    let ratio = best_two / best;
    Ok(Reading {
        value: json!({
            "one_thread_ns": best,
            "one_thread_median_ns": median,
            "two_threads_ns": best_two,
            "two_threads_median_ns": median_two,
            "two_threads_one_lane_ns": best_shared,
            "ratio": ratio,
            "allocations": allocations.count_total,
        }),
        goal: "at most 50 ns, 0 allocations, at most 1.5 times that per read with two threads (best twentieth of the batches)",
        pass: best <= 50.0 && ratio <= 1.5 && allocations.count_total == 0 && missing == 0,
        scanned: reads + 2 * u64::from(BATCH) * u64::from(BATCHES),
    })
}
