//! The transport: a request on a connection of its runtime.

use std::{
    fmt,
    net::IpAddr,
    pin::{Pin, pin},
    sync::Arc,
};

use bytes::Bytes;
use http::{HeaderValue, header::ACCEPT_ENCODING};

use crate::error::{TransportError, TransportErrorKind};
use crate::http_transport::exchange::exchange;
use crate::http_transport::names::AddressRefused;
use crate::http_transport::origins::Origins;
use crate::http_transport::pools::Pools;
use crate::http_transport::setup::{self, HttpTransportBuilder};
use crate::transport::{Limits, Transport, is_loopback_host};

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

impl Default for HttpTransport {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl HttpTransport {
    /// The settings, at their defaults: 3 s to connect, no proxy.
    #[must_use]
    pub fn builder() -> HttpTransportBuilder {
        HttpTransportBuilder::default()
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
        let client = pool.client(tls, || setup::client(&self.shared.settings, tls))?;
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
