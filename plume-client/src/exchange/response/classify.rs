//! The classification of a response: success, another token, a retry, or an error.

use std::borrow::Cow;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Response, StatusCode, header::LOCATION};
use plume_auth::Redactor;
use plume_runtime::{compression, retry_after, time};
use plume_text::shorten;
use plume_types::ErrorBody;

use crate::call::{Attempts, RawResponse};
use crate::error::{Error, ErrorKind, ErrorResponse, NotRetried, Resource};
use crate::exchange::machine::Outcome;
use crate::exchange::response::forbidden::{Meaning, meaning, names_token};
use crate::exchange::response::redact;
use crate::exchange::response::refusal::Refusal;
use crate::exchange::response::waits::{BLOCK, LONGEST_RETRY_AFTER};
use crate::operations::{Operation, Safety};

/// A response with 401, or with a 403 that names the token.
#[derive(Debug)]
pub(in crate::exchange) struct Unauthorized {
    pub(in crate::exchange) response: ErrorResponse,
    /// Whether the response says that it means the token.
    pub(in crate::exchange) names_token: bool,
}

/// Classifies a response that arrived at `now`. `near_limit` is whether the count of calls makes a block likely.
pub(in crate::exchange) fn classify(
    operation: &Operation,
    answer: Response<Bytes>,
    redactor: impl FnOnce() -> Redactor,
    now: DateTime<Utc>,
    near_limit: impl FnOnce() -> bool,
) -> Outcome<RawResponse, Error, Unauthorized> {
    let status = answer.status();
    // A range was not requested, so the missing part is unknown. A change was made all the same.
    let part = status == StatusCode::PARTIAL_CONTENT && operation.safety == Safety::Safe;
    if status.is_success() && !part {
        return match packed(&answer) {
            Some(compression) => Outcome::Refused(Error::packed(operation, status, compression)),
            None => {
                let body = redact::success(answer.into_body(), redactor);
                Outcome::Done(RawResponse { status, body, attempts: Attempts::default() })
            }
        };
    }
    let refusal = Refusal::read(answer, &redactor());
    let named = retry_after(&refusal.headers, now);
    let patience = named.map(|wait| wait.min(LONGEST_RETRY_AFTER));
    let error = |kind, patience| {
        let lead = match kind {
            ErrorKind::NotFound(Resource::Other)
                if refusal.response.body.as_ref().is_some_and(names_resource) =>
            {
                "not found".into()
            }
            ErrorKind::Unreadable if status.is_redirection() => redirect(&refusal.headers),
            kind => Cow::Borrowed(lead(kind, status)),
        };
        let error = Error::from_response(kind, &lead, operation, &refusal.response, patience);
        match named.filter(|wait| patience.is_some_and(|patience| patience < *wait)) {
            Some(named) => error.with_cut_wait(named, LONGEST_RETRY_AFTER),
            None => error,
        }
    };
    let refused = |kind| Outcome::Refused(error(kind, None));
    let failed = |kind, patience| Outcome::Failed(error(kind, patience), NotRetried::Final);
    let again = |kind| {
        if operation.safety.may_repeat() {
            Outcome::Again(error(kind, patience), patience)
        } else {
            Outcome::Failed(error(kind, patience), NotRetried::NotRepeatable)
        }
    };
    match status.as_u16() {
        401 => Outcome::Unauthorized(Unauthorized {
            names_token: names_token(&refusal),
            response: refusal.response,
        }),
        403 => match meaning(&refusal, near_limit) {
            Meaning::TokenRejected => {
                Outcome::Unauthorized(Unauthorized { names_token: true, response: refusal.response })
            }
            Meaning::Forbidden => refused(ErrorKind::Forbidden),
            Meaning::Blocked => {
                let until = time::after(now, BLOCK);
                let error = error(ErrorKind::Blocked, Some(BLOCK)).with_block_end(until);
                Outcome::Failed(error, NotRetried::Final)
            }
        },
        404 => refused(ErrorKind::NotFound(missing(operation, refusal.response.body.as_ref()))),
        501 => failed(ErrorKind::Unsupported, None),
        429 => again(ErrorKind::RateLimited),
        408 | 500 | 502..=504 => again(ErrorKind::Server),
        // An unknown status means the same as the first of its class (RFC 9110 §15).
        505..=599 if status.canonical_reason().is_none() => again(ErrorKind::Server),
        505.. => failed(ErrorKind::Server, patience),
        206 | 300..=399 => refused(ErrorKind::Unreadable),
        _ => refused(ErrorKind::Rejected),
    }
}

/// Returns the beginning of an error text.
fn lead(kind: ErrorKind, status: StatusCode) -> &'static str {
    match kind {
        ErrorKind::NotFound(Resource::Other) => "no such endpoint",
        ErrorKind::NotFound(Resource::Customer) => "no such customer",
        ErrorKind::NotFound(Resource::Location) => "no such location",
        ErrorKind::NotFound(Resource::Node) => "no such node",
        ErrorKind::NotFound(Resource::Device) => "no such device",
        ErrorKind::NotFound(Resource::Group) => "no such group",
        ErrorKind::Forbidden => "forbidden",
        ErrorKind::Blocked => "the API's firewall blocks this address",
        ErrorKind::RateLimited => "rate limited by the API",
        ErrorKind::Unsupported => "not supported for this location",
        ErrorKind::Server => "the API failed",
        ErrorKind::Unreadable if status == StatusCode::PARTIAL_CONTENT => "unexpected partial response",
        ErrorKind::Unreadable => "unexpected response",
        // The API uses 425 with a meaning of its own.
        _ if status == StatusCode::TOO_EARLY => "the node is not one of this location",
        _ if status == StatusCode::PRECONDITION_FAILED => "the location is not ready for this yet",
        _ => "the API rejected the request",
    }
}

/// Returns the beginning of the text of a redirect, with the target's host. Paths and queries may hold secrets.
fn redirect(headers: &HeaderMap) -> Cow<'static, str> {
    let target = headers.get(LOCATION).and_then(|target| target.to_str().ok()).unwrap_or_default();
    let scheme = |(scheme, rest): (&str, &'_ str)| {
        scheme.bytes().all(|byte| byte.is_ascii_alphabetic()).then_some(rest.len())
    };
    let rest = target.strip_prefix("//").map(str::len).or_else(|| target.split_once("://").and_then(scheme));
    let authority = rest.and_then(|length| target[target.len() - length..].split(['/', '?', '#']).next());
    match authority.and_then(|authority| authority.rsplit('@').next()).filter(|host| !host.is_empty()) {
        Some(host) => format!("unexpected redirect to {}, not followed", shorten(host, 100)).into(),
        None => "unexpected redirect, not followed".into(),
    }
}

/// Returns the compression of a body that cannot be read.
fn packed(answer: &Response<Bytes>) -> Option<&'static str> {
    let is_json = || serde_json::from_slice::<serde::de::IgnoredAny>(answer.body()).is_ok();
    compression(answer.headers()).filter(|_| !answer.body().is_empty() && !is_json())
}

/// Returns whether the body of a 404 is about a resource. Otherwise the path is wrong.
fn names_resource(body: &ErrorBody) -> bool {
    let message = body.message.as_deref().unwrap_or_default().to_ascii_lowercase();
    body.is_application_error() && !message.starts_with("there is no method")
}

/// Returns the missing resource of a 404. Only error bodies of the API name it; any other 404 means that the base URL is
/// wrong.
fn missing(operation: &Operation, body: Option<&ErrorBody>) -> Resource {
    let Some(body) = body.filter(|body| names_resource(body)) else { return Resource::Other };
    let message = body.message.as_deref().unwrap_or_default().to_ascii_lowercase();
    let candidates: Vec<(&str, Resource)> = operation
        .path
        .split('/')
        .filter_map(|segment| match segment {
            "{id}" if operation.path.starts_with("/Customers/") => Some(("customer", Resource::Customer)),
            "{locationId}" => Some(("location", Resource::Location)),
            "{nodeId}" | "{serial}" => Some(("node", Resource::Node)),
            "{mac}" => Some(("device", Resource::Device)),
            "{groupId}" => Some(("group", Resource::Group)),
            // The body of a claim names the node.
            "nodes" if operation.parameter("serialNumber").is_some() => Some(("node", Resource::Node)),
            _ => None,
        })
        .collect();
    // A message that names exactly one of the resources in the path means that one.
    let named: Vec<Resource> =
        candidates.iter().filter(|(word, _)| message.contains(word)).map(|(_, resource)| *resource).collect();
    match named.as_slice() {
        [one] => *one,
        // Otherwise the last resource of the path, if that is the target.
        _ if operation.path.ends_with('}') => {
            candidates.last().map_or(Resource::Other, |(_, resource)| *resource)
        }
        _ => Resource::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_404_names_the_missing_resource() {
        use crate::operations::{DEVICE, GROUP_CUSTOMERS, GROUP_GET};
        use crate::operations::{LOCATION_GET, LOCATIONS_LIST, NODE, NODE_CLAIM, NODES, WIFI_NETWORK};
        let says = |message: &str| {
            serde_json::json!({"error": {"statusCode": 404, "message": message}}).to_string().into_bytes()
        };
        let location = says("There are no locations with the ID \"x\"");
        for (operation, body, expected) in [
            (&NODES, location.clone(), Resource::Location),
            (&NODE, location.clone(), Resource::Location),
            (&NODE, says("node n not found in location l"), Resource::Node),
            (&NODE, says(""), Resource::Node),
            (&DEVICE, says("unknown"), Resource::Device),
            (&DEVICE, says("device d is not on this location"), Resource::Device),
            (&LOCATION_GET, says(""), Resource::Location),
            (&LOCATIONS_LIST, says("Unknown \"Customer\" id \"x\"."), Resource::Customer),
            (&WIFI_NETWORK, says("no network yet"), Resource::Other),
            (&GROUP_CUSTOMERS, says("There are no groups with the ID \"x\""), Resource::Group),
            (&GROUP_CUSTOMERS, says("There is no method to handle GET /Groups/x/customers"), Resource::Other),
            (&GROUP_GET, says(""), Resource::Group),
            (&NODE_CLAIM, says("There are no nodes with the ID \"x\""), Resource::Node),
            (&NODE_CLAIM, location.clone(), Resource::Location),
            (
                &NODES,
                says("There is no method to handle GET /Customers/c/locations/l/nodes"),
                Resource::Other,
            ),
            (&LOCATION_GET, b"<html>location</html>".to_vec(), Resource::Other),
            (&LOCATION_GET, Vec::new(), Resource::Other),
        ] {
            assert_eq!(
                missing(operation, ErrorBody::parse(&body).as_ref()),
                expected,
                "{operation} {}",
                String::from_utf8_lossy(&body)
            );
        }
    }
}
