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
    FullDisk, StoreError,
    model::{Decisions, IncidentQuery},
};
use crate::worker::leader::Leader;

/// The name of the source.
pub(super) const DISK: &str = "disk";
/// Maximum number of open incidents of the operator that are searched.
const OPEN: usize = 100;

impl Leader {
    /// Opens an incident while history is not recorded, and closes it afterwards: one message each. The incident is also the
    /// record of the gap.
    pub(super) async fn decide_space(&self) -> Result<(), StoreError> {
        let (store, now) = (&self.parts.store, self.parts.clock.wall());
        let operator = TenantId::new(OPERATOR);
        let full = store.full_disk().await?;
        let query = IncidentQuery { is_open: true, limit: OPEN, ..IncidentQuery::default() };
        let open = store.incidents(&operator, query).await?.into_iter().map(|filed| filed.incident);
        let open = open.into_iter().find(|incident| incident.scope == Scope::Source(DISK.into()));
        let change = match (full, open) {
            (Some(full), None) => opened(full, now),
            (None, Some(incident)) => closed(&incident, now),
            _ => return Ok(()),
        };
        let line = change.situation.as_ref().map(|situation| situation.headline.clone());
        self.decide(&operator, Decisions { changes: vec![change], ..Decisions::default() }).await?;
        match line {
            Some(line) => tracing::error!("{line}"),
            None => tracing::warn!("The disk has space again: history is recorded"),
        }
        Ok(())
    }
}

fn opened(full: FullDisk, now: DateTime<Utc>) -> IncidentChange {
    let FullDisk { since, needed } = full;
    let text = format!(
        "The disk is full: history is not recorded until {} MiB are free, checks and messages continue in reserved space",
        needed.div_ceil(1 << 20)
    );
    let id = IncidentId::of_source(DISK, since, 1);
    let mut change = IncidentChange::new(id, Scope::Source(DISK.into()), ChangeKind::Opened, now);
    let cause = Cause::new(CauseKind::Source, DISK, Status::Orange, text.as_str());
    change.situation = Some(Situation::new(cause, since, text));
    change
}

fn closed(incident: &Incident, now: DateTime<Utc>) -> IncidentChange {
    let scope = incident.scope.clone();
    let mut change = IncidentChange::new(incident.id.clone(), scope, ChangeKind::Closed, now);
    (change.version, change.reason) = (incident.version, Some(CloseReason::Recovered));
    change
}
