//! Outages of a second to a week, over token lifetimes of a second to a day, with continuous callers.

use std::{collections::VecDeque, task::Poll, time::Duration};

use futures_util::{FutureExt, future::poll_fn};
use plume_auth::{AuthErrorKind, testing::ScriptedAnswer as Answer};
use serde_json::json;

use gauges::{Reading, Settings};
use testkit::caches::Bug;

use crate::runtime::block_on;
use crate::tokens::rig::{Rig, rig};

const LIVES: &[u64] = &[1, 30, 60, 120, 300, 600, 3_600, 86_400];
const OUTAGES: &[u64] = &[1, 10, 60, 600, 3_600, 86_400, 604_800];
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Worst {
    hurt: u64,
    in_a_minute: usize,
    recovery: Duration,
    calls: u64,
}

/// One caller. Returns `None` if it would have to wait, and cancels.
async fn call(driver: &Rig) -> Option<bool> {
    // Lets background tasks run.
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
    let got = ask(driver).await;
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
    got
}

async fn ask(driver: &Rig) -> Option<bool> {
    let provider = &driver.provider;
    if provider.ready().is_some() {
        return Some(true);
    }
    let mut call = provider.token();
    for _ in 0..8 {
        if let Poll::Ready(result) = poll_fn(|cx| Poll::Ready(call.poll_unpin(cx))).await {
            return Some(result.is_ok());
        }
        tokio::task::yield_now().await;
    }
    None
}

async fn one(driver: &Rig, life: u64, outage: u64, hangs: bool, at: f64, worst: &mut Worst) {
    let life = Duration::from_secs(life);
    driver.source.always(Answer::New(life));
    let _ = call(driver).await;
    // The outage begins at some point in the lifetime of the token.
    let mut now = Duration::ZERO;
    let mut expiry = life;
    let begin = life.mul_f64(at);
    driver.clock.advance(begin);
    now += begin;
    if call(driver).await == Some(true) && driver.source.requests() > 1 {
        expiry = now + life;
    }
    if hangs {
        driver.source.hold(true);
    } else {
        driver.source.always(Answer::Fail(AuthErrorKind::Unavailable));
    }
    let end = now + Duration::from_secs(outage);
    let mut requests: VecDeque<Duration> = VecDeque::new();
    let mut before = driver.source.requests();
    while now < end {
        let got = call(driver).await;
        worst.calls += 1;
        if now < expiry && got != Some(true) {
            worst.hurt += 1;
        }
        for _ in before..driver.source.requests() {
            requests.push_back(now);
        }
        before = driver.source.requests();
        while requests.front().is_some_and(|first| now - *first >= MINUTE) {
            requests.pop_front();
        }
        worst.in_a_minute = worst.in_a_minute.max(requests.len());
        // Dense around changes, sparse in between.
        let step = if now < expiry + 4 * MINUTE { life / 200 } else { Duration::from_secs(7) };
        let step = step.clamp(Duration::from_millis(100), Duration::from_secs(7)).min(end - now);
        driver.clock.advance(step);
        now += step;
    }
    driver.source.hold(false);
    driver.source.always(Answer::New(life));
    // Hanging requests get their response at the end of the outage.
    tokio::task::yield_now().await;
    while call(driver).await != Some(true) {
        let step = Duration::from_millis(250);
        driver.clock.advance(step);
        now += step;
        worst.calls += 1;
        if now > end + 10 * MINUTE {
            break;
        }
    }
    worst.recovery = worst.recovery.max(now.saturating_sub(end));
}

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    let bug = settings.plant.then_some(Bug::RestWithoutEnd);
    let mut worst = Worst::default();
    let mut lot = fastrand::Rng::with_seed(settings.seed);
    for life in LIVES {
        for outage in OUTAGES {
            for hangs in [false, true] {
                let at = lot.f64() * 0.99;
                let rig = rig(lot.u64(..), bug);
                block_on(one(&rig, *life, *outage, hangs, at, &mut worst))?;
            }
        }
    }
    let recovery = worst.recovery.as_secs_f64();
    Ok(Reading {
        value: json!({
            "blocked_or_failed_while_valid": worst.hurt,
            "most_requests_in_60_s": worst.in_a_minute,
            "slowest_recovery_s": recovery,
        }),
        goal: "0 blocked or failed while the token is valid; at most 8 requests in any 60 s; recovery within 30 s",
        pass: worst.hurt == 0 && worst.in_a_minute <= 8 && recovery <= 30.0,
        scanned: worst.calls,
    })
}
