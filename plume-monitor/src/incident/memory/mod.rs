//! The memory of a home about its newest incident, and how samples change it.

mod causes;
mod explain;
mod lifecycle;
mod state;

pub(crate) use explain::{Observed, Seen};
pub use state::IncidentMemory;
