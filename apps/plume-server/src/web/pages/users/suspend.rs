//! The page that suspends a tenant, after it has named the consequences.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use plume::monitor::ids::TenantId;
use serde::Deserialize;

use crate::access::Tenants;
use crate::store::model::IncidentQuery;
use crate::web::dashboard::Visible;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::{Form, Query};
use crate::web::pages::users::change::{USERS, done, incomplete};
use crate::web::pages::users::page::suspend_path;
use crate::web::view::Counted;

/// Open incidents that are counted.
const OPEN: usize = 1000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Selection {
    id: String,
}

/// The form for a tenant. Only the page of this file has `sure`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Change {
    id: String,
    /// `suspend` or `resume`.
    action: String,
    sure: String,
}

#[derive(Template)]
#[template(path = "suspend.html")]
struct Page<'a> {
    frame: &'a Frame,
    id: String,
    name: String,
    homes: String,
    incidents: String,
    sessions: Vec<String>,
    tokens: Vec<String>,
}

pub(in crate::web::pages) async fn page(
    visible: Visible,
    frame: Frame,
    Query(selection): Query<Selection>,
) -> Response {
    let page = build(&visible, &frame, &selection.id).await;
    frame.answer(page.map_err(|fault| fault.back_to(USERS)))
}

async fn build<'a>(visible: &Visible, frame: &'a Frame, id: &str) -> Result<Page<'a>, Fault> {
    let id = TenantId::new(id);
    let each = if visible.has_all() { visible.each().await? } else { Vec::new() };
    let found = each.into_iter().find(|(view, _)| *view.id() == id);
    let (view, tenant) = found.ok_or_else(|| Fault::missing("tenant"))?;
    let homes = view.counts().await?.total();
    let query = IncidentQuery { is_open: true, is_root: true, limit: OPEN, ..IncidentQuery::default() };
    let incidents = view.incidents(query).await?.len();
    let mut suspended = visible.suspended();
    suspended.insert(id.clone());
    let ends = |tenants: &Tenants| match tenants {
        Tenants::All => false,
        Tenants::Only(tenants) => tenants.is_subset(&suspended),
    };
    let rules = visible.rules();
    let (mut sessions, mut tokens, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let (found, next) = visible.sessions(after).await?;
        let found = found.into_iter().filter(|(pass, session)| {
            session.visitor(&pass.id, &rules).is_some_and(|visitor| ends(visitor.tenants()))
        });
        sessions.extend(found.map(|(_, session)| session.name));
        let Some(next) = next else { break };
        after = Some(next);
    }
    after = None;
    loop {
        let (found, next) = visible.tokens(after).await?;
        let found = found.into_iter().filter(|(_, token)| ends(&token.tenants));
        tokens.extend(found.map(|(_, token)| token.name));
        let Some(next) = next else { break };
        after = Some(next);
    }
    Ok(Page {
        frame,
        id: id.to_string(),
        name: tenant.name,
        homes: Counted(homes, "home").to_string(),
        incidents: Counted(incidents as u64, "open incident").to_string(),
        sessions,
        tokens,
    })
}

pub(in crate::web::pages) async fn suspend(
    visible: Visible,
    frame: Frame,
    Form(form): Form<Change>,
) -> Response {
    match form.action.as_str() {
        "suspend" if form.sure.is_empty() => {
            let detail = "Nothing was changed: the consequences have to be confirmed first.";
            let fault = Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "Not confirmed", detail);
            frame.refuse(&fault.back_to(suspend_path(&form.id)))
        }
        "suspend" => done(&frame, visible.suspend(&form.id, true).await),
        "resume" => done(&frame, visible.suspend(&form.id, false).await),
        _ => incomplete(&frame),
    }
}
