//! One call: permit, token, send, judge, and perhaps once more.

use std::{
    sync::atomic::Ordering,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use plume_auth::{AuthErrorKind, SecureUrl};
use plume_types::{
    DecodeError, Decoded, ErrorBody, List,
    decode::{self, Decode},
};
use serde_json::Value;

use crate::{
    Client, Error, ErrorKind, Operation, Resource,
    error::Attempt,
    limiter::Held,
    operation::{Service, fill},
};

/// The most tries of one call, a replay with a new token not counted.
const MAX_TRIES: u32 = 3;
/// The upper end of the first random wait; doubled with every further try.
const BACKOFF_BASE: Duration = Duration::from_millis(200);
/// The longest wait of our own choosing.
const BACKOFF_CAP: Duration = Duration::from_secs(20);
/// How long the firewall blocks an address at the most.
const BLOCK: Duration = Duration::from_secs(300);
/// `Retry-After` beyond this is cut.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// What to send.
pub(crate) struct Call<'a> {
    operation: &'a Operation,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Value>,
}

/// A successful answer, not yet decoded.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// What one try came to.
enum Outcome {
    Done(Answer),
    /// The token was not accepted; a newer one may be.
    TokenRefused(Error),
    /// Once more after at least this time, or the error.
    Again(Error, Option<Duration>),
    Failed(Error),
}

impl<'a> Call<'a> {
    /// A call of `operation` with the values of its path's placeholders, in order.
    pub(crate) fn new(operation: &'a Operation, values: &[&str]) -> Result<Self, Error> {
        Ok(Self { operation, path: fill(operation, values)?, query: Vec::new(), body: None })
    }

    pub(crate) fn at(operation: &'a Operation, path: String) -> Self {
        Self { operation, path, query: Vec::new(), body: None }
    }

    pub(crate) fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn query_opt(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.query(name, value.to_string()),
            None => self,
        }
    }

    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

impl Client {
    /// One `T`.
    pub(crate) async fn one<T: Decode>(&self, call: Call<'_>) -> Result<T, Error> {
        self.decoded(call, decode::body).await
    }

    /// One `T`, bare or under one of `wrappers`.
    pub(crate) async fn wrapped<T: Decode>(
        &self,
        call: Call<'_>,
        wrappers: &'static [&'static str],
    ) -> Result<T, Error> {
        self.decoded(call, |body| decode::wrapped(body, wrappers)).await
    }

    /// A list of `T`, bare or under one of `wrappers`.
    pub(crate) async fn list<T: Decode>(
        &self,
        call: Call<'_>,
        wrappers: &'static [&'static str],
    ) -> Result<List<T>, Error> {
        self.decoded(call, |body| decode::list(body, wrappers)).await
    }

    async fn decoded<T>(
        &self,
        call: Call<'_>,
        read: impl FnOnce(&[u8]) -> Result<Decoded<T>, DecodeError>,
    ) -> Result<T, Error> {
        let operation = call.operation;
        let answer = self.send(call).await?;
        match read(&answer.body) {
            Ok(decoded) => {
                self.note_drift(decoded.drift);
                Ok(decoded.value)
            }
            Err(error) => Err(Error::unreadable(operation, answer.status, &answer.body, error)),
        }
    }

    pub(crate) async fn send(&self, call: Call<'_>) -> Result<Answer, Error> {
        let operation = call.operation;
        let url = self.url(&call)?;
        let clock = &self.inner.clock;
        let started = clock.monotonic();
        let left = || self.inner.deadline.saturating_sub(clock.monotonic().saturating_sub(started));
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut tries = 0;
        let mut replayed = false;
        let mut refused: Option<(u64, Error)> = None;
        let mut last: Option<Error> = None;
        let mut pause = Duration::ZERO;
        loop {
            if !pause.is_zero() {
                clock.sleep(pause).await;
            }
            let waiting_since = clock.monotonic();
            let permit = match self.inner.limiter.acquire(left()).await {
                Ok(permit) => permit,
                // The failure before tells more than "no time for another try".
                Err(held) => {
                    return Err(last.unwrap_or_else(|| {
                        let (kind, wait) = match held {
                            Held::Limit(wait) => (ErrorKind::RateLimited, wait),
                            Held::Block(wait) => (ErrorKind::Blocked, wait),
                        };
                        Error::limited(operation, kind, wait, attempts)
                    }));
                }
            };
            let waited = pause.saturating_add(clock.monotonic().saturating_sub(waiting_since));
            // A token that is at hand costs no future. Waiting for one must not use up more than this call's time.
            let token = match self.inner.tokens.ready() {
                Some(token) => Ok(token),
                None => match select(self.inner.tokens.token(), clock.sleep(left())).await {
                    Either::Left((token, _)) => token,
                    Either::Right(_) => {
                        return Err(Error::out_of_time(operation, "access token", attempts));
                    }
                },
            };
            let token = match (token, refused.as_ref()) {
                (Ok(token), _) => token,
                // No other token to be had: the answer to the one we had tells more, an unknown customer for one.
                (Err(error), Some(_)) if error.kind() == AuthErrorKind::TokenRejected => {
                    return Err(
                        refused.map_or_else(|| Error::auth(operation, error, attempts), |(_, error)| error)
                    );
                }
                (Err(error), _) => return Err(Error::auth(operation, error, attempts)),
            };
            if let Some((generation, error)) = refused.take()
                && generation == token.generation()
            {
                // The provider has no other token, so the answer would be the same.
                return Err(error);
            }
            let request = request(operation, &url, &call, token.header_value().clone());
            let request =
                request.map_err(|_| Error::argument(operation, "the request", "cannot be built"))?;
            tries += 1;
            permit.used();
            self.inner.calls.fetch_add(1, Ordering::Relaxed);
            let limits = self.inner.limits.clone().total_timeout(self.inner.limits.total().min(left()));
            let result = self.inner.transport.send(request, &limits).await;
            attempts.push(Attempt {
                waited,
                outcome: match &result {
                    Ok(answer) => answer.status().to_string(),
                    Err(error) => error.to_string(),
                },
            });
            let outcome = match result {
                Ok(answer) => self.judge(operation, answer, replayed, clock.wall(), &attempts),
                Err(error) => {
                    let repeat =
                        error.is_transient() && (error.never_sent() || operation.safety.may_repeat());
                    let host = self.base(operation.service).map(SecureUrl::host).unwrap_or_default();
                    let error = Error::transport(operation, host, error, attempts.clone());
                    if repeat { Outcome::Again(error, None) } else { Outcome::Failed(error) }
                }
            };
            match outcome {
                Outcome::Done(answer) => return Ok(answer),
                Outcome::Failed(error) => return Err(error),
                Outcome::TokenRefused(error) => {
                    // Once only: 401 is also the answer for a customer that does not exist.
                    if replayed {
                        return Err(error);
                    }
                    replayed = true;
                    self.inner.tokens.invalidate(&token);
                    refused = Some((token.generation(), error));
                    pause = Duration::ZERO;
                    tries -= 1;
                }
                Outcome::Again(error, at_least) => {
                    pause = backoff(tries).max(at_least.unwrap_or_default());
                    if tries >= MAX_TRIES || pause >= left() {
                        return Err(error);
                    }
                    last = Some(error);
                }
            }
        }
    }

    fn url(&self, call: &Call<'_>) -> Result<String, Error> {
        let service = call.operation.service;
        let base = self.base(service).ok_or_else(|| {
            let setting = match service {
                Service::Api => "PLUME_API_BASE",
                Service::Reports => "PLUME_REPORTS_BASE",
            };
            Error::missing_base(call.operation, setting)
        })?;
        let mut url = format!("{}{}", base.as_base(), call.path);
        if !call.query.is_empty() {
            let query =
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&call.query).finish();
            url.push('?');
            url.push_str(&query);
        }
        Ok(url)
    }

    fn judge(
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

fn request(
    operation: &Operation,
    url: &str,
    call: &Call<'_>,
    authorization: http::HeaderValue,
) -> Result<Request<Bytes>, http::Error> {
    let builder = Request::builder()
        .method(operation.method.clone())
        .uri(url)
        .header(AUTHORIZATION, authorization)
        .header(ACCEPT, "application/json");
    match &call.body {
        Some(body) => builder.header(CONTENT_TYPE, "application/json").body(Bytes::from(body.to_string())),
        None => builder.body(Bytes::new()),
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

/// `Retry-After`, in seconds or as a date (RFC 9110 §10.2.3), bounded. A date in the past means now; anything
/// else is ignored.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        let date = chrono::DateTime::parse_from_rfc2822(text).ok()?;
        SystemTime::from(date).duration_since(now).unwrap_or_default()
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// A random wait up to a bound that doubles with every try, so that many clients do not come back together.
fn backoff(tries: u32) -> Duration {
    let bound = BACKOFF_BASE.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(BACKOFF_CAP);
    bound.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_bounded_and_never_immediate_by_mistake() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        for (header, expected) in [
            ("7", Some(7)),
            ("0", Some(0)),
            ("301", Some(300)),
            ("18446744073709551615", Some(300)),
            ("99999999999999999999999", Some(300)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("-1", None),
            ("1.5", None),
            ("", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, header.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{header}");
        }
    }

    #[tokio::test]
    async fn what_must_not_happen_twice_is_sent_once() {
        use std::sync::{Arc, Mutex};

        use plume_auth::StaticToken;
        use plume_runtime::{InProcess, ManualClock, TransportError, TransportErrorKind};

        use crate::Safety;

        let change = |safety| Operation {
            name: "test.change",
            method: http::Method::POST,
            service: Service::Api,
            path: "/changes",
            safety,
        };
        let fails = |kind| Err(TransportError::new(kind, "broken on purpose"));
        let answers = |status: u16| Ok(Response::builder().status(status).body(Bytes::new()).unwrap());
        for (safety, outcome, sent, kind) in [
            // The request may have arrived: nobody knows whether the change took place.
            (Safety::Neither, fails(TransportErrorKind::Interrupted), 1, ErrorKind::OutcomeUnknown),
            (Safety::Neither, fails(TransportErrorKind::Timeout), 1, ErrorKind::OutcomeUnknown),
            (Safety::Neither, answers(503), 1, ErrorKind::Server),
            (Safety::Neither, answers(429), 1, ErrorKind::RateLimited),
            // It cannot have arrived: another try is no second time.
            (Safety::Neither, fails(TransportErrorKind::Connect), 3, ErrorKind::Network),
            // Twice is the same as once.
            (Safety::Idempotent, fails(TransportErrorKind::Interrupted), 3, ErrorKind::Network),
            (Safety::Idempotent, answers(503), 3, ErrorKind::Server),
        ] {
            let requests = Arc::new(Mutex::new(0));
            let (seen, reply) = (Arc::clone(&requests), outcome.clone());
            let transport = InProcess::new(move |_| {
                *seen.lock().unwrap() += 1;
                let reply = reply.clone();
                async { reply }
            });
            let client = Client::builder()
                .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
                .token_provider(StaticToken::new("not.a.token").unwrap())
                .transport(Arc::new(transport))
                .clock(Arc::new(ManualClock::skipping(SystemTime::UNIX_EPOCH)))
                .build()
                .unwrap();
            let operation = change(safety);
            let error = client.send(Call::at(&operation, "/changes".to_owned())).await.err().unwrap();
            assert_eq!((*requests.lock().unwrap(), error.kind()), (sent, kind), "{safety:?} {outcome:?}");
        }
    }

    #[test]
    fn backoff_stays_in_its_bounds() {
        for tries in [1, 2, 10, u32::MAX] {
            for _ in 0..100 {
                assert!(backoff(tries) <= BACKOFF_CAP);
            }
        }
        assert!((0..1_000).all(|_| backoff(1) <= BACKOFF_BASE));
    }

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
