//! Incidents whose state was lost.

use plume::monitor::{
    groups::Link,
    ids::TenantId,
    incident::{ChangeKind, CloseReason, Incident, IncidentChange, Scope},
};

use crate::store::{
    StoreError,
    model::{Decisions, IncidentCursor, IncidentQuery},
};
use crate::worker::leader::Leader;
use crate::worker::leader::space::DISK;

/// The number of incidents that are read and written at once.
const SLICE: usize = 200;

impl Leader {
    /// Closes the open incidents of the cloud and of credentials, because their state cannot be read.
    pub(super) async fn close_lost_sources(&self) -> Result<(), StoreError> {
        let is_of_cloud = |scope: &Scope| matches!(scope, Scope::Source(source) if &**source != DISK);
        for tenant in self.parts.store.tenants().await? {
            self.close_lost(&tenant.id, is_of_cloud).await?;
        }
        Ok(())
    }

    /// Closes the fleet incidents of a tenant, because their state cannot be read, and releases their homes.
    pub(super) async fn close_lost_groups(&self, tenant: &TenantId) -> Result<(), StoreError> {
        self.close_lost(tenant, |scope| matches!(scope, Scope::Group(_))).await?;
        let mut query = IncidentQuery { is_open: true, limit: SLICE, ..IncidentQuery::default() };
        loop {
            let found = self.parts.store.incidents(tenant, query.clone()).await?;
            query.after = found.last().map(|filed| IncidentCursor::of(&filed.incident));
            let is_last = found.len() < SLICE;
            let members = found.into_iter().map(|filed| filed.incident);
            let members = members.filter(|incident| incident.fleet.is_some());
            let links: Vec<Link> = members.map(|incident| Link::left(incident.id)).collect();
            if !links.is_empty() {
                self.decide(tenant, Decisions { links, ..Decisions::default() }).await?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Closes the open incidents of some scopes, because their state cannot be read: nothing else would end them. Trouble that
    /// lasts is recognized again.
    async fn close_lost(
        &self,
        tenant: &TenantId,
        is_lost: impl Fn(&Scope) -> bool,
    ) -> Result<(), StoreError> {
        tracing::error!(%tenant, "a state cannot be read, and its incidents are closed");
        let now = self.parts.clock.wall();
        let mut query =
            IncidentQuery { is_open: true, is_root: true, limit: SLICE, ..IncidentQuery::default() };
        loop {
            let found = self.parts.store.incidents(tenant, query.clone()).await?;
            query.after = found.last().map(|filed| IncidentCursor::of(&filed.incident));
            let is_last = found.len() < SLICE;
            let mut edited = found;
            edited.retain(|filed| is_lost(&filed.incident.scope));
            for filed in &mut edited {
                let Incident { id, scope, version, .. } = &filed.incident;
                let mut change = IncidentChange::new(id.clone(), scope.clone(), ChangeKind::Closed, now);
                (change.version, change.reason) = (*version, Some(CloseReason::Lost));
                filed.incident.apply(&change);
            }
            if !edited.is_empty() {
                self.decide(tenant, Decisions { edited, ..Decisions::default() }).await?;
            }
            if is_last {
                return Ok(());
            }
        }
    }
}
