//! The decisions about many homes.

mod again;
mod digest;
mod lost;
mod pending;
mod space;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use plume::monitor::{
    groups::{GroupStep, HomeSignal, TenantGroups},
    ids::{HomeId, TenantId},
    incident::IncidentChange,
    monitor::{OPERATOR, incident_change},
    source::{SourceChange, SourceEvent},
};
use tokio::sync::mpsc;

use crate::metrics::Part;
use crate::stop::Stopping;
use crate::store::{
    StoreError, StoreErrorKind,
    model::{Decisions, Record, RecordKind, Tenant},
};
use crate::worker::check::Clients;
use crate::worker::fleet::Loaded;
use crate::worker::keeper::Agreement;
use crate::worker::leader::pending::Digests;
use crate::worker::run::{Parts, Signal};

/// Time between two decisions.
const TICK: Duration = Duration::from_secs(5);
/// Time between two reads of homes and windows, and between two writes of a state without a decision.
const SAVE: Duration = Duration::from_secs(30);
/// Maximum number of waiting incidents in one transaction, and of transactions in one tick.
const WOKEN: (usize, usize) = (200, 25);
/// The number of schedules that are written at once.
const SLICE: usize = 200;
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

/// Decides about groups and sources, wakes incidents that wait, and writes digests.
#[derive(Debug)]
pub struct Leader {
    parts: Parts,
    signals: mpsc::UnboundedReceiver<Signal>,
    groups: HashMap<TenantId, Groups>,
    /// The edition of the stored problems of sources.
    sources: u64,
    /// Signals whose tenant could not be read.
    waiting: Vec<(TenantId, HomeSignal)>,
    /// Removed homes that are still in the groups of their tenant.
    gone: Vec<(TenantId, HomeId)>,
    /// Changes of sources that are not stored yet.
    changes: Vec<SourceChange>,
    /// Tenants whose incidents are decided about again.
    again: BTreeSet<TenantId>,
    agreement: Agreement,
    is_set_back: bool,
    digests: Digests,
    clients: Clients,
}

impl Leader {
    /// Creates the leader. `clients` and `signals` are those of all workers.
    #[must_use]
    pub fn new(parts: Parts, clients: Clients, signals: mpsc::UnboundedReceiver<Signal>) -> Self {
        let digests = Digests::new(&parts.policies.monitor.notify, parts.clock.wall());
        let agreement = Agreement::new(parts.clock.as_ref());
        Self {
            parts,
            signals,
            groups: HashMap::new(),
            sources: 0,
            waiting: Vec::new(),
            gone: Vec::new(),
            changes: Vec::new(),
            again: BTreeSet::new(),
            agreement,
            is_set_back: false,
            digests,
            clients,
        }
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
        if let Some(Record { edition, body, .. }) = self.stored(SOURCES).await? {
            self.sources = edition;
            match serde_json::from_slice(&body) {
                Ok(sources) => self.parts.fleet.set_sources(sources),
                Err(_) => self.close_lost_sources().await?,
            }
        }
        self.read_digests().await?;
        self.load().await?;
        for tenant in store.tenants().await? {
            // A fleet incident ends also if no home of its tenant is checked any more.
            self.groups(&tenant.id).await?;
            // Windows and quiet hours may have changed meanwhile, and first checks are noted.
            self.again.insert(tenant.id);
        }
        Ok(())
    }

    /// Returns a stored state that is not of one tenant.
    async fn stored(&self, name: &str) -> Result<Option<Record>, StoreError> {
        self.parts.store.record(&TenantId::new(OPERATOR), RecordKind::State, name).await
    }

    /// Takes over what people have changed: homes and windows.
    async fn load(&mut self) -> Result<(), StoreError> {
        let Parts { store, fleet, clock, suspended, .. } = &self.parts;
        let stored = store.enrolled().await?;
        let Loaded { repaired: due, gone, rerouted } = fleet.load(stored, &suspended.all(), clock.wall());
        self.gone.extend(gone);
        self.again.extend(rerouted);
        // Those whose tenant cannot be read stay for the next time.
        while let Some((tenant, home)) = self.gone.last().cloned() {
            let groups = self.groups(&tenant).await?;
            groups.state.remove(&home);
            groups.is_changed = true;
            self.gone.pop();
        }
        let owner = |tenant: &TenantId| self.clients.owner(tenant);
        self.changes.extend(self.parts.fleet.forget_credentials(owner, self.parts.clock.wall()));
        let mut repaired: HashMap<TenantId, Decisions> = HashMap::new();
        for due in due {
            repaired.entry(due.tenant).or_default().rescheduled.push((due.home, due.schedule));
        }
        for (tenant, decisions) in repaired {
            self.decide(&tenant, decisions).await?;
        }
        let Parts { store, fleet, .. } = &self.parts;
        for tenant in store.tenants().await? {
            let records = store.records(&tenant.id, RecordKind::Window).await?;
            // A document that cannot be read is that of a newer version.
            let windows = records.iter().filter_map(|record| serde_json::from_slice(&record.body).ok());
            if fleet.set_windows(tenant.id.clone(), windows.collect()) {
                self.again.insert(tenant.id);
            }
        }
        for (tenant, rescheduled) in fleet.end_maintenance(self.parts.clock.wall()) {
            for slice in rescheduled.chunks(SLICE) {
                let decisions = Decisions { rescheduled: slice.to_vec(), ..Decisions::default() };
                self.decide(&tenant, decisions).await?;
            }
        }
        Ok(())
    }

    async fn decide(&self, tenant: &TenantId, decisions: Decisions) -> Result<(), StoreError> {
        self.parts.store.decide(tenant, decisions, &self.parts.announcer()).await
    }

    /// Decides until the request to stop.
    pub async fn run(mut self, mut stopping: Stopping) {
        let clock = Arc::clone(&self.parts.clock);
        let mut saved = clock.monotonic();
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
            self.parts.report("decide", done);
        }
        // Also what the last checks have found.
        let done = self.tick(true).await;
        self.parts.report("save the states of groups", done);
    }

    /// Decides once. `is_late` says whether homes and windows are read and states without a decision are written too.
    ///
    /// # Errors
    ///
    /// [`StoreError`]. The next call repeats what was not stored.
    pub async fn tick(&mut self, is_late: bool) -> Result<(), StoreError> {
        let loaded = if is_late { self.load().await } else { Ok(()) };
        let received = self.receive().await;
        // A failure of one step stops no other.
        let mut done = loaded.and(received).and(self.decide_again().await);
        done = done.and(self.decide_sources().await);
        done = done.and(self.decide_groups(is_late).await);
        done = done.and(self.wake().await);
        if is_late {
            done = done.and(self.decide_space().await);
        }
        done = done.and(self.summaries().await);
        done.and(self.digest().await)
    }

    /// Takes over what the workers have found. What cannot be taken over now is kept for the next tick.
    async fn receive(&mut self) -> Result<(), StoreError> {
        while let Ok(signal) = self.signals.try_recv() {
            match signal {
                Signal::Home(tenant, signal) => self.waiting.push((tenant, signal)),
                Signal::Source(change) => self.changes.push(change),
            }
        }
        let (mut done, mut failed) = (Ok(()), BTreeSet::new());
        for (tenant, signal) in std::mem::take(&mut self.waiting) {
            // The last check of a home may end after its removal.
            if !self.parts.fleet.has(&tenant, &signal.home) {
                continue;
            }
            let groups = match failed.contains(&tenant) {
                true => None,
                false => match self.groups(&tenant).await {
                    Ok(groups) => Some(groups),
                    Err(error) => {
                        failed.insert(tenant.clone());
                        done = Err(error);
                        None
                    }
                },
            };
            match groups {
                Some(groups) => {
                    groups.state.observe(&signal);
                    groups.is_changed = true;
                }
                None => self.waiting.push((tenant, signal)),
            }
        }
        done
    }

    /// Decides about the incidents whose time has come.
    async fn wake(&self) -> Result<(), StoreError> {
        let (Parts { store, clock, .. }, announcer) = (&self.parts, self.parts.announcer());
        for _ in 0..WOKEN.1 {
            if store.wake(clock.wall(), WOKEN.0, &announcer).await? < WOKEN.0 {
                break;
            }
        }
        Ok(())
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
                self.sources = self.stored(SOURCES).await?.map_or(0, |record| record.edition);
                return Ok(());
            }
            decided => decided?,
        }
        self.sources = self.sources.saturating_add(1);
        for change in std::mem::take(&mut self.changes) {
            let (tenant, IncidentChange { situation, .. }) = incident_change(&change);
            match situation {
                Some(situation) => tracing::warn!(%tenant, "{}", situation.root.message),
                None if change.event == SourceEvent::Gone => {
                    tracing::info!(%tenant, "no home is affected by the trouble any more: {}", change.problem);
                }
                None => tracing::info!(%tenant, "the trouble with the cloud is over: {}", change.problem),
            }
        }
        Ok(())
    }

    /// Returns the state of a tenant's groups, from the store at first.
    async fn groups(&mut self, tenant: &TenantId) -> Result<&mut Groups, StoreError> {
        if !self.groups.contains_key(tenant) {
            let stored = self.parts.store.record(tenant, RecordKind::State, GROUPS).await?;
            let edition = stored.as_ref().map_or(0, |record| record.edition);
            let read = stored.map(|record| serde_json::from_slice(&record.body));
            if matches!(read, Some(Err(_))) {
                self.close_lost_groups(tenant).await?;
            }
            let mut state = read.and_then(Result::ok).unwrap_or_else(|| TenantGroups::new(tenant.clone()));
            // Homes that were removed while no leader ran.
            state.retain(|home| self.parts.fleet.has(tenant, home));
            self.parts.fleet.set_replaced(tenant, state.replaced());
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
        let (mut lost, mut done) = (Vec::new(), Ok(()));
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
                // The messages about fleet incidents go to the routes of these homes, too.
                fleet.set_replaced(tenant, state.replaced());
                let body = serde_json::to_vec(&state).unwrap_or_default();
                decisions.states = vec![(GROUPS.to_owned(), groups.edition, body)];
                match store.decide(tenant, decisions, &announcer).await {
                    Ok(()) => {
                        let edition = groups.edition.saturating_add(1);
                        *groups = Groups { state, edition, is_changed: false };
                    }
                    // Another leader decided; its state counts.
                    Err(error) if error.kind() == StoreErrorKind::Conflict => lost.push(tenant.clone()),
                    // The next tick repeats it, also the events of the state.
                    Err(error) => done = Err(error),
                }
            } else {
                groups.state = state;
            }
        }
        for tenant in lost {
            self.groups.remove(&tenant);
            done = done.and(self.groups(&tenant).await.map(drop));
        }
        done
    }
}
