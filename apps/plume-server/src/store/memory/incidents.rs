//! Incidents, and what people decide about them.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::{IncidentId, TenantId},
    incident::{Incident, Scope},
};

use crate::store::error::Result;
use crate::store::memory::{Kept, MemoryStore, missing};
use crate::store::model::{Action, Announcer, Filed, IncidentCursor, IncidentQuery, OpenIncidents};
use crate::store::traits::IncidentStore;

#[async_trait]
impl IncidentStore for MemoryStore {
    async fn incident(&self, tenant: &TenantId, id: &IncidentId) -> Result<Option<Filed>> {
        let key = (tenant.clone(), id.clone());
        Ok(self.read(|state| state.incidents.get(&key).map(|kept| kept.filed.clone())))
    }

    async fn incidents(&self, tenant: &TenantId, query: IncidentQuery) -> Result<Vec<Filed>> {
        Ok(self.read(|state| {
            let is_of = |kept: &Kept| match (&query.home, &kept.filed.incident.scope) {
                (None, _) => true,
                (Some(home), Scope::Home(own)) => home == own && state.home(tenant, home).is_some(),
                _ => false,
            };
            let mut found: Vec<Filed> = state
                .incidents
                .iter()
                .filter(|((owner, _), kept)| owner == tenant && is_of(kept))
                .filter(|(_, kept)| kept.filed.incident.is_open() || !query.is_open)
                .filter(|(_, kept)| kept.for_digest || !query.for_digest)
                .map(|(_, kept)| kept.filed.clone())
                .collect();
            let place = if query.worst_first { IncidentCursor::ranked } else { IncidentCursor::of };
            found.retain(|filed| !query.is_root || filed.incident.fleet.is_none());
            found.retain(|filed| query.fleet.is_none() || filed.incident.fleet == query.fleet);
            let mut found: Vec<_> = found.into_iter().map(|filed| (place(&filed.incident), filed)).collect();
            found.retain(|(place, _)| query.after.as_ref().is_none_or(|after| place.order() < after.order()));
            found.sort_by(|(one, _), (other, _)| other.order().cmp(&one.order()));
            found.truncate(query.limit);
            found.into_iter().map(|(_, filed)| filed).collect()
        }))
    }

    async fn open_incidents(&self, tenant: &TenantId) -> Result<OpenIncidents> {
        let now = self.clock.wall();
        Ok(self.read(|state| {
            let own = state.incidents.iter().filter(|((owner, _), _)| owner == tenant);
            let own = own.map(|(_, kept)| &kept.filed.incident);
            let open = || own.clone().filter(|incident| incident.is_open() && incident.fleet.is_none());
            let is_free =
                |incident: &&Incident| !incident.is_acknowledged() && incident.snoozed_until(now).is_none();
            let (total, unclaimed) = (open().count(), open().filter(is_free).count());
            OpenIncidents { total: total as u64, unclaimed: unclaimed as u64 }
        }))
    }

    async fn act(
        &self,
        tenant: &TenantId,
        id: &IncidentId,
        person: &str,
        action: Action,
        announcer: &Arc<dyn Announcer>,
    ) -> Result<Filed> {
        let now = self.clock.wall();
        self.write(|state| {
            state.check_tenant(tenant)?;
            let kept = state.incidents.get(&(tenant.clone(), id.clone()));
            let mut filed = kept.ok_or_else(|| missing("incident", id))?.filed.clone();
            action.apply(&mut filed.incident, person, now)?;
            state.write(tenant, filed, announcer.as_ref(), now)
        })
    }

    async fn wake(&self, now: DateTime<Utc>, limit: usize, announcer: &Arc<dyn Announcer>) -> Result<usize> {
        self.write(|state| {
            let mut waiting: Vec<_> = state
                .incidents
                .iter()
                .filter_map(|((tenant, _), kept)| Some((kept.wake?, tenant.clone(), kept.filed.clone())))
                .filter(|(wake, _, _)| *wake <= now)
                .collect();
            waiting.sort_by_key(|(wake, _, _)| *wake);
            waiting.truncate(limit);
            let number = waiting.len();
            for (_, tenant, filed) in waiting {
                state.write(&tenant, filed, announcer.as_ref(), now)?;
            }
            Ok(number)
        })
    }

    async fn hasten(&self, tenant: &TenantId, now: DateTime<Utc>) -> Result<()> {
        self.write(|state| {
            for (_, kept) in state.incidents.iter_mut().filter(|((owner, _), _)| owner == tenant) {
                kept.wake = kept.wake.map(|wake| wake.min(now));
            }
            Ok(())
        })
    }
}
