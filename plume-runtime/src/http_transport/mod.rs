//! HTTP by reqwest. Only this module of the workspace names it.

mod classify;
mod exchange;
mod names;
mod origins;
mod pools;
mod setup;
mod transport;

pub use setup::{HttpTransportBuilder, Proxy};
pub use transport::HttpTransport;
