//! What an answer means for the call: done, another token, another try, or an error.

mod echo;
mod forbidden;

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use plume_runtime::compression;
use plume_types::ErrorBody;

use crate::call::Answer;
use crate::client::Client;
use crate::error::{Error, ErrorKind, NotRetried, Resource};
use crate::operation::{Operation, Safety};
use crate::retry::retry_after;
use crate::verification::Cause;
pub(crate) use echo::{begins_as_refusal, without_secrets};
use forbidden::{Refusal, classify, names_token};

/// How long the firewall blocks an address at the most.
pub(crate) const BLOCK: Duration = Duration::from_secs(300);

/// What one try came to.
pub(crate) enum Outcome {
    Done(Answer),
    /// The token is not accepted, or what was asked for is not there or not allowed.
    Unauthorized(Unauthorized),
    /// Once more after at least this time, or the error.
    Again(Error, Option<Duration>),
    Failed(Error, NotRetried),
    /// The firewall blocks the address. Every further call only prolongs it.
    Blocked(Error),
}

/// An answer with 401, or with a 403 that names the token.
pub(crate) struct Unauthorized {
    answer: Response<Bytes>,
    /// The answer itself says that it means the token.
    pub(crate) names_token: bool,
}

impl Unauthorized {
    /// The error of a call that ends with this answer.
    pub(crate) fn error(&self, operation: &Operation, cause: Cause) -> (Error, NotRetried) {
        let kind = match cause {
            Cause::Target if operation.is_about_a_customer() => ErrorKind::NotFound(Resource::Customer),
            Cause::Target => ErrorKind::Forbidden,
            Cause::Token | Cause::Unclear | Cause::Unchecked => ErrorKind::Unauthorized,
        };
        let why = match cause {
            Cause::Target => NotRetried::Final,
            Cause::Token | Cause::Unclear => NotRetried::NoOtherToken,
            Cause::Unchecked => NotRetried::Unchecked,
        };
        let (status, headers, body) = (self.answer.status(), self.answer.headers(), self.answer.body());
        (Error::unauthorized(kind, cause, operation, status, headers, body), why)
    }
}

impl Client {
    pub(crate) fn judge(&self, operation: &Operation, answer: Response<Bytes>) -> Outcome {
        let status = answer.status();
        // Nobody asked for a part, so what is missing is not known. A change has been made all the same.
        let part = status == StatusCode::PARTIAL_CONTENT && operation.safety == Safety::Safe;
        if status.is_success() && !part {
            if let Some(compression) = packed(&answer) {
                return Outcome::Failed(Error::packed(operation, status, compression), NotRetried::Final);
            }
            return Outcome::Done(Answer { status, body: answer.into_body() });
        }
        let now = self.inner.clock.wall();
        let (headers, body) = (answer.headers(), answer.body());
        let patience = retry_after(headers, now);
        let error = |kind, patience| Error::answered(kind, operation, status, headers, body, patience);
        let failed = |kind| Outcome::Failed(error(kind, None), NotRetried::Final);
        let again = |kind| {
            if operation.safety.may_repeat() {
                Outcome::Again(error(kind, patience), patience)
            } else {
                Outcome::Failed(error(kind, patience), NotRetried::NotRepeatable)
            }
        };
        match status.as_u16() {
            401 => Outcome::Unauthorized(Unauthorized { names_token: names_token(headers, body), answer }),
            403 => match classify(headers, body, self.inner.limiter.near_limit()) {
                Refusal::TokenRejected => Outcome::Unauthorized(Unauthorized { names_token: true, answer }),
                Refusal::Forbidden => failed(ErrorKind::Forbidden),
                Refusal::Blocked => {
                    let until = now.checked_add(BLOCK).unwrap_or(now);
                    Outcome::Blocked(error(ErrorKind::Blocked, Some(BLOCK)).with_block_end(until))
                }
            },
            404 => failed(ErrorKind::NotFound(missing(operation, body))),
            501 => failed(ErrorKind::Unsupported),
            429 => again(ErrorKind::RateLimited),
            408 | 500 | 502..=504 => again(ErrorKind::Server),
            // A status that nobody has defined means what the first of its class means (RFC 9110 §15).
            505..=599 if status.canonical_reason().is_none() => again(ErrorKind::Server),
            505.. => Outcome::Failed(error(ErrorKind::Server, patience), NotRetried::Final),
            206 | 300..=399 => failed(ErrorKind::Unreadable),
            _ => failed(ErrorKind::Rejected),
        }
    }
}

/// The compression of a body that can therefore not be read.
fn packed(answer: &Response<Bytes>) -> Option<&'static str> {
    let is_json = || serde_json::from_slice::<serde::de::IgnoredAny>(answer.body()).is_ok();
    compression(answer.headers()).filter(|_| !answer.body().is_empty() && !is_json())
}

/// What a 404 says is missing. Only the application's own refusals tell; any other 404 means that the base URL
/// leads somewhere else.
fn missing(operation: &Operation, body: &[u8]) -> Resource {
    let Some(body) = ErrorBody::parse(body).filter(ErrorBody::is_application_error) else {
        return Resource::Other;
    };
    let message = body.message.unwrap_or_default().to_ascii_lowercase();
    if message.starts_with("there is no method") {
        return Resource::Other;
    }
    let candidates: Vec<(&str, Resource)> = operation
        .path
        .split('/')
        .filter_map(|segment| match segment {
            "{id}" if operation.path.starts_with("/Customers/") => Some(("customer", Resource::Customer)),
            "{locationId}" => Some(("location", Resource::Location)),
            "{nodeId}" | "{serial}" => Some(("node", Resource::Node)),
            "{mac}" => Some(("device", Resource::Device)),
            _ => None,
        })
        .collect();
    // A message that names just one of the things in the path means that one.
    let named: Vec<Resource> =
        candidates.iter().filter(|(word, _)| message.contains(word)).map(|(_, resource)| *resource).collect();
    match named.as_slice() {
        [one] => *one,
        // Otherwise the last thing of the path, if that is what was asked for.
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
    fn a_404_names_what_is_missing() {
        use crate::operations::{DEVICE, LOCATION_GET, LOCATIONS_LIST, NODE, NODES, WIFI_NETWORK};
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
            (
                &NODES,
                says("There is no method to handle GET /Customers/c/locations/l/nodes"),
                Resource::Other,
            ),
            (&LOCATION_GET, b"<html>location</html>".to_vec(), Resource::Other),
            (&LOCATION_GET, Vec::new(), Resource::Other),
        ] {
            assert_eq!(missing(operation, &body), expected, "{operation} {}", String::from_utf8_lossy(&body));
        }
    }
}
