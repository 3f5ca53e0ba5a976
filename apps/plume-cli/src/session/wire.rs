//! Transports around the one of the cloud: requests on stderr, and the head of the last response.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use plume::record::Sanitizer;
use plume::runtime::{Clock, Limits, SystemClock, Transport, TransportError};

use crate::output::complain;

/// Writes a line per request: method, URL, status, size and duration. Headers and bodies hold secrets and are left out.
#[derive(Debug)]
pub(super) struct Logged {
    inner: Arc<dyn Transport>,
    clock: SystemClock,
    /// Replaces identities in the URLs.
    sanitizer: Option<Sanitizer>,
}

impl Logged {
    pub(super) fn new(inner: Arc<dyn Transport>, sanitizer: Option<Sanitizer>) -> Self {
        Self { inner, clock: SystemClock::new(), sanitizer }
    }
}

#[async_trait::async_trait]
impl Transport for Logged {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        let url = request.uri().to_string();
        let url = self.sanitizer.as_ref().map_or_else(|| url.clone(), |sanitizer| sanitizer.url(&url));
        let head = format!("{} {url}", request.method());
        let began = self.clock.monotonic();
        let result = self.inner.send(request, limits).await;
        let took = self.clock.monotonic().saturating_sub(began).as_millis();
        match &result {
            Ok(response) => {
                let (status, bytes) = (response.status().as_u16(), response.body().len());
                complain(&format!("{head} -> {status}, {bytes} bytes, {took} ms"));
            }
            Err(error) => complain(&format!("{head} -> {error}, {took} ms")),
        }
        result
    }

    fn is_simulated(&self) -> bool {
        self.inner.is_simulated()
    }
}

/// Status and headers of a response.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

/// The head of the last response; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct LastHead(Arc<Mutex<Option<Head>>>);

impl LastHead {
    pub(super) fn get(&self) -> Option<Head> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, head: Head) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
    }
}

/// Keeps the head of the last response.
#[derive(Debug)]
pub(super) struct Headed {
    inner: Arc<dyn Transport>,
    last: LastHead,
}

impl Headed {
    pub(super) fn new(inner: Arc<dyn Transport>, last: LastHead) -> Self {
        Self { inner, last }
    }
}

#[async_trait::async_trait]
impl Transport for Headed {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        // A simulated cloud and a recording respond at once: a signal and the progress have their turn here.
        tokio::task::yield_now().await;
        let response = self.inner.send(request, limits).await?;
        self.last.set(Head { status: response.status(), headers: response.headers().clone() });
        Ok(response)
    }

    fn is_simulated(&self) -> bool {
        self.inner.is_simulated()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct AtOnce;

    #[async_trait::async_trait]
    impl Transport for AtOnce {
        async fn send(&self, _: Request<Bytes>, _: &Limits) -> Result<Response<Bytes>, TransportError> {
            Ok(Response::new(Bytes::new()))
        }
    }

    #[tokio::test]
    async fn a_signal_has_its_turn_between_calls_without_a_wait() {
        let transport = Headed::new(Arc::new(AtOnce), LastHead::default());
        let calls = async {
            for _ in 0..10 {
                transport.send(Request::new(Bytes::new()), &Limits::default()).await.unwrap();
            }
        };
        tokio::select! {
            biased;
            () = calls => panic!("ten calls without a pause"),
            () = std::future::ready(()) => {}
        }
    }
}
