//! Measures that all series share: gaps, trend, grades and usual values.

mod clean;
mod grade;
mod spread;
pub(crate) mod stats;
mod step;
mod timeline;
mod trend;

pub(crate) use clean::{Clean, Reading};
pub use grade::{Grade, GradedSeries, HourOfDay};
pub(crate) use grade::{Scale, grade};
pub use spread::{Level, Spread};
pub use stats::median;
pub(crate) use step::step_of_name;
pub use step::usual_step;
pub(crate) use timeline::coverage;
pub use timeline::{Coverage, Gap, is_gap, time_at};
pub use trend::SeriesTrend;
pub(crate) use trend::trend;
