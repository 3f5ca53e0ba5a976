//! The `OpenAPI` document, made of the attributes of the handlers. A test compares it with the routes.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::OpenApi;

use crate::web::api::problem::Problem;
use crate::web::api::{changes, channels, health, inside, shapes, v1};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "plume-server",
        description = "The state of a fleet of homes. Errors are documents of RFC 9457.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        health::health,
        health::ready,
        health::status,
        health::api_status,
        health::live,
        v1::tenants,
        v1::homes,
        v1::home,
        v1::incidents,
        v1::incident,
        changes::check,
        changes::try_channel,
        changes::acknowledge,
        changes::release,
        changes::snooze,
        changes::note,
        changes::windows,
        changes::add_window,
        changes::end_window,
        inside::config,
        inside::connections,
        inside::sessions,
        inside::logs,
        inside::sla,
        channels::list,
        channels::one,
        document,
    ),
    // Named in responses and parameters only.
    components(schemas(Problem, shapes::StatusShape, shapes::WhichShape))
)]
struct Api;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| Api::openapi().to_json().unwrap_or_default());

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}
