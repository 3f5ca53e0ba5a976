//! The monitor itself, as pages show it: uptime, the log, connections, and checks.

mod checks;
mod connections;

use plume::monitor::ids::TenantId;

pub(in crate::web) use checks::Check;
pub(in crate::web) use connections::{Connections, Session};

use crate::config::Row;
use crate::journal::{Filter, Found};
use crate::store::{
    Result,
    model::{GroupUptime, HomeUptime, Page, UptimeCursor, UptimeGroup, UptimePeriod},
};
use crate::web::dashboard::visible::{Visible, VisibleTenant};
use crate::web::process::Process;

impl VisibleTenant {
    pub(in crate::web) async fn uptimes(
        &self,
        period: UptimePeriod,
        after: Option<UptimeCursor>,
        limit: usize,
    ) -> Result<Page<HomeUptime, UptimeCursor>> {
        self.visible.dashboard.store().uptimes(&self.id, period, after, limit).await
    }

    pub(in crate::web) async fn group_uptimes(
        &self,
        period: UptimePeriod,
        kind: UptimeGroup,
        limit: usize,
    ) -> Result<Vec<GroupUptime>> {
        self.visible.dashboard.store().group_uptimes(&self.id, period, kind, limit).await
    }
}

impl Visible {
    pub(in crate::web) fn process(&self) -> &Process {
        self.dashboard.process()
    }

    /// Returns the settings in force, for visitors that see all tenants.
    pub(in crate::web) fn settings(&self) -> &[Row] {
        if self.has_all() { &self.process().settings } else { &[] }
    }

    /// Returns events of the log: those of visible tenants, and those without a tenant for visitors that see all.
    pub(in crate::web) fn log(&self, filter: &Filter) -> Found {
        let tenants = self.visitor().tenants();
        self.process().journal.find(filter, |entry| match &entry.tenant {
            Some(tenant) => tenants.has(&TenantId::new(tenant.as_str())),
            None => self.has_all(),
        })
    }
}
