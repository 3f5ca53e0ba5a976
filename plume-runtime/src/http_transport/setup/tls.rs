//! The choice of the TLS backend.

/// The TLS library of an [`HttpTransport`](crate::HttpTransport).
///
/// A variant exists if its cargo feature is enabled. The default is `Rustls` if it exists, so a crate that enables
/// `native-tls` elsewhere in the dependency tree changes nothing.
///
#[cfg_attr(feature = "rustls", doc = "```")]
#[cfg_attr(not(feature = "rustls"), doc = "```ignore")]
/// use plume_runtime::{HttpTransport, TlsBackend};
///
/// let transport = HttpTransport::builder().tls_backend(TlsBackend::Rustls).build();
/// # let _ = transport;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsBackend {
    /// Rustls with aws-lc-rs and the operating system's certificate store.
    #[cfg(feature = "rustls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rustls")))]
    #[default]
    Rustls,
    /// The operating system's library: Secure Transport, `SChannel` or OpenSSL.
    #[cfg(feature = "native-tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "native-tls")))]
    #[cfg_attr(not(feature = "rustls"), default)]
    Native,
}

impl TlsBackend {
    pub(super) fn choose(self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        match self {
            #[cfg(feature = "rustls")]
            Self::Rustls => builder.tls_backend_rustls(),
            #[cfg(feature = "native-tls")]
            Self::Native => builder.tls_backend_native(),
        }
    }
}
