//! Reports: series over time. They have a base URL of their own.

mod gateway;
mod location;
mod options;

pub use gateway::GatewayReports;
pub use location::Reports;
pub use options::{Events, Granularity, QoeOptions, Radio, RadioSeries, Series, WanPeriod};
