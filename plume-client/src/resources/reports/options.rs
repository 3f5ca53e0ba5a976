//! What reports take.

use chrono::{DateTime, Utc};

use crate::call::Call;
use crate::operations as op;
use crate::operations::Operation;
use crate::resources::times::time;
use crate::resources::words::words;

words! {
    /// The time that [`Reports::wan_stats`](crate::Reports::wan_stats) covers.
    pub enum WanPeriod {
        /// One day in steps of 15 minutes.
        Daily = "daily",
        /// One week.
        Weekly = "weekly",
        /// One month.
        Monthly = "monthly",
    }
}

words! {
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

words! {
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

/// What [`Reports::radio`](crate::Reports::radio) tells of a radio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RadioSeries {
    /// Traffic.
    Bandwidth,
    /// Alarms.
    Alarms,
    /// What the radio could carry.
    Capacity,
    /// Use of the channel.
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

/// The step, length and beginning of a series. What is `None` is the server's choice.
///
/// ```
/// use plume_client::{Granularity, Series};
///
/// let last_day = Series { granularity: Some(Granularity::Hours), limit: Some(24), ..Series::default() };
/// # let _ = last_day;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Series {
    /// The step.
    pub granularity: Option<Granularity>,
    /// How many steps at the most.
    pub limit: Option<u32>,
    /// The beginning. Sent in milliseconds since 1970.
    pub start: Option<DateTime<Utc>>,
}

impl Series {
    pub(super) fn fill(&self, call: Call<'static>) -> Call<'static> {
        call.with("granularity", self.granularity)
            .with("limit", self.limit)
            .with("start", self.start.map(|start| start.timestamp_millis()))
    }
}

/// The step and length of points of QoE. What is `None` is the server's choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QoeOptions {
    /// The step.
    pub granularity: Option<Granularity>,
    /// How many points at the most.
    pub limit: Option<u32>,
}

impl QoeOptions {
    pub(super) fn fill(&self, call: Call<'static>) -> Call<'static> {
        call.with("granularity", self.granularity).with("limit", self.limit).with("timestampISOFormat", true)
    }
}

/// Which events of a time, and in which order. What is `None` is the server's choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Events {
    /// The newest first, or the oldest.
    pub newest_first: Option<bool>,
    /// How many at the most; the server has a bound of its own, 1,000 for most.
    pub limit: Option<u32>,
    /// From when on.
    pub start: Option<DateTime<Utc>>,
    /// Until when.
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
