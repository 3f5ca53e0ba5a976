//! Servers that do what a test says, byte by byte, and bodies packed by gzip.

pub mod gzip;
mod server;

pub use server::*;
