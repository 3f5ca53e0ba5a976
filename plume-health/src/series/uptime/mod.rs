//! Uptime of a location, from the online report. (`plume-api` models §9, `OnlineStats`)
//!
//! [`analyze`] measures the uptime, [`samples`] lists the samples, and [`calendar`] arranges them by hour and day.

mod calendar;
mod report;

pub use calendar::{Calendar, CalendarCell, CalendarRow, MAX_ROWS, calendar};
pub use report::{SampleState, Trend, UptimeLabel, UptimeReport, UptimeSample, analyze, samples};
