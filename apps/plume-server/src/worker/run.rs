//! The loop of the worker.

use std::{collections::HashSet, fmt, sync::Arc, time::Duration};

use plume::{
    monitor::{
        budget::Check,
        groups::HomeSignal,
        home::{HomeStep, SampleOutcome},
        ids::{HomeId, TenantId},
        source::{SourceChange, SourceCheck},
    },
    runtime::Clock,
};
use tokio::{sync::mpsc, task::JoinSet};

use crate::metrics::{Meters, Part};
use crate::stop::Stopping;
use crate::store::{
    Store, StoreError,
    model::{Announcer, CheckResult, Claim, Committed, Decisions, IncidentQuery},
};
use crate::suspended::Suspended;
use crate::worker::check::{Clients, LIMIT, check};
use crate::worker::fleet::Fleet;
use crate::worker::judge::{judge, strays};
use crate::worker::messages::Notifier;
use crate::worker::policy::Policies;
use crate::worker::trouble::Trouble;

/// Time between two picks.
const TICK: Duration = Duration::from_millis(250);
/// Maximum number of checks at the same time. More wait for the call limit at the cost of memory only.
const AT_ONCE: usize = 64;
/// Time for the calls of a check and its commit.
const LEASE: Duration = Duration::from_secs(60);
/// Unused permits are kept for this time, so that a pause of the worker costs no check.
const SAVED: f64 = 2.0;
/// Maximum number of open incidents of one home that are read.
const OPEN: usize = 20;
/// Times between attempts of a commit.
const RETRY: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5)];

// Otherwise a home is checked again while the result of a slow check is on its way, and that result is refused.
const _: () = assert!(
    LIMIT.as_millis() + RETRY[0].as_millis() + RETRY[1].as_millis() + RETRY[2].as_millis() + 5_000
        < LEASE.as_millis()
);

/// The parts of a worker and of the leader.
#[derive(Clone)]
pub struct Parts {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The policies.
    pub policies: Arc<Policies>,
    /// The homes in memory.
    pub fleet: Arc<Fleet>,
    /// The decisions about messages.
    pub notifier: Arc<Notifier>,
    /// The failures of the store.
    pub trouble: Arc<Trouble>,
    /// The counters.
    pub meters: Meters,
    /// The suspended tenants, whose checks end at once.
    pub suspended: Suspended,
}

impl Parts {
    /// Returns the decisions about messages for the store.
    pub(super) fn announcer(&self) -> Arc<dyn Announcer> {
        Arc::clone(&self.notifier) as Arc<dyn Announcer>
    }

    /// Records whether some work with the store succeeded.
    pub(super) fn report(&self, doing: &str, done: Result<(), StoreError>) {
        let now = self.clock.monotonic();
        match done {
            Ok(()) => self.trouble.succeeded(doing, now),
            Err(error) => self.trouble.failed(doing, &error, false, now),
        }
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("policies", &self.policies).finish_non_exhaustive()
    }
}

/// News of a worker for the leader.
#[derive(Debug)]
#[non_exhaustive]
pub enum Signal {
    /// The condition of a checked home.
    Home(TenantId, HomeSignal),
    /// A problem of a source began or ended.
    Source(SourceChange),
}

/// Checks homes.
#[derive(Debug, Clone)]
pub struct Worker {
    parts: Parts,
    clients: Clients,
    signals: mpsc::UnboundedSender<Signal>,
}

impl Worker {
    /// Creates a worker. `signals` is received by the leader.
    #[must_use]
    pub fn new(parts: Parts, clients: Clients, signals: mpsc::UnboundedSender<Signal>) -> Self {
        Self { parts, clients, signals }
    }

    /// Checks homes until the request to stop, and lets running checks end.
    pub async fn run(&self, mut stopping: Stopping) {
        let Parts { clock, fleet, policies, .. } = &self.parts;
        let rate = policies.monitor.budget.checks_per_second();
        let (mut permits, mut last) = (0.0, clock.monotonic());
        let mut running = JoinSet::new();
        while !stopping.is_requested() {
            self.parts.meters.turn(Part::Worker);
            tokio::select! {
                () = clock.sleep(TICK) => {}
                () = stopping.requested() => break,
                Some(ended) = running.join_next() => {
                    if let Err(error) = ended {
                        // The claim of its home ends with its lease.
                        tracing::error!("a check ended: {error}");
                    }
                    continue;
                }
            }
            let now = clock.monotonic();
            permits = (permits + rate * now.saturating_sub(last).as_secs_f64()).min((rate * SAVED).max(1.0));
            last = now;
            if running.len() >= AT_ONCE || permits < 1.0 {
                continue;
            }
            let whole = whole(permits);
            let picked = fleet.pick(whole, clock.wall());
            let Some(claimed) = self.claim(picked).await else {
                // Permits are not saved for a store that comes back.
                permits = 0.0;
                continue;
            };
            // What was not claimed is left for others. The queue takes what is beyond the permits from the next pick.
            let used: u32 = claimed.iter().map(|(_, check)| check.detail.calls()).sum();
            permits -= f64::from(used.min(whole));
            for (claim, check) in claimed {
                let worker = self.clone();
                running.spawn(async move { Box::pin(worker.one(claim, check)).await });
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Makes the checks of a number of calls, and waits for their results.
    pub async fn turn(&self, permits: u32) {
        let picked = self.parts.fleet.pick(permits, self.parts.clock.wall());
        let mut running = JoinSet::new();
        for (claim, check) in self.claim(picked).await.unwrap_or_default() {
            let worker = self.clone();
            running.spawn(async move { Box::pin(worker.one(claim, check)).await });
        }
        while running.join_next().await.is_some() {}
    }

    /// Claims homes. Returns those that are claimed, or `None` if the store fails.
    async fn claim(&self, picked: Vec<Check>) -> Option<Vec<(Claim, Check)>> {
        if picked.is_empty() {
            return Some(Vec::new());
        }
        let due: Vec<_> = picked.iter().filter_map(|check| self.parts.fleet.due(check)).collect();
        match self.parts.store.claim(&due, LEASE).await {
            Ok(claims) => {
                self.parts.trouble.succeeded("claim homes", self.parts.clock.monotonic());
                let claimed: HashSet<&HomeId> = claims.iter().map(|claim| &claim.home).collect();
                let lost = due.iter().filter(|due| !claimed.contains(&due.home));
                // A suspended tenant has no claims.
                lost.filter(|due| !self.parts.suspended.has(&due.tenant))
                    .for_each(|due| self.parts.fleet.lose(&due.home));
                let of_claim = |claim: Claim| {
                    let check = picked.iter().find(|check| check.home == claim.home)?;
                    Some((claim, check.clone()))
                };
                Some(claims.into_iter().filter_map(of_claim).collect())
            }
            Err(error) => {
                // The queue gives the homes out again after its lease.
                self.parts.trouble.failed("claim homes", &error, false, self.parts.clock.monotonic());
                None
            }
        }
    }

    /// Makes one check and commits its result.
    async fn one(&self, claim: Claim, picked: Check) {
        let Parts { store, clock, fleet, policies, meters, suspended, .. } = &self.parts;
        let checked = tokio::select! {
            checked = check(&self.clients, &claim, picked.detail, &policies.health, clock.as_ref()) => checked,
            () = suspended.when(&claim.tenant) => {
                // The lease ends the claim if the store does not.
                let _ = store.release(&claim).await;
                return;
            }
        };
        let failure = match checked.sample.outcome {
            SampleOutcome::Failed(failure) => Some(failure),
            _ => None,
        };
        meters.check(failure, Duration::from_millis(checked.point.took_ms.into()));
        // A refused credential is trouble of its owner, and of all tenants that use it.
        let owner = self.clients.owner(&claim.tenant);
        let source = SourceCheck::new(owner.clone(), claim.home.clone(), clock.wall(), failure);
        for change in fleet.observe_source(&source) {
            // The receiver is gone when the program ends.
            let _ = self.signals.send(Signal::Source(change));
        }
        if let Some(failure) = &checked.failure {
            tracing::debug!(tenant = %claim.tenant, home = %claim.home, "check failed: {failure}");
        }
        let has_data = failure.is_none();
        let context = fleet.context(&claim, &owner, clock.wall());
        let (result, step) = judge(&claim, checked, policies, context, clock.wall());
        let traits = merged(&claim, &result);
        let schedule = result.schedule;
        let changes: Vec<_> =
            result.transitions.iter().map(|logged| (logged.transition, logged.headline.clone())).collect();
        let committed = self.commit(result).await;
        match &committed {
            Ok(_) => self.parts.trouble.succeeded("commit a check", clock.monotonic()),
            Err(error) => self.parts.trouble.failed("commit a check", error, true, clock.monotonic()),
        }
        match committed {
            Ok(Committed::Done) => {
                for (change, why) in &changes {
                    let (from, to) = (change.from, change.to);
                    tracing::info!(tenant = %claim.tenant, home = %claim.home, %from, %to, why, "status changed");
                }
                if !step.transitions.is_empty() {
                    let done = self.close_strays(&claim, &step).await;
                    self.parts.report("close an incident", done);
                }
                fleet.finish(&claim.tenant, &claim.home, schedule, &traits, has_data, clock.wall());
                let signal = HomeSignal::of_step(&step, fleet.groups(&claim.home), clock.wall());
                let _ = self.signals.send(Signal::Home(claim.tenant, signal));
                meters.stored(&step.transitions);
            }
            Ok(Committed::Taken) => {
                fleet.lose(&claim.home);
                meters.superseded();
            }
            Err(_) => meters.lost(),
        }
    }

    /// Closes the open incidents of a home that its state has lost.
    async fn close_strays(&self, claim: &Claim, step: &HomeStep) -> Result<(), StoreError> {
        let Parts { store, clock, .. } = &self.parts;
        let query = IncidentQuery {
            home: Some(claim.home.clone()),
            is_open: true,
            limit: OPEN,
            ..IncidentQuery::default()
        };
        let open = store.incidents(&claim.tenant, query).await?;
        let edited = strays(open, step, clock.wall());
        if edited.is_empty() {
            return Ok(());
        }
        let decisions = Decisions { edited, ..Decisions::default() };
        store.decide(&claim.tenant, decisions, &self.parts.announcer()).await
    }

    /// Commits, and repeats what the store may do a moment later.
    async fn commit(&self, result: CheckResult) -> Result<Committed, StoreError> {
        let Parts { store, clock, .. } = &self.parts;
        let announcer = self.parts.announcer();
        let mut committed = store.commit(result.clone(), &announcer).await;
        for wait in RETRY {
            if committed.is_ok() {
                break;
            }
            clock.sleep(wait).await;
            committed = store.commit(result.clone(), &announcer).await;
        }
        committed
    }
}

/// The groups after the check: what it saw, and the region that people chose.
fn merged(claim: &Claim, result: &CheckResult) -> crate::store::model::Traits {
    match &result.traits {
        Some(seen) => crate::store::model::Traits {
            region: seen.region.clone().or_else(|| claim.traits.region.clone()),
            ..seen.clone()
        },
        None => claim.traits.clone(),
    }
}

fn whole(permits: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and twice the rate"
    )]
    let whole = permits as u32;
    whole
}
