//! The settings of the transport, and the set-up of the HTTP library.

mod library;
mod proxy;
mod settings;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls;

pub(super) use library::client;
pub use proxy::Proxy;
pub use settings::HttpTransportBuilder;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub use tls::TlsBackend;
