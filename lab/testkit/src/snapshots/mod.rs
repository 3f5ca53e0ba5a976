//! Snapshots as the API returns them, fixed and random, and properties of every report.

pub mod chance;
mod limits;
pub mod odd;
pub mod points;
pub mod stored;
mod written;

pub use limits::*;
pub use written::*;
