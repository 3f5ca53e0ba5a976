//! The page of a home.

mod chart;
mod check;
mod remove;
mod timeline;
mod tree;
mod trends;

use std::ops::Range;

use askama::Template;
use axum::{extract::Path, response::Response};
use chrono::{DateTime, TimeDelta, Utc};
use plume::health::Status;
use serde::Deserialize;

pub(super) use check::check;
pub(super) use remove::{page as removal, remove};

use crate::store::model::{Home, IncidentQuery, Logged, Point};
use crate::web::dashboard::Visible;
use crate::web::pages::as_of::{AsOf, as_of_home};
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Query;
use crate::web::pages::home::chart::Chart;
use crate::web::pages::home::check::Requested;
use crate::web::pages::home::timeline::Timeline;
use crate::web::pages::home::tree::ReportView;
use crate::web::pages::home::trends::TrendsView;
use crate::web::pages::maintenance::{State, WindowView, ZONES, of_home};
use crate::web::pages::row::{IncidentRow, StatusChange, badge_of, flapping};
use crate::web::view::{Age, Badge, Moment, Times, age, home_path, moment, reason};

/// Incidents, changes and samples that are listed.
const INCIDENTS: usize = 5;
const CHANGES: usize = 50;
const SAMPLES: usize = 60;

#[derive(Template)]
#[template(path = "home.html")]
struct Page<'a> {
    frame: &'a Frame,
    as_of: Vec<AsOf>,
    key: String,
    name: String,
    badge: Badge,
    /// Whether the status keeps changing.
    is_flapping: bool,
    age: Age,
    since: Moment,
    times: Times,
    why: String,
    is_unknown: bool,
    /// The last known status of a home without data.
    before: Option<Badge>,
    checked: Option<Age>,
    tenant: String,
    customer: String,
    location: String,
    model: String,
    firmware: String,
    region: String,
    tags: Vec<String>,
    incidents: Vec<IncidentRow>,
    timeline: Timeline,
    report: Result<ReportView, String>,
    requested: Requested,
    windows: Vec<WindowView>,
    is_in_maintenance: bool,
    is_suspended: bool,
    zones: [&'static str; ZONES.len()],
    start: String,
    trends: TrendsView,
    charts: Vec<Chart>,
    samples: Vec<Sample>,
    older: usize,
    changes: Vec<StatusChange>,
}

/// The parameters of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Parameters {
    /// The time at which a person requested a check, in milliseconds.
    check: Option<i64>,
}

struct Sample {
    at: Moment,
    badge: Badge,
    pods: String,
    off: String,
    devices: String,
    took: u32,
}

pub(super) async fn page(
    visible: Visible,
    frame: Frame,
    Path((tenant, home)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let page = build(&visible, &frame, &tenant, &home, &parameters).await;
    frame.answer(page)
}

async fn build<'a>(
    visible: &Visible,
    frame: &'a Frame,
    tenant: &str,
    home: &str,
    parameters: &Parameters,
) -> Result<Page<'a>, Fault> {
    let now = visible.now();
    let (tenant, home) = visible.home(tenant, home).await?.ok_or_else(|| Fault::missing("home"))?;
    let id = &home.id;
    let query = IncidentQuery { home: Some(id.clone()), limit: INCIDENTS, ..IncidentQuery::default() };
    let incidents = tenant.incidents(query).await?.into_iter();
    let incidents: Vec<_> = incidents.map(|filed| (tenant.clone(), filed.incident)).collect();
    let incidents = IncidentRow::all(&incidents, now).await?;
    let (day, week) = (last(now, 1), last(now, 7));
    let points = tenant.points(id, day.clone()).await?;
    let transitions = tenant.transitions(id, week.clone()).await?;
    let flapping = flapping(&transitions);
    let newest_first = transitions.iter().zip(&flapping).rev();
    let in_week = newest_first.filter(|(logged, _)| week.contains(&logged.transition.since));
    let changes =
        in_week.take(CHANGES).map(|(logged, flaps)| StatusChange::new(logged, *flaps, now)).collect();
    let windows = of_home(&tenant, &home, now).await?;
    let (report, trends) =
        futures_util::future::join(Box::pin(tenant.report(&home)), Box::pin(tenant.trends(&home))).await;
    let report = report.map(|seen| ReportView::new(&seen, now));
    Ok(Page {
        frame,
        as_of: as_of_home(visible, &tenant, &home).await?,
        key: home_path(tenant.id(), id),
        timeline: Timeline::new(&transitions, home.verdict.status, first_seen(&home, &points), &day, now),
        charts: chart::all(&points, &day),
        older: points.len().saturating_sub(SAMPLES),
        samples: points.iter().rev().take(SAMPLES).map(|point| Sample::new(point, now)).collect(),
        incidents,
        report,
        requested: Requested::new(parameters.check, &home, now),
        is_suspended: visible.suspended().contains(tenant.id()),
        is_in_maintenance: windows.iter().any(|window| matches!(window.state, State::Open(_))),
        windows,
        zones: ZONES,
        start: now.format("%Y-%m-%dT%H:%M").to_string(),
        trends: TrendsView::new(&trends, &day, now),
        changes,
        name: home.name.clone(),
        badge: badge_of(&home),
        is_flapping: flapping.last().is_some_and(|[_, after]| *after),
        age: age(home.verdict.since, now),
        since: moment(home.verdict.since, now),
        times: Times::new(now)
            .with("Status since", Some(home.verdict.since))
            .with("Last check", home.checked),
        why: reason(&home.verdict.headline),
        is_unknown: home.verdict.status == Status::Unknown,
        before: before(home.verdict.status, &transitions),
        tenant: tenant.name().await?,
        checked: home.checked.map(|at| age(at, now)),
        model: home.traits.model.clone().unwrap_or_default(),
        firmware: home.traits.firmware.clone().unwrap_or_else(|| "not known".to_owned()),
        region: home.traits.region.clone().unwrap_or_default(),
        customer: home.customer,
        location: home.location,
        tags: home.tags,
    })
}

/// The days before `now`.
fn last(now: DateTime<Utc>, days: i64) -> Range<DateTime<Utc>> {
    let start = now.checked_sub_signed(TimeDelta::days(days)).unwrap_or(now);
    start..now
}

/// The status that a home without data had.
fn before(present: Status, transitions: &[Logged]) -> Option<Badge> {
    let last = transitions.last().filter(|_| present == Status::Unknown)?;
    (last.transition.from != Status::Unknown).then(|| last.transition.from.into())
}

/// The time since which the status is known.
fn first_seen(home: &Home, points: &[Point]) -> Option<DateTime<Utc>> {
    points.first().map(|point| point.at).or(home.checked)
}

impl Sample {
    fn new(point: &Point, now: DateTime<Utc>) -> Self {
        let known = |number: Option<u32>| {
            number.map_or_else(|| "not checked".to_owned(), |number| number.to_string())
        };
        Self {
            at: moment(point.at, now).with_seconds(),
            badge: point.status.into(),
            pods: known(point.pods.map(|(all, _)| all)),
            off: known(point.pods.map(|(_, off)| off)),
            devices: known(point.devices),
            took: point.took_ms,
        }
    }
}
