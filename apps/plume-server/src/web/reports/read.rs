//! Readings of the cloud for people.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use plume::{
    health::{HealthReport, topology::Topology},
    types::{OnlineStats, WanStats},
};

/// A report, or the reason why there is none.
pub(in crate::web) type Read = Result<Arc<Seen>, String>;

/// A report with the node tree.
#[derive(Debug)]
pub(in crate::web) struct Seen {
    pub(in crate::web) report: HealthReport,
    pub(in crate::web) tree: Topology,
}

/// The reports of a day that the cloud keeps.
#[derive(Debug, Clone, Default)]
pub(in crate::web) struct Trends {
    /// The traffic of the Internet line, if it is known.
    pub(in crate::web) wan: Option<Arc<WanStats>>,
    /// The times at which the home was online, if they are known.
    pub(in crate::web) online: Option<Arc<OnlineStats>>,
    /// The time at which they were read.
    pub(in crate::web) read: Option<DateTime<Utc>>,
    /// The reason why they are not of the present, or a part is missing; empty if they are complete.
    pub(in crate::web) problem: String,
}
