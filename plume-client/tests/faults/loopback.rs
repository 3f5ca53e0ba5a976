//! A client over real sockets, with limits that a test can wait for.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use plume_auth::{CachedTokenProvider, SecureUrl};
use plume_client::{CallRate, Client, Error, RateLimiter};
use plume_runtime::{Clock, HttpTransport, Limits, SystemClock};
use testkit::replies::Counting;

use crate::cloud::{assert_silent, tokens};

pub(crate) struct Loopback {
    pub(crate) client: Client,
    tokens: Arc<Counting>,
}

/// Longer than any test may take, so that each test meets the one limit that it sets itself.
pub(crate) fn patient() -> Limits {
    Limits::default()
        .total_timeout(Duration::from_secs(20))
        .first_byte_timeout(Duration::from_secs(20))
        .idle_read_timeout(Duration::from_secs(20))
}

impl Loopback {
    pub(crate) fn to(address: SocketAddr, limits: Limits) -> Self {
        Self::through(HttpTransport::default(), &format!("http://{address}/api"), limits)
    }

    pub(crate) fn through(transport: HttpTransport, base: &str, limits: Limits) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let tokens = tokens();
        let client = Client::builder()
            .api_base(SecureUrl::parse(base).unwrap())
            .token_provider(CachedTokenProvider::new(Arc::clone(&tokens), Arc::clone(&clock)))
            .transport(Arc::new(transport))
            .rate_limiter(RateLimiter::new(CallRate::default(), Arc::clone(&clock)))
            .clock(clock)
            .limits(limits)
            .deadline(Duration::from_secs(30))
            .build()
            .unwrap();
        Self { client, tokens }
    }

    pub(crate) async fn nodes(&self) -> Result<usize, Error> {
        Ok(self.client.customer("c1").location("l1").nodes().await?.len())
    }

    /// The error of one read; that it keeps its secrets is checked on the way.
    pub(crate) async fn fails(&self) -> Error {
        let error = self.nodes().await.unwrap_err();
        assert_silent(&error);
        error
    }

    /// Checks the number of requests, each with its permit, and one token for all of them.
    pub(crate) fn ends_with(&self, requests: u64) {
        assert_eq!(self.client.calls_made(), requests);
        assert_eq!(self.tokens.issued(), 1, "a token was dropped");
        let left = self.client.rate_limiter().budget_left().unwrap();
        assert_eq!(left as u64, 1_900 - requests, "a permit is lost");
    }
}

/// The answer of a healthy server, as bytes.
pub(crate) const HEALTHY: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 25\r\n\r\n{\"nodes\":[{\"id\":\"TST1\"}]}";
