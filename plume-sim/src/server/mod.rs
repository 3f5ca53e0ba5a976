//! The simulator over HTTP.

mod breaking;
mod connection;
mod error;
mod listener;
mod request_line;
mod timer;
#[cfg(feature = "tls")]
mod tls;

pub use error::ServeError;
pub use listener::Server;
