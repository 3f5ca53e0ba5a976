//! The settings of a transport.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use crate::address::Resolver;
use crate::http_transport::setup::proxy::Proxy;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use crate::http_transport::setup::tls::TlsBackend;

/// A builder of an [`HttpTransport`](crate::HttpTransport).
///
/// ```
/// use std::time::Duration;
/// use plume_runtime::{HttpTransport, Proxy};
///
/// let transport = HttpTransport::builder().connect_timeout(Duration::from_secs(5)).proxy(Proxy::System).build();
/// # let _ = transport;
/// ```
#[derive(Debug, Clone)]
pub struct HttpTransportBuilder {
    pub(in crate::http_transport) connect_timeout: Duration,
    pub(in crate::http_transport) user_agent: String,
    pub(in crate::http_transport) proxy: Proxy,
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub(in crate::http_transport) tls_backend: TlsBackend,
    pub(in crate::http_transport) extra_roots: Option<Pem>,
    pub(in crate::http_transport) address_filter: Option<fn(IpAddr) -> bool>,
    pub(in crate::http_transport) resolver: Option<Arc<dyn Resolver>>,
}

/// Certificates as text. Not secret, but too long to show.
#[derive(Clone)]
pub(in crate::http_transport) struct Pem(pub(super) Arc<[u8]>);

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Default for HttpTransportBuilder {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            user_agent: concat!("plume-sdk/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: Proxy::Off,
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            tls_backend: TlsBackend::default(),
            extra_roots: None,
            address_filter: None,
            resolver: None,
        }
    }
}

impl HttpTransportBuilder {
    /// Sets the maximum time for a connection, including name look-up and TLS handshake. The default is 3 s.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the `User-Agent` header. The default is `plume-sdk/` and the version.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Sets the proxy. The environment (`HTTPS_PROXY`, …) is read only for [`Proxy::System`].
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// Sets the TLS library, for programs in which both `rustls` and `native-tls` are compiled in.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "rustls", feature = "native-tls"))))]
    #[must_use]
    pub fn tls_backend(mut self, backend: TlsBackend) -> Self {
        self.tls_backend = backend;
        self
    }

    /// Trusts the certificates in `pem` in addition to those of the operating system: for a proxy that inspects TLS, or a
    /// private cloud with a certificate authority of its own. Certificate checks cannot be turned off.
    ///
    /// A text without a certificate, or with one that cannot be read, fails the first `https` request with
    /// [`TransportErrorKind::Refused`](crate::TransportErrorKind::Refused).
    #[must_use]
    pub fn extra_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.extra_roots = Some(Pem(pem.into().into()));
        self
    }

    /// Connects only to addresses that `allowed` accepts: [`is_public_address`](crate::is_public_address) for a service
    /// whose users enter URLs.
    ///
    /// It is called when a connection is made, so the checked address is the one that is used, however often a name changes
    /// its addresses. A name with one refused address is refused as a whole, an address in place of a name is checked as
    /// well, and with a [`Proxy`] every request is refused, because the proxy would make the connection. Refused requests
    /// fail with [`TransportErrorKind::Refused`](crate::TransportErrorKind::Refused) and send nothing.
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

    /// Sets the resolver of names in place of the system's.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = Some(resolver);
        self
    }
}
