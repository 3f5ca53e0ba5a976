//! The settings, and how the HTTP library is set up by them.

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
