//! The error of serving a simulator.

use std::{io, net::SocketAddr};

/// An error in serving a simulator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is reachable from other machines, which was not allowed.
    #[error("failed to serve the simulator: {0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// The address could not be bound, for example because the port is in use.
    #[error("failed to listen on {address}: {reason}")]
    Bind {
        /// The requested address.
        address: SocketAddr,
        /// The error of the operating system.
        reason: io::Error,
    },
    /// The certificate of a TLS server could not be generated.
    #[error("failed to generate a certificate: {0}")]
    Certificate(String),
}
