//! All that plume-monitor promises, in one program.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod availability;
mod baseline;
mod budget;
mod calendar;
mod change;
mod decisions;
mod fleet;
mod limits;
mod plan;
mod properties_change;
mod rows;
mod schedule;
mod series_properties;
mod sla;
mod source;
mod stored;
mod totality;
mod tracker;
mod tracker_promise;
mod tracker_rules;
