//! Snapshots as the API would give them: written by hand, and by chance; and what every report on one must hold.

pub mod chance;
mod limits;
pub mod odd;
pub mod points;
pub mod stored;
mod written;

pub use limits::*;
pub use written::*;
