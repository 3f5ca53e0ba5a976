//! HTTP by reqwest. Only this module of the workspace names it.

mod classify;
mod exchange;
mod library;
mod names;
mod origins;
mod pools;
mod proxy;

use std::{
    fmt,
    net::IpAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, header::ACCEPT_ENCODING};

use crate::address::Resolver;
use crate::error::{TransportError, TransportErrorKind};
use crate::transport::{Limits, Transport, is_loopback_host};
use classify::classify;
use exchange::exchange;
use names::AddressRefused;
use origins::Origins;
use pools::Pools;
pub use proxy::Proxy;

/// Not asked for without a way to unpack it.
const UNPACKED: Option<HeaderValue> =
    if cfg!(feature = "gzip") { None } else { Some(HeaderValue::from_static("identity")) };

/// A [`Transport`] over HTTP/1.1 and HTTP/2.
///
/// * `https` only; plain `http` is refused unless the host is this machine ([`is_loopback_host`]).
/// * No redirects, no cookies, no proxy unless one is chosen ([`HttpTransportBuilder::proxy`]), no retry.
/// * Any address is dialled unless a filter is set ([`HttpTransportBuilder::address_filter`]).
/// * Connections are kept and shared by clones. Make one transport and keep it. Each tokio runtime has its own
///   connections, which are closed with it: a transport may be used on several, also on one that is driven only now and
///   then. It needs a runtime with I/O and timers; see [the crate](crate#runtimes) for what happens elsewhere.
/// * Names are looked up by the system, on at most 64 threads of the process and two for one name. A name that hangs takes
///   no more than its two, so others are still found. While all 64 hang (none has answered for 5 s), a request that needs
///   another look-up fails at once with [`TransportErrorKind::Connect`]. A thread is free again when the system gives the
///   look-up up.
/// * Requests say `Accept-Encoding: identity` unless they say something else, or the feature `gzip` is on.
/// * A connection of HTTP/2 that is silent for 5 s while an answer is awaited is pinged, and given up without a reply
///   within 3 s. What was sent on it fails, and the next request has a new connection.
///
/// Building is cheap: the certificate store is read at the first `https` request, so a machine without one
/// can still talk to a simulator on loopback.
#[derive(Clone)]
pub struct HttpTransport {
    shared: Arc<Shared>,
}

struct Shared {
    settings: HttpTransportBuilder,
    pools: Arc<Pools>,
    origins: Origins,
}

/// Settings of an [`HttpTransport`].
#[derive(Debug, Clone)]
pub struct HttpTransportBuilder {
    connect_timeout: Duration,
    user_agent: String,
    proxy: Proxy,
    extra_roots: Option<Pem>,
    address_filter: Option<fn(IpAddr) -> bool>,
    resolver: Option<Arc<dyn Resolver>>,
}

/// Certificates as text. Not secret, but too long to show.
#[derive(Clone)]
struct Pem(Arc<[u8]>);

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Default for HttpTransport {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl HttpTransport {
    /// The settings, at their defaults: 3 s to connect, no proxy.
    #[must_use]
    pub fn builder() -> HttpTransportBuilder {
        HttpTransportBuilder {
            connect_timeout: Duration::from_secs(3),
            user_agent: concat!("plume-sdk/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: Proxy::Off,
            extra_roots: None,
            address_filter: None,
            resolver: None,
        }
    }

    /// Whether a request to `uri` goes over TLS.
    fn is_tls(uri: &http::Uri) -> Result<bool, TransportError> {
        let refused = |message: String| TransportError::new(TransportErrorKind::Refused, message);
        let host = uri.host().ok_or_else(|| refused("the URL names no host".to_owned()))?;
        match uri.scheme_str() {
            Some("https") => Ok(true),
            Some("http") if is_loopback_host(host) => Ok(false),
            Some("http") => Err(refused(format!(
                "plain http to {host} is refused, because it would show the credentials on the wire; use https"
            ))),
            _ => Err(refused("the URL must start with https://".to_owned())),
        }
    }

    /// The request on a connection of this runtime. Nothing is sent before the future is polled.
    fn begin(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<impl Future<Output = reqwest::Result<reqwest::Response>> + Send + use<>, TransportError> {
        let tls = Self::is_tls(request.uri())?;
        let request = self.prepare(request)?;
        // An address needs no look-up, so the resolver would never see it.
        if let (Some(allowed), Some(address)) = (self.shared.settings.address_filter, literal(request.url()))
            && !allowed(address)
        {
            return Err(TransportError::new(TransportErrorKind::Refused, AddressRefused.to_string()));
        }
        let pool = self.shared.pools.here()?;
        let client = pool.client(tls, || library::client(&self.shared.settings, tls))?;
        Ok(client.execute(request))
    }

    /// The request as the library takes it.
    fn prepare(&self, request: http::Request<Bytes>) -> Result<reqwest::Request, TransportError> {
        let (parts, body) = request.into_parts();
        let url = self
            .shared
            .origins
            .url(&parts.uri)
            .ok_or_else(|| TransportError::new(TransportErrorKind::Refused, "the URL is not valid"))?;
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        if let (Some(value), false) = (UNPACKED, request.headers().contains_key(ACCEPT_ENCODING)) {
            request.headers_mut().insert(ACCEPT_ENCODING, value);
        }
        *request.version_mut() = parts.version;
        *request.body_mut() = Some(body.into());
        Ok(request)
    }
}

impl HttpTransportBuilder {
    /// The longest wait for a connection, name look-up and TLS handshake included.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The `User-Agent` header.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Whether to use a proxy. The environment (`HTTPS_PROXY`, …) is read only for [`Proxy::System`].
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// Trusts the certificates in `pem` as well, in addition to those of the operating system: for a proxy that looks
    /// into TLS, or a private cloud with an authority of its own. There is no way to trust everything.
    ///
    /// A text without a certificate, or with one that cannot be read, fails the first `https` request with
    /// [`TransportErrorKind::Refused`](crate::TransportErrorKind::Refused).
    #[must_use]
    pub fn extra_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.extra_roots = Some(Pem(pem.into().into()));
        self
    }

    /// Dials only addresses that `allowed` accepts: [`is_public_address`](crate::is_public_address) for a
    /// service that lets strangers type URLs.
    ///
    /// It is asked at the moment of dialling, so what was checked is what is dialled, however often a name
    /// changes its addresses. A name of which one address is not accepted is refused as a whole, an address
    /// in place of a name is checked as well, and with a [`Proxy`] every request is refused, because then the
    /// proxy would do the dialling. Refused requests fail with
    /// [`TransportErrorKind::Refused`](crate::TransportErrorKind::Refused) and no packet.
    ///
    /// ```
    /// use plume_runtime::{HttpTransport, is_public_address};
    ///
    /// let transport = HttpTransport::builder().address_filter(is_public_address).build();
    /// # let _ = transport;
    /// ```
    #[must_use]
    pub fn address_filter(mut self, allowed: fn(IpAddr) -> bool) -> Self {
        self.address_filter = Some(allowed);
        self
    }

    /// Asks `resolver` for the addresses of names instead of the system.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// The transport. Wrong settings show at the first request.
    #[must_use]
    pub fn build(self) -> HttpTransport {
        HttpTransport {
            shared: Arc::new(Shared { settings: self, pools: Arc::default(), origins: Origins::default() }),
        }
    }
}

/// The address that stands in place of a host name. The URL is the library's own, so that it has no other
/// opinion: what people write as `0x7f.1` is an address by then.
fn literal(url: &reqwest::Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host).parse().ok()
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'a>>;

impl Transport for HttpTransport {
    // Not an `async fn`: its future would hold the request three times, in the form of each step, for as long as the
    // answer takes. Small futures are what the allocator has at hand. The runtime is the one that polls, which need not
    // be the one where this was called.
    fn send<'life0, 'life1, 'async_trait>(
        &'life0 self,
        request: http::Request<Bytes>,
        limits: &'life1 Limits,
    ) -> Sending<'async_trait>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move { exchange(pin!(self.begin(request)?), limits).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_exchange_needs_is_small() {
        let request = http::Request::get("http://127.0.0.1:9/").body(Bytes::new()).unwrap();
        let (transport, limits) = (HttpTransport::default(), Limits::default());
        let size = size_of_val(&*transport.send(request, &limits));
        assert!(size <= 1_024, "{size} bytes");
    }
    #[test]
    fn the_connections_of_a_runtime_go_with_it_or_with_the_transport() {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (one, other) = (runtime(), runtime());
        let transport = HttpTransport::default();
        for runtime in [&one, &other, &one] {
            let request = http::Request::get("http://localhost:0/").body(Bytes::new()).unwrap();
            assert!(runtime.block_on(transport.send(request, &Limits::default())).is_err());
        }
        assert_eq!(transport.shared.pools.len(), 2);
        drop(one);
        assert_eq!(transport.shared.pools.len(), 1);
        drop(transport);
        other.block_on(async {
            while other.metrics().num_alive_tasks() > 0 {
                tokio::task::yield_now().await;
            }
        });
    }
}
