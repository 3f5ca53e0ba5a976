//! The addresses that messages may be sent to.
//!
//! People enter the URLs of webhooks, and the server sends from inside its network. So every connection goes through
//! one guard: public addresses only, checked when the connection is made, and no redirects. The operator can list
//! origins inside the network, such as that of an Alertmanager.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, Uri};
use plume::{
    auth::{RefusedUrl, UrlGuard},
    runtime::{HttpTransport, Limits, Resolver, Transport, TransportError, is_public_address},
};

/// Ports of public receivers.
const PORTS: [u16; 2] = [443, 8443];

/// Checks the URLs of receivers and sends only to those that it accepts.
#[derive(Debug, Clone)]
pub struct Guard {
    public: UrlGuard,
    guarded: Arc<dyn Transport>,
    direct: Arc<dyn Transport>,
    local: Vec<String>,
}

impl Guard {
    /// Creates a guard that sends by HTTP. `local` lists origins inside the network, such as `https://alerts.internal:9093`.
    #[must_use]
    pub fn new(local: impl IntoIterator<Item = String>) -> Self {
        Self::with(local, HttpTransport::builder())
    }

    /// Creates a guard with a resolver of names.
    #[must_use]
    pub fn resolving(local: impl IntoIterator<Item = String>, resolver: Arc<dyn Resolver>) -> Self {
        Self::with(local, HttpTransport::builder().resolver(resolver))
    }

    fn with(local: impl IntoIterator<Item = String>, builder: plume::runtime::HttpTransportBuilder) -> Self {
        let direct = Arc::new(builder.clone().build());
        let public = Arc::new(builder.address_filter(is_public_address).build());
        Self::over(local, public, direct)
    }

    /// Creates a guard over transports: one for public receivers, which has to check addresses, and one for listed origins.
    #[must_use]
    pub fn over(
        local: impl IntoIterator<Item = String>,
        public: Arc<dyn Transport>,
        direct: Arc<dyn Transport>,
    ) -> Self {
        let guard = UrlGuard::plume().allow_any_public_host().ports(PORTS);
        let guarded = Arc::new(guard.transport(public));
        Self { public: guard, guarded, direct, local: local.into_iter().map(normal).collect() }
    }

    /// Checks a URL as a person entered it.
    ///
    /// # Errors
    ///
    /// [`RefusedUrl`] names the reason and does not repeat the URL.
    pub fn check(&self, url: &str) -> Result<(), RefusedUrl> {
        if url.parse::<Uri>().is_ok_and(|uri| self.is_local(&uri)) {
            return Ok(());
        }
        self.public.check_with_query(url)
    }

    fn is_local(&self, uri: &Uri) -> bool {
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
        self.local.contains(&normal(format!("{scheme}://{authority}")))
    }
}

fn normal(origin: String) -> String {
    origin.trim_end_matches('/').to_ascii_lowercase()
}

#[async_trait]
impl Transport for Guard {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        if self.is_local(request.uri()) {
            return self.direct.send(request, limits).await;
        }
        self.guarded.send(request, limits).await
    }

    fn is_simulated(&self) -> bool {
        self.guarded.is_simulated()
    }
}
