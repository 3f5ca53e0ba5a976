//! Use of the Internet line, from the WAN report. (`plume-api` models §9, `WanStats`)
//!
//! [`analyze`] measures the traffic, [`intervals`] lists it, [`plan_fit`] compares it with the speed of the line, and
//! [`saturation_history`] evaluates the load that the cloud reports.

mod details;
mod fit;
mod point;
mod saturation;
mod traffic;

pub use details::QualityDetails;
pub use fit::{Fit, FitVerdict, InternetLine, LineSource, PlanFit, plan_fit};
pub use point::{Interval, Rate, intervals};
pub use saturation::{Saturation, SaturationReport, saturation, saturation_history};
pub use traffic::{BusyHour, BusyLevel, DataQuality, Direction, Peak, WanReport, analyze};
