//! Spans, events, counters and drift.

mod drift;
mod meter;
mod trace;

pub(crate) use drift::OnDrift;
pub use drift::{DriftLog, DriftSighting};
pub(crate) use meter::Sums;
pub(crate) use trace::{attempt, ended, span};
