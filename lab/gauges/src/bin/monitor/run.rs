//! One run: the loop over the virtual time.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use chrono::{DateTime, Utc};
use fastrand::Rng;
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered, task::noop_waker};
use plume_client::Error;
use plume_health::{HealthReport, Policy};
use plume_monitor::schedule::CheckDetail;
use plume_runtime::Clock;

use crate::checks::check;
use crate::decisions::{Decisions, Due};
use crate::fleet::{CHECKS_SHARE, Fleet};
use crate::oracle::{Delays, Heard, Law, Pace, Truth, Verdict, judge_detection, judge_messages, touched};
use crate::plants::{self, Plant};
use crate::scenario::Scenario;
use crate::store::Store;

/// The most permits at once.
const BURST: f64 = 16.0;
const TICK: Duration = Duration::from_secs(1);
/// The time after a block by a neighbour in which checks may still be refused.
const RECOVERY: Duration = Duration::from_secs(600);

/// The options of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) homes: u32,
    pub(crate) hours: u64,
    pub(crate) seed: u64,
    pub(crate) story: &'static str,
    pub(crate) plant: Option<Plant>,
}

/// The outcome of a run.
pub(crate) struct Ran {
    pub(crate) verdict: Verdict,
    pub(crate) pace: Pace,
    pub(crate) store: Store,
    pub(crate) requests: u64,
    pub(crate) failed: u64,
    pub(crate) restarts: u64,
    pub(crate) heard: Heard,
    pub(crate) detected: Delays,
}

enum Event {
    Tick,
    Checked { due: Due, result: Box<Result<HealthReport, Error>> },
}

pub(crate) fn run(options: Options) -> Result<Ran, String> {
    let scenario = Scenario::named(options.story, options.hours, options.seed)?;
    let (limit, granted) = plants::limit_and_grant(options.plant, CHECKS_SHARE);
    let fleet = Fleet::new(options.homes, options.seed, &scenario, limit)?;
    // The client draws its backoff from the random generator of the thread.
    fastrand::seed(options.seed);
    let start = fleet.clock.wall();
    let end = Duration::from_secs(options.hours * 3_600);
    let policy = Policy::standard();
    let mut decisions = Decisions::new(&fleet.homes, fleet.pace, options.plant, start);
    let (lane, granted) = (fleet.pace.lane(), fleet.pace.per_second * granted);
    let leader = plants::leader(options.plant);
    let mut store = Store::default();
    let mut verdict = Verdict::default();
    let mut pace = Pace::new(fleet.homes.len(), lane, &scenario);
    let mut lot = Rng::with_seed(options.seed);
    let mut restart_lot = Rng::with_seed(options.seed ^ 1);
    let (mut permits, mut failed, mut restarts) = (0.0_f64, 0_u64, 0_u64);
    let mut tasks: FuturesUnordered<BoxFuture<'_, Event>> = FuturesUnordered::new();
    tasks.push(Box::pin(tick(&fleet)));
    let waker = noop_waker();
    let mut context = Context::from_waker(&waker);
    loop {
        let event = match tasks.poll_next_unpin(&mut context) {
            Poll::Ready(Some(event)) => event,
            Poll::Ready(None) => break,
            Poll::Pending if fleet.clock.step() => continue,
            Poll::Pending => return Err("deadlock: all tasks wait and no timer is set".to_owned()),
        };
        let now = fleet.clock.monotonic();
        match event {
            Event::Checked { due, result } => {
                failed += u64::from(result.is_err());
                let is_blocked = result.as_ref().as_ref().is_err_and(Error::is_blocked);
                if is_blocked && !touched(&scenario.blocks, now, now + TICK, RECOVERY) {
                    verdict.break_law(Law::Firewall, || format!("the address is blocked at {now:?}"));
                }
                store.commit(decisions.observe(due, &result, fleet.clock.wall()));
            }
            Event::Tick if now >= end => break,
            Event::Tick => {
                tasks.push(Box::pin(tick(&fleet)));
                if restart_lot.u32(..3_600) == 0 {
                    restarts += 1;
                    if !decisions.restart(fleet.clock.wall())? {
                        verdict.break_law(Law::Restart, || format!("the state of {now:?} differs"));
                    }
                }
                permits = (permits + granted * TICK.as_secs_f64()).min(BURST);
                let picked = decisions.due(&mut permits, fleet.clock.wall());
                pace.tick(now, decisions.stretch(), &mut verdict);
                for due in picked.into_iter().filter(|due| !plants::drops(options.plant, due.home)) {
                    pace.check(now, due.home, u64::from(due.detail.calls()), &mut verdict);
                    let (Some(home), fleet, policy) = (fleet.homes.get(due.home), &fleet, &policy) else {
                        continue;
                    };
                    let Some(client) = fleet.clients.get(home.tenant) else { continue };
                    tasks.push(Box::pin(async move {
                        let full = due.detail == CheckDetail::Full;
                        let result = Box::new(check(client, &fleet.clock, home, full, policy).await);
                        Event::Checked { due, result }
                    }));
                }
                if now.as_secs().is_multiple_of(leader) {
                    store.commit(decisions.tick(fleet.clock.wall()));
                    store
                        .journal
                        .sources
                        .extend(decisions.sources().map(|(from, until, all)| ((from, all), until)));
                }
                store.send(now, &mut lot, options.plant == Some(Plant::LostMessage));
            }
        }
    }
    drop(tasks);
    let now = fleet.clock.monotonic();
    pace.end(now, &mut verdict);
    decisions.finish(&mut store.journal);
    let truths = truths(&fleet, start);
    let judged = fleet.simulator.verdict();
    if !judged.is_clean() {
        verdict.break_law(Law::Firewall, || judged.to_string());
    }
    let detected = judge_detection(&truths, &store.journal, &scenario, pace.worst_stretch, now, &mut verdict);
    let heard = judge_messages(&fleet.homes, &truths, &store.journal, &scenario, now, &mut verdict);
    let requests = fleet.simulator.request_count();
    Ok(Ran { verdict, pace, store, requests, failed, restarts, heard, detected })
}

async fn tick(fleet: &Fleet) -> Event {
    fleet.clock.sleep(TICK).await;
    Event::Tick
}

fn truths(fleet: &Fleet, start: DateTime<Utc>) -> Vec<Truth> {
    let since = |time: DateTime<Utc>| (time - start).to_std().unwrap_or_default();
    let of_home = |home: &crate::fleet::Home| {
        let outages = fleet.simulator.outages(&home.location).into_iter();
        Truth {
            tenant: home.tenant,
            outages: outages.map(|(from, until)| (since(from), since(until))).collect(),
        }
    };
    fleet.homes.iter().map(of_home).collect()
}
