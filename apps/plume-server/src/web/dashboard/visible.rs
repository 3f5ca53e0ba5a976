//! The part of the store that a visitor sees. Handlers have no other way to the store, so none can forget the check.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use plume::monitor::{
    ids::{HomeId, IncidentId, TenantId},
    monitor::OPERATOR,
};

use crate::access::audit::AuditEvent;
use crate::access::{Role, Rules, Tenants, Visitor};
use crate::store::{
    Result, StoreError, StoreErrorKind,
    model::{
        Action, AuditQuery, Change, Cursor, Delivery, Filed, Home, HomeQuery, IncidentQuery, Logged,
        OpenIncidents, Page, Point, StatusCounts, Tenant, blinds,
    },
};
use crate::web::dashboard::shared::{Dashboard, Newest, Pulse};
use crate::web::reports::{Seen, Trends};

/// The person of a change that needs no name.
pub(super) const SOMEONE: &str = "local";

/// The newest rows of the audit that are read to find the latest action about an incident. An action that is not among them is
/// no repetition.
const RECENT: usize = 250;

/// Open incidents of the operator that are searched.
const OPEN: usize = 100;

/// The dashboard as a visitor sees it.
#[derive(Debug, Clone)]
pub(in crate::web) struct Visible {
    pub(super) dashboard: Dashboard,
    pub(super) visitor: Arc<Visitor>,
}

/// The result of a request to check a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum CheckRequest {
    /// The next check is due.
    Due,
    /// No worker knows the home.
    Unwatched,
    /// People of the tenant have requested too many checks within a minute.
    TooMany,
}

/// One tenant that the visitor sees.
#[derive(Debug, Clone)]
pub(in crate::web) struct VisibleTenant {
    pub(super) visible: Visible,
    pub(super) id: TenantId,
}

impl Dashboard {
    /// Returns the part that a visitor sees.
    pub(in crate::web) fn for_visitor(&self, visitor: Visitor) -> Visible {
        Visible { dashboard: self.clone(), visitor: Arc::new(visitor) }
    }
}

impl Visible {
    pub(in crate::web) fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    pub(in crate::web) fn now(&self) -> DateTime<Utc> {
        self.dashboard.now()
    }

    /// Returns whether the visitor sees what belongs to no tenant: the call budget, the cloud, the settings.
    pub(in crate::web) fn has_all(&self) -> bool {
        *self.visitor.tenants() == Tenants::All
    }

    /// Returns the rules for access.
    pub(in crate::web) fn rules(&self) -> Rules {
        self.dashboard.gate().sign_in().map(|sign_in| sign_in.rules.clone()).unwrap_or_default()
    }

    /// Returns the suspended tenants.
    pub(in crate::web) fn suspended(&self) -> BTreeSet<TenantId> {
        self.dashboard.gate().suspended().all()
    }

    /// Returns the measured state of the worker, for visitors that see all tenants.
    pub(in crate::web) fn pulse(&self) -> Option<Pulse> {
        self.dashboard.pulse().filter(|_| self.has_all())
    }

    /// Returns the newest data of all tenants.
    pub(in crate::web) fn newest(&self) -> Newest {
        self.dashboard.pulse().map(|pulse| pulse.newest).unwrap_or_default()
    }

    /// Returns the open incidents of the monitor itself.
    pub(super) async fn of_monitor(&self) -> Result<Vec<Filed>> {
        let query = IncidentQuery { is_open: true, limit: OPEN, ..IncidentQuery::default() };
        self.dashboard.store().incidents(&TenantId::new(OPERATOR), query).await
    }

    /// Returns the open incidents of the cloud and of credentials.
    pub(super) async fn blind(&self) -> Result<Vec<Filed>> {
        let mut open = self.of_monitor().await?;
        open.retain(|filed| blinds(&filed.incident));
        Ok(open)
    }

    /// Returns the begin of the problems of the cloud and of credentials, if there are any.
    pub(in crate::web) async fn blind_since(&self) -> Result<Option<DateTime<Utc>>> {
        Ok(self.blind().await?.iter().map(|filed| filed.incident.situation.since).min())
    }

    /// Returns the visible tenants by their id.
    pub(in crate::web) async fn tenants(&self) -> Result<Vec<Tenant>> {
        let mut tenants = self.dashboard.store().tenants().await?;
        tenants.retain(|tenant| self.visitor.tenants().has(&tenant.id));
        Ok(tenants)
    }

    /// Returns a visible tenant. One that does not exist has no homes.
    pub(in crate::web) fn tenant(&self, id: &TenantId) -> Option<VisibleTenant> {
        let is_visible = self.visitor.tenants().has(id);
        is_visible.then(|| VisibleTenant { visible: self.clone(), id: id.clone() })
    }

    /// Returns the visible tenants that exist, with their names, by their id.
    pub(in crate::web) async fn each(&self) -> Result<Vec<(VisibleTenant, Tenant)>> {
        let tenants = self.tenants().await?.into_iter();
        let view = |id: &TenantId| VisibleTenant { visible: self.clone(), id: id.clone() };
        Ok(tenants.map(|tenant| (view(&tenant.id), tenant)).collect())
    }

    /// Returns the words for each tenant beside its homes and incidents; none if the visitor sees only one tenant.
    pub(in crate::web) async fn labels(&self) -> Result<BTreeMap<TenantId, String>> {
        let mut tenants = self.tenants().await?;
        tenants.retain(|tenant| tenant.id.as_str() != OPERATOR);
        let suspended = self.suspended();
        let label = |tenant: Tenant| {
            let mark = if suspended.contains(&tenant.id) { " (suspended)" } else { "" };
            (tenant.id, format!("{}{mark}", tenant.name))
        };
        Ok(if tenants.len() > 1 { tenants.into_iter().map(label).collect() } else { BTreeMap::new() })
    }

    /// Returns a visible home, with its tenant, by the words of a path.
    pub(in crate::web) async fn home(
        &self,
        tenant: &str,
        home: &str,
    ) -> Result<Option<(VisibleTenant, Home)>> {
        let Some(tenant) = self.tenant(&TenantId::new(tenant)) else { return Ok(None) };
        let found = tenant.home(&HomeId::new(home)).await?;
        Ok(found.map(|home| (tenant, home)))
    }

    /// Returns a visible incident, with its tenant, by the words of a path.
    pub(in crate::web) async fn incident(
        &self,
        tenant: &str,
        incident: &str,
    ) -> Result<Option<(VisibleTenant, Filed)>> {
        let Some(tenant) = self.tenant(&TenantId::new(tenant)) else { return Ok(None) };
        let found = tenant.incident(&IncidentId::new(incident)).await?;
        Ok(found.map(|incident| (tenant, incident)))
    }

    /// Carries out an action after its row in the audit, without which it is not carried out. If it fails, a second row says so.
    pub(super) async fn audited<T>(
        &self,
        event: AuditEvent,
        action: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        self.dashboard.record(event.clone()).await?;
        let done = action.await;
        if let Err(error) = &done {
            // The first row is enough to find the action.
            let _ = self.dashboard.record(event.with_outcome(&format!("not done: {error}"))).await;
        }
        done
    }

    /// Refuses a change by a visitor whose role is not enough. The routes check the same before.
    pub(super) fn needs(&self, role: Role) -> Result<()> {
        if self.visitor.role() >= role {
            return Ok(());
        }
        Err(StoreError::new(StoreErrorKind::Refused, format!("this change needs the role {role}")))
    }
}

impl VisibleTenant {
    pub(in crate::web) fn id(&self) -> &TenantId {
        &self.id
    }

    /// Returns whether it owns what belongs to no tenant of homes.
    pub(in crate::web) fn is_operator(&self) -> bool {
        self.id.as_str() == OPERATOR
    }

    /// Returns the name, or the id of one that does not exist.
    pub(in crate::web) async fn name(&self) -> Result<String> {
        let tenants = self.visible.dashboard.store().tenants().await?;
        let found = tenants.into_iter().find(|tenant| tenant.id == self.id);
        Ok(found.map_or_else(|| self.id.to_string(), |tenant| tenant.name))
    }

    /// As [`Visible::labels`].
    pub(in crate::web) async fn labels(&self) -> Result<BTreeMap<TenantId, String>> {
        self.visible.labels().await
    }

    pub(in crate::web) async fn home(&self, home: &HomeId) -> Result<Option<Home>> {
        self.visible.dashboard.store().home(&self.id, home).await
    }

    /// Returns those of these homes that exist, by their id. They are read at once.
    pub(in crate::web) async fn homes_of(
        &self,
        ids: impl IntoIterator<Item = &HomeId>,
    ) -> Result<BTreeMap<HomeId, Home>> {
        let ids: BTreeSet<HomeId> = ids.into_iter().cloned().collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = self.visible.dashboard.store().homes_of(&self.id, ids.into_iter().collect()).await?;
        Ok(found.into_iter().map(|home| (home.id.clone(), home)).collect())
    }

    pub(in crate::web) async fn homes(&self, query: HomeQuery) -> Result<Page<Home, Cursor>> {
        self.visible.dashboard.store().homes(&self.id, query).await
    }

    pub(in crate::web) async fn counts(&self) -> Result<StatusCounts> {
        self.visible.dashboard.store().counts(&self.id).await
    }

    pub(in crate::web) async fn points(
        &self,
        home: &HomeId,
        period: std::ops::Range<DateTime<Utc>>,
    ) -> Result<Vec<Point>> {
        self.visible.dashboard.store().points(&self.id, home, period).await
    }

    pub(in crate::web) async fn transitions(
        &self,
        home: &HomeId,
        period: std::ops::Range<DateTime<Utc>>,
    ) -> Result<Vec<Logged>> {
        self.visible.dashboard.store().transitions(&self.id, home, period).await
    }

    pub(in crate::web) async fn latest_transitions(&self, limit: usize) -> Result<Vec<(HomeId, Logged)>> {
        self.visible.dashboard.store().latest_transitions(&self.id, limit).await
    }

    pub(in crate::web) async fn incident(&self, id: &IncidentId) -> Result<Option<Filed>> {
        self.visible.dashboard.store().incident(&self.id, id).await
    }

    pub(in crate::web) async fn incidents(&self, query: IncidentQuery) -> Result<Vec<Filed>> {
        self.visible.dashboard.store().incidents(&self.id, query).await
    }

    /// Returns the numbers of open incidents that no fleet incident announces.
    pub(in crate::web) async fn open_incidents(&self) -> Result<OpenIncidents> {
        self.visible.dashboard.store().open_incidents(&self.id).await
    }

    /// Returns the changes after a number; `None` if some are no longer known.
    pub(in crate::web) async fn changes(&self, seq: u64, limit: usize) -> Result<Option<Vec<Change>>> {
        self.visible.dashboard.store().changes(&self.id, seq, limit).await
    }

    pub(in crate::web) async fn deliveries(
        &self,
        incident: Option<&IncidentId>,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        self.visible.dashboard.store().deliveries(&self.id, incident, limit).await
    }

    /// Writes a decision about an incident, by `person`.
    pub(in crate::web) async fn act(&self, id: &IncidentId, person: &str, action: Action) -> Result<Filed> {
        self.visible.needs(Role::Operator)?;
        let dashboard = &self.visible.dashboard;
        let event = self.event(person, action.as_str(), id.as_str());
        let done = dashboard.store().act(&self.id, id, person, action, dashboard.announcer());
        self.visible.audited(event, done).await
    }

    /// Returns whether the latest action of this kind about an incident is one of the visitor, within a time. Others may have the
    /// same name, so the audit decides.
    pub(in crate::web) async fn has_done(
        &self,
        id: &IncidentId,
        person: &str,
        action: &Action,
        now: DateTime<Utc>,
        within: TimeDelta,
    ) -> Result<bool> {
        let own = self.event(person, action.as_str(), id.as_str());
        let tenants = Tenants::Only([self.id.clone()].into());
        // A search for the subject would read all rows of the tenant.
        let query = AuditQuery { tenants, text: None, before: None, limit: RECENT };
        let rows = self.visible.dashboard.store().audit_rows(query).await?;
        let latest = rows.iter().find(|row| {
            let AuditEvent { tenant, action, subject, .. } = &row.event;
            (tenant, action, subject) == (&own.tenant, &own.action, &own.subject)
        });
        let is_recent = |at: DateTime<Utc>| now.signed_duration_since(at) < within;
        Ok(latest.is_some_and(|row| row.event == own && is_recent(row.at)))
    }

    /// A row of the audit about this tenant. Without sign-in the name of the person is what was typed.
    pub(super) fn event(&self, person: &str, action: &str, subject: &str) -> AuditEvent {
        let visitor = &self.visible.visitor;
        let who = if visitor.is_local() { format!("{person} (not signed in)") } else { visitor.signed() };
        AuditEvent::new(&who, action, subject).of(&self.id)
    }

    /// Returns the report of the present of a home of this tenant, or the reason why there is none.
    pub(in crate::web) async fn report(&self, home: &Home) -> std::result::Result<Arc<Seen>, String> {
        if home.tenant != self.id {
            return Err("the home is of another tenant".to_owned());
        }
        if self.visible.dashboard.gate().suspended().has(&self.id) {
            return Err("the tenant is suspended".to_owned());
        }
        self.visible.dashboard.reports().read(home).await
    }

    /// Returns the trends of a home of this tenant.
    pub(in crate::web) async fn trends(&self, home: &Home) -> Trends {
        if home.tenant != self.id {
            return Trends::default();
        }
        if self.visible.dashboard.gate().suspended().has(&self.id) {
            return Trends { problem: "the tenant is suspended".to_owned(), ..Trends::default() };
        }
        self.visible.dashboard.reports().trends(home).await
    }

    /// Removes a home with its history. Its open incidents are closed.
    pub(in crate::web) async fn remove_home(&self, home: &Home) -> Result<()> {
        self.visible.needs(Role::Admin)?;
        if home.tenant != self.id {
            return Err(StoreError::new(StoreErrorKind::Missing, "there is no such home"));
        }
        let dashboard = &self.visible.dashboard;
        let removed = dashboard.store().remove_home(&self.id, &home.id, dashboard.announcer());
        let subject = format!("{} ({})", home.id, home.name);
        self.visible.audited(self.event(SOMEONE, "home remove", &subject), removed).await
    }

    /// Makes the next check of a home due, and the next report one of the present. Without a worker that knows the home, only the
    /// report is.
    pub(in crate::web) async fn check_now(&self, home: &Home) -> Result<CheckRequest> {
        self.visible.needs(Role::Operator)?;
        if home.tenant != self.id {
            return Err(StoreError::new(StoreErrorKind::Missing, "there is no such home"));
        }
        let dashboard = &self.visible.dashboard;
        if dashboard.gate().suspended().has(&self.id) {
            return Err(StoreError::new(StoreErrorKind::Refused, "the tenant is suspended"));
        }
        if !dashboard.reports().request(home) {
            return Ok(CheckRequest::TooMany);
        }
        let checked = async {
            let Some(decisions) = (dashboard.check_now())(&home.id, dashboard.now()) else {
                return Ok(CheckRequest::Unwatched);
            };
            dashboard.store().decide(&self.id, decisions, dashboard.announcer()).await?;
            Ok(CheckRequest::Due)
        };
        self.visible.audited(self.event(SOMEONE, "check now", home.id.as_str()), checked).await
    }
}
