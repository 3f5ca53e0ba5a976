//! The visitor and the visible part of the store, for handlers.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};

use crate::access::Visitor;
use crate::web::dashboard::{Dashboard, Visible};

/// Takes the visitor that the route has found. Without a check of the route there is none.
impl FromRequestParts<Dashboard> for Visible {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, dashboard: &Dashboard) -> Result<Self, StatusCode> {
        let visitor = parts.extensions.get::<Visitor>().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        Ok(dashboard.for_visitor(visitor.clone()))
    }
}
