//! Lists and single documents.

use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use plume::{
    health::Status,
    monitor::{ids::HomeId, incident::Incident},
};
use serde::{Deserialize, Serialize};

use crate::store::model::{Cursor, HomeQuery, IncidentQuery};
use crate::web::api::document::{HomeDocument, HomeWithChanges, List, TenantDocument};
use crate::web::api::problem::{Problem, json};
use crate::web::dashboard::{Visible, VisibleTenant};
use crate::web::view::Place;

/// Items of a part by default and at most.
const LIMIT: (usize, usize) = (50, 500);

/// The parameters of lists.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Parameters {
    tenant: Option<String>,
    status: Option<String>,
    tag: Option<String>,
    q: Option<String>,
    state: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

type Given = Result<Query<Parameters>, axum::extract::rejection::QueryRejection>;

pub(super) async fn tenants(visible: Visible) -> Response {
    respond(list_tenants(&visible).await)
}

pub(super) async fn homes(visible: Visible, given: Given) -> Response {
    respond(list_homes(&visible, given).await)
}

pub(super) async fn home(visible: Visible, Path((tenant, home)): Path<(String, String)>) -> Response {
    respond(one_home(&visible, &tenant, &home).await)
}

pub(super) async fn incidents(visible: Visible, given: Given) -> Response {
    respond(list_incidents(&visible, given).await)
}

pub(super) async fn incident(visible: Visible, Path((tenant, incident)): Path<(String, String)>) -> Response {
    let found = visible.incident(&tenant, &incident).await.map_err(Problem::from);
    respond(found.and_then(|found| Ok(found.ok_or_else(|| Problem::missing("incident"))?.1.incident)))
}

fn respond<T: Serialize>(document: Result<T, Problem>) -> Response {
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

async fn list_homes(visible: &Visible, given: Given) -> Result<List<HomeDocument>, Problem> {
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
    let after = given.after.as_deref().map(cursor).transpose()?;
    let query = HomeQuery { status, tag: given.tag, text: given.q, after, limit: limit(given.limit) };
    let page = tenant.homes(query).await?;
    let next =
        page.next.map(|Cursor { rank, name, id }| serde_json::json!([rank, name, id.as_str()]).to_string());
    Ok(List { items: page.items.into_iter().map(Into::into).collect(), next })
}

async fn one_home(visible: &Visible, tenant: &str, home: &str) -> Result<HomeWithChanges, Problem> {
    let (tenant, home) = visible.home(tenant, home).await?.ok_or_else(|| Problem::missing("home"))?;
    let now = visible.now();
    let week = now.checked_sub_signed(TimeDelta::days(7)).unwrap_or(now)..now;
    let changes = tenant.transitions(&home.id, week).await?;
    Ok(HomeWithChanges { home: home.into(), changes: changes.into_iter().map(Into::into).collect() })
}

async fn list_incidents(visible: &Visible, given: Given) -> Result<List<Incident>, Problem> {
    let given = parameters(given)?;
    let tenant = tenant(visible, given.tenant.as_deref()).await?;
    let is_open = match given.state.as_deref() {
        None | Some("open") => true,
        Some("all") => false,
        Some(_) => return Err(Problem::invalid("`state` must be open or all")),
    };
    let place = given.after.as_deref().map(|text| {
        let place = Place::read(text);
        place.ok_or_else(|| Problem::invalid("`after` is not of this list"))
    });
    let after = place.transpose()?.map(|place| place.within(tenant.id()));
    let limit = limit(given.limit);
    let query = IncidentQuery { is_open, after, limit, ..IncidentQuery::default() };
    let found = tenant.incidents(query).await?;
    let items: Vec<Incident> = found.into_iter().map(|filed| filed.incident).collect();
    let last = items.last().filter(|_| items.len() == limit);
    let next = last.map(|last| Place::of(last).text());
    Ok(List { next, items })
}

fn parameters(given: Given) -> Result<Parameters, Problem> {
    given.map(|Query(given)| given).map_err(|rejection| Problem::invalid(rejection.body_text()))
}

/// Returns the tenant with this id, or the only one.
async fn tenant(visible: &Visible, id: Option<&str>) -> Result<VisibleTenant, Problem> {
    let tenants = visible.each().await?;
    match (id, tenants.as_slice()) {
        (Some(id), all) => {
            let found = all.iter().find(|(_, tenant)| tenant.id.as_str() == id);
            found.map(|(view, _)| view.clone()).ok_or_else(|| Problem::missing("tenant"))
        }
        (None, [(only, _)]) => Ok(only.clone()),
        (None, []) => Err(Problem::missing("tenant")),
        (None, _) => Err(Problem::invalid("`tenant` is required, because there are several")),
    }
}

fn limit(given: Option<usize>) -> usize {
    given.unwrap_or(LIMIT.0).clamp(1, LIMIT.1)
}

fn cursor(text: &str) -> Result<Cursor, Problem> {
    let place: Result<(u8, String, String), _> = serde_json::from_str(text);
    let (rank, name, id) = place.map_err(|_| Problem::invalid("`after` is not of this list"))?;
    Ok(Cursor { rank, name, id: HomeId::new(id) })
}
