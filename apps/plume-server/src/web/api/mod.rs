//! The JSON API and the health checks.

mod changes;
mod channels;
mod document;
mod health;
mod inside;
mod openapi;
mod problem;
mod shapes;
mod v1;

pub(super) use problem::problems;

use axum::{
    Router,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::access::Role;
use crate::web::api::problem::Problem;
use crate::web::dashboard::Dashboard;
use crate::web::entry::{Needs, Refusal, Routes};

pub(super) fn routes(dashboard: &Dashboard) -> Routes {
    let [viewer, operator, admin] = Role::ALL.map(Needs::Role);
    Routes::new(dashboard, refuse)
        .get("/health", Needs::Nothing, health::health)
        .get("/health/ready", Needs::Nothing, health::ready)
        .get("/status", Needs::Nothing, health::status)
        .get("/api/status", viewer, health::api_status)
        .get("/api/v1/openapi.json", Needs::Nothing, openapi::document)
        .get("/api/config", admin, inside::config)
        .get("/api/connections", operator, inside::connections)
        .get("/api/debug/sessions", admin, inside::sessions)
        .get("/api/v1/logs", admin, inside::logs)
        .get("/api/v1/sla", viewer, inside::sla)
        .get("/api/v1/tenants", viewer, v1::tenants)
        .get("/api/v1/homes", viewer, v1::homes)
        .get("/api/v1/homes/{tenant}/{home}", viewer, v1::home)
        .get("/api/v1/incidents", viewer, v1::incidents)
        .get("/api/v1/incidents/{tenant}/{incident}", viewer, v1::incident)
        .call("/api/v1/homes/{tenant}/{home}/check", operator, changes::check)
        .call("/api/v1/incidents/{tenant}/{incident}/acknowledge", operator, changes::acknowledge)
        .call("/api/v1/incidents/{tenant}/{incident}/release", operator, changes::release)
        .call("/api/v1/incidents/{tenant}/{incident}/snooze", operator, changes::snooze)
        .call("/api/v1/incidents/{tenant}/{incident}/notes", operator, changes::note)
        .get("/api/v1/maintenance", viewer, changes::windows)
        .call("/api/v1/maintenance/{tenant}", operator, changes::add_window)
        .call("/api/v1/maintenance/{tenant}/{window}/end", operator, changes::end_window)
        .get("/api/v1/channels", viewer, channels::list)
        .get("/api/v1/channels/{tenant}/{channel}", viewer, channels::one)
        .call("/api/v1/channels/{tenant}/{channel}/try", operator, changes::try_channel)
}

/// Returns the document for a refused request.
pub(super) fn refuse(_: &Dashboard, _: &Parts, refusal: Refusal) -> Response {
    Problem::from(refusal).into_response()
}

/// Returns the route that a server without a store has too.
pub(super) fn alive<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/health/live", get(health::live))
}

/// The response for a path without this method.
pub(super) async fn not_allowed() -> (StatusCode, &'static str) {
    (StatusCode::METHOD_NOT_ALLOWED, "This path has no such method.\n")
}
