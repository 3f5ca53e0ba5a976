//! The calls to the cloud by outcome, as the transport sees them: each attempt is one.

mod host;
mod hours;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderValue, Request, Response, header::AUTHORIZATION};
use plume::runtime::{Clock, Limits, Transport, TransportError};

pub use host::{Host, api, failing};
pub use hours::{Hour, Outcome};

use crate::traffic::{host::Hosts, hours::Hours};

/// The calls of the last 24 hours, and the state of each server. Clones share them. Nothing is kept after a restart.
#[derive(Clone, Default)]
pub struct Traffic(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    since: Option<DateTime<Utc>>,
    api_calls: u64,
    hours: Hours,
    hosts: Hosts,
}

/// The knowledge at one time.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The start of the record.
    pub since: Option<DateTime<Utc>>,
    /// The last 24 hours, the oldest first. The last one has not ended.
    pub hours: Vec<Hour>,
    /// The servers by their names.
    pub hosts: Vec<Host>,
}

impl fmt::Debug for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traffic").field("since", &self.lock().since).finish_non_exhaustive()
    }
}

impl Traffic {
    /// Returns a transport that records its calls here.
    #[must_use]
    pub fn recorded(&self, inner: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Recorded {
        self.lock().since.get_or_insert(clock.wall());
        Recorded { inner, clock, traffic: self.clone() }
    }

    /// Returns what is known now.
    #[must_use]
    pub fn seen(&self, now: DateTime<Utc>) -> Seen {
        let state = self.lock();
        Seen { since: state.since, hours: state.hours.last_day(now), hosts: state.hosts.all() }
    }

    /// Returns the number of calls to the API since the start, each attempt. Requests for tokens are none.
    #[must_use]
    pub fn api_calls(&self) -> u64 {
        self.lock().api_calls
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transport that records its calls.
#[derive(Debug)]
pub struct Recorded {
    inner: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    traffic: Traffic,
}

#[async_trait]
impl Transport for Recorded {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        // Calls have a token, and requests for tokens have a credential.
        let authorization = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
        let is_for_tokens = authorization.is_some_and(|value| !value.starts_with(b"Bearer "));
        let result = self.inner.send(request, limits).await;
        let now = self.clock.wall();
        let mut state = self.traffic.lock();
        state.api_calls = state.api_calls.saturating_add(u64::from(!is_for_tokens));
        state.hours.count(now, Outcome::of(&result));
        state.hosts.record(&host, is_for_tokens, now, &result);
        drop(state);
        result
    }

    fn is_simulated(&self) -> bool {
        self.inner.is_simulated()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use plume::runtime::{InProcess, ManualClock};

    use super::*;

    #[tokio::test]
    async fn each_attempt_is_counted_in_its_hour_and_by_its_server() {
        let clock = ManualClock::new("2026-01-15T10:59:00Z".parse().unwrap());
        let status = Arc::new(Mutex::new(200));
        let answer = Arc::clone(&status);
        let cloud = InProcess::new(move |_| {
            let code = *answer.lock().unwrap();
            async move {
                let date = ("date", "Thu, 15 Jan 2026 11:01:00 GMT");
                Ok(Response::builder().status(code).header(date.0, date.1).body(Bytes::new()).unwrap())
            }
        });
        let traffic = Traffic::default();
        let recorded = traffic.recorded(Arc::new(cloud), Arc::new(clock.clone()));
        for code in [200, 503] {
            *status.lock().unwrap() = code;
            let request = Request::get("https://api.example.net/secret?token=x").body(Bytes::new()).unwrap();
            recorded.send(request, &Limits::default()).await.unwrap();
            clock.advance(Duration::from_secs(60));
        }
        assert_eq!(traffic.api_calls(), 2);
        let token =
            Request::post("https://sso.example.net/token").header(AUTHORIZATION, "Basic bm90OnJlYWw=");
        recorded.send(token.body(Bytes::new()).unwrap(), &Limits::default()).await.unwrap();
        assert_eq!(traffic.api_calls(), 2, "a request for a token is no call of the API");
        let seen = traffic.seen(clock.wall());
        assert_eq!(seen.hours.len(), 24);
        let counts: Vec<u64> = seen.hours[22..].iter().map(Hour::total).collect();
        assert_eq!(counts, [1, 2]);
        assert_eq!(seen.hours[23].of(Outcome::Server), 2);
        let host = &seen.hosts[0];
        assert_eq!((host.name.as_str(), host.calls), ("api.example.net", 2));
        assert_eq!(host.last_failure.as_ref().map(|(_, why)| why.as_str()), Some("status 503"));
        assert_eq!(host.ahead.map(|ahead| ahead.num_seconds()), Some(60));
        assert!(!format!("{seen:?}").contains("secret"));
    }
}
