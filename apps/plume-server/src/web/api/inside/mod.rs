//! The monitor itself: settings, connections, the log, and the service level.

use axum::{
    extract::{Query, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use plume::monitor::ids::TenantId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::journal::Filter;
use crate::store::model::{Uptime, UptimeCursor, UptimeGroup, UptimePeriod};
use crate::traffic::Outcome;
use crate::web::api::problem::{self, Problem};
use crate::web::api::shapes::Problems;
use crate::web::dashboard::{Connections, Visible};
use crate::web::pages::method;

/// Items of a part by default and at most.
const LIMIT: (usize, usize) = (50, 500);

/// The parameters of the service level.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SlaParameters {
    tenant: Option<String>,
    period: Option<String>,
    by: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

/// The parameters of the log.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LogParameters {
    level: Option<String>,
    q: Option<String>,
    #[param(value_type = Option<String>)]
    since: Option<chrono::DateTime<chrono::Utc>>,
    #[param(minimum = 0)]
    before: Option<i64>,
    limit: Option<usize>,
}

type Given<T> = Result<Query<T>, QueryRejection>;

/// The settings in force, and checks of the monitor itself.
#[utoipa::path(get, path = "/api/config", responses((status = 200, description = "The settings in force, secrets redacted, and checks of the monitor itself", body = Object), Problems))]
pub(super) async fn config(visible: Visible) -> Response {
    let settings = visible
        .settings()
        .iter()
        .map(|row| json!({ "key": row.key, "value": row.shown, "origin": row.origin.to_string() }));
    let settings: Vec<Value> = settings.collect();
    let checks = visible.checks().await.into_iter().map(|check| {
        json!({ "name": check.name, "status": check.badge.word, "seen": check.seen, "advice": check.advice })
    });
    let checks: Vec<Value> = checks.collect();
    problem::json(&json!({ "settings": settings, "checks": checks }))
}

/// The connections to the cloud and their history.
#[utoipa::path(get, path = "/api/connections", responses((status = 200, description = "The sessions with the cloud, the call limit, and the calls of a day", body = Object), Problems))]
pub(super) async fn connections(visible: Visible) -> Response {
    let Connections { sessions, limiter, seen } = visible.connections();
    let hours: Vec<Value> = seen
        .hours
        .iter()
        .map(|hour| {
            let counts = Outcome::ALL.into_iter().map(|one| (one.code().to_owned(), hour.of(one).into()));
            json!({ "start": hour.start, "calls": counts.collect::<serde_json::Map<_, Value>>() })
        })
        .collect();
    let servers: Vec<Value> = seen
        .hosts
        .iter()
        .map(|host| {
            let failure = host.last_failure.as_ref().map(|(at, why)| json!({ "at": at, "why": why }));
            json!({
                "name": host.name,
                "calls": host.calls,
                "last_success": host.last_success,
                "last_failure": failure,
                "clock_ahead_seconds": host.ahead.map(|ahead| ahead.num_seconds()),
            })
        })
        .collect();
    problem::json(&json!({
        "now": visible.now(),
        "active": sessions_of(&sessions),
        "limiter": limiter.map(|limiter| limiter.0),
        "since": seen.since,
        "history": hours,
        "servers": servers,
    }))
}

/// Answers with the sessions with the cloud.
#[utoipa::path(get, path = "/api/debug/sessions", responses((status = 200, description = "The sessions with the cloud", body = Object), Problems))]
pub(super) async fn sessions(visible: Visible) -> Response {
    problem::json(&json!({ "now": visible.now(), "cloud": sessions_of(&visible.connections().sessions) }))
}

fn sessions_of(sessions: &[crate::web::dashboard::Session]) -> Vec<Value> {
    let document = |session: &crate::web::dashboard::Session| {
        json!({
            "credential": session.name,
            "state": session.state,
            "is_well": session.is_well,
            "expires_at": session.expires_at,
            "failures": session.failures,
            "last_error": session.last_error,
        })
    };
    sessions.iter().map(document).collect()
}

/// A part of the log.
#[utoipa::path(get, path = "/api/v1/logs", params(LogParameters), responses((status = 200, description = "A part of the log, the newest event first", body = Object), Problems))]
pub(super) async fn logs(visible: Visible, given: Given<LogParameters>) -> Response {
    match log(&visible, given) {
        Ok(document) => problem::json(&document),
        Err(problem) => problem.into_response(),
    }
}

fn log(visible: &Visible, given: Given<LogParameters>) -> Result<Value, Problem> {
    let LogParameters { level, q, since, before, limit } = parameters(given)?;
    let level = level.map(|word| word.parse()).transpose();
    let level = level.map_err(|_| Problem::invalid("`level` must be error, warn, info, debug or trace"))?;
    let before = before.map(u64::try_from).transpose();
    let before = before.map_err(|_| Problem::invalid("`before` must be the number of an event"))?;
    let limit = limit.unwrap_or(LIMIT.0).clamp(1, LIMIT.1);
    let filter = Filter { level, text: q.unwrap_or_default(), since, before, after: None, limit };
    let found = visible.log(&filter);
    let items: Vec<Value> = found
        .entries
        .iter()
        .map(|entry| {
            let fields = entry.fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into()));
            json!({
                "number": entry.number,
                "time": entry.at,
                "level": entry.level.as_str().to_lowercase(),
                "target": entry.target,
                "message": entry.message,
                "fields": fields.collect::<serde_json::Map<_, Value>>(),
            })
        })
        .collect();
    let next = found.entries.last().filter(|_| found.has_older).map(|last| last.number.to_string());
    Ok(json!({ "items": items, "next": next }))
}

/// The service level.
#[utoipa::path(get, path = "/api/v1/sla", params(SlaParameters), responses((status = 200, description = "The service level of homes or groups, the worst first", body = Object), Problems))]
pub(super) async fn sla(visible: Visible, given: Given<SlaParameters>) -> Response {
    match level(&visible, given).await {
        Ok(document) => problem::json(&document),
        Err(problem) => problem.into_response(),
    }
}

async fn level(visible: &Visible, given: Given<SlaParameters>) -> Result<Value, Problem> {
    let SlaParameters { tenant, period, by, after, limit } = parameters(given)?;
    let tenants = visible.tenants().await?;
    let tenant = match (tenant, tenants.as_slice()) {
        (Some(id), _) => TenantId::new(id),
        (None, [only]) => only.id.clone(),
        (None, _) => return Err(Problem::invalid("`tenant` is required, because there are several")),
    };
    let is_known = tenants.iter().any(|known| known.id == tenant);
    let view = visible.tenant(&tenant).filter(|_| is_known).ok_or_else(|| Problem::missing("tenant"))?;
    let word = period.as_deref().unwrap_or(UptimePeriod::Week.as_str());
    let period = UptimePeriod::ALL.into_iter().find(|period| period.as_str() == word);
    let period = period.ok_or_else(|| Problem::invalid("`period` must be 7d, 30d, month or last-month"))?;
    let limit = limit.unwrap_or(LIMIT.0).clamp(1, LIMIT.1);
    let group = match by.as_deref() {
        None | Some("home") => None,
        Some("tenant") => Some(UptimeGroup::Tenant),
        Some("region") => Some(UptimeGroup::Region),
        Some("model") => Some(UptimeGroup::Model),
        Some("tag") => Some(UptimeGroup::Tag),
        Some(_) => return Err(Problem::invalid("`by` must be home, tenant, region, model or tag")),
    };
    let cursor = |text: String| {
        let place: Result<(f64, String), _> = serde_json::from_str(&text);
        let (rank, home) = place.map_err(|_| Problem::invalid("`after` is not of this list"))?;
        Ok::<_, Problem>(UptimeCursor { rank, home: plume::monitor::ids::HomeId::new(home) })
    };
    let after = after.map(cursor).transpose()?;
    let (mut items, mut next) = (Vec::new(), None);
    match group {
        None => {
            let page = view.uptimes(period, after, limit).await?;
            for home in page.items {
                let range = period.range(home.at);
                let named = json!({ "id": home.home.as_str(), "name": home.name, "region": home.region });
                items.push(
                    json!({ "home": named, "from": range.start, "to": range.end, "time": time(&home.time) }),
                );
            }
            next = page.next.map(|next| json!([next.rank, next.home.as_str()]).to_string());
        }
        Some(kind) => {
            for group in view.group_uptimes(period, kind, limit).await? {
                let range = period.range(group.at);
                let named = json!({ "kind": kind.as_str(), "value": group.value, "homes": group.homes });
                items.push(json!({ "group": named, "from": range.start, "to": range.end, "time": time(&group.time) }));
            }
        }
    }
    let terms = &visible.process().sla;
    Ok(
        json!({ "target_percent": terms.target_percent, "terms": method(terms), "items": items, "next": next }),
    )
}

fn time(time: &Uptime) -> Value {
    json!({
        "uptime_percent": time.percent,
        "up_seconds": time.up,
        "degraded_seconds": time.degraded,
        "down_seconds": time.down,
        "unknown_seconds": time.unknown,
        "maintenance_seconds": time.maintenance,
    })
}

fn parameters<T>(given: Given<T>) -> Result<T, Problem> {
    given.map(|Query(given)| given).map_err(|rejection| Problem::invalid(rejection.body_text()))
}
