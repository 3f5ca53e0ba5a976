//! What an answer means for the call: done, another token, another try, or an error.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Response, header::WWW_AUTHENTICATE};
use plume_types::ErrorBody;

use crate::{
    Client, Error, ErrorKind, Operation, Resource, call::Answer, error::Attempt, retry::retry_after,
};

/// How long the firewall blocks an address at the most.
const BLOCK: Duration = Duration::from_secs(300);

/// What one try came to.
pub(crate) enum Outcome {
    Done(Answer),
    /// The token was not accepted; a newer one may be.
    TokenRefused(Error),
    /// Once more after at least this time, or the error.
    Again(Error, Option<Duration>),
    Failed(Error),
}

impl Client {
    pub(crate) fn judge(
        &self,
        operation: &Operation,
        answer: Response<Bytes>,
        replayed: bool,
        now: SystemTime,
        attempts: &[Attempt],
    ) -> Outcome {
        let status = answer.status();
        if status.is_success() {
            return Outcome::Done(Answer { status, body: answer.into_body() });
        }
        let headers = answer.headers();
        let body = answer.body();
        let patience = retry_after(headers, now);
        let error =
            |kind, patience| Error::answered(kind, operation, status, body, patience, attempts.to_vec());
        let may_repeat = operation.safety.may_repeat();
        match status.as_u16() {
            401 => Outcome::TokenRefused(error(refused_kind(operation, replayed, body), None)),
            403 if bearer_error(headers).is_some_and(|word| word == "invalid_token") => {
                Outcome::TokenRefused(error(ErrorKind::Unauthorized, None))
            }
            403 if bearer_error(headers).is_some() || is_application_error(body) => {
                Outcome::Failed(error(ErrorKind::Forbidden, None))
            }
            403 => {
                // Written by the firewall: every further call only prolongs it. The token is innocent.
                self.inner.limiter.block(BLOCK);
                Outcome::Failed(error(ErrorKind::Blocked, Some(BLOCK)))
            }
            404 => Outcome::Failed(error(ErrorKind::NotFound(missing(operation, body)), None)),
            501 => Outcome::Failed(error(ErrorKind::Unsupported, None)),
            429 if may_repeat => Outcome::Again(error(ErrorKind::RateLimited, patience), patience),
            429 => Outcome::Failed(error(ErrorKind::RateLimited, patience)),
            408 | 500 | 502..=504 if may_repeat => {
                Outcome::Again(error(ErrorKind::Server, patience), patience)
            }
            408 | 500.. => Outcome::Failed(error(ErrorKind::Server, patience)),
            300..=399 => Outcome::Failed(error(ErrorKind::Unreadable, None)),
            _ => Outcome::Failed(error(ErrorKind::Rejected, None)),
        }
    }
}

/// What a 401 means. The API answers so for a customer it does not know; that is told only when a new token did
/// not help, because a token that cannot be replaced may simply be old.
fn refused_kind(operation: &Operation, replayed: bool, body: &[u8]) -> ErrorKind {
    let about_token =
        ErrorBody::parse(body).is_some_and(|body| body.code.as_deref() == Some("INVALID_TOKEN"));
    if replayed && !about_token && operation.path.starts_with("/Customers/{id}") {
        ErrorKind::NotFound(Resource::Customer)
    } else {
        ErrorKind::Unauthorized
    }
}

/// The `error` word of a Bearer challenge (RFC 6750 §3).
fn bearer_error(headers: &HeaderMap) -> Option<String> {
    let challenge = headers.get(WWW_AUTHENTICATE)?.to_str().ok()?;
    let (_, after) = challenge.split_once("error=\"")?;
    after.split('"').next().map(str::to_owned)
}

fn is_application_error(body: &[u8]) -> bool {
    ErrorBody::parse(body).is_some_and(|body| body.is_application_error())
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
        use crate::operation::{DEVICE, LOCATION_GET, LOCATIONS_LIST, NODE, NODES, WIFI_NETWORK};
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
