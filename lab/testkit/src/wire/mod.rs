//! Servers that a test controls byte by byte, and gzip bodies.

pub mod gzip;
mod server;

pub use server::*;
