//! Reports: series over time, with a base URL of their own.

mod gateway;
mod location;
mod options;

pub use gateway::GatewayReports;
pub use location::LocationReports;
pub use options::{Events, Granularity, QoeOptions, Radio, RadioSeries, Series, WanPeriod};
