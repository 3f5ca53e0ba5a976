//! The parameters of reports.

use chrono::{DateTime, Utc};

use crate::call::Call;
use crate::operations as op;
use crate::operations::Operation;
use crate::resources::string_enum::string_enum;
use crate::resources::times::time;

string_enum! {
    /// The period of [`LocationReports::wan_stats`](crate::LocationReports::wan_stats).
    pub enum WanPeriod {
        /// One day in steps of 15 minutes.
        Daily = "daily",
        /// One week.
        Weekly = "weekly",
        /// One month.
        Monthly = "monthly",
    }
}

string_enum! {
    /// The step of a series.
    pub enum Granularity {
        /// Minutes.
        Minutes = "minutes",
        /// Hours.
        Hours = "hours",
        /// Days.
        Days = "days",
    }
}

string_enum! {
    /// A radio of a node.
    pub enum Radio {
        /// 2.4 GHz.
        Band2g = "2.4G",
        /// 5 GHz.
        Band5g = "5G",
        /// 6 GHz.
        Band6g = "6G",
    }
}

/// The series of [`LocationReports::radio`](crate::LocationReports::radio).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RadioSeries {
    /// Traffic.
    Bandwidth,
    /// Alarms.
    Alarms,
    /// The capacity of the radio.
    Capacity,
    /// The utilization of the channel.
    Utilization,
}

impl RadioSeries {
    pub(super) fn operation(self) -> &'static Operation {
        match self {
            Self::Bandwidth => &op::RADIO_BANDWIDTH,
            Self::Alarms => &op::RADIO_ALARMS,
            Self::Capacity => &op::RADIO_CAPACITY,
            Self::Utilization => &op::RADIO_UTILIZATION,
        }
    }
}

/// The step, length and start of a series. The server chooses what is `None`.
///
/// Build it with `..Default::default()`: a later version may add fields.
///
/// ```
/// use plume_client::{Granularity, Series};
///
/// let last_day = Series { granularity: Some(Granularity::Hours), limit: Some(24), ..Series::default() };
/// # let _ = last_day;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Series {
    /// The step.
    pub granularity: Option<Granularity>,
    /// The maximum number of steps.
    pub limit: Option<u32>,
    /// The start. Sent in milliseconds since 1970.
    pub start: Option<DateTime<Utc>>,
}

impl Series {
    pub(super) fn fill(&self, call: Call<'static>) -> Call<'static> {
        call.with("granularity", self.granularity)
            .with("limit", self.limit)
            .with("start", self.start.map(|start| start.timestamp_millis()))
    }
}

/// The step and number of QoE points. The server chooses what is `None`.
///
/// Build it with `..Default::default()`: a later version may add fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct QoeOptions {
    /// The step.
    pub granularity: Option<Granularity>,
    /// The maximum number of points.
    pub limit: Option<u32>,
}

impl QoeOptions {
    pub(super) fn fill(&self, call: Call<'static>) -> Call<'static> {
        call.with("granularity", self.granularity).with("limit", self.limit).with("timestampISOFormat", true)
    }
}

/// The period, number and order of events. The server chooses what is `None`.
///
/// Build it with `..Default::default()`: a later version may add fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Events {
    /// Whether the newest or the oldest event is first.
    pub newest_first: Option<bool>,
    /// The maximum number of events; the server has a maximum of its own, mostly 1,000.
    pub limit: Option<u32>,
    /// The start of the period.
    pub start: Option<DateTime<Utc>>,
    /// The end of the period.
    pub end: Option<DateTime<Utc>>,
}

impl Events {
    pub(super) fn fill(&self, call: Call<'static>) -> Call<'static> {
        call.with("order", self.newest_first.map(|newest| if newest { "desc" } else { "asc" }))
            .with("limit", self.limit)
            .with("startAt", self.start.map(time))
            .with("endAt", self.end.map(time))
    }
}
