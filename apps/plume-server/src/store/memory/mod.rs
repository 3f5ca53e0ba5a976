//! The store in memory, for tests. It is the model that the promises of a store are compared with, so it is simple and slow:
//! an operation works on a copy of everything, which replaces the original if it succeeds.

mod access;
mod checks;
mod decisions;
mod figures;
mod history;
mod homes;
mod incidents;
mod outbox;
mod records;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use plume::{
    monitor::{
        ids::{HomeId, IncidentId, TenantId},
        schedule::HomeSchedule,
    },
    runtime::Clock,
};
use tokio::sync::watch;

use crate::access::audit::{AuditRow, Chain, Mac};
use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::model::{
    Change, ChangeKind, Delivery, Filed, GroupUptime, Logged, NewHome, Outgoing, Pass, PassKind, Point,
    Record, RecordKind, Summary, Traits, Uptime, Verdict,
};

/// A store in memory. Clones share it.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Clone, Default)]
struct State {
    tenants: BTreeMap<TenantId, String>,
    homes: BTreeMap<HomeId, Stored>,
    incidents: BTreeMap<(TenantId, IncidentId), Kept>,
    outbox: Vec<Waiting>,
    deliveries: Vec<(TenantId, Delivery)>,
    records: BTreeMap<(TenantId, &'static str, String), Record>,
    changes: Vec<(TenantId, Change)>,
    passes: BTreeMap<(PassKind, String), Pass>,
    suspended: BTreeSet<TenantId>,
    chain: Option<Chain>,
    audit: Vec<(AuditRow, Mac)>,
    seq: u64,
    /// The counted times of homes and their time of the count.
    uptimes: BTreeMap<HomeId, (DateTime<Utc>, [Uptime; 4])>,
    group_uptimes: BTreeMap<TenantId, Vec<GroupUptime>>,
    /// The first hour that is not summarized.
    summarized: Option<DateTime<Utc>>,
}

/// A home with its history.
#[derive(Debug, Clone)]
struct Stored {
    new: NewHome,
    traits: Traits,
    verdict: Verdict,
    checked: Option<DateTime<Utc>>,
    data: Option<DateTime<Utc>>,
    schedule: HomeSchedule,
    fence: i64,
    /// On the monotonic clock.
    leased_until: Option<Duration>,
    state: Option<Vec<u8>>,
    points: Vec<Point>,
    hours: BTreeMap<DateTime<Utc>, Summary>,
    days: BTreeMap<DateTime<Utc>, Summary>,
    transitions: Vec<Logged>,
}

/// An incident with what its announcer decided.
#[derive(Debug, Clone)]
struct Kept {
    filed: Filed,
    wake: Option<DateTime<Utc>>,
    for_digest: bool,
}

/// A row of the outbox. Its number is its place, counted from 1.
#[derive(Debug, Clone)]
struct Waiting {
    tenant: TenantId,
    message: Outgoing,
    stored: DateTime<Utc>,
    alive_since: DateTime<Utc>,
    due: Option<DateTime<Utc>>,
    is_dead: bool,
    attempts: u32,
    fence: i64,
    leased_until: Option<Duration>,
    is_uncertain: bool,
    replaced: u32,
}

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { state: Arc::default(), clock, changed: watch::Sender::new(0) }
    }

    fn read<T>(&self, work: impl FnOnce(&State) -> T) -> T {
        work(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut copy = state.clone();
        let done = work(&mut copy)?;
        if copy.seq != state.seq {
            self.changed.send_replace(copy.seq);
        }
        *state = copy;
        Ok(done)
    }
}

impl State {
    /// Returns a home of a tenant.
    fn home(&self, tenant: &TenantId, home: &HomeId) -> Option<&Stored> {
        self.homes.get(home).filter(|stored| stored.new.tenant == *tenant)
    }

    fn home_mut(&mut self, tenant: &TenantId, home: &HomeId) -> Option<&mut Stored> {
        self.homes.get_mut(home).filter(|stored| stored.new.tenant == *tenant)
    }

    fn check_tenant(&self, tenant: &TenantId) -> Result<()> {
        if self.tenants.contains_key(tenant) { Ok(()) } else { Err(missing("tenant", tenant)) }
    }

    fn change(&mut self, tenant: &TenantId, kind: ChangeKind, subject: &str) {
        self.seq = self.seq.saturating_add(1);
        self.changes.push((tenant.clone(), Change { seq: self.seq, kind, subject: subject.to_owned() }));
    }

    fn put(
        &mut self,
        tenant: &TenantId,
        kind: RecordKind,
        id: &str,
        edition: u64,
        body: Vec<u8>,
        changed: DateTime<Utc>,
    ) -> Result<u64> {
        let key = (tenant.clone(), kind.as_str(), id.to_owned());
        if self.records.get(&key).map_or(0, |record| record.edition) != edition {
            return Err(conflict(kind.as_str(), id));
        }
        let next = edition.saturating_add(1);
        self.records.insert(key, Record { id: id.to_owned(), edition: next, changed, body });
        if kind != RecordKind::State {
            self.change(tenant, ChangeKind::Record, id);
        }
        Ok(next)
    }
}

fn is_free(leased_until: Option<Duration>, now: Duration) -> bool {
    leased_until.is_none_or(|until| until <= now)
}

fn missing(kind: &str, id: impl std::fmt::Display) -> StoreError {
    StoreError::new(StoreErrorKind::Missing, format!("there is no {kind} `{id}`"))
}

fn conflict(kind: &str, id: impl std::fmt::Display) -> StoreError {
    StoreError::new(StoreErrorKind::Conflict, format!("the {kind} `{id}` was changed meanwhile"))
}
