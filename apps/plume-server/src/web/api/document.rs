//! The documents of the API.

use chrono::{DateTime, Utc};
use plume::{health::Status, monitor::incident::Incident};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::model::{Home, Logged, StatusCounts, Tenant};
use crate::web::api::shapes::{IncidentShape, StatusShape};
use crate::web::dashboard::Pulse;

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct List<T> {
    pub(super) items: Vec<T>,
    /// The value of `after` for the next part; `null` at the end.
    #[schema(required = true)]
    pub(super) next: Option<String>,
}

/// The number of homes by status.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Counts {
    red: u64,
    orange: u64,
    yellow: u64,
    unknown: u64,
    green: u64,
    total: u64,
}

impl From<&StatusCounts> for Counts {
    fn from(counts: &StatusCounts) -> Self {
        Self {
            red: counts.of(Status::Red),
            orange: counts.of(Status::Orange),
            yellow: counts.of(Status::Yellow),
            unknown: counts.of(Status::Unknown),
            green: counts.of(Status::Green),
            total: counts.total(),
        }
    }
}

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(super) struct TenantDocument {
    id: String,
    name: String,
    homes: Counts,
}

impl TenantDocument {
    pub(super) fn new(tenant: &Tenant, counts: &StatusCounts) -> Self {
        Self { id: tenant.id.to_string(), name: tenant.name.clone(), homes: counts.into() }
    }
}

/// A home with its last result.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Home)]
pub(super) struct HomeDocument {
    tenant: String,
    id: String,
    name: String,
    customer: String,
    location: String,
    #[schema(value_type = StatusShape)]
    status: Status,
    since: DateTime<Utc>,
    headline: String,
    checked: Option<DateTime<Utc>>,
    firmware: Option<String>,
    model: Option<String>,
    region: Option<String>,
    tags: Vec<String>,
}

impl From<Home> for HomeDocument {
    fn from(home: Home) -> Self {
        Self {
            tenant: home.tenant.to_string(),
            id: home.id.to_string(),
            name: home.name,
            customer: home.customer,
            location: home.location,
            status: home.verdict.status,
            since: home.verdict.since,
            headline: home.verdict.headline,
            checked: home.checked,
            firmware: home.traits.firmware,
            model: home.traits.model,
            region: home.traits.region,
            tags: home.tags,
        }
    }
}

/// A home with its changes of the last seven days.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HomeWithChanges {
    #[serde(flatten)]
    pub(super) home: HomeDocument,
    pub(super) changes: Vec<ChangeDocument>,
}

/// A change of the status of a home.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub(super) struct ChangeDocument {
    #[schema(value_type = StatusShape)]
    from: Status,
    #[schema(value_type = StatusShape)]
    to: Status,
    since: DateTime<Utc>,
    at: DateTime<Utc>,
    headline: String,
}

impl From<Logged> for ChangeDocument {
    fn from(logged: Logged) -> Self {
        let transition = logged.transition;
        Self {
            from: transition.from,
            to: transition.to,
            since: transition.since,
            at: transition.at,
            headline: logged.headline,
        }
    }
}

/// The state of the monitor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitorStatus)]
pub(super) struct StatusDocument {
    pub(super) now: DateTime<Utc>,
    pub(super) homes: Counts,
    /// First those that hide homes, then the worst, and of the same status those of most homes; at most 200.
    #[schema(value_type = Vec<IncidentShape>)]
    pub(super) open_incidents: Vec<Incident>,
    /// The number of all.
    pub(super) open_incidents_total: u64,
    pub(super) budget: Option<Budget>,
}

/// The use of the call budget.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Budget {
    lane_calls_per_second: f64,
    /// Calls to the API within the last minute, those for people too; null in the first minute.
    used_calls_per_second: Option<f64>,
    needed_calls_per_second: f64,
    stretch: f64,
    full_check_every: u32,
    checks_per_minute: Option<f64>,
    /// Those of them that had data.
    checks_with_data_per_minute: Option<f64>,
    /// Homes whose last check is older than twice their interval.
    unchecked_homes: usize,
    /// Homes whose newest data is older than twice their interval.
    stale_homes: usize,
    /// The time of the newest data.
    newest_data: Option<DateTime<Utc>>,
}

impl From<Pulse> for Budget {
    fn from(pulse: Pulse) -> Self {
        let load = pulse.load;
        Self {
            lane_calls_per_second: load.lane_per_second,
            used_calls_per_second: pulse.calls_per_second,
            needed_calls_per_second: load.suspects_per_second + load.regular_per_second,
            stretch: load.stretch,
            full_check_every: load.full_every,
            checks_per_minute: pulse.checks_per_minute,
            checks_with_data_per_minute: pulse.with_data_per_minute,
            unchecked_homes: pulse.unchecked,
            stale_homes: pulse.stale,
            newest_data: pulse.newest.values().map(|(at, _)| *at).max(),
        }
    }
}
