//! The list of incidents, and one incident.

use askama::Template;
use axum::{extract::Path, response::Response};
use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::{IncidentId, TenantId},
    incident::{Incident, Scope},
};
use serde::Deserialize;

use crate::store::model::{Filed, IncidentQuery, Tenant};
use crate::web::dashboard::{Visible, VisibleTenant};
use crate::web::pages::as_of::{AsOf, as_of_home};
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Query;
use crate::web::pages::maintenance::{Running, running};
use crate::web::pages::row::{Finding, IncidentRow, badge_of, repeats_effects};
use crate::web::view::{Badge, Moment, Place, Times, channel_path, home_path, incident_path, moment, part};

/// Incidents on one page.
const PAGE: usize = 50;
/// Homes of a fleet incident that are listed.
const MEMBERS: usize = 60;
/// Maximum length of the name of another person on a button.
const LONGEST_OTHER: usize = 30;
/// Deliveries that are listed.
const DELIVERIES: usize = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Selection {
    tenant: String,
    state: String,
    after: String,
}

#[derive(Template)]
#[template(path = "incidents.html")]
struct List<'a> {
    frame: &'a Frame,
    is_open: bool,
    /// The tenants to choose from, and whether each is chosen; empty for one.
    tenants: Vec<(Tenant, bool)>,
    /// The address of open incidents, and of all.
    open: String,
    all: String,
    incidents: Vec<IncidentRow>,
    running: Vec<Running>,
    next: String,
}

pub(super) async fn list(visible: Visible, frame: Frame, Query(selection): Query<Selection>) -> Response {
    let page = build_list(&visible, &frame, &selection).await;
    frame.answer(page)
}

async fn build_list<'a>(
    visible: &Visible,
    frame: &'a Frame,
    selection: &Selection,
) -> Result<List<'a>, Fault> {
    let (now, is_open) = (visible.now(), selection.state != "all");
    Fault::unless_known("State", &selection.state, &["open", "all"], "/incidents")?;
    let after = Place::read(&selection.after);
    let each = visible.each().await?;
    let is_chosen = |tenant: &TenantId| tenant.as_str() == selection.tenant;
    if !selection.tenant.is_empty() && !each.iter().any(|(view, _)| is_chosen(view.id())) {
        return Err(Fault::missing("tenant").back_to("/incidents"));
    }
    let tenants: Vec<_> = each.iter().map(|(view, tenant)| (tenant.clone(), is_chosen(view.id()))).collect();
    let mut found = Vec::new();
    for (tenant, _) in each {
        if !selection.tenant.is_empty() && !is_chosen(tenant.id()) {
            continue;
        }
        let after = after.as_ref().map(|after| after.within(tenant.id()));
        let query = IncidentQuery {
            is_open,
            // The worst of many open ones, not only of the newest.
            worst_first: is_open,
            after,
            ..IncidentQuery::worst(PAGE + 1)
        };
        let incidents = tenant.incidents(query).await?.into_iter();
        found.extend(incidents.map(|filed| (tenant.clone(), filed.incident)));
    }
    let place = if is_open { Place::ranked } else { Place::of };
    found.sort_by_cached_key(|(_, incident)| place(incident));
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().filter(|_| has_more).map(|(_, incident)| place(incident));
    let of_tenant = match selection.tenant.as_str() {
        "" => String::new(),
        tenant => format!("&tenant={}", part(tenant)),
    };
    let address = |state: &str| format!("/incidents?state={state}{of_tenant}");
    let (open, all) = (address("open"), address("all"));
    let here = if is_open { &open } else { &all };
    let next = last.map_or_else(String::new, |last| format!("{here}&after={}", part(&last.text())));
    let incidents = IncidentRow::all(&found, now).await?;
    let running = running(visible, &selection.tenant).await?;
    Ok(List {
        frame,
        is_open,
        tenants: if tenants.len() > 1 { tenants } else { Vec::new() },
        open: if of_tenant.is_empty() { "/incidents".to_owned() } else { open },
        all,
        incidents,
        running,
        next,
    })
}

#[derive(Template)]
#[template(path = "incident.html")]
struct Page<'a> {
    frame: &'a Frame,
    /// The time of the newest data of its home, if that is old.
    as_of: Vec<AsOf>,
    path: String,
    row: IncidentRow,
    since: Moment,
    times: Times,
    closed: String,
    home_path: String,
    homes: u64,
    is_planned: bool,
    listed: Vec<String>,
    unlisted: u64,
    /// Whether the cause counts some of its consequences itself.
    is_repeated: bool,
    further: Vec<Finding>,
    steps: Vec<String>,
    /// Another person who has it.
    other: String,
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
    path: String,
    /// The name, or the id of one that does not exist.
    channel: String,
    outcome: String,
    detail: String,
}

pub(super) async fn page(
    visible: Visible,
    frame: Frame,
    Path((tenant, incident)): Path<(String, String)>,
) -> Response {
    let page = build(&visible, &frame, &tenant, &incident).await;
    frame.answer(page)
}

async fn build<'a>(
    visible: &Visible,
    frame: &'a Frame,
    tenant: &str,
    incident: &str,
) -> Result<Page<'a>, Fault> {
    let now = visible.now();
    let found = visible.incident(tenant, incident).await?;
    let (tenant, Filed { incident, .. }) = found.ok_or_else(|| Fault::missing("incident"))?;
    let one = [(tenant, incident)];
    let row = IncidentRow::all(&one, now).await?.pop().ok_or_else(|| Fault::missing("incident"))?;
    let [(tenant, incident)] = one;
    let (members, is_cut) = match incident.scope {
        Scope::Home(_) => (Vec::new(), false),
        _ => members(&tenant, &incident.id).await?,
    };
    let deliveries = tenant.deliveries(Some(&incident.id), DELIVERIES).await?;
    let channels = if deliveries.is_empty() { Vec::new() } else { tenant.channels().await? };
    let deliveries = deliveries.into_iter().map(|delivery| DeliveryView {
        at: moment(delivery.at, now),
        path: match channels.iter().any(|listed| listed.id == delivery.channel) {
            true => channel_path(tenant.id(), &delivery.channel),
            false => String::new(),
        },
        channel: match channels.iter().find(|listed| listed.id == delivery.channel) {
            Some(listed) => listed.name().to_owned(),
            None => delivery.channel,
        },
        outcome: delivery.outcome,
        detail: delivery.detail,
    });
    let seen = incident.seen();
    let consequences = &incident.situation.root.consequences;
    let listed: Vec<String> = consequences.listed.iter().map(ToString::to_string).collect();
    let as_of = match &incident.scope {
        Scope::Home(home) if incident.is_open() => match tenant.home(home).await? {
            Some(home) => as_of_home(visible, &tenant, &home).await?,
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    Ok(Page {
        frame,
        as_of,
        path: incident_path(&incident.tenant, &incident.id),
        since: moment(incident.situation.since, now),
        times: Times::new(now)
            .with("Began", Some(incident.situation.since))
            .with("Opened", Some(incident.opened_at))
            .with("Acknowledged", incident.acknowledged.as_ref().map(|person| person.at))
            .with("Last message", incident.announced.map(|last| last.at))
            .with("Closed", incident.closed.map(|closed| closed.at)),
        closed: incident.closed.map_or_else(String::new, |closed| closed.reason.to_string()),
        home_path: match &incident.scope {
            Scope::Home(home) => home_path(&incident.tenant, home),
            _ => String::new(),
        },
        homes: incident.situation.homes,
        is_planned: incident.situation.planned,
        unlisted: consequences.total().saturating_sub(listed.len() as u64),
        listed,
        is_repeated: repeats_effects(&incident.situation.root),
        further: incident.situation.further.iter().map(Finding::from).collect(),
        steps: incident.situation.steps.iter().map(ToString::to_string).collect(),
        other: other(&incident, frame, now),
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

/// Returns the name of the person who has an incident, if it is another one than the visitor.
fn other(incident: &Incident, frame: &Frame, now: DateTime<Utc>) -> String {
    let own = if frame.is_local { &frame.person } else { &frame.visitor };
    let acknowledged = incident.acknowledged.as_ref().filter(|_| incident.is_acknowledged());
    let snoozed = incident.snoozed.as_ref().filter(|_| incident.snoozed_until(now).is_some());
    let by = snoozed.map(|done| &done.by).or(acknowledged.map(|done| &done.by));
    by.filter(|by| ***by != **own).map_or_else(String::new, |by| plume_text::shorten(by, LONGEST_OTHER))
}

async fn members(tenant: &VisibleTenant, fleet: &IncidentId) -> Result<(Vec<Member>, bool), Fault> {
    let query = IncidentQuery { fleet: Some(fleet.clone()), limit: MEMBERS + 1, ..IncidentQuery::default() };
    let mut found = tenant.incidents(query).await?;
    let is_cut = found.len() > MEMBERS;
    found.truncate(MEMBERS);
    let ids = found.iter().filter_map(|filed| match &filed.incident.scope {
        Scope::Home(home) => Some(home),
        _ => None,
    });
    let homes = tenant.homes_of(ids.clone()).await?;
    let members = ids.filter_map(|id| homes.get(id)).map(|home| Member {
        badge: badge_of(home),
        path: home_path(tenant.id(), &home.id),
        name: home.name.clone(),
    });
    let members = members.collect();
    Ok((members, is_cut))
}
