//! Error responses.

use bytes::Bytes;
use http::{HeaderMap, Response};
use plume_auth::Redactor;
use plume_runtime::compression;
use plume_text::shorten;
use plume_types::{DecodeError, ErrorBody};
use serde_json::Value;

use crate::call::RawResponse;
use crate::error::{Error, ErrorResponse};
use crate::exchange::response::excerpt::excerpt;
use crate::exchange::response::redact;
use crate::operations::Operation;

/// The headers of request ids, the most specific first.
const REQUEST_IDS: [&str; 7] = [
    "x-request-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-correlation-id",
    "request-id",
    "x-amzn-trace-id",
    "x-amz-cf-id",
];

/// A response that is no success, without secrets of the request.
pub(super) struct Refusal {
    pub(super) headers: HeaderMap,
    pub(super) json: Option<Value>,
    pub(super) response: ErrorResponse,
}

impl Refusal {
    pub(super) fn read(answer: Response<Bytes>, redactor: &Redactor) -> Self {
        let (mut parts, body) = answer.into_parts();
        redact::headers(&mut parts.headers, redactor);
        let (body, json) = redact::refusal(body, redactor);
        let said = json.as_ref().and_then(ErrorBody::read);
        let response = ErrorResponse {
            status: parts.status,
            request_id: request_id(&parts.headers),
            compression: compression(&parts.headers),
            excerpt: if said.is_some() { None } else { excerpt(&body) },
            body: said,
        };
        Self { headers: parts.headers, json, response }
    }
}

/// Returns the error of a success that cannot be decoded.
pub(crate) fn unreadable(operation: &Operation, answer: &RawResponse, error: DecodeError) -> Error {
    // An error with a status of success: the server's message is more specific than its shape.
    let refusal = redact::begins_as_refusal(&answer.body)
        .then(|| ErrorBody::parse(&answer.body).filter(ErrorBody::is_application_error))
        .flatten();
    Error::unreadable(operation, answer.status, excerpt(&answer.body), refusal.unwrap_or_default(), error)
        .after(answer.attempts.all(), None)
}

/// Returns the id of the request, if it is a plain token.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = REQUEST_IDS.iter().find_map(|name| headers.get(*name)?.to_str().ok())?.trim();
    let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| shorten(id, 128))
}
