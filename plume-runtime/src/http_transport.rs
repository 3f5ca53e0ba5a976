//! HTTP by reqwest. Only this module of the workspace names it.

mod exchange;
mod origins;

use std::{
    error::Error,
    fmt, io,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;

use crate::{Limits, Resolver, Transport, TransportError, TransportErrorKind, is_loopback_host};
use exchange::exchange;
use origins::Origins;

/// A connection of HTTP/2 from which nothing has come for this long, while an answer is awaited, is asked whether it is
/// alive.
const PING_AFTER: Duration = Duration::from_secs(5);
/// How long it may take to say so before it is given up. With [`PING_AFTER`] less than the first limit of a call, so that
/// the call after the one that noticed has a new connection.
const PING_ANSWER: Duration = Duration::from_secs(3);

/// A [`Transport`] over HTTP/1.1 and HTTP/2.
///
/// * `https` only; plain `http` is refused unless the host is this machine ([`is_loopback_host`]).
/// * No redirects, no cookies, no proxy unless one is chosen ([`HttpTransportBuilder::proxy`]), no retry.
/// * Any address is dialled unless a filter is set ([`HttpTransportBuilder::address_filter`]).
/// * Connections are kept and shared by clones. Make one transport and keep it.
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
    tls: OnceLock<Result<reqwest::Client, TransportError>>,
    plain: OnceLock<Result<reqwest::Client, TransportError>>,
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

/// Whether requests go through a proxy.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Proxy {
    /// Straight to the server, whatever the environment says. The default.
    #[default]
    Off,
    /// As the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) says. Not for programs whose environment others can
    /// set, such as CGI scripts. Plain `http`, which is for this machine only, still goes straight.
    System,
    /// Through the proxy at this URL (`http://` or `https://`). It may carry credentials, which are never
    /// shown.
    ///
    /// Plain `http`, which is for this machine only, goes through a proxy only if that is on this machine too.
    Url(String),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("Off"),
            Self::System => f.write_str("System"),
            Self::Url(_) => f.write_str("Url([redacted])"),
        }
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

    fn client_for(&self, uri: &http::Uri) -> Result<&reqwest::Client, TransportError> {
        let refused = |message: String| TransportError::new(TransportErrorKind::Refused, message);
        let host = uri.host().ok_or_else(|| refused("the URL names no host".to_owned()))?;
        let slot = match uri.scheme_str() {
            Some("https") => &self.shared.tls,
            Some("http") if is_loopback_host(host) => &self.shared.plain,
            Some("http") => {
                return Err(refused(format!(
                    "plain http to {host} is refused, because it would show the credentials on the wire; use https"
                )));
            }
            _ => return Err(refused("the URL must start with https://".to_owned())),
        };
        let tls = std::ptr::eq(slot, &self.shared.tls);
        slot.get_or_init(|| self.shared.settings.client(tls)).as_ref().map_err(Clone::clone)
    }

    /// The request, ready to be sent. Nothing is, before the future is polled.
    fn begin(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<impl Future<Output = reqwest::Result<reqwest::Response>> + Send + use<>, TransportError> {
        let client = self.client_for(request.uri())?;
        let request = self.prepare(request)?;
        // An address needs no look-up, so the resolver would never see it.
        if let (Some(allowed), Some(address)) = (self.shared.settings.address_filter, literal(request.url()))
            && !allowed(address)
        {
            return Err(TransportError::new(TransportErrorKind::Refused, AddressRefused.to_string()));
        }
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
            shared: Arc::new(Shared {
                settings: self,
                tls: OnceLock::new(),
                plain: OnceLock::new(),
                origins: Origins::default(),
            }),
        }
    }

    fn client(&self, tls: bool) -> Result<reqwest::Client, TransportError> {
        let refused = |message: &str| TransportError::new(TransportErrorKind::Refused, message);
        let user_agent = http::HeaderValue::from_str(&self.user_agent)
            .map_err(|_| refused("the user agent holds a character that no header can hold"))?;
        if self.address_filter.is_some() && self.proxy != Proxy::Off {
            return Err(refused(
                "an address filter and a proxy exclude each other: behind the proxy nobody would check the address",
            ));
        }
        let mut builder = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .user_agent(user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .http2_keep_alive_interval(PING_AFTER)
            .http2_keep_alive_timeout(PING_ANSWER);
        if !tls || self.proxy != Proxy::System {
            builder = builder.no_proxy();
        }
        if let Proxy::Url(url) = &self.proxy {
            let (proxy, is_here) =
                proxy(url).ok_or_else(|| refused("the proxy setting is not a URL like http://host:port"))?;
            // A proxy elsewhere would see plain requests and their credentials, and for it `localhost` is not
            // this machine.
            if tls || is_here {
                builder = builder.proxy(proxy);
            }
        }
        if self.address_filter.is_some() || self.resolver.is_some() {
            let lookup = Lookup { allowed: self.address_filter, resolver: self.resolver.clone() };
            builder = builder.dns_resolver(lookup);
        }
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        if !tls {
            // Plain http needs no certificates, and reading them fails on a machine that has none.
            builder = builder.tls_certs_only([]);
        }
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        if let Some(Pem(pem)) = self.extra_roots.as_ref().filter(|_| tls) {
            let roots = reqwest::Certificate::from_pem_bundle(pem).ok().filter(|roots| !roots.is_empty());
            let roots = roots.ok_or_else(|| {
                refused("the extra root certificates are no PEM text with certificates (-----BEGIN CERTIFICATE-----)")
            })?;
            builder = builder.tls_certs_merge(roots);
        }
        #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
        if tls {
            return Err(refused("https needs the cargo feature `rustls` or `native-tls` of plume-runtime"));
        }
        builder.build().map_err(|error| {
            refused(
                "HTTPS could not be set up; if no certificates were found, install the system's CA certificates \
                 (package ca-certificates) or point SSL_CERT_FILE at a bundle",
            )
            .with_source(error.without_url())
        })
    }
}

/// Finds the addresses of a name and lets the filter see them before they are dialled.
struct Lookup {
    allowed: Option<fn(IpAddr) -> bool>,
    resolver: Option<Arc<dyn Resolver>>,
}

impl reqwest::dns::Resolve for Lookup {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let allowed = self.allowed;
        let resolver = self.resolver.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found: Vec<IpAddr> = match resolver {
                Some(resolver) => resolver.resolve(host).await?,
                None => tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect(),
            };
            // A name with one foot inside is a name that points inside: which foot is dialled would be luck.
            if allowed.is_some_and(|allowed| !found.iter().copied().all(allowed)) {
                return Err(AddressRefused.into());
            }
            // Port 0 stands for the port of the URL.
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as reqwest::dns::Addrs)
        })
    }
}

/// The filter said no. It does not say which address: that would make the service a probe of the network it
/// stands in.
#[derive(Debug)]
struct AddressRefused;

impl fmt::Display for AddressRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host is refused, because its address is not one that this service may connect to")
    }
}

impl Error for AddressRefused {}

/// The address that stands in place of a host name. The URL is the library's own, so that it has no other
/// opinion: what people write as `0x7f.1` is an address by then.
fn literal(url: &reqwest::Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host).parse().ok()
}

/// The proxy at `url`, and whether it is on this machine. `None` for what the HTTP library would skip without
/// a word, going straight to the server.
fn proxy(url: &str) -> Option<(reqwest::Proxy, bool)> {
    let url = if url.contains("://") {
        reqwest::Url::parse(url)
    } else {
        reqwest::Url::parse(&format!("http://{url}"))
    }
    .ok()?;
    // The library reads it once more, as this type.
    let uri: http::Uri = url.as_str().parse().ok()?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return None;
    }
    let is_here = is_loopback_host(uri.host()?);
    Some((reqwest::Proxy::all(url).ok()?, is_here))
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'a>>;

impl Transport for HttpTransport {
    // Not an `async fn`: its future would hold the request three times, in the form of each step, for as long as the
    // answer takes. Small futures are what the allocator has at hand.
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
        let head = self.begin(request);
        Box::pin(async move { exchange(pin!(head?), limits).await })
    }
}

fn classify(error: reqwest::Error) -> TransportError {
    use TransportErrorKind::{Connect, Interrupted, Refused, Timeout, Tls};

    let error = error.without_url();
    let chain = chain_text(&error);
    let (kind, message) = if was_address_refused(&error) {
        (Refused, AddressRefused.to_string())
    } else if error.is_builder() {
        (Refused, "the request could not be built".to_owned())
    } else if error.is_connect() {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, InvalidData, UnexpectedEof};

        // The TLS libraries give no type that could be recognised without naming them, only kinds and words.
        let kind = io_kind(&error);
        let cut = matches!(kind, Some(UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe));
        let tls_words = ["certificate", "handshake", "tls", "ssl routines"];
        // A handshake that was cut says nothing about certificates: the next one may do.
        if !cut && (kind == Some(InvalidData) || tls_words.iter().any(|word| chain.contains(word))) {
            (Tls, format!("no trusted TLS connection: {}", innermost(&error)))
        } else if error.is_timeout() {
            (Connect, "the server could not be reached in time".to_owned())
        } else if chain.contains("dns") {
            (Connect, format!("the server's name could not be resolved: {}", innermost(&error)))
        } else {
            (Connect, format!("the server could not be reached: {}", innermost(&error)))
        }
    } else if error.is_timeout() {
        (Timeout, "no answer in time".to_owned())
    } else {
        (Interrupted, format!("the connection broke before the answer was complete: {}", innermost(&error)))
    };
    TransportError::new(kind, message).with_source(error)
}

fn was_address_refused(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<AddressRefused>() {
            return true;
        }
        next = cause.source();
    }
    false
}

fn chain_text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push(' ');
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text.to_ascii_lowercase()
}

/// The kind of the innermost I/O error.
fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut kind = None;
    let mut next = Some(error);
    while let Some(cause) = next {
        next = match cause.downcast_ref::<io::Error>() {
            // The `source` of an I/O error is not the error that it wraps, but that error's source.
            Some(error) => {
                kind = Some(error.kind());
                error.get_ref().map(|wrapped| wrapped as &(dyn Error + 'static))
            }
            None => cause.source(),
        };
    }
    kind
}

fn innermost(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
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
}
