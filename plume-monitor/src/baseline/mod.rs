//! Usual values by hour of the week.
//!
//! A [`Baseline`] keeps the median and a robust deviation for each of the 168 hours of the week. The values of one
//! hour of one day count as one, their median, and several days are needed, so that one bad night does not become
//! usual, however often it was sampled. If an hour of the week has too few days, the hour of the day is used, and
//! then all hours together.
//!
//! ```
//! use chrono::{DateTime, TimeDelta, Utc};
//! use plume_health::series::Level;
//! use plume_monitor::baseline::{Baseline, BaselineOptions, Scope};
//!
//! let monday: DateTime<Utc> = "2026-01-05T20:30:00Z".parse()?;
//! // Devices online on five Monday evenings.
//! let seen = [34.0, 36.0, 38.0, 41.0, 42.0];
//! let history = (0..).map(|week| monday + TimeDelta::weeks(week)).zip(seen);
//! let baseline = Baseline::learn(history, BaselineOptions::new());
//!
//! let judgement = baseline.judge(monday + TimeDelta::weeks(5), Some(3.0));
//! assert_eq!(judgement.level, Level::Low);
//! assert_eq!(judgement.explanation, "usual 38 ± 4.4, now 3");
//! assert_eq!(judgement.usual.map(|usual| usual.scope), Some(Scope::HourOfWeek));
//! # Ok::<(), chrono::ParseError>(())
//! ```

mod history;
mod judgement;
mod options;
mod render;
mod week;

pub use history::History;
pub use judgement::{Judgement, Scope, Usual};
pub use options::BaselineOptions;
pub use week::{BASELINE_VERSION, Baseline};
