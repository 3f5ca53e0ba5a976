//! The addresses that messages may be sent to.
//!
//! People enter the URLs of webhooks, and the server sends from inside its network. So every connection goes through
//! one guard: public addresses only, checked when the connection is made, and no redirects. The operator can list
//! origins inside the network, such as that of an Alertmanager.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

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
    resolver: Arc<dyn Resolver>,
    local: Vec<String>,
}

/// The reason why no connection can be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoAddress {
    /// The name leads into the network of the server.
    #[error("the address of {origin} is not public; list it in `channels.local_origins` to allow it")]
    Refused {
        /// The origin, for example `smtp://relay.internal:25`.
        origin: String,
    },
    /// The name cannot be resolved.
    #[error("failed to resolve {host}: {source}")]
    Unknown {
        /// The name.
        host: String,
        /// The cause.
        source: io::Error,
    },
}

/// The names of the operating system.
#[derive(Debug)]
struct System;

#[async_trait]
impl Resolver for System {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect())
    }
}

impl Guard {
    /// Creates a guard that sends by HTTP. `local` lists origins inside the network, such as `https://alerts.internal:9093`.
    #[must_use]
    pub fn new(local: impl IntoIterator<Item = String>) -> Self {
        Self::with(local, HttpTransport::builder(), Arc::new(System))
    }

    /// Creates a guard with a resolver of names.
    #[must_use]
    pub fn resolving(local: impl IntoIterator<Item = String>, resolver: Arc<dyn Resolver>) -> Self {
        Self::with(local, HttpTransport::builder().resolver(Arc::clone(&resolver)), resolver)
    }

    fn with(
        local: impl IntoIterator<Item = String>,
        builder: plume::runtime::HttpTransportBuilder,
        resolver: Arc<dyn Resolver>,
    ) -> Self {
        let direct = Arc::new(builder.clone().build());
        let public = Arc::new(builder.address_filter(is_public_address).build());
        Self { resolver, ..Self::over(local, public, direct) }
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
        let local = local.into_iter().map(normal).collect();
        Self { public: guard, guarded, direct, resolver: Arc::new(System), local }
    }

    /// Returns the addresses for a connection that is not HTTP, for example of the origin `smtp://mail.example.net:587`. Connect
    /// to one of them, because another look-up may have other results.
    ///
    /// # Errors
    ///
    /// [`NoAddress`].
    pub async fn addresses(&self, scheme: &str, host: &str, port: u16) -> Result<Vec<SocketAddr>, NoAddress> {
        let unknown = |source| NoAddress::Unknown { host: host.to_owned(), source };
        let found = match host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.resolver.resolve(host).await.map_err(unknown)?,
        };
        if found.is_empty() {
            return Err(unknown(io::ErrorKind::NotFound.into()));
        }
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let origin = format!("{scheme}://{bracketed}:{port}");
        // One address inside refuses the name, as for HTTP.
        if !self.local.contains(&normal(origin.clone())) && !found.iter().copied().all(is_public_address) {
            return Err(NoAddress::Refused { origin });
        }
        Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
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
