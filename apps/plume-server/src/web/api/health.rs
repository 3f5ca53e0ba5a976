//! Health of the server itself, and the state of the monitor.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::store::{
    Result,
    model::{IncidentQuery, StatusCounts},
};
use crate::web::api::document::StatusDocument;
use crate::web::api::problem::{Problem, json};
use crate::web::dashboard::{Dashboard, Visible};
use crate::web::view::Badge;

/// Maximum number of open incidents in the state.
const INCIDENTS: usize = 200;

/// Answers whether the store can be read.
pub(super) async fn ready(State(dashboard): State<Dashboard>) -> Response {
    match dashboard.check_store().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

/// Answers whether store and worker do their work.
pub(super) async fn health(State(dashboard): State<Dashboard>) -> Response {
    let store = dashboard.check_store().await;
    let has_worker = dashboard.pulse().is_some();
    let is_well = store.is_ok() && has_worker;
    let document = json!({
        "status": if is_well { "ok" } else { "failing" },
        "store": store.map_or_else(|error| error.to_string(), |()| "ok".to_owned()),
        "worker": if has_worker { "ok" } else { "not running" },
    });
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, json(&document)).into_response()
}

/// The public minimum.
pub(super) async fn status(State(dashboard): State<Dashboard>) -> Response {
    match dashboard.check_store().await {
        Ok(()) => json(&json!({ "status": "ok" })),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, json(&json!({ "status": "failing" }))).into_response(),
    }
}

/// The state of the monitor.
pub(super) async fn api_status(visible: Visible) -> Response {
    match state(&visible).await {
        Ok(document) => json(&document),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn state(visible: &Visible) -> Result<StatusDocument> {
    let (mut counts, mut open) = (StatusCounts::default(), Vec::new());
    for (tenant, _) in visible.each().await? {
        let of_tenant = tenant.counts().await?;
        Badge::ALL.into_iter().for_each(|status| counts.count(status, of_tenant.of(status)));
        let query =
            IncidentQuery { is_open: true, is_root: true, limit: INCIDENTS, ..IncidentQuery::default() };
        open.extend(tenant.incidents(query).await?.into_iter().map(|filed| filed.incident));
    }
    Ok(StatusDocument {
        now: visible.now(),
        homes: (&counts).into(),
        open_incidents: open,
        budget: visible.pulse().map(Into::into),
    })
}
