//! What the reports over time say about one home, and what all series have in common: gaps, trend, and the share of
//! time that was good, fair or poor.
//!
//! A gap is never filled: not with zero and not with anything in between. Time without a valid value is unknown
//! time, and every share is a share of the values that there are.

mod measure;
pub mod qoe;
pub mod signal;
pub mod speed;
pub mod uptime;
pub mod wan;

pub use measure::{
    Coverage, Gap, Grade, GradedSeries, HourOfDay, Level, SeriesTrend, Spread, is_gap, median, time_at,
    usual_step,
};
