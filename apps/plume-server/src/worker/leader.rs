//! The decisions about many homes, and the upkeep of the store.

use std::{collections::HashMap, time::Duration};

use plume::monitor::{
    groups::{GroupStep, HomeSignal, TenantGroups},
    ids::TenantId,
};
use tokio::sync::mpsc;

use crate::stop::Stopping;
use crate::store::{
    Pruned, Retention, StoreError, StoreErrorKind,
    model::{Decisions, RecordKind},
};
use crate::worker::run::Parts;

/// Time between two decisions.
const TICK: Duration = Duration::from_secs(5);
/// Time between two writes of a state without a decision.
const SAVE: Duration = Duration::from_secs(30);
/// Time between two rounds of upkeep.
const UPKEEP: Duration = Duration::from_secs(300);
/// Maximum number of waiting incidents in one transaction, and of transactions in one tick.
const WOKEN: (usize, usize) = (200, 25);
/// The name of the stored state of groups.
const GROUPS: &str = "groups";

/// The state of a tenant's groups.
#[derive(Debug)]
struct Groups {
    state: TenantGroups,
    /// The edition of the stored state.
    edition: u64,
    is_changed: bool,
}

/// Decides about groups, wakes incidents that wait, and summarizes and deletes history.
#[derive(Debug)]
pub struct Leader {
    parts: Parts,
    signals: mpsc::UnboundedReceiver<(TenantId, HomeSignal)>,
    groups: HashMap<TenantId, Groups>,
}

impl Leader {
    /// Creates the leader. `signals` are those of all workers.
    #[must_use]
    pub fn new(parts: Parts, signals: mpsc::UnboundedReceiver<(TenantId, HomeSignal)>) -> Self {
        Self { parts, signals, groups: HashMap::new() }
    }

    /// Takes over the homes of the store. Call it before the workers begin.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn load(&self) -> Result<(), StoreError> {
        let Parts { store, fleet, clock, announcer, .. } = &self.parts;
        let stored = store.schedules().await?;
        let mut repaired: HashMap<TenantId, Decisions> = HashMap::new();
        for due in fleet.load(stored, clock.wall()) {
            repaired.entry(due.tenant).or_default().rescheduled.push((due.home, due.schedule));
        }
        for (tenant, decisions) in repaired {
            store.decide(&tenant, decisions, announcer).await?;
        }
        Ok(())
    }

    /// Decides until the request to stop.
    pub async fn run(mut self, mut stopping: Stopping) {
        let clock = std::sync::Arc::clone(&self.parts.clock);
        let (mut saved, mut kept) = (clock.monotonic(), None);
        while !stopping.is_requested() {
            tokio::select! {
                () = clock.sleep(TICK) => {}
                () = stopping.requested() => break,
            }
            let is_late = clock.monotonic().saturating_sub(saved) >= SAVE;
            if is_late {
                saved = clock.monotonic();
            }
            let done = self.tick(is_late).await;
            self.report("decide", done);
            if kept.is_none_or(|kept| clock.monotonic().saturating_sub(kept) >= UPKEEP) {
                kept = Some(clock.monotonic());
                let done = self.upkeep(&stopping).await;
                self.report("summarize history", done);
            }
        }
        let done = self.save(true).await;
        self.report("save the state of groups", done);
    }

    fn report(&self, doing: &str, done: Result<(), StoreError>) {
        if let Err(error) = done {
            (self.parts.log)(&format!("failed to {doing}: {error}"));
        }
    }

    /// Decides once. `is_late` says whether states without a decision are written too.
    ///
    /// # Errors
    ///
    /// [`StoreError`]. The next call repeats what was not stored.
    pub async fn tick(&mut self, is_late: bool) -> Result<(), StoreError> {
        if is_late {
            self.load().await?;
        }
        while let Ok((tenant, signal)) = self.signals.try_recv() {
            let groups = self.groups(&tenant).await?;
            groups.state.observe(&signal);
            groups.is_changed = true;
        }
        self.save(is_late).await?;
        let Parts { store, clock, announcer, .. } = &self.parts;
        for _ in 0..WOKEN.1 {
            if store.wake(clock.wall(), WOKEN.0, announcer).await? < WOKEN.0 {
                break;
            }
        }
        Ok(())
    }

    /// Returns the state of a tenant's groups, from the store at first.
    async fn groups(&mut self, tenant: &TenantId) -> Result<&mut Groups, StoreError> {
        if !self.groups.contains_key(tenant) {
            let records = self.parts.store.records(tenant, RecordKind::State).await?;
            let stored = records.into_iter().find(|record| record.id == GROUPS);
            let edition = stored.as_ref().map_or(0, |record| record.edition);
            let state = stored.and_then(|record| serde_json::from_slice(&record.body).ok());
            let state = state.unwrap_or_else(|| TenantGroups::new(tenant.clone()));
            self.groups.insert(tenant.clone(), Groups { state, edition, is_changed: false });
        }
        self.groups
            .get_mut(tenant)
            .ok_or_else(|| StoreError::new(StoreErrorKind::Internal, "a state is missing"))
    }

    /// Decides about the groups of every tenant, and stores each decision with the state that made it.
    async fn save(&mut self, is_late: bool) -> Result<(), StoreError> {
        let Parts { store, fleet, clock, policies, announcer, .. } = &self.parts;
        let mut lost = Vec::new();
        for (tenant, groups) in &mut self.groups {
            let mut state = groups.state.clone();
            let GroupStep { incidents, links, pulls, .. } = state.tick(&policies.groups, clock.wall());
            let mut decisions = Decisions { changes: incidents, links, ..Decisions::default() };
            for pull in pulls {
                decisions.rescheduled.extend(fleet.pull_forward(&pull.group, pull.homes, clock.wall()));
            }
            let is_decision = !(decisions.changes.is_empty()
                && decisions.links.is_empty()
                && decisions.rescheduled.is_empty());
            groups.is_changed |= state != groups.state;
            if is_decision || is_late && groups.is_changed {
                let body = serde_json::to_vec(&state).unwrap_or_default();
                decisions.states = vec![(GROUPS.to_owned(), groups.edition, body)];
                match store.decide(tenant, decisions, announcer).await {
                    Ok(()) => {
                        *groups =
                            Groups { state, edition: groups.edition.saturating_add(1), is_changed: false };
                    }
                    // Another leader decided; its state counts.
                    Err(error) if error.kind() == StoreErrorKind::Conflict => lost.push(tenant.clone()),
                    Err(error) => return Err(error),
                }
            } else {
                groups.state = state;
            }
        }
        for tenant in lost {
            self.groups.remove(&tenant);
        }
        Ok(())
    }

    /// Summarizes and deletes history, slice by slice.
    async fn upkeep(&self, stopping: &Stopping) -> Result<(), StoreError> {
        let Parts { store, clock, .. } = &self.parts;
        store.summarize(clock.wall()).await?;
        while !stopping.is_requested()
            && store.prune(clock.wall(), Retention::default()).await? == Pruned::More
        {}
        Ok(())
    }
}
