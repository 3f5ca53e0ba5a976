//! Ten thousand callers at once: one token request in every scenario.

use std::{pin::pin, task::Poll, time::Duration};

use futures_util::future::{join_all, poll_fn};
use plume_auth::{AuthErrorKind, testing::ScriptedAnswer as Answer};
use serde_json::json;

use gauges::{Reading, Settings};
use testkit::caches::Bug;

use crate::runtime::block_on;
use crate::tokens::rig::{Rig, rig};

const CALLERS: usize = 10_000;

/// Runs all callers at once. The source is blocked until all of them wait; with `blocked` false no caller may wait.
async fn herd(driver: &Rig, may_wait: bool) -> usize {
    driver.source.hold(true);
    let provider = &driver.provider;
    let mut calls = pin!(join_all((0..CALLERS).map(|_| provider.token())));
    for _ in 0..20 {
        if let Poll::Ready(results) = poll_fn(|cx| Poll::Ready(calls.as_mut().poll(cx))).await {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            driver.source.hold(false);
            return results.iter().filter(|result| result.is_ok()).count();
        }
        tokio::task::yield_now().await;
    }
    if !may_wait {
        return 0;
    }
    driver.source.hold(false);
    calls.await.iter().filter(|result| result.is_ok()).count()
}

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    let bug = settings.plant.then_some(Bug::NoSharing);
    let mut worst = 0;
    let mut seen = Vec::new();
    let mut scanned = 0;
    let mut everybody_served = true;
    for scenario in ["cold", "expiry", "failing", "failing at expiry", "hung refresh", "rejections"] {
        let rig = rig(settings.seed, bug);
        let (served, requests) = block_on(async {
            if scenario != "cold" && scenario != "failing" {
                let _ = rig.provider.token().await;
            }
            let before = rig.source.requests();
            if scenario.starts_with("failing") {
                rig.source.always(Answer::Fail(AuthErrorKind::Unavailable));
            }
            if scenario.ends_with("expiry") {
                rig.clock.advance(Duration::from_secs(600));
            }
            let served = match scenario {
                "hung refresh" => {
                    rig.clock.advance(Duration::from_secs(541));
                    herd(&rig, false).await
                }
                "rejections" => {
                    if let Ok(token) = rig.provider.token().await {
                        for _ in 0..CALLERS {
                            rig.provider.invalidate(&token);
                        }
                    }
                    herd(&rig, true).await
                }
                _ => herd(&rig, true).await,
            };
            (served, rig.source.requests() - before)
        })?;
        let expected = if scenario.starts_with("failing") { 0 } else { CALLERS };
        everybody_served &= served == expected;
        worst = worst.max(requests);
        seen.push((scenario.to_owned(), json!({ "requests": requests, "served": served })));
        scanned += CALLERS as u64;
    }
    Ok(Reading {
        value: json!({ "most_requests": worst, "by_scenario": seen.into_iter().collect::<serde_json::Map<_, _>>() }),
        goal: "1 token request in every scenario, and a token for every caller that can get one",
        pass: worst == 1 && everybody_served,
        scanned,
    })
}
