//! A simulator, clients of it, and the exchanges between them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use plume_client::{Client, ClientBuilder, RateLimiter, Settings};
use plume_runtime::{Clock, Limits, ManualClock, Transport, TransportError};
use plume_sim::Simulator;

/// 2026-01-15T10:00:00Z.
pub(crate) const NOW: u64 = 1_768_471_200;

pub(crate) struct Cloud {
    pub(crate) simulator: Simulator,
    pub(crate) clock: ManualClock,
}

impl Cloud {
    pub(crate) fn new(seed: u64, customers: u32) -> Self {
        let clock = ManualClock::skipping(chrono::DateTime::UNIX_EPOCH + Duration::from_secs(NOW));
        let simulator =
            Simulator::builder().seed(seed).customers(customers).clock(Arc::new(clock.clone())).build();
        Self { simulator, clock }
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::from_variables(self.simulator.environment()).unwrap()
    }

    pub(crate) fn settings_partner(&self) -> String {
        self.simulator.endpoints().partner_id()
    }

    pub(crate) fn client(&self, transport: Arc<dyn Transport>) -> Client {
        self.builder(transport).build().unwrap()
    }

    pub(crate) fn builder(&self, transport: Arc<dyn Transport>) -> ClientBuilder {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        Client::builder()
            .settings(self.settings())
            .transport(transport)
            .rate_limiter(RateLimiter::unlimited(Arc::clone(&clock)))
            .clock(clock)
    }
}

/// One exchange as it went over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) url: String,
    pub(crate) body: Bytes,
}

/// Passes requests on and keeps the responses.
#[derive(Debug, Clone)]
pub(crate) struct Tap {
    inner: Arc<dyn Transport>,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
}

impl Tap {
    pub(crate) fn new(inner: Arc<dyn Transport>) -> Self {
        Self { inner, seen: Arc::default() }
    }

    pub(crate) fn last(&self) -> Seen {
        self.seen.lock().unwrap().last().unwrap().clone()
    }
}

#[async_trait]
impl Transport for Tap {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        let url = request.uri().to_string();
        let response = self.inner.send(request, limits).await?;
        self.seen.lock().unwrap().push(Seen { url, body: response.body().clone() });
        Ok(response)
    }
}

/// A directory of one test, which is removed at its end.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("plume-record-test-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Every file of the recording, with its contents.
    pub(crate) fn files(&self) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        let mut waiting = vec![self.0.clone()];
        while let Some(directory) = waiting.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    let contents = std::fs::read_to_string(&path).unwrap();
                    files.push((path, contents));
                }
            }
        }
        files.sort();
        files
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
