//! The decisions about many homes, and the upkeep of the store.

mod space;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use plume::monitor::{
    groups::{GroupStep, TenantGroups},
    ids::{ChannelId, TenantId},
    incident::IncidentChange,
    monitor::{OPERATOR, incident_change},
    notify::{Digest, difference, next_digest},
    source::SourceChange,
};
use tokio::sync::mpsc;

use crate::metrics::Part;
use crate::stop::Stopping;
use crate::store::{
    Pruned, Retention, StoreError, StoreErrorKind,
    model::{Decisions, IncidentQuery, Record, RecordKind, Tenant},
};
use crate::worker::messages::{Letter, letter};
use crate::worker::run::{Parts, Signal};
use crate::worker::uptime::{count, interval};

/// Time between two decisions.
const TICK: Duration = Duration::from_secs(5);
/// Time between two reads of homes and windows, and between two writes of a state without a decision.
const SAVE: Duration = Duration::from_secs(30);
/// Time between two rounds of upkeep.
const UPKEEP: Duration = Duration::from_secs(300);
/// Maximum number of waiting incidents in one transaction, and of transactions in one tick.
const WOKEN: (usize, usize) = (200, 25);
/// Maximum number of incidents that one digest of a tenant reads.
const DIGESTED: usize = 10_000;
/// The names of the stored states.
const GROUPS: &str = "groups";
const SOURCES: &str = "sources";

/// The state of a tenant's groups.
#[derive(Debug)]
struct Groups {
    state: TenantGroups,
    /// The edition of the stored state.
    edition: u64,
    is_changed: bool,
}

/// Decides about groups and sources, wakes incidents that wait, writes digests, and keeps history small.
#[derive(Debug)]
pub struct Leader {
    parts: Parts,
    signals: mpsc::UnboundedReceiver<Signal>,
    groups: HashMap<TenantId, Groups>,
    /// The edition of the stored problems of sources.
    sources: u64,
    /// Changes of sources that are not stored yet.
    changes: Vec<SourceChange>,
    next_digest: DateTime<Utc>,
    /// The last count of uptime, on the monotonic clock.
    counted: Option<Duration>,
}

impl Leader {
    /// Creates the leader. `signals` are those of all workers.
    #[must_use]
    pub fn new(parts: Parts, signals: mpsc::UnboundedReceiver<Signal>) -> Self {
        let next_digest = next_digest(&parts.policies.monitor.notify, parts.clock.wall());
        let (groups, changes) = (HashMap::new(), Vec::new());
        Self { parts, signals, groups, sources: 0, changes, next_digest, counted: None }
    }

    /// Takes over homes, windows and problems of sources of the store. Call it before the workers begin.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn begin(&mut self) -> Result<(), StoreError> {
        let (store, operator) = (Arc::clone(&self.parts.store), TenantId::new(OPERATOR));
        if !store.tenants().await?.iter().any(|tenant| tenant.id == operator) {
            store.put_tenant(Tenant { id: operator.clone(), name: "Operator".to_owned() }).await?;
        }
        if let Some(Record { edition, body, .. }) = self.stored_sources().await? {
            self.sources = edition;
            self.parts.fleet.set_sources(serde_json::from_slice(&body).unwrap_or_default());
        }
        self.load().await
    }

    /// Returns the stored problems of sources.
    async fn stored_sources(&self) -> Result<Option<Record>, StoreError> {
        let records = self.parts.store.records(&TenantId::new(OPERATOR), RecordKind::State).await?;
        Ok(records.into_iter().find(|record| record.id == SOURCES))
    }

    /// Takes over what people have changed: homes and windows.
    async fn load(&self) -> Result<(), StoreError> {
        let Parts { store, fleet, clock, .. } = &self.parts;
        let stored = store.enrolled().await?;
        let mut repaired: HashMap<TenantId, Decisions> = HashMap::new();
        for due in fleet.load(stored, clock.wall()) {
            repaired.entry(due.tenant).or_default().rescheduled.push((due.home, due.schedule));
        }
        for (tenant, decisions) in repaired {
            self.decide(&tenant, decisions).await?;
        }
        for tenant in store.tenants().await? {
            let records = store.records(&tenant.id, RecordKind::Window).await?;
            // A document that cannot be read is that of a newer version.
            let windows = records.iter().filter_map(|record| serde_json::from_slice(&record.body).ok());
            fleet.set_windows(tenant.id, windows.collect());
        }
        Ok(())
    }

    async fn decide(&self, tenant: &TenantId, decisions: Decisions) -> Result<(), StoreError> {
        self.parts.store.decide(tenant, decisions, &self.parts.announcer()).await
    }

    /// Decides until the request to stop.
    pub async fn run(mut self, mut stopping: Stopping) {
        let clock = Arc::clone(&self.parts.clock);
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
            self.parts.meters.turn(Part::Leader);
            let done = self.tick(is_late).await;
            self.report("decide", done);
            if kept.is_none_or(|kept| clock.monotonic().saturating_sub(kept) >= UPKEEP) {
                kept = Some(clock.monotonic());
                let done = self.upkeep(&stopping).await;
                self.report("summarize history", done);
                let done = self.count(&stopping).await;
                self.report("count uptime", done);
            }
        }
        // Also what the last checks have found.
        let done = self.tick(true).await;
        self.report("save the states of groups", done);
    }

    fn report(&self, doing: &str, done: Result<(), StoreError>) {
        if let Err(error) = done {
            self.parts.trouble.failed(doing, &error, false, self.parts.clock.monotonic());
        }
    }

    /// Decides once. `is_late` says whether homes and windows are read and states without a decision are written too.
    ///
    /// # Errors
    ///
    /// [`StoreError`]. The next call repeats what was not stored.
    pub async fn tick(&mut self, is_late: bool) -> Result<(), StoreError> {
        if is_late {
            self.load().await?;
        }
        while let Ok(signal) = self.signals.try_recv() {
            match signal {
                Signal::Home(tenant, signal) => {
                    let groups = self.groups(&tenant).await?;
                    groups.state.observe(&signal);
                    groups.is_changed = true;
                }
                Signal::Source(change) => self.changes.push(change),
            }
        }
        self.decide_sources().await?;
        self.decide_groups(is_late).await?;
        let (Parts { store, clock, .. }, announcer) = (&self.parts, self.parts.announcer());
        for _ in 0..WOKEN.1 {
            if store.wake(clock.wall(), WOKEN.0, &announcer).await? < WOKEN.0 {
                break;
            }
        }
        if is_late {
            self.decide_space().await?;
        }
        self.digest().await
    }

    /// Stores the incidents of sources that began or ended.
    async fn decide_sources(&mut self) -> Result<(), StoreError> {
        if self.changes.is_empty() {
            return Ok(());
        }
        let mut by_tenant: BTreeMap<TenantId, Vec<IncidentChange>> = BTreeMap::new();
        for change in &self.changes {
            let (tenant, change) = incident_change(change);
            by_tenant.entry(tenant).or_default().push(change);
        }
        // Those of tenants first: with the state of the operator, the changes are done.
        let operator = TenantId::new(OPERATOR);
        let own = by_tenant.remove(&operator).unwrap_or_default();
        for (tenant, changes) in by_tenant {
            self.decide(&tenant, Decisions { changes, ..Decisions::default() }).await?;
        }
        let body = serde_json::to_vec(&self.parts.fleet.sources()).unwrap_or_default();
        let states = vec![(SOURCES.to_owned(), self.sources, body)];
        match self.decide(&operator, Decisions { states, changes: own, ..Decisions::default() }).await {
            // Another leader decided, or this one did and the store lost its response. The next tick decides on what is stored.
            Err(error) if error.kind() == StoreErrorKind::Conflict => {
                self.sources = self.stored_sources().await?.map_or(0, |record| record.edition);
                return Ok(());
            }
            decided => decided?,
        }
        self.sources = self.sources.saturating_add(1);
        self.changes.clear();
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
    async fn decide_groups(&mut self, is_late: bool) -> Result<(), StoreError> {
        let Parts { store, fleet, clock, policies, .. } = &self.parts;
        let announcer = self.parts.announcer();
        let mut lost = Vec::new();
        for (tenant, groups) in &mut self.groups {
            let mut state = groups.state.clone();
            let GroupStep { incidents, links, pulls, .. } =
                state.tick(&policies.monitor.groups, clock.wall());
            let mut decisions = Decisions { changes: incidents, links, ..Decisions::default() };
            for pull in pulls {
                decisions.rescheduled.extend(fleet.pull_forward(
                    tenant,
                    &pull.group,
                    pull.homes,
                    clock.wall(),
                ));
            }
            let is_decision = !(decisions.changes.is_empty()
                && decisions.links.is_empty()
                && decisions.rescheduled.is_empty());
            groups.is_changed |= state != groups.state;
            if is_decision || is_late && groups.is_changed {
                let body = serde_json::to_vec(&state).unwrap_or_default();
                decisions.states = vec![(GROUPS.to_owned(), groups.edition, body)];
                match store.decide(tenant, decisions, &announcer).await {
                    Ok(()) => {
                        let edition = groups.edition.saturating_add(1);
                        *groups = Groups { state, edition, is_changed: false };
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

    /// Writes the digests of all tenants once a day.
    async fn digest(&mut self) -> Result<(), StoreError> {
        let Parts { store, clock, policies, .. } = &self.parts;
        let now = clock.wall();
        if now < self.next_digest {
            return Ok(());
        }
        for tenant in store.tenants().await? {
            let query = IncidentQuery { for_digest: true, limit: DIGESTED, ..IncidentQuery::default() };
            let mut digests: BTreeMap<Vec<ChannelId>, Digest> = BTreeMap::new();
            let mut edited = store.incidents(&tenant.id, query).await?;
            for filed in &mut edited {
                let Some(kind) = difference(&filed.incident) else { continue };
                let channels = self.parts.notifier.channels(&filed.incident);
                let new = || Digest::new(tenant.id.clone(), channels.clone(), self.next_digest);
                digests.entry(channels.clone()).or_insert_with(new).add(&mut filed.incident, kind);
            }
            let letters = digests.into_values().map(|digest| Letter::Digest { digest });
            let outbox = letters.flat_map(|digest| letter(&digest)).collect();
            self.decide(&tenant.id, Decisions { edited, outbox, ..Decisions::default() }).await?;
        }
        self.next_digest = next_digest(&policies.monitor.notify, now);
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

    /// Counts the time of all homes by class, if a count is due.
    async fn count(&mut self, stopping: &Stopping) -> Result<(), StoreError> {
        let (Parts { fleet, clock, .. }, now) = (&self.parts, self.parts.clock.monotonic());
        let homes = fleet.status(clock.wall()).homes;
        if self.counted.is_some_and(|counted| now.saturating_sub(counted) < interval(homes)) {
            return Ok(());
        }
        count(&self.parts, stopping).await?;
        self.counted = Some(now);
        Ok(())
    }
}
