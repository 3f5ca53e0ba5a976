//! HTTP with reqwest, which no other module of the workspace uses.

mod classify;
mod exchange;
mod names;
mod origins;
mod pools;
mod setup;
mod transport;

#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub use setup::TlsBackend;
pub use setup::{HttpTransportBuilder, Proxy};
pub use transport::HttpTransport;
