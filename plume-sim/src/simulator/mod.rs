//! The simulator: a function from requests to responses, and its state.

mod answer;
mod builder;
mod cloud;
mod endpoints;
mod exchange;
mod request_log;
mod tenants;
mod transport;

pub use builder::SimulatorBuilder;
pub use cloud::Simulator;
pub use endpoints::Endpoints;
#[cfg(feature = "server")]
pub(crate) use exchange::{InFlight, Origin, Shape};
pub use request_log::RequestRecord;
pub use tenants::UnknownTenant;
