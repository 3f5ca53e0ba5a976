//! Numbers for operators.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;

use crate::store::error::Result;
use crate::store::memory::{MemoryStore, Waiting};
use crate::store::model::{Figures, StatusCounts, rank};
use crate::store::traits::FigureStore;

#[async_trait]
impl FigureStore for MemoryStore {
    async fn figures(&self, now: DateTime<Utc>) -> Result<Figures> {
        Ok(self.read(|state| {
            let new = |tenant: &TenantId| (tenant.clone(), StatusCounts::default());
            let mut homes: BTreeMap<TenantId, StatusCounts> = state.tenants.keys().map(new).collect();
            for stored in state.homes.values() {
                homes.entry(stored.new.tenant.clone()).or_default().add(rank(stored.verdict.status), 1);
            }
            let is_late = |row: &&Waiting| row.due.is_some_and(|due| due <= now || row.attempts > 0);
            let mut figures = Figures {
                homes: homes.into_iter().collect(),
                waiting: number(state.outbox.iter().filter(|row| row.due.is_some()).count()),
                oldest: state.outbox.iter().filter(is_late).map(|row| row.alive_since).min(),
                dead: number(state.outbox.iter().filter(|row| row.is_dead).count()),
                ..Figures::default()
            };
            let incidents = state.incidents.values().map(|kept| &kept.filed.incident);
            for incident in incidents.filter(|incident| incident.is_open() && incident.fleet.is_none()) {
                figures.count((&incident.scope).into(), incident.situation.status, 1);
            }
            figures
        }))
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
