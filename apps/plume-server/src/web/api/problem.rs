//! Errors of the API, as RFC 9457 has them.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::store::{StoreError, StoreErrorKind};
use crate::web::entry::Refusal;

/// The reason why there is no document.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    help: &'static str,
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        kind: &str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let kind = format!("urn:plume-server:problem:{kind}");
        Self { kind, title, status: status.as_u16(), detail: detail.into(), help: "" }
    }

    pub(super) fn missing(thing: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "missing", "Not found", format!("there is no such {thing}"))
    }

    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", "Invalid parameter", detail)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SignIn => {
                let detail = "a session, or `Authorization: Bearer TOKEN` with a valid token, is needed";
                Self::new(StatusCode::UNAUTHORIZED, "sign-in", "Not signed in", detail)
            }
            Refusal::Store(error) => error.into(),
            Refusal::TooSlow => {
                let detail = "the document did not arrive within 10 s";
                Self::new(StatusCode::REQUEST_TIMEOUT, "slow", "Too slow", detail)
            }
            Refusal::Role(role) => {
                Self::new(StatusCode::FORBIDDEN, "role", "Not allowed", format!("this needs the role {role}"))
            }
            Refusal::Form => {
                let detail = "a change needs the token of a form in `x-form-token`";
                Self::new(StatusCode::FORBIDDEN, "form", "Not from a page of this server", detail)
            }
            Refusal::TooLong => {
                let detail = "the document is longer than 16 KB";
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "long", "Too long", detail)
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let (status, kind, title) = match error.kind() {
            StoreErrorKind::Missing => (StatusCode::NOT_FOUND, "missing", "Not found"),
            StoreErrorKind::Conflict => (StatusCode::CONFLICT, "changed", "Changed meanwhile"),
            StoreErrorKind::Refused => (StatusCode::UNPROCESSABLE_ENTITY, "refused", "Not possible"),
            StoreErrorKind::Full => (StatusCode::INSUFFICIENT_STORAGE, "full", "The disk is full"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "store", "The store does not answer"),
        };
        Self { help: error.help(), ..Self::new(status, kind, title, error.to_string()) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Returns a document as JSON.
pub(super) fn json(document: &impl Serialize) -> Response {
    match serde_json::to_string(document) {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
