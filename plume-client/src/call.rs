//! One call: permit, token, send, judge, and perhaps once more.

use std::{
    sync::atomic::Ordering,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
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
    query: Vec<(&'static str, String)>,
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

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn query_opt(self, name: &'static str, value: Option<impl ToString>) -> Self {
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
            if let Err(held) = self.inner.limiter.acquire(left()).await {
                // The failure before tells more than "no time for another try".
                return Err(last.unwrap_or_else(|| {
                    let (kind, wait) = match held {
                        Held::Limit(wait) => (ErrorKind::RateLimited, wait),
                        Held::Block(wait) => (ErrorKind::Blocked, wait),
                    };
                    Error::limited(operation, kind, wait, attempts.clone())
                }));
            }
            let waited = pause.saturating_add(clock.monotonic().saturating_sub(waiting_since));
            // A token that is at hand costs no future.
            let token = match self.inner.tokens.ready() {
                Some(token) => Ok(token),
                None => self.inner.tokens.token().await,
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
                Ok(answer) => self.judge(operation, answer, clock.wall(), &attempts),
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
            401 => Outcome::TokenRefused(error(refused_kind(operation), None)),
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

/// What a final 401 means. The API answers so for a customer it does not know.
fn refused_kind(operation: &Operation) -> ErrorKind {
    if operation.path.starts_with("/Customers/{id}") {
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

/// What a 404 says is missing: the server's message first, else the last id of the path.
fn missing(operation: &Operation, body: &[u8]) -> Resource {
    let message =
        ErrorBody::parse(body).and_then(|body| body.message).unwrap_or_default().to_ascii_lowercase();
    for (word, resource) in
        [("location", Resource::Location), ("node", Resource::Node), ("device", Resource::Device)]
    {
        if message.contains(word) {
            return resource;
        }
    }
    match operation.path.rsplit('/').next() {
        Some("{id}") if operation.path.starts_with("/Customers/") => Resource::Customer,
        Some("{locationId}") => Resource::Location,
        Some("{nodeId}" | "{serial}") => Resource::Node,
        Some("{mac}") => Resource::Device,
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
        use crate::operation::{DEVICE, LOCATION_GET, NODE, NODES, WIFI_NETWORK};
        let body = br#"{"error":{"statusCode":404,"message":"There are no locations with the ID \"x\""}}"#;
        assert_eq!(missing(&NODES, body), Resource::Location);
        assert_eq!(missing(&NODE, body), Resource::Location);
        assert_eq!(missing(&NODE, b""), Resource::Node);
        assert_eq!(missing(&DEVICE, b""), Resource::Device);
        assert_eq!(missing(&LOCATION_GET, b""), Resource::Location);
        assert_eq!(missing(&WIFI_NETWORK, b""), Resource::Other);
    }
}
