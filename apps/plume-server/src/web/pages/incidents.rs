//! The list of incidents, and one incident.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::{IncidentId, TenantId},
    incident::Scope,
};
use serde::Deserialize;

use crate::store::model::IncidentQuery;
use crate::web::dashboard::Dashboard;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::row::{Finding, IncidentRow, order};
use crate::web::view::{Badge, Moment, home_path, incident_path, moment, part};

/// Incidents on one page.
const PAGE: usize = 50;
/// Homes of a fleet incident that are listed.
const MEMBERS: usize = 60;
/// Deliveries that are listed.
const DELIVERIES: usize = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Selection {
    state: String,
    before: String,
}

#[derive(Template)]
#[template(path = "incidents.html")]
struct List<'a> {
    frame: &'a Frame,
    is_open: bool,
    incidents: Vec<IncidentRow>,
    next: String,
}

pub(super) async fn list(
    State(dashboard): State<Dashboard>,
    frame: Frame,
    Query(selection): Query<Selection>,
) -> Response {
    let page = build_list(&dashboard, &frame, &selection).await;
    frame.answer(page)
}

async fn build_list<'a>(
    dashboard: &Dashboard,
    frame: &'a Frame,
    selection: &Selection,
) -> Result<List<'a>, Fault> {
    let (now, is_open) = (dashboard.now(), selection.state != "all");
    let before: Option<DateTime<Utc>> = selection.before.parse().ok();
    let mut found = Vec::new();
    for tenant in dashboard.tenants().await? {
        let query =
            IncidentQuery { is_open, is_root: true, before, limit: PAGE + 1, ..IncidentQuery::default() };
        found.extend(dashboard.store().incidents(&tenant.id, query).await?);
    }
    found.sort_by_key(|filed| std::cmp::Reverse(filed.incident.opened_at));
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().filter(|_| has_more).map(|filed| filed.incident.opened_at);
    let state = if is_open { "open" } else { "all" };
    let next = last.map_or_else(String::new, |at| {
        let at = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        format!("/incidents?state={state}&before={}", part(&at))
    });
    if is_open {
        found.sort_by_key(|filed| (order(filed.incident.situation.status), filed.incident.situation.since));
    }
    let mut incidents = Vec::new();
    for filed in &found {
        incidents.push(IncidentRow::read(dashboard, &filed.incident, now).await?);
    }
    Ok(List { frame, is_open, incidents, next })
}

#[derive(Template)]
#[template(path = "incident.html")]
struct Page<'a> {
    frame: &'a Frame,
    key: String,
    path: String,
    row: IncidentRow,
    since: Moment,
    closed: String,
    home_path: String,
    homes: u64,
    listed: Vec<String>,
    unlisted: u64,
    further: Vec<Finding>,
    steps: Vec<String>,
    version: u32,
    edits: u32,
    notes: Vec<NoteView>,
    members: Vec<Member>,
    is_cut: bool,
    deliveries: Vec<DeliveryView>,
}

struct NoteView {
    by: String,
    at: Moment,
    text: String,
}

struct Member {
    badge: Badge,
    path: String,
    name: String,
}

struct DeliveryView {
    at: Moment,
    channel: String,
    outcome: String,
    detail: String,
}

pub(super) async fn page(
    State(dashboard): State<Dashboard>,
    frame: Frame,
    Path((tenant, incident)): Path<(String, String)>,
) -> Response {
    let page = build(&dashboard, &frame, &tenant, &incident).await;
    frame.answer(page)
}

async fn build<'a>(
    dashboard: &Dashboard,
    frame: &'a Frame,
    tenant: &str,
    incident: &str,
) -> Result<Page<'a>, Fault> {
    let now = dashboard.now();
    let incident =
        dashboard.incident(tenant, incident).await?.ok_or_else(|| Fault::missing("incident"))?.incident;
    let row = IncidentRow::read(dashboard, &incident, now).await?;
    let (members, is_cut) = match incident.scope {
        Scope::Home(_) => (Vec::new(), false),
        _ => members(dashboard, &incident.tenant, &incident.id).await?,
    };
    let deliveries = dashboard.store().deliveries(&incident.tenant, Some(&incident.id), DELIVERIES).await?;
    let deliveries = deliveries.into_iter().map(|delivery| DeliveryView {
        at: moment(delivery.at, now),
        channel: delivery.channel,
        outcome: delivery.outcome,
        detail: delivery.detail,
    });
    let seen = incident.seen();
    let consequences = &incident.situation.root.consequences;
    let listed: Vec<String> = consequences.listed.iter().map(ToString::to_string).collect();
    Ok(Page {
        frame,
        key: incident.id.to_string(),
        path: incident_path(&incident.tenant, &incident.id),
        since: moment(incident.situation.since, now),
        closed: incident.closed.map_or_else(String::new, |closed| closed.reason.to_string()),
        home_path: match &incident.scope {
            Scope::Home(home) => home_path(&incident.tenant, home),
            _ => String::new(),
        },
        homes: incident.situation.homes,
        unlisted: consequences.total().saturating_sub(listed.len() as u64),
        listed,
        further: incident.situation.further.iter().map(Finding::from).collect(),
        steps: incident.situation.steps.iter().map(ToString::to_string).collect(),
        version: seen.version,
        edits: seen.edits,
        notes: incident
            .notes
            .iter()
            .rev()
            .map(|note| NoteView {
                by: note.by.to_string(),
                at: moment(note.at, now),
                text: note.text.to_string(),
            })
            .collect(),
        members,
        is_cut,
        deliveries: deliveries.collect(),
        row,
    })
}

async fn members(
    dashboard: &Dashboard,
    tenant: &TenantId,
    fleet: &IncidentId,
) -> Result<(Vec<Member>, bool), Fault> {
    let query = IncidentQuery { fleet: Some(fleet.clone()), limit: MEMBERS + 1, ..IncidentQuery::default() };
    let mut found = dashboard.store().incidents(tenant, query).await?;
    let is_cut = found.len() > MEMBERS;
    found.truncate(MEMBERS);
    let mut members = Vec::new();
    for filed in found {
        let Scope::Home(home) = &filed.incident.scope else { continue };
        if let Some(home) = dashboard.store().home(tenant, home).await? {
            members.push(Member {
                badge: home.verdict.status.into(),
                path: home_path(tenant, &home.id),
                name: home.name,
            });
        }
    }
    Ok((members, is_cut))
}
