//! Answers: a status with a body.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use serde_json::Value;

use crate::http::error_body::Problem;

/// Puts the members of `more` into `target`; both are objects.
pub(crate) fn extend(target: &mut Value, more: Value) {
    if let (Value::Object(target), Value::Object(more)) = (target, more) {
        target.extend(more);
    }
}

pub(crate) fn json(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = typed(body.to_string(), "application/json; charset=utf-8");
    *response.status_mut() = status;
    response
}

pub(crate) fn html(status: StatusCode, text: &str) -> Response<Bytes> {
    let mut response = typed(text.to_owned(), "text/html");
    *response.status_mut() = status;
    response
}

fn typed(body: String, kind: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// The body of a good answer.
#[derive(Debug)]
pub(crate) enum Page {
    Json(Value),
    Html(String),
}

/// What a resource answers: the body of a 200, or an error.
pub(crate) type Answer = Result<Value, Problem>;

/// What a write answers.
pub(crate) type Outcome = Result<Reply, Problem>;

/// A status with its body, if that status has one.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Option<Page>,
}

impl Reply {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Some(Page::Json(body)) }
    }

    pub(crate) fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None }
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        let mut response = match self.body {
            Some(Page::Json(body)) => return json(self.status, &body),
            Some(Page::Html(body)) => typed(body, "text/html; charset=utf-8"),
            None => Response::new(Bytes::new()),
        };
        *response.status_mut() = self.status;
        response
    }
}
