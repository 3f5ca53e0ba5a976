//! The connections to the cloud: token, call limit, servers, the calls of a day, and what went wrong with the source.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use plume::monitor::{incident::Scope, monitor::OPERATOR};

use crate::store::model::IncidentQuery;
use crate::traffic::{Host, Hour, Outcome};
use crate::web::dashboard::{Connections, Session, Visible};
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::row::IncidentRow;
use crate::web::view::{Age, Badge, Moment, age, moment};

/// Incidents of sources in the list, and those that are read to find them.
const LISTED: usize = 20;
const READ: usize = 200;
/// The size of the picture of the bars.
const HEIGHT: u64 = 100;
const STEP: u64 = 40;
const BAR: u64 = 34;

#[derive(Template)]
#[template(path = "connections.html")]
struct Page<'a> {
    frame: &'a Frame,
    has_all: bool,
    sessions: Vec<SessionRow>,
    limiter: Vec<(&'static str, String)>,
    hosts: Vec<HostRow>,
    since: Option<Moment>,
    outcomes: Vec<OutcomeRow>,
    bars: Vec<Bar>,
    top: u64,
    calls: u64,
    hours: Vec<HourRow>,
    incidents: Vec<IncidentRow>,
}

struct SessionRow {
    name: String,
    badge: Badge,
    state: &'static str,
    expires: String,
    error: String,
    help: String,
}

struct HostRow {
    name: String,
    is_for_tokens: bool,
    calls: u64,
    success: Option<Age>,
    failure: Option<(Age, String)>,
    clock: String,
}

struct OutcomeRow {
    code: &'static str,
    name: &'static str,
    count: u64,
}

struct Bar {
    code: &'static str,
    x: u64,
    y: u64,
    height: u64,
    title: String,
}

struct HourRow {
    start: Moment,
    counts: Vec<u64>,
}

pub(in crate::web::pages) async fn page(visible: Visible, frame: Frame) -> Response {
    let page = build(&visible, &frame).await;
    frame.answer(page)
}

async fn build<'a>(visible: &Visible, frame: &'a Frame) -> Result<Page<'a>, Fault> {
    let now = visible.now();
    let Connections { sessions, limiter, seen, .. } = visible.connections();
    let top = seen.hours.iter().map(Hour::total).max().unwrap_or_default();
    let count = |outcome| seen.hours.iter().map(|hour| hour.of(outcome)).sum();
    Ok(Page {
        frame,
        has_all: visible.has_all(),
        sessions: sessions.into_iter().map(|session| SessionRow::new(session, now)).collect(),
        limiter: limiter.map(|limiter| limiter.facts()).unwrap_or_default(),
        hosts: seen.hosts.iter().map(|host| HostRow::new(host, now)).collect(),
        since: seen.since.map(|since| moment(since, now)),
        outcomes: Outcome::ALL
            .into_iter()
            .map(|one| OutcomeRow { code: one.code(), name: one.as_str(), count: count(one) })
            .collect(),
        bars: bars(&seen.hours, top.max(1)),
        top,
        calls: seen.hours.iter().map(Hour::total).sum(),
        hours: seen
            .hours
            .iter()
            .rev()
            .filter(|hour| hour.total() > 0)
            .map(|hour| HourRow {
                start: moment(hour.start, now),
                counts: Outcome::ALL.into_iter().map(|outcome| hour.of(outcome)).collect(),
            })
            .collect(),
        incidents: incidents(visible, now).await?,
    })
}

/// Reads the incidents of sources: the latest of the operator, and open ones of the tenants.
async fn incidents(visible: &Visible, now: DateTime<Utc>) -> Result<Vec<IncidentRow>, Fault> {
    let mut found = Vec::new();
    for (tenant, _) in visible.each().await? {
        let is_operator = tenant.id().as_str() == OPERATOR;
        let query = IncidentQuery { is_open: !is_operator, limit: READ, ..IncidentQuery::default() };
        let incidents = tenant.incidents(query).await?.into_iter().map(|filed| filed.incident);
        let of_sources = incidents.filter(|incident| matches!(incident.scope, Scope::Source(_)));
        found.extend(of_sources.map(|incident| (tenant.clone(), incident)));
    }
    found.truncate(LISTED);
    Ok(IncidentRow::all(&found, now).await?)
}

/// The bars of the hours: one above the other for each outcome, the successful calls below.
fn bars(hours: &[Hour], top: u64) -> Vec<Bar> {
    let mut bars = Vec::new();
    for (place, hour) in (0_u64..).zip(hours) {
        let mut below = 0;
        for outcome in Outcome::ALL {
            let count = hour.of(outcome);
            if count == 0 {
                continue;
            }
            let height = (count.saturating_mul(HEIGHT) / top).max(1);
            below = (below + height).min(HEIGHT);
            bars.push(Bar {
                code: outcome.code(),
                x: place * STEP + (STEP - BAR) / 2,
                y: HEIGHT - below,
                height,
                title: format!("{} UTC: {count} {}", hour.start.format("%H:%M"), outcome.as_str()),
            });
        }
    }
    bars
}

impl SessionRow {
    fn new(session: Session, now: DateTime<Utc>) -> Self {
        Self {
            badge: session.badge(),
            name: session.name,
            state: session.state,
            expires: session.expires_at.map_or_else(
                || "-".to_owned(),
                |at| if at > now { format!("in {}", age(now, at).words()) } else { "expired".to_owned() },
            ),
            error: session.last_error.unwrap_or_default(),
            help: session.help.unwrap_or_default(),
        }
    }
}

impl HostRow {
    fn new(host: &Host, now: DateTime<Utc>) -> Self {
        Self {
            name: host.name.clone(),
            is_for_tokens: host.is_for_tokens,
            calls: host.calls,
            success: host.last_success.map(|at| age(at, now)),
            failure: host.last_failure.as_ref().map(|(at, why)| (age(*at, now), why.clone())),
            clock: host.ahead.map_or_else(
                || "not known".to_owned(),
                |ahead| match ahead.num_seconds() {
                    -2..=2 => "equal".to_owned(),
                    ahead @ 0.. => format!("{ahead} s ahead of ours"),
                    behind => format!("{} s behind ours", behind.saturating_neg()),
                },
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::traffic::Traffic;
    use bytes::Bytes;
    use plume::runtime::{Clock, InProcess, Limits, ManualClock, Transport};

    #[tokio::test]
    async fn a_single_failure_among_many_calls_is_visible() {
        let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
        let cloud = InProcess::new(|request: http::Request<Bytes>| async move {
            let status = if request.uri().path() == "/bad" { 500 } else { 200 };
            Ok(http::Response::builder().status(status).body(Bytes::new()).unwrap())
        });
        let traffic = Traffic::default();
        let recorded = traffic.recorded(Arc::new(cloud), Arc::new(clock.clone()));
        for place in 0..500 {
            let path = if place == 0 { "/bad" } else { "/good" };
            let request = http::Request::get(format!("https://api.example.net{path}"));
            recorded.send(request.body(Bytes::new()).unwrap(), &Limits::default()).await.unwrap();
        }
        let bars = bars(&traffic.seen(clock.wall()).hours, 500);
        let shown: Vec<_> = bars.iter().map(|bar| (bar.code, bar.height)).collect();
        assert_eq!(shown, [("success", 99), ("server_error", 1)]);
        assert_eq!(bars[1].y, 0);
    }
}
