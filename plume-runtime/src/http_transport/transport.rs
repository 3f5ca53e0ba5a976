//! The HTTP transport.

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

/// Without decompression, uncompressed bodies are requested.
const UNPACKED: Option<HeaderValue> =
    if cfg!(feature = "gzip") { None } else { Some(HeaderValue::from_static("identity")) };

/// A [`Transport`] over HTTP/1.1 and HTTP/2.
///
/// * `https` only; plain `http` is refused unless the host is this machine ([`is_loopback_host`]).
/// * No redirects, no cookies, no retry, and no proxy unless one is set ([`HttpTransportBuilder::proxy`]).
/// * Connects to any address unless a filter is set ([`HttpTransportBuilder::address_filter`]).
/// * Clones share their connections, so create one transport and keep it. Each tokio runtime has its own connections, which
///   are closed with it: a transport may be used on several runtimes, including one that is driven only at times. The
///   runtime needs I/O and timers; see [the crate](crate#runtimes) for requests elsewhere.
/// * The system looks names up, on at most 64 threads of the process and two for one name. A name that hangs takes only its
///   two, so other names are still resolved. While all 64 hang (none has returned for 5 s), a request that needs another
///   look-up fails at once with [`TransportErrorKind::Connect`]. A thread is free again when the system's look-up returns.
/// * Requests have `Accept-Encoding: identity` unless they set another value, or the feature `gzip` is enabled.
/// * An HTTP/2 connection that is silent for 5 s during a request is pinged, and closed without a reply within 3 s. Its
///   requests fail, and the next request gets a new connection.
///
/// Building is cheap: the certificate store is read at the first `https` request, so a machine without one can still
/// connect to a simulator on loopback.
///
/// ```no_run
/// use bytes::Bytes;
/// use plume_runtime::{HttpTransport, Limits, Transport};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = HttpTransport::builder().build();
/// let request = http::Request::get("https://api.example.net/").body(Bytes::new())?;
/// let response = transport.send(request, &Limits::default()).await?;
/// println!("{}", response.status());
/// # Ok(()) }
/// ```
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
    /// Returns a builder with the defaults: 3 s to connect, no proxy.
    #[must_use]
    pub fn builder() -> HttpTransportBuilder {
        HttpTransportBuilder::default()
    }

    /// Returns whether a request to `uri` uses TLS.
    fn is_tls(uri: &http::Uri) -> Result<bool, TransportError> {
        let refused = |message: String| TransportError::new(TransportErrorKind::Refused, message);
        let host = uri.host().ok_or_else(|| refused("the URL names no host".to_owned()))?;
        match uri.scheme_str() {
            Some("https") => Ok(true),
            Some("http") if is_loopback_host(host) => Ok(false),
            Some("http") => Err(refused(format!(
                "plain http to {host} is refused, because it would send the credentials unencrypted; use https"
            ))),
            _ => Err(refused("the URL must start with https://".to_owned())),
        }
    }

    /// Prepares the request on a connection of this runtime. Nothing is sent before the future is polled.
    fn begin(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<impl Future<Output = reqwest::Result<reqwest::Response>> + Send + use<>, TransportError> {
        let tls = Self::is_tls(request.uri())?;
        let request = self.prepare(request)?;
        // An address is not looked up, so the resolver does not check it.
        if let (Some(allowed), Some(address)) = (self.shared.settings.address_filter, literal(request.url()))
            && !allowed(address)
        {
            return Err(TransportError::new(TransportErrorKind::Refused, AddressRefused.to_string()));
        }
        let pool = self.shared.pools.here()?;
        let client = pool.client(tls, || setup::client(&self.shared.settings, tls))?;
        Ok(client.execute(request))
    }

    /// Converts the request to the library's type.
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
    /// Creates the transport. Invalid settings fail the first request.
    #[must_use]
    pub fn build(self) -> HttpTransport {
        HttpTransport {
            shared: Arc::new(Shared { settings: self, pools: Arc::default(), origins: Origins::default() }),
        }
    }
}

/// Returns the address in place of a host name. The library's own URL is used, because it has parsed forms like `0x7f.1`
/// already.
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
    // Not an `async fn`: its future would contain the request three times, once for each step. The runtime is the one that
    // polls, which need not be the one where this was called.
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
    fn exchange_future_is_small() {
        let request = http::Request::get("http://127.0.0.1:9/").body(Bytes::new()).unwrap();
        let (transport, limits) = (HttpTransport::default(), Limits::default());
        let size = size_of_val(&*transport.send(request, &limits));
        assert!(size <= 1_024, "{size} bytes");
    }
    #[test]
    fn connections_close_with_their_runtime_or_transport() {
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
