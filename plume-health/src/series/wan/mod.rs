//! How much a location uses its Internet line, from the WAN report. (`plume-api` models §9, `WanStats`)
//!
//! [`analyze`] tells the traffic, [`plan_fit`] whether the line is large enough for it, and
//! [`saturation_history`] how full the cloud says it was.

mod details;
mod fit;
mod point;
mod saturation;
mod traffic;

pub use details::QualityDetails;
pub use fit::{Fit, FitVerdict, InternetLine, LineSource, PlanFit, plan_fit};
pub use saturation::{Saturation, SaturationReport, saturation, saturation_history};
pub use traffic::{BusyHour, BusyLevel, DataQuality, Direction, Peak, WanReport, analyze};
