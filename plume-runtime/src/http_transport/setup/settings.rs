//! What can be set.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use crate::address::Resolver;
use crate::http_transport::setup::proxy::Proxy;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use crate::http_transport::setup::tls::TlsBackend;

/// Settings of an [`HttpTransport`](crate::HttpTransport).
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

    /// Sets the TLS library, for programs in which both `rustls` and `native-tls` are compiled in.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "rustls", feature = "native-tls"))))]
    #[must_use]
    pub fn tls_backend(mut self, backend: TlsBackend) -> Self {
        self.tls_backend = backend;
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
}
