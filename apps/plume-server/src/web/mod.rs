//! Pages and JSON API.

use axum::{Router, routing::get};

/// Returns the routes of the dashboard.
pub fn router() -> Router {
    Router::new().route("/health/live", get(async || "ok\n"))
}
