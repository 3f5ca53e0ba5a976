//! The monitor itself: settings, connections, the log, and the service level.

pub(super) mod given;
mod logs;
mod people;
mod sla;

use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use logs::{__path_logs, logs};
pub(super) use people::{__path_sessions, sessions};
pub(super) use sla::{__path_sla, sla};

use people::{SessionDocument, documents};

use crate::traffic::{Host, Hour, Outcome};
use crate::web::api::problem;
use crate::web::api::shapes::Problems;
use crate::web::dashboard::{Check, Connections, Visible};

/// The settings in force, and checks of the monitor itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Config)]
pub(super) struct ConfigDocument {
    settings: Vec<SettingDocument>,
    checks: Vec<CheckDocument>,
}

/// A setting, or the channels of some messages (`messages.…`). The value of a secret is `[redacted]`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Setting)]
struct SettingDocument {
    key: String,
    value: String,
    /// The origin: a line of the file, a variable, an option, the default or a route of the policies.
    origin: String,
}

/// A check of the monitor itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Check)]
struct CheckDocument {
    name: &'static str,
    /// `OK`, `Attention`, `Failing` or `Not known`.
    status: &'static str,
    seen: String,
    /// Empty without a need for it.
    advice: String,
}

/// The sessions with the cloud, the call limit, and the calls of a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connections)]
pub(super) struct ConnectionsDocument {
    now: DateTime<Utc>,
    active: Vec<SessionDocument>,
    #[schema(required = true, value_type = Option<LimiterShape>)]
    limiter: Option<plume::LimiterStatus>,
    /// The start of the record of calls.
    #[schema(required = true)]
    since: Option<DateTime<Utc>>,
    /// The last 24 hours, the oldest first.
    history: Vec<HourDocument>,
    servers: Vec<ServerDocument>,
}

/// The state of the call limit.
#[derive(Serialize, ToSchema)]
#[schema(as = Limiter)]
struct LimiterShape {
    /// The number of calls left in the current window; `null` without a limit.
    #[schema(required = true)]
    budget_left: Option<u64>,
    waiting: u64,
    tenants_waiting: u64,
    #[schema(required = true)]
    blocked_for_seconds: Option<f64>,
    probing: bool,
    #[schema(required = true)]
    paused_for_seconds: Option<f64>,
    /// The rate in calls per second; `null` without a limit.
    #[schema(required = true)]
    pace: Option<f64>,
    /// The wait of a new call; `null` if no call ever passes.
    #[schema(required = true)]
    next_in_seconds: Option<f64>,
}

/// The calls of an hour by outcome.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hour)]
struct HourDocument {
    start: DateTime<Utc>,
    calls: CallsDocument,
}

/// The number of calls by outcome.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Calls)]
struct CallsDocument {
    success: u64,
    /// 401 or 403.
    refused: u64,
    /// 429.
    rate_limited: u64,
    /// Another status from 400 to 499.
    invalid: u64,
    /// A status from 500 on.
    server_error: u64,
    /// A good status with a body that is no JSON.
    unreadable: u64,
    no_response: u64,
}

/// A server of the cloud, as its responses show it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Server)]
struct ServerDocument {
    name: String,
    /// Whether these are the requests for tokens.
    is_for_tokens: bool,
    calls: u64,
    #[schema(required = true)]
    last_success: Option<DateTime<Utc>>,
    #[schema(required = true)]
    last_failure: Option<FailureDocument>,
    /// The first failure since the last success.
    #[schema(required = true)]
    failing_since: Option<DateTime<Utc>>,
    /// The time by which its clock is ahead of that of this machine.
    #[schema(required = true)]
    clock_ahead_seconds: Option<i64>,
}

/// A failed call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Failure)]
struct FailureDocument {
    at: DateTime<Utc>,
    why: String,
}

impl From<Check> for CheckDocument {
    fn from(check: Check) -> Self {
        let Check { badge, name, seen, advice } = check;
        Self { name, status: badge.word, seen, advice: advice.into_owned() }
    }
}

impl From<&Hour> for HourDocument {
    fn from(hour: &Hour) -> Self {
        let calls = CallsDocument {
            success: hour.of(Outcome::Success),
            refused: hour.of(Outcome::Refused),
            rate_limited: hour.of(Outcome::Limited),
            invalid: hour.of(Outcome::Invalid),
            server_error: hour.of(Outcome::Server),
            unreadable: hour.of(Outcome::Unreadable),
            no_response: hour.of(Outcome::Unanswered),
        };
        Self { start: hour.start, calls }
    }
}

impl From<Host> for ServerDocument {
    fn from(host: Host) -> Self {
        let Host { name, is_for_tokens, calls, last_success, last_failure, failing_since, ahead, .. } = host;
        Self {
            name,
            is_for_tokens,
            calls,
            last_success,
            last_failure: last_failure.map(|(at, why)| FailureDocument { at, why }),
            failing_since,
            clock_ahead_seconds: ahead.map(|ahead| ahead.num_seconds()),
        }
    }
}

/// The settings in force, and checks of the monitor itself.
#[utoipa::path(get, path = "/api/config", responses((status = 200, description = "The settings in force, secrets redacted, and checks of the monitor itself", body = ConfigDocument), Problems))]
pub(super) async fn config(visible: Visible) -> Response {
    let settings = visible.settings().iter().map(|row| SettingDocument {
        key: row.key.clone(),
        value: row.shown.clone(),
        origin: row.origin.to_string(),
    });
    let settings = settings.collect();
    let checks = visible.checks().await.into_iter().map(Into::into).collect();
    problem::json(&ConfigDocument { settings, checks })
}

/// The connections to the cloud and their history.
#[utoipa::path(get, path = "/api/connections", responses((status = 200, description = "The sessions with the cloud, the call limit, and the calls of a day", body = ConnectionsDocument), Problems))]
pub(super) async fn connections(visible: Visible) -> Response {
    let Connections { sessions, limiter, seen } = visible.connections();
    problem::json(&ConnectionsDocument {
        now: visible.now(),
        active: documents(sessions),
        limiter: limiter.map(|limiter| limiter.0),
        since: seen.since,
        history: seen.hours.iter().map(Into::into).collect(),
        servers: seen.hosts.into_iter().map(Into::into).collect(),
    })
}
