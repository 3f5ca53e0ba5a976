//! The incident of a full disk.

use chrono::{DateTime, Utc};
use plume::{
    health::Status,
    monitor::{
        ids::{IncidentId, TenantId},
        incident::{Cause, CauseKind, ChangeKind, CloseReason, Incident, IncidentChange, Scope, Situation},
        monitor::OPERATOR,
    },
};

use crate::store::{
    StoreError,
    model::{Decisions, IncidentQuery},
};
use crate::worker::leader::Leader;

/// The name of the source.
pub(super) const DISK: &str = "disk";
const FULL: &str =
    "The disk is full: history is not recorded, checks and messages continue in reserved space";
/// Maximum number of open incidents of the operator that are searched.
const OPEN: usize = 100;

impl Leader {
    /// Opens an incident while history is not recorded, and closes it afterwards: one message each. The incident is also the
    /// record of the gap.
    pub(super) async fn decide_space(&self) -> Result<(), StoreError> {
        let (store, now) = (&self.parts.store, self.parts.clock.wall());
        let operator = TenantId::new(OPERATOR);
        let full = store.full_since().await?;
        let query = IncidentQuery { is_open: true, limit: OPEN, ..IncidentQuery::default() };
        let open = store.incidents(&operator, query).await?.into_iter().map(|filed| filed.incident);
        let open = open.into_iter().find(|incident| incident.scope == Scope::Source(DISK.into()));
        let change = match (full, open) {
            (Some(since), None) => opened(since, now),
            (None, Some(incident)) => closed(&incident, now),
            _ => return Ok(()),
        };
        self.decide(&operator, Decisions { changes: vec![change], ..Decisions::default() }).await
    }
}

fn opened(since: DateTime<Utc>, now: DateTime<Utc>) -> IncidentChange {
    let id = IncidentId::of_source(DISK, since, 1);
    let mut change = IncidentChange::new(id, Scope::Source(DISK.into()), ChangeKind::Opened, now);
    let cause = Cause::new(CauseKind::Source, DISK, Status::Orange, FULL);
    change.situation = Some(Situation::new(cause, since, FULL));
    change
}

fn closed(incident: &Incident, now: DateTime<Utc>) -> IncidentChange {
    let scope = incident.scope.clone();
    let mut change = IncidentChange::new(incident.id.clone(), scope, ChangeKind::Closed, now);
    (change.version, change.reason) = (incident.version, Some(CloseReason::Recovered));
    change
}
