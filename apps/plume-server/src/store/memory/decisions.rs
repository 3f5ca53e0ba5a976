//! Incidents and messages as an operation writes them.

use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::TenantId,
    incident::{Incident, IncidentChange},
};

use crate::store::error::Result;
use crate::store::memory::{Kept, State, Waiting, conflict};
use crate::store::model::{Announcer, ChangeKind, Decisions, Filed, Outgoing, RecordKind};

impl State {
    pub(super) fn apply(
        &mut self,
        tenant: &TenantId,
        change: &IncidentChange,
        announcer: &dyn Announcer,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let filed = match self.incidents.get(&(tenant.clone(), change.id.clone())) {
            Some(kept) => {
                let mut filed = kept.filed.clone();
                filed.incident.apply(change);
                if filed.incident == kept.filed.incident {
                    return Ok(());
                }
                filed
            }
            None => match Incident::open(tenant.clone(), change) {
                Some(incident) => Filed { incident, edition: 0 },
                None => return Ok(()),
            },
        };
        self.write(tenant, filed, announcer, now).map(drop)
    }

    pub(super) fn write(
        &mut self,
        tenant: &TenantId,
        filed: Filed,
        announcer: &dyn Announcer,
        now: DateTime<Utc>,
    ) -> Result<Filed> {
        let Filed { mut incident, edition } = filed;
        let key = (tenant.clone(), incident.id.clone());
        if self.incidents.get(&key).map_or(0, |kept| kept.filed.edition) != edition {
            return Err(conflict("incident", &incident.id));
        }
        let announcement = announcer.announce(&mut incident, now);
        let filed = Filed { incident, edition: edition.saturating_add(1) };
        self.change(tenant, ChangeKind::Incident, filed.incident.id.as_str());
        for message in announcement.messages {
            self.send(tenant, message, now);
        }
        let kept =
            Kept { filed: filed.clone(), wake: announcement.wake, for_digest: announcement.for_digest };
        self.incidents.insert(key, kept);
        Ok(filed)
    }

    /// Stores a message, once for each decision.
    pub(super) fn send(&mut self, tenant: &TenantId, message: Outgoing, now: DateTime<Utc>) {
        let is_same = |row: &Waiting| {
            (&row.tenant, &row.message.channel, &row.message.dedup)
                == (tenant, &message.channel, &message.dedup)
        };
        if self.outbox.iter().any(is_same) {
            return;
        }
        self.change(tenant, ChangeKind::Message, &message.channel);
        self.outbox.push(Waiting {
            tenant: tenant.clone(),
            due: Some(message.not_before),
            alive_since: now.max(message.not_before),
            message,
            stored: now,
            is_dead: false,
            attempts: 0,
            fence: 0,
            leased_until: None,
            is_uncertain: false,
            replaced: 0,
        });
    }

    pub(super) fn decide(
        &mut self,
        tenant: &TenantId,
        decisions: Decisions,
        announcer: &dyn Announcer,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.check_tenant(tenant)?;
        for (name, edition, body) in decisions.states {
            self.put(tenant, RecordKind::State, &name, edition, body, now)?;
        }
        for change in &decisions.changes {
            self.apply(tenant, change, announcer, now)?;
        }
        for link in &decisions.links {
            if let Some(kept) = self.incidents.get(&(tenant.clone(), link.incident.clone())) {
                let mut filed = kept.filed.clone();
                link.apply(&mut filed.incident);
                self.write(tenant, filed, announcer, now)?;
            }
        }
        for filed in decisions.edited {
            self.write(tenant, filed, announcer, now)?;
        }
        for (home, schedule) in &decisions.rescheduled {
            let stored = self.home_mut(tenant, home);
            if let Some(stored) = stored.filter(|stored| stored.leased_until.is_none()) {
                let runs_since_full = stored.schedule.runs_since_full;
                stored.schedule = *schedule;
                stored.schedule.runs_since_full = runs_since_full;
            }
        }
        for message in decisions.outbox {
            self.send(tenant, message, now);
        }
        Ok(())
    }
}
