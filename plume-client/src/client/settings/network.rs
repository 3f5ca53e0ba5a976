//! Proxy and certificates.

use std::fmt;

use plume_runtime::{HttpTransport, HttpTransportBuilder, Proxy};

use crate::client::settings::error::SettingsError;
use crate::client::settings::reader::Reader;

/// The network settings: the proxy of `PLUME_PROXY` and the certificates of `PLUME_EXTRA_ROOTS`.
///
/// A client that is built from [`Settings`](crate::Settings) uses them. A program that builds a transport itself, to filter
/// addresses or to share it between accounts, starts with [`transport`](Self::transport):
///
/// ```
/// use plume_client::NetworkSettings;
///
/// let network = NetworkSettings::from_variables([("PLUME_PROXY", "off")])?;
/// let transport = network.transport().user_agent("example/1.0").build();
/// # let _ = transport;
/// # Ok::<(), plume_client::SettingsError>(())
/// ```
#[derive(Clone, Default)]
pub struct NetworkSettings {
    pub(super) proxy: Proxy,
    extra_roots: Option<Vec<u8>>,
}

impl NetworkSettings {
    /// Reads `PLUME_PROXY` and `PLUME_EXTRA_ROOTS` from the given variables and ignores the others.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] if one of the two is invalid.
    pub fn from_variables<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self, SettingsError>
    where
        N: Into<String>,
        V: Into<String>,
    {
        let mut reader = Reader::new(variables);
        let network = Self::read(&mut reader);
        if reader.problems.is_empty() {
            Ok(network)
        } else {
            Err(SettingsError::of(reader.problems, Vec::new()))
        }
    }

    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { proxy: reader.proxy(), extra_roots: reader.extra_roots() }
    }

    /// Returns the builder of a transport that uses this proxy and these certificates.
    #[must_use]
    pub fn transport(&self) -> HttpTransportBuilder {
        let builder = HttpTransport::builder().proxy(self.proxy.clone());
        match &self.extra_roots {
            Some(pem) => builder.extra_root_certificates(pem.as_slice()),
            None => builder,
        }
    }

    /// Returns whether requests over TLS may pass a proxy, in contrast to [`has_proxy`](Self::has_proxy) also for the
    /// environment's.
    #[cfg(feature = "doctor")]
    pub(crate) fn is_proxy_in_use(&self) -> bool {
        self.proxy.is_in_use()
    }

    /// Returns whether requests go through a proxy. An address filter has no effect then, because the proxy connects.
    #[must_use]
    pub fn has_proxy(&self) -> bool {
        self.proxy != Proxy::Off
    }
}

impl fmt::Debug for NetworkSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roots = self.extra_roots.as_ref().map(Vec::len);
        f.debug_struct("NetworkSettings").field("proxy", &self.proxy).field("extra_roots", &roots).finish()
    }
}
