//! Requests on stderr, for `--verbose`.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use plume::runtime::{Clock, Limits, SystemClock, Transport, TransportError};

use crate::output::complain;

/// Writes a line per request: method, URL, status, size and duration. Headers and bodies hold secrets and are left out.
#[derive(Debug)]
pub(super) struct Logged {
    inner: Arc<dyn Transport>,
    clock: SystemClock,
}

impl Logged {
    pub(super) fn new(inner: Arc<dyn Transport>) -> Self {
        Self { inner, clock: SystemClock::new() }
    }
}

#[async_trait::async_trait]
impl Transport for Logged {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        let head = format!("{} {}", request.method(), request.uri());
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
