//! Responses: a status with a body.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;
use serde_json::{Value, json};

use crate::http::error_body::ApiError;

/// A sample from the folder `answers` with its placeholders filled: the text `"{name}"` becomes the value of `name`.
macro_rules! sample {
    ($file:literal $(, $name:ident: $value:expr)* $(,)?) => {{
        static SAMPLE: std::sync::LazyLock<serde_json::Value> = std::sync::LazyLock::new(|| {
            let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/answers/", $file, ".json"));
            serde_json::from_str(text).unwrap_or_default()
        });
        $crate::http::response::fill(&SAMPLE, &[$((stringify!($name), serde_json::json!($value))),*])
    }};
}
pub(crate) use sample;

/// Returns the sample with these values in its placeholders.
pub(crate) fn fill(sample: &Value, values: &[(&str, Value)]) -> Value {
    match sample {
        Value::String(text) => {
            let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let value = name.and_then(|name| values.iter().find(|(known, _)| *known == name));
            value.map_or_else(|| sample.clone(), |(_, value)| value.clone())
        }
        Value::Array(items) => items.iter().map(|item| fill(item, values)).collect(),
        Value::Object(members) => {
            members.iter().map(|(key, member)| (key.clone(), fill(member, values))).collect()
        }
        other => other.clone(),
    }
}

/// Returns a list in the envelope of the gateway group.
pub(crate) fn items(rows: impl IntoIterator<Item = Value>) -> Value {
    json!({ "items": rows.into_iter().collect::<Vec<_>>() })
}

/// Adds the members of `more` to `target`; both are objects.
pub(crate) fn extend(target: &mut Value, more: Value) {
    if let (Value::Object(target), Value::Object(more)) = (target, more) {
        target.extend(more);
    }
}

/// Adds a member to the object `target`, if it has a value.
pub(crate) fn insert(target: &mut Value, name: &str, value: Option<impl Serialize>) {
    if let (Value::Object(target), Some(value)) = (target, value) {
        target.insert(name.to_owned(), json!(value));
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

/// The body of a successful response.
#[derive(Debug)]
pub(crate) enum Page {
    Json(Value),
    Html(String),
}

/// The body of a 200, or an error.
pub(crate) type Answer = Result<Value, ApiError>;

/// The result of a write.
pub(crate) type Outcome = Result<Reply, ApiError>;

/// A status with its body, if any.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_other_texts_stay() {
        let sample = json!({ "a": "{one}", "b": ["{two}", "{three}", 1], "c": { "d": "{one} more" } });
        let filled = fill(&sample, &[("one", json!(1)), ("two", json!(null))]);
        assert_eq!(filled, json!({ "a": 1, "b": [null, "{three}", 1], "c": { "d": "{one} more" } }));
    }
}
