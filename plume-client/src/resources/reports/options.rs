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

/// The step, length and beginning of a series. What is not given is the server's choice.
///
/// ```
/// use plume_client::{Granularity, Series};
///
/// let last_day = Series::default().granularity(Granularity::Hours).limit(24);
/// # let _ = last_day;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct Series {
    granularity: Option<Granularity>,
    limit: Option<u32>,
    start: Option<DateTime<Utc>>,
}

impl Series {
    /// The step.
    pub fn granularity(mut self, granularity: Granularity) -> Self {
        self.granularity = Some(granularity);
        self
    }

    /// How many steps at the most.
    pub fn limit(mut self, steps: u32) -> Self {
        self.limit = Some(steps);
        self
    }

    /// The beginning. Sent in milliseconds since 1970.
    pub fn start(mut self, start: DateTime<Utc>) -> Self {
        self.start = Some(start);
        self
    }

    pub(super) fn fill(&self, call: Call<'static>) -> Call<'static> {
        call.with("granularity", self.granularity)
            .with("limit", self.limit)
            .with("start", self.start.map(|start| start.timestamp_millis()))
    }
}

/// The step and length of points of QoE. What is not given is the server's choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct QoeOptions {
    granularity: Option<Granularity>,
    limit: Option<u32>,
}

impl QoeOptions {
    /// The step.
    pub fn granularity(mut self, granularity: Granularity) -> Self {
        self.granularity = Some(granularity);
        self
    }

    /// How many points at the most.
    pub fn limit(mut self, points: u32) -> Self {
        self.limit = Some(points);
        self
    }

    pub(super) fn fill(&self, call: Call<'static>) -> Call<'static> {
        call.with("granularity", self.granularity).with("limit", self.limit).with("timestampISOFormat", true)
    }
}

/// Which events of a time, and in which order. What is not given is the server's choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct Events {
    newest_first: Option<bool>,
    limit: Option<u32>,
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
}

impl Events {
    /// The newest first, or the oldest.
    pub fn newest_first(mut self, newest_first: bool) -> Self {
        self.newest_first = Some(newest_first);
        self
    }

    /// How many at the most; the server has a bound of its own, 1,000 for most.
    pub fn limit(mut self, events: u32) -> Self {
        self.limit = Some(events);
        self
    }

    /// From when on.
    pub fn from(mut self, start: DateTime<Utc>) -> Self {
        self.start = Some(start);
        self
    }

    /// Until when.
    pub fn until(mut self, end: DateTime<Utc>) -> Self {
        self.end = Some(end);
        self
    }

    pub(super) fn fill(&self, call: Call<'static>) -> Call<'static> {
        call.with("order", self.newest_first.map(|newest| if newest { "desc" } else { "asc" }))
            .with("limit", self.limit)
            .with("startAt", self.start.map(time))
            .with("endAt", self.end.map(time))
    }
}
