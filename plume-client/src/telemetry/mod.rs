//! What a program sees of its calls: spans, events, counters, and what the models do not know.

mod drift;
mod meter;
mod trace;

pub(crate) use drift::OnDrift;
pub use drift::{DriftLog, DriftSighting};
pub(crate) use meter::Sums;
pub(crate) use trace::{attempt, ended, span};
