//! Reports over time about one home, and the measures that all series share: gaps, trend, and the share of good,
//! fair and poor time.
//!
//! A gap is never filled, neither with zero nor by interpolation. Time without a valid value is unknown, and shares
//! are shares of the known values.

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
