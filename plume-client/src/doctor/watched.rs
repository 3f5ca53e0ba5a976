//! The transport of a doctor: counts requests, refuses those above the maximum, and records what each host did.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Request, Response, header::AGE};
use plume_runtime::{Clock, Limits, Transport, TransportError, TransportErrorKind, server_time, time};

use crate::doctor::network::{Contact, Host, Skew};

/// The maximum number of requests of one diagnosis, token requests and retries included.
pub const MAX_CALLS: u32 = 20;

#[derive(Debug)]
pub(super) struct Watched {
    inner: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    /// The maximum duration of a request.
    longest: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: u32,
    refused: bool,
    hosts: BTreeMap<String, Contact>,
    responded: bool,
    skew: Option<Skew>,
    limits: Vec<String>,
}

impl Watched {
    pub(super) fn new(inner: Arc<dyn Transport>, clock: Arc<dyn Clock>, longest: Duration) -> Self {
        Self { inner, clock, longest, state: Mutex::default() }
    }

    pub(super) fn calls(&self) -> u32 {
        self.lock().calls
    }

    /// Returns whether a request was refused because of [`MAX_CALLS`].
    pub(super) fn is_used_up(&self) -> bool {
        self.lock().refused
    }

    pub(super) fn contact(&self, host: &str) -> Option<Contact> {
        self.lock().hosts.get(host).cloned()
    }

    /// Returns whether the connection to a host was made.
    pub(super) fn is_connected(&self, host: &Host) -> bool {
        self.contact(&host.name).is_some_and(|contact| contact.is_connected())
    }

    /// Returns whether any server has responded.
    pub(super) fn responded(&self) -> bool {
        self.lock().responded
    }

    pub(super) fn skew(&self) -> Option<Skew> {
        self.lock().skew
    }

    /// Returns the rate limit headers of the last response that had some, as `name: value`.
    pub(super) fn limit_headers(&self) -> Vec<String> {
        self.lock().limits.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn note(&mut self, host: &str, contact: Contact) {
        match self.hosts.get_mut(host) {
            Some(known) if known.rank() >= contact.rank() => {}
            Some(known) => *known = contact,
            None => {
                self.hosts.insert(host.to_owned(), contact);
            }
        }
    }

    fn responded(&mut self, headers: &HeaderMap, sent: DateTime<Utc>, received: DateTime<Utc>) {
        let is_first = !std::mem::replace(&mut self.responded, true);
        if is_first {
            self.skew = skew(headers, sent, received);
        }
        let limits = limits(headers);
        if !limits.is_empty() {
            self.limits = limits;
        }
    }
}

/// Returns the difference of the clocks. A response of a cache has the time of its origin, which is useless here.
fn skew(headers: &HeaderMap, sent: DateTime<Utc>, received: DateTime<Utc>) -> Option<Skew> {
    if headers.contains_key(AGE) {
        return None;
    }
    let server = server_time(headers)?;
    // The header has whole seconds, and was written at some time between the request and the response.
    let latest = time::after(server, Duration::from_secs(1));
    if sent > latest {
        return Some(Skew { off: time::between(latest, sent), ahead: true });
    }
    let off = time::between(received, server);
    Some(Skew { off, ahead: false })
}

/// Returns the rate limit headers, with values of digits only.
fn limits(headers: &HeaderMap) -> Vec<String> {
    let is_limit = |name: &str| name.contains("ratelimit") || name.contains("rate-limit");
    headers
        .iter()
        .filter(|(name, _)| is_limit(name.as_str()))
        .filter_map(|(name, value)| {
            let value = value.to_str().ok()?.trim();
            let is_number =
                !value.is_empty() && value.len() <= 20 && value.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| format!("{name}: {value}"))
        })
        .take(6)
        .collect()
}

/// Records a request that is dropped before its end.
struct Unfinished<'w> {
    watched: &'w Watched,
    /// `None` once it has ended.
    host: Option<&'w str>,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(host) = self.host {
            self.watched.lock().note(host, Contact::Unfinished);
        }
    }
}

#[async_trait]
impl Transport for Watched {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        {
            let mut state = self.lock();
            if state.calls >= MAX_CALLS {
                state.refused = true;
                let why = format!("a doctor sends at most {MAX_CALLS} requests");
                return Err(TransportError::new(TransportErrorKind::Refused, why));
            }
            state.calls += 1;
        }
        let limits = &limits
            .clone()
            .total_timeout(limits.total_timeout.min(self.longest))
            .first_byte_timeout(limits.first_byte_timeout.min(self.longest));
        let sent = self.clock.wall();
        let mut unfinished = Unfinished { watched: self, host: Some(&host) };
        let result = self.inner.send(request, limits).await;
        unfinished.host = None;
        let received = self.clock.wall();
        let mut state = self.lock();
        match &result {
            Ok(response) => {
                state.note(&host, Contact::Responded);
                state.responded(response.headers(), sent, received);
            }
            Err(error) => state.note(&host, Contact::Failed(error.clone())),
        }
        result
    }

    fn is_simulated(&self) -> bool {
        self.inner.is_simulated()
    }
}

#[cfg(test)]
mod tests {
    use plume_runtime::{InProcess, ManualClock};

    use super::*;

    fn watched(clock: &ManualClock, headers: &'static [(&'static str, &'static str)]) -> Watched {
        let inner = InProcess::new(move |_: Request<Bytes>| {
            let mut response = Response::builder();
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            async move { Ok(response.body(Bytes::new()).unwrap()) }
        });
        Watched::new(Arc::new(inner), Arc::new(clock.clone()), Duration::from_secs(9))
    }

    fn request() -> Request<Bytes> {
        Request::get("https://cloud.example.net/").body(Bytes::new()).unwrap()
    }

    #[tokio::test]
    async fn no_more_than_the_maximum_of_calls_is_sent() {
        let watched = watched(&ManualClock::new(DateTime::UNIX_EPOCH), &[]);
        for _ in 0..MAX_CALLS {
            assert!(watched.send(request(), &Limits::default()).await.is_ok());
            assert!(!watched.is_used_up());
        }
        for _ in 0..3 {
            let error = watched.send(request(), &Limits::default()).await.unwrap_err();
            assert_eq!(error.kind(), TransportErrorKind::Refused);
        }
        assert!(watched.is_used_up());
        assert_eq!(watched.calls(), MAX_CALLS);
    }

    #[tokio::test]
    async fn the_clock_is_compared_with_the_first_response_of_the_server() {
        const NOON: i64 = 1_768_478_400;
        for (headers, now, off, ahead) in [
            (&[("date", "Thu, 15 Jan 2026 12:00:00 GMT")][..], NOON, Some(0), false),
            (&[("date", "Thu, 15 Jan 2026 12:00:00 GMT")], NOON + 1, Some(0), false),
            (&[("date", "Thu, 15 Jan 2026 12:00:00 GMT")], NOON + 91, Some(90), true),
            (&[("date", "Thu, 15 Jan 2026 12:00:00 GMT")], NOON - 90, Some(90), false),
            (&[("date", "Thu, 15 Jan 2026 12:00:00 GMT"), ("age", "3600")], NOON, None, false),
            (&[("date", "noon")], NOON, None, false),
            (&[], NOON, None, false),
        ] {
            let now = DateTime::from_timestamp(now, 0).unwrap();
            let watched = watched(&ManualClock::new(now), headers);
            watched.send(request(), &Limits::default()).await.unwrap();
            let expected = off.map(|off| Skew { off: Duration::from_secs(off), ahead });
            assert_eq!(watched.skew(), expected, "{headers:?}");
        }
    }

    #[tokio::test]
    async fn limit_headers_are_numbers_only() {
        let headers = [("x-ratelimit-remaining", "42"), ("x-rate-limit-reset", "soon"), ("x-other", "1")];
        let watched = watched(&ManualClock::new(DateTime::UNIX_EPOCH), Box::leak(Box::new(headers)));
        watched.send(request(), &Limits::default()).await.unwrap();
        assert_eq!(watched.limit_headers(), ["x-ratelimit-remaining: 42"]);
    }
}
