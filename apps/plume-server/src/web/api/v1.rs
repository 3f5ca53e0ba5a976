//! Lists and single documents.

use axum::{
    extract::{Path, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use plume::{
    health::Status,
    monitor::{ids::HomeId, incident::Incident, monitor::OPERATOR},
};
use serde::{Deserialize, Serialize};

use crate::store::model::{Cursor, HomeQuery, IncidentQuery};
use crate::web::api::document::{HomeDocument, HomeWithChanges, List, TenantDocument};
use crate::web::api::inside::given::{Given, limit_of, parameters};
use crate::web::api::problem::{Problem, json};
use crate::web::api::shapes::{IncidentShape, Problems, StatusShape, WhichShape};
use crate::web::dashboard::{Visible, VisibleTenant};
use crate::web::view::{Place, unreadable};

/// The parameters of the list of homes.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct OfHomes {
    /// The id of the tenant. It is required if there are several beside `operator`, the one of incidents of the cloud.
    tenant: Option<String>,
    /// Only homes with this status.
    #[param(value_type = Option<StatusShape>)]
    status: Option<String>,
    /// Only homes with this tag.
    tag: Option<String>,
    /// Only homes whose name or ids have words that begin with these.
    q: Option<String>,
    /// The place that the part before ended with.
    after: Option<String>,
    /// The number of items; 50 if it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// The parameters of the list of incidents.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct OfIncidents {
    /// The id of the tenant. It is required if there are several beside `operator`, the one of incidents of the cloud.
    tenant: Option<String>,
    /// Only open incidents, which is the default, or all.
    #[param(value_type = Option<WhichShape>)]
    state: Option<String>,
    /// The place that the part before ended with.
    after: Option<String>,
    /// The number of items; 50 if it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

pub(super) type Ids = Result<Path<(String, String)>, PathRejection>;

/// The tenants with the number of their homes by status.
#[utoipa::path(get, path = "/api/v1/tenants", responses((status = 200, description = "All tenants", body = List<TenantDocument>), Problems))]
pub(super) async fn tenants(visible: Visible) -> Response {
    respond(list_tenants(&visible).await)
}

/// A part of the list of homes, the worst first.
#[utoipa::path(get, path = "/api/v1/homes", params(OfHomes), responses((status = 200, description = "A part of the list", body = List<HomeDocument>), Problems))]
pub(super) async fn homes(visible: Visible, given: Given<OfHomes>) -> Response {
    respond(list_homes(&visible, given).await)
}

/// A home with its changes of the last seven days.
#[utoipa::path(
    get,
    path = "/api/v1/homes/{tenant}/{home}",
    params(("tenant" = String, Path, description = "The id of the tenant"), ("home" = String, Path, description = "The id of the home")),
    responses((status = 200, description = "The home", body = HomeWithChanges), Problems)
)]
pub(super) async fn home(visible: Visible, ids: Ids) -> Response {
    respond(one_home(&visible, ids).await)
}

/// A part of the list of incidents, the newest first.
#[utoipa::path(get, path = "/api/v1/incidents", params(OfIncidents), responses((status = 200, description = "A part of the list", body = List<IncidentShape>), Problems))]
pub(super) async fn incidents(visible: Visible, given: Given<OfIncidents>) -> Response {
    respond(list_incidents(&visible, given).await)
}

/// An incident.
#[utoipa::path(
    get,
    path = "/api/v1/incidents/{tenant}/{incident}",
    params(("tenant" = String, Path, description = "The id of the tenant"), ("incident" = String, Path, description = "The id of the incident")),
    responses((status = 200, description = "The incident", body = IncidentShape), Problems)
)]
pub(super) async fn incident(visible: Visible, ids: Ids) -> Response {
    respond(one_incident(&visible, ids).await)
}

pub(super) fn respond<T: Serialize>(document: Result<T, Problem>) -> Response {
    match document {
        Ok(document) => json(&document),
        Err(problem) => problem.into_response(),
    }
}

async fn list_tenants(visible: &Visible) -> Result<List<TenantDocument>, Problem> {
    let mut items = Vec::new();
    for (view, tenant) in visible.each().await? {
        items.push(TenantDocument::new(&tenant, &view.counts().await?));
    }
    Ok(List { items, next: None })
}

async fn list_homes(visible: &Visible, given: Given<OfHomes>) -> Result<List<HomeDocument>, Problem> {
    let given = parameters(given)?;
    let tenant = tenant(visible, given.tenant.as_deref()).await?;
    let status =
        match given.status.as_deref() {
            None => None,
            Some(word) => {
                let status: Result<Status, _> = word.parse();
                Some(status.map_err(|_| {
                    Problem::invalid("`status` must be red, orange, yellow, unknown or green")
                })?)
            }
        };
    let after = given.after.as_deref().filter(|after| !after.is_empty()).map(cursor).transpose()?;
    let query = HomeQuery { status, tag: given.tag, text: given.q, after, limit: limit_of(given.limit)? };
    let page = tenant.homes(query).await?;
    let next =
        page.next.map(|Cursor { rank, name, id }| serde_json::json!([rank, name, id.as_str()]).to_string());
    Ok(List { items: page.items.into_iter().map(Into::into).collect(), next })
}

async fn one_home(visible: &Visible, ids: Ids) -> Result<HomeWithChanges, Problem> {
    let (tenant, home) = path(ids)?;
    let (tenant, home) = visible.home(&tenant, &home).await?.ok_or_else(|| Problem::missing("home"))?;
    let now = visible.now();
    let week = now.checked_sub_signed(TimeDelta::days(7)).unwrap_or(now)..now;
    let changes = tenant.transitions(&home.id, week).await?;
    Ok(HomeWithChanges { home: home.into(), changes: changes.into_iter().map(Into::into).collect() })
}

async fn list_incidents(visible: &Visible, given: Given<OfIncidents>) -> Result<List<Incident>, Problem> {
    let given = parameters(given)?;
    let tenant = tenant(visible, given.tenant.as_deref()).await?;
    let is_open = match given.state.as_deref() {
        None | Some("open") => true,
        Some("all") => false,
        Some(_) => return Err(Problem::invalid("`state` must be open or all")),
    };
    let place = given.after.as_deref().filter(|after| !after.is_empty()).map(|text| {
        let place = Place::read(text);
        place.ok_or_else(|| Problem::invalid("`after` is not of this list"))
    });
    let after = place.transpose()?.map(|place| place.within(tenant.id()));
    let limit = limit_of(given.limit)?;
    let query = IncidentQuery { is_open, after, limit, ..IncidentQuery::default() };
    let found = tenant.incidents(query).await?;
    let items: Vec<Incident> = found.into_iter().map(|filed| filed.incident).collect();
    let last = items.last().filter(|_| items.len() == limit);
    let next = last.map(|last| Place::of(last).text());
    Ok(List { next, items })
}

async fn one_incident(visible: &Visible, ids: Ids) -> Result<Incident, Problem> {
    let (tenant, incident) = path(ids)?;
    let found = visible.incident(&tenant, &incident).await?;
    found.map(|(_, filed)| filed.incident).ok_or_else(|| Problem::missing("incident"))
}

pub(super) fn path(ids: Ids) -> Result<(String, String), Problem> {
    ids.map(|Path(ids)| ids)
        .map_err(|rejection| Problem::invalid(unreadable(&rejection.body_text(), |name| format!("`{name}`"))))
}

/// Returns the tenant with this id, or the only one beside the operator.
pub(super) async fn tenant(visible: &Visible, id: Option<&str>) -> Result<VisibleTenant, Problem> {
    let tenants = visible.each().await?;
    let views = || tenants.iter().map(|(view, _)| view);
    let found = match id {
        Some(id) => views().find(|view| view.id().as_str() == id),
        None => {
            let mut others = views().filter(|view| view.id().as_str() != OPERATOR);
            let other = others.next();
            if others.next().is_some() {
                return Err(Problem::invalid("`tenant` is required, because there are several"));
            }
            other.or_else(|| views().next())
        }
    };
    found.cloned().ok_or_else(|| Problem::missing("tenant"))
}

fn cursor(text: &str) -> Result<Cursor, Problem> {
    let place: Result<(u8, String, String), _> = serde_json::from_str(text);
    let (rank, name, id) = place.map_err(|_| Problem::invalid("`after` is not of this list"))?;
    Ok(Cursor { rank, name, id: HomeId::new(id) })
}
