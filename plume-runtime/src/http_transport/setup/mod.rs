//! The settings, and how the HTTP library is set up by them.

mod library;
mod proxy;
mod settings;

pub(super) use library::client;
pub use proxy::Proxy;
pub use settings::HttpTransportBuilder;
