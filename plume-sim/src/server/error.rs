//! Why a simulator could not be served.

use std::{io, net::SocketAddr};

/// Why a simulator could not be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address can be reached from other machines, and this was not allowed.
    #[error("{0} is not a loopback address; the simulator has no real protection")]
    NotLoopback(SocketAddr),
    /// The address could not be bound, for example because the port is in use.
    #[error("cannot listen on {address}: {reason}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        reason: io::Error,
    },
    /// No certificate could be made for a server with TLS.
    #[error("no certificate could be made: {0}")]
    Certificate(String),
}
