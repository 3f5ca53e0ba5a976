//! Errors of the API, as RFC 9457 has them.

use axum::{
    body::{Bytes, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use plume_text::human;
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::{StoreError, StoreErrorKind};
use crate::web::actions::Denied;
use crate::web::entry::Refusal;

const PROBLEM: &str = "application/problem+json";
/// Maximum length of a text that becomes the detail of a problem.
const LONGEST: usize = 1024;

/// The reason why there is no document.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    /// Advice, if there is any.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schema(required = false)]
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
            Refusal::Unconfirmed => {
                let detail = "the identity provider has not confirmed the creator of this token for 30 days";
                let problem = Self::new(StatusCode::UNAUTHORIZED, "unconfirmed", "Not confirmed", detail);
                Self { help: "The creator has to sign in, or another person makes a new token.", ..problem }
            }
            Refusal::Store(error) => error.into(),
            Refusal::TooSlow => {
                let detail = "the document did not arrive within 10 s";
                Self::new(StatusCode::REQUEST_TIMEOUT, "slow", "Too slow", detail)
            }
            Refusal::TooMany(wait) => {
                let detail = format!("too many changes; the next one is possible in {}", human(wait));
                Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", "Too many changes", detail)
            }
            Refusal::Role(role) => {
                Self::new(StatusCode::FORBIDDEN, "role", "Not allowed", format!("this needs the role {role}"))
            }
            Refusal::Form => {
                let detail = "a change needs the token of a form in `x-form-token`";
                Self::new(StatusCode::FORBIDDEN, "form", "Not from a page of this server", detail)
            }
            Refusal::Token => {
                let detail = "a change needs `Authorization: Bearer TOKEN`; a session is for pages only";
                Self::new(StatusCode::FORBIDDEN, "token", "Not by a token", detail)
            }
            Refusal::NotJson => {
                let detail = "a change needs a body with `Content-Type: application/json`";
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "json", "Not JSON", detail)
            }
            Refusal::TooLong => {
                let detail = "the document is longer than 32 KB";
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "long", "Too long", detail)
            }
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Missing(thing) => Self::missing(thing),
            Denied::Because { status, title, detail, help } => {
                let kind = match status {
                    StatusCode::CONFLICT => "changed",
                    StatusCode::TOO_MANY_REQUESTS => "busy",
                    _ => "refused",
                };
                Self { help, ..Self::new(status, kind, title, detail) }
            }
            Denied::Store(error) => error.into(),
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
        let detail = error.to_string();
        let detail = detail.strip_prefix("store: ").unwrap_or(&detail);
        Self { help: error.help(), ..Self::new(status, kind, title, detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM)], body).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            // The limits are those of a minute; the entrance knows a shorter time.
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
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

/// Makes every failed response of the API a problem document: those of unknown paths, of other methods, and of requests that
/// reach no handler.
pub(in crate::web) async fn problems(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let is_failed = status.is_client_error() || status.is_server_error();
    if !is_api || !is_failed || kind.starts_with(PROBLEM) {
        return response;
    }
    let is_text = kind.starts_with("text/plain");
    let (parts, body) = response.into_parts();
    let text = match is_text {
        true => to_bytes(body, LONGEST).await.unwrap_or_default(),
        false => Bytes::new(),
    };
    let title = status.canonical_reason().unwrap_or("Failed");
    let detail = match str::from_utf8(&text).map(str::trim) {
        Ok("") | Err(_) => title.to_lowercase(),
        Ok(text) => text.to_owned(),
    };
    let mut problem = Problem::new(status, status.as_str(), title, detail).into_response();
    for (name, value) in &parts.headers {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            problem.headers_mut().append(name, value.clone());
        }
    }
    problem
}
