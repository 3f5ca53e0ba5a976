//! The JSON API and the health checks.

mod document;
mod health;
mod problem;
mod v1;

use axum::{Router, routing::get};

use crate::web::dashboard::Dashboard;

pub(super) fn routes() -> Router<Dashboard> {
    Router::new()
        .route("/health", get(health::health))
        .route("/health/ready", get(health::ready))
        .route("/status", get(health::status))
        .route("/api/status", get(health::api_status))
        .route("/api/v1/tenants", get(v1::tenants))
        .route("/api/v1/homes", get(v1::homes))
        .route("/api/v1/homes/{tenant}/{home}", get(v1::home))
        .route("/api/v1/incidents", get(v1::incidents))
        .route("/api/v1/incidents/{tenant}/{incident}", get(v1::incident))
}

/// Returns the route that a server without a store has too.
pub(super) fn alive<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/health/live", get(async || "ok\n"))
}
