//! The form in which requests and responses are written.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, Response};
use serde_json::{Map, Value};

use crate::record::recorder::recorder::Recorder;
use crate::record::session::{self, Body, Service};
use crate::record::wire;

/// Fields of a token response that are no secret.
const TOKEN_FIELDS: [&str; 5] = ["active", "error", "error_description", "expires_in", "token_type"];

/// The ends of the paths of the token endpoint.
const TOKEN_PATHS: [&str; 3] = ["introspect", "revoke", "token"];

impl Recorder {
    /// Returns the request as it is written.
    pub(super) fn request(&self, request: &Request<Bytes>) -> session::Request {
        let uri = request.uri();
        let url = uri.to_string();
        let url = url.split('?').next().unwrap_or_default();
        let method = request.method().to_string();
        if wire::is_token_exchange(request) {
            let action = uri.path().rsplit('/').next().filter(|action| TOKEN_PATHS.contains(action));
            let path = action.map(|action| format!("/{action}")).unwrap_or_default();
            let form = url::form_urlencoded::parse(request.body());
            let query = form
                .filter(|(name, _)| name == "grant_type")
                .map(|(name, value)| (name.into(), value.into()));
            return session::Request {
                method,
                service: Service::Token,
                path,
                query: query.collect(),
                body: None,
            };
        }
        let (service, path) = self.bases.split(url);
        let path = match service {
            Service::Other => self.sanitizer.url(path),
            _ => self.sanitizer.path(path),
        };
        let query = uri.query().map(|query| self.sanitizer.query(query)).unwrap_or_default();
        let body = self.body(request.headers(), request.body());
        session::Request { method, service, path, query, body }
    }

    fn body(&self, headers: &HeaderMap, body: &Bytes) -> Option<Body> {
        if body.is_empty() {
            return None;
        }
        Some(match wire::json(body) {
            Some(mut json) => {
                self.sanitizer.json(&mut json);
                Body::Json(json)
            }
            None => Body::Dropped { bytes: body.len(), media_type: wire::media_type(headers) },
        })
    }

    /// Returns the response as it is written.
    pub(super) fn response(&self, service: Service, response: &Response<Bytes>) -> session::Response {
        let body = match service {
            Service::Token => self.token_body(response),
            _ => self.body(response.headers(), response.body()),
        };
        session::Response {
            status: response.status().as_u16(),
            headers: self.headers(response.headers()),
            body,
        }
    }

    /// Returns what a response of the token endpoint may show.
    fn token_body(&self, response: &Response<Bytes>) -> Option<Body> {
        if response.body().is_empty() {
            return None;
        }
        let Some(Value::Object(mut fields)) = wire::json(response.body()) else {
            let media_type = wire::media_type(response.headers());
            return Some(Body::Dropped { bytes: response.body().len(), media_type });
        };
        let shown = TOKEN_FIELDS.into_iter().filter_map(|name| Some((name.to_owned(), fields.remove(name)?)));
        let shown = shown.map(|(name, value)| match value {
            Value::String(text) => (name, self.sanitizer.in_text(&text).into()),
            Value::Object(_) | Value::Array(_) => (name, Value::Null),
            value => (name, value),
        });
        Some(Body::Json(shown.collect::<Map<_, _>>().into()))
    }

    fn headers(&self, headers: &HeaderMap) -> BTreeMap<String, String> {
        let kept = headers.iter().filter(|(name, _)| {
            let limits = name.as_str().contains("ratelimit");
            limits || [CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE].contains(name)
        });
        let texts = kept.filter_map(|(name, value)| Some((name, value.to_str().ok()?)));
        let clean = texts.map(|(name, text)| {
            let clean = match name.as_str() {
                "location" => self.sanitizer.url(text),
                "www-authenticate" => self.sanitizer.in_text(text),
                _ => text.to_owned(),
            };
            (name.to_string(), clean)
        });
        clean.collect()
    }
}
