//! Errors that come from an answer of the API.

use std::time::Duration;

use http::HeaderMap;
use plume_runtime::compression;
use plume_text::{human, shorten};
use plume_types::{DecodeError, ErrorBody};

use super::{Error, ErrorKind, Inner, Resource, Source, excerpt::excerpt};
use crate::judge::begins_as_refusal;
use crate::operation::Operation;
use crate::verification::Cause;

const MAX_MESSAGE: usize = 300;
/// Where servers and gateways write the id of a request, the most telling first.
const REQUEST_IDS: [&str; 7] = [
    "x-request-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-correlation-id",
    "request-id",
    "x-amzn-trace-id",
    "x-amz-cf-id",
];

impl Error {
    /// The API refused new tokens one after the other; nothing was sent.
    pub(crate) fn resting(operation: &Operation, wait: Duration) -> Self {
        let message = format!(
            "{operation} was not sent: the API refuses every new access token; the next try is possible in {}",
            human(wait)
        );
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            retry_after: Some(wait),
            ..Self::build(ErrorKind::Unauthorized, message)
        })
    }

    /// A 401 whose cause is known, or known not to be known.
    pub(crate) fn unauthorized(
        kind: ErrorKind,
        cause: Cause,
        operation: &Operation,
        status: http::StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Self {
        let lead = match (cause, kind) {
            (Cause::Target, ErrorKind::NotFound(_)) => {
                "no such customer, or not yours, or your role may not use this operation"
            }
            (Cause::Target, _) => {
                "your role may not use this operation, or what it names is unknown or not yours"
            }
            (Cause::Token, _) => "the API does not accept this client's access token",
            (Cause::Unclear | Cause::Unchecked, _) => {
                "the API does not accept the access token, or it knows no such customer, or your role may not use this operation"
            }
        };
        Self::with_lead(lead, kind, operation, status, headers, body, None)
    }

    pub(crate) fn answered(
        kind: ErrorKind,
        operation: &Operation,
        status: http::StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        retry_after: Option<Duration>,
    ) -> Self {
        let lead = match kind {
            ErrorKind::NotFound(Resource::Other) => "there is nothing at this address",
            ErrorKind::NotFound(Resource::Customer) => "no such customer",
            ErrorKind::NotFound(Resource::Location) => "no such location",
            ErrorKind::NotFound(Resource::Node) => "no such node",
            ErrorKind::NotFound(Resource::Device) => "no such device",
            ErrorKind::Forbidden => "not allowed",
            ErrorKind::Blocked => "the API's firewall blocks this address",
            ErrorKind::RateLimited => "the API asks for patience",
            ErrorKind::Unsupported => "not offered for this location",
            ErrorKind::Server => "the API failed",
            ErrorKind::Unreadable if status == http::StatusCode::PARTIAL_CONTENT => {
                "the answer is only a part of what was asked for"
            }
            ErrorKind::Unreadable => "the answer is a redirect, which is not followed",
            // The API's own meaning of 425, which its standard name would hide.
            _ if status == http::StatusCode::TOO_EARLY => "the node is not one of this location",
            _ if status == http::StatusCode::PRECONDITION_FAILED => "the location is not ready for this yet",
            _ => "the API refused the request",
        };
        Self::with_lead(lead, kind, operation, status, headers, body, retry_after)
    }

    fn with_lead(
        lead: &str,
        kind: ErrorKind,
        operation: &Operation,
        status: http::StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        retry_after: Option<Duration>,
    ) -> Self {
        let parsed = ErrorBody::parse(body);
        let short = |text: &String| shorten(text, MAX_MESSAGE);
        let code = parsed.as_ref().and_then(|body| body.code.as_ref().map(short));
        let server_message = parsed.as_ref().and_then(|body| body.message.as_ref().map(short));
        let said = match (&code, &server_message) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(word), None) | (None, Some(word)) => word.clone(),
            (None, None) => compression(headers)
                .map(|compression| format!("with a compressed body ({compression}), which was not asked for"))
                .unwrap_or_default(),
        };
        let detail = if said.is_empty() { status.to_string() } else { format!("{status}, {said}") };
        let message = format!("{lead} ({operation}: {detail})");
        let excerpt = if parsed.is_some() { None } else { excerpt(body) };
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            status: Some(status.as_u16()),
            code,
            server_message,
            request_id: request_id(headers),
            retry_after,
            excerpt,
            ..Self::build(kind, message)
        })
    }

    /// A body that is compressed, although that was not asked for.
    pub(crate) fn packed(operation: &Operation, status: http::StatusCode, compression: &str) -> Self {
        let message = format!(
            "the answer to {operation} ({status}) is compressed ({compression}), which was not asked for"
        );
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            status: Some(status.as_u16()),
            ..Self::build(ErrorKind::Unreadable, message)
        })
    }

    pub(crate) fn unreadable(
        operation: &Operation,
        status: http::StatusCode,
        body: &[u8],
        error: DecodeError,
    ) -> Self {
        let excerpt = excerpt(body);
        // A refusal that calls itself a success: the server's own words tell more than its shape.
        let refusal = begins_as_refusal(body)
            .then(|| ErrorBody::parse(body).filter(ErrorBody::is_application_error))
            .flatten()
            .unwrap_or_default();
        let short = |text: String| shorten(&text, MAX_MESSAGE);
        let (code, server_message) = (refusal.code.map(short), refusal.message.map(short));
        let why = match (refusal.status_code, code.as_ref().or(server_message.as_ref())) {
            (Some(number), Some(word)) => {
                let more = server_message.as_ref().filter(|message| *message != word);
                let more = more.map(|message| format!(": {message}")).unwrap_or_default();
                format!("it is an error, {number} {word}{more}")
            }
            _ => {
                let shown =
                    excerpt.as_ref().map(|text| format!("; it begins with {text}")).unwrap_or_default();
                format!("{error}{shown}")
            }
        };
        let message = format!("the answer to {operation} ({status}) is not what was asked for: {why}");
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            status: Some(status.as_u16()),
            code,
            server_message,
            excerpt,
            source: Some(Source::Decode(error)),
            ..Self::build(ErrorKind::Unreadable, message)
        })
    }
}

/// The id of the request, if it looks like one.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = REQUEST_IDS.iter().find_map(|name| headers.get(*name)?.to_str().ok())?.trim();
    let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| shorten(id, 128))
}
