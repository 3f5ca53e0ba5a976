//! The limiter on clocks that are moved by hand.

mod blocks;
mod clocks;
mod rate;
mod schedules;
mod waits;

use chrono::{DateTime, Utc};
use plume_runtime::ManualClock;

use super::*;
use crate::limiter::rate::Priority;

fn patient(patience: Duration) -> PermitRequest {
    PermitRequest { tenant: 1, priority: Priority::Interactive, patience }
}

const FOREVER: PermitRequest =
    PermitRequest { tenant: 1, priority: Priority::Interactive, patience: Duration::MAX };

/// Makes `calls` calls as fast as the limiter allows, and returns the time of each.
async fn pass(limiter: &RateLimiter, clock: &ManualClock, calls: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..calls {
        soon(limiter.acquire(FOREVER)).await.unwrap().used().unwrap().passed();
        times.push(clock.monotonic());
    }
    times
}

fn limiter() -> (RateLimiter, ManualClock) {
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
    (RateLimiter::new(CallRate::default(), Arc::new(clock.clone())), clock)
}

/// Returns a limiter with one call per second and no burst, on a stopped clock.
fn slow() -> (RateLimiter, ManualClock) {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let rate = CallRate { per_second: 1.0, burst: 1, ..CallRate::default() };
    (RateLimiter::new(rate, Arc::new(clock.clone())), clock)
}

async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

/// Polls a future that must be ready without a move of the clock. A test must fail, not hang.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    for _ in 0..100 {
        if let Some(result) = (&mut future).now_or_never() {
            return result;
        }
        tokio::task::yield_now().await;
    }
    panic!("the future never completes");
}
