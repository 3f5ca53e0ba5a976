//! Health of the server itself, and the state of the monitor.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::{
    Result,
    model::{IncidentQuery, StatusCounts},
};
use crate::web::api::document::StatusDocument;
use crate::web::api::problem::{Problem, json};
use crate::web::api::shapes::Problems;
use crate::web::dashboard::{Dashboard, LATE, Visible, is_well};
use crate::web::view::{Badge, Place};

/// Maximum number of open incidents in the state.
const INCIDENTS: usize = 200;

/// The health of the server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
struct HealthDocument {
    /// `ok` or `failing`.
    status: &'static str,
    /// `ok` or `failing`. The cause is for people who have signed in, on the page of settings.
    store: &'static str,
    /// The part that makes checks: `ok`, `not running`, or how long it hangs.
    worker: String,
    /// The part that decides about messages and groups.
    leader: String,
    /// The part that sends messages.
    sender: String,
    /// The calls to the cloud: `ok`, `failing` or `not known`. It does not change `status`, which is about this server.
    cloud: &'static str,
}

/// The public minimum.
#[derive(Debug, Serialize, ToSchema)]
struct PublicStatus {
    /// `ok` or `failing`.
    status: &'static str,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/health/live", responses((status = 200, description = "The word `ok`", body = String, content_type = "text/plain")))]
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Whether the store can be read and written.
#[utoipa::path(get, path = "/health/ready", responses((status = 200, description = "The word `ready`", body = String, content_type = "text/plain"), Problems))]
pub(super) async fn ready(State(dashboard): State<Dashboard>) -> Response {
    match dashboard.check_store().await {
        Ok(()) => "ready\n".into_response(),
        // The cause may name files of this machine.
        Err(_) => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Problem::new(
                status,
                "store",
                "The store does not answer",
                "the store cannot be read, or not be written",
            )
            .into_response()
        }
    }
}

/// Whether the store and all parts do their work.
#[utoipa::path(get, path = "/health", responses(
    (status = 200, description = "All parts work", body = HealthDocument),
    (status = 503, description = "A part fails", body = HealthDocument),
))]
pub(super) async fn health(State(dashboard): State<Dashboard>) -> Response {
    let store = dashboard.check_store().await;
    let pulse = dashboard.pulse();
    let is_well = is_well(&store, pulse.as_ref());
    let part = |name: &str| {
        let Some(pulse) = &pulse else { return "not running".to_owned() };
        let age = pulse.turns.into_iter().find(|(part, _)| *part == name).map(|(_, age)| age);
        match age.filter(|age| *age > LATE) {
            Some(age) => format!("no turn for {} s", age.as_secs()),
            None => "ok".to_owned(),
        }
    };
    let document = HealthDocument {
        status: if is_well { "ok" } else { "failing" },
        store: if store.is_ok() { "ok" } else { "failing" },
        worker: part("worker"),
        leader: part("leader"),
        sender: part("sender"),
        cloud: dashboard.cloud(),
    };
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, json(&document)).into_response()
}

/// The public minimum.
#[utoipa::path(get, path = "/status", responses(
    (status = 200, description = "The server works", body = PublicStatus),
    (status = 503, description = "The store fails", body = PublicStatus),
))]
pub(super) async fn status(State(dashboard): State<Dashboard>) -> Response {
    match dashboard.check_store().await {
        Ok(()) => json(&PublicStatus { status: "ok" }),
        Err(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, json(&PublicStatus { status: "failing" })).into_response()
        }
    }
}

/// The state of the monitor.
#[utoipa::path(get, path = "/api/status", responses((status = 200, description = "The state", body = StatusDocument), Problems))]
pub(super) async fn api_status(visible: Visible) -> Response {
    match state(&visible).await {
        Ok(document) => json(&document),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn state(visible: &Visible) -> Result<StatusDocument> {
    let (mut counts, mut open, mut total) = (StatusCounts::default(), Vec::new(), 0);
    for (tenant, _) in visible.each().await? {
        let of_tenant = tenant.counts().await?;
        Badge::ALL.into_iter().for_each(|status| counts.count(status, of_tenant.of(status)));
        let worst = tenant.incidents(IncidentQuery::worst(INCIDENTS)).await?;
        open.extend(worst.into_iter().map(|filed| filed.incident));
        total += tenant.open_incidents().await?.total;
    }
    open.sort_by_cached_key(Place::ranked);
    open.truncate(INCIDENTS);
    Ok(StatusDocument {
        now: visible.now(),
        homes: (&counts).into(),
        open_incidents: open,
        open_incidents_total: total,
        budget: visible.pulse().map(Into::into),
    })
}
