//! The overview: whether anything is wrong, where, since when, and who has it.

mod latest;
mod verdict;

use askama::{Template, filters::HtmlSafe};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use plume::health::Status;

use crate::store::{
    Result,
    model::{HomeQuery, IncidentQuery, OpenIncidents, StatusCounts},
};
use crate::web::dashboard::{Pulse, Visible, VisibleTenant};
use crate::web::pages::as_of::{AsOf, as_of, old};
use crate::web::pages::frame::Frame;
use crate::web::pages::maintenance::{Running, running};
use crate::web::pages::overview::latest::{Run, latest};
use crate::web::pages::overview::verdict::{Apart, Verdict, verdict};
use crate::web::pages::row::{IncidentRow, is_planned};
use crate::web::view::{Age, Badge, Counted, Place, age, reason};

/// Incidents in the table.
const LISTED: usize = 12;
/// The width of the strip.
const WIDTH: u64 = 1000;

#[derive(Template)]
#[template(path = "overview.html")]
struct Page<'a> {
    frame: &'a Frame,
    summary: Summary,
}

/// The content of the overview, which live pages replace as a whole.
#[derive(Debug, Template)]
#[template(path = "summary.html")]
pub(in crate::web) struct Summary {
    verdict: Verdict,
    as_of: Vec<AsOf>,
    homes: u64,
    tiles: Vec<Tile>,
    open: String,
    incidents: Vec<IncidentRow>,
    more: u64,
    running: Vec<Running>,
    /// Whether the reader sees what belongs to no tenant.
    has_monitor: bool,
    pulse: Option<PulseView>,
    latest: Vec<Run>,
}

impl Summary {
    /// The most important incident, if one is not planned.
    fn lead(&self) -> Option<&IncidentRow> {
        self.incidents.first().filter(|row| !row.planned)
    }

    /// Takes over the present numbers of the monitor.
    pub(in crate::web) fn renew(&mut self, visible: &Visible) {
        self.pulse = visible.pulse().map(|pulse| PulseView::new(pulse, visible.now()));
    }
}

// The template escapes every text.
impl HtmlSafe for Summary {}

#[derive(Debug)]
struct Tile {
    badge: Badge,
    count: u64,
    share: String,
    x: u64,
    width: u64,
}

#[derive(Debug)]
struct PulseView {
    used: String,
    lane: String,
    percent: u32,
    bar: u32,
    room: String,
    stretch: String,
    checks: String,
    /// The age of the newest data; `None` without any since the start.
    newest: Option<Age>,
    /// Whether the newest data is of the last minute. It would change the page with every check.
    is_fresh: bool,
    stale: String,
}

pub(super) async fn page(visible: Visible, frame: Frame) -> Response {
    let page = summary(&visible).await.map(|summary| Page { frame: &frame, summary });
    frame.answer(page.map_err(Into::into))
}

/// Reads the content of the overview. The cost does not depend on the number of homes.
pub(in crate::web) async fn summary(visible: &Visible) -> Result<Summary> {
    let now = visible.now();
    let (mut counts, mut incidents) = (StatusCounts::default(), Vec::new());
    let (mut open_incidents, mut views) = (OpenIncidents::default(), Vec::new());
    let (suspended, newest) = (visible.suspended(), visible.newest());
    let (mut watched, mut stopped, mut aged) = (StatusCounts::default(), Apart::default(), Apart::default());
    let tenants = visible.each().await?;
    let as_of = as_of(visible, &newest, tenants.iter());
    for (tenant, named) in tenants {
        let of_tenant = tenant.counts().await?;
        let add = |to: &mut StatusCounts| {
            Badge::ALL.into_iter().for_each(|status| to.count(status, of_tenant.of(status)));
        };
        add(&mut counts);
        match suspended.contains(tenant.id()) {
            true => stopped.add(named.name, of_tenant.total()),
            false => {
                add(&mut watched);
                if old(&newest, &tenant).is_some() {
                    aged.add(named.name, of_tenant.total());
                    aged.well += of_tenant.of(Status::Green);
                }
            }
        }
        let worst = tenant.incidents(IncidentQuery::worst(LISTED)).await?;
        incidents.extend(worst.into_iter().map(|filed| filed.incident));
        let of_tenant = tenant.open_incidents().await?;
        open_incidents.total += of_tenant.total;
        open_incidents.unclaimed += of_tenant.unclaimed;
        views.push(tenant);
    }
    incidents.sort_by_cached_key(|incident| (is_planned(incident), Place::ranked(incident)));
    let mut verdict = verdict(&watched, &incidents, open_incidents, &aged);
    if incidents.is_empty() && watched.of(Status::Unknown) == watched.total() {
        verdict = verdict.because(without_data(&views).await?);
    }
    let verdict = verdict.beside(&stopped, watched.total());
    let listed = incidents.iter().take(LISTED).cloned();
    let listed: Vec<_> =
        listed.filter_map(|incident| Some((visible.tenant(&incident.tenant)?, incident))).collect();
    Ok(Summary {
        verdict,
        as_of,
        homes: counts.total(),
        tiles: tiles(&counts),
        open: open_incidents.total.to_string(),
        more: open_incidents.total.saturating_sub(LISTED as u64),
        incidents: IncidentRow::all(&listed, now).await?,
        running: running(visible, "").await?,
        has_monitor: visible.has_all(),
        pulse: visible.pulse().map(|pulse| PulseView::new(pulse, now)),
        latest: latest(&views, now).await?,
    })
}

/// Returns a home whose checks fail, as an example, with the reason.
async fn without_data(tenants: &[VisibleTenant]) -> Result<Option<(String, String)>> {
    for tenant in tenants {
        let query = HomeQuery { status: Some(Status::Unknown), limit: LISTED, ..HomeQuery::default() };
        let found = tenant
            .homes(query)
            .await?
            .items
            .into_iter()
            .find(|home| home.data.is_none() && home.checked.is_some());
        if let Some(home) = found {
            return Ok(Some((home.name, reason(&home.verdict.headline))));
        }
    }
    Ok(None)
}

fn tiles(counts: &StatusCounts) -> Vec<Tile> {
    let total = counts.total().max(1);
    let mut before = 0;
    let tile = |status: Status| {
        let count = counts.of(status);
        let x = before * WIDTH / total;
        before += count;
        let width = match count {
            0 => 0,
            _ => (before * WIDTH / total).saturating_sub(x).max(3),
        };
        let percent = count * 1000 / total;
        let share = match (count, percent) {
            (0, _) => "0 %".to_owned(),
            (_, 0) => "< 0.1 %".to_owned(),
            (_, percent) if percent % 10 == 0 => format!("{} %", percent / 10),
            (_, percent) => format!("{}.{} %", percent / 10, percent % 10),
        };
        Tile { badge: status.into(), count, share, x, width }
    };
    Badge::ALL.into_iter().map(tile).collect()
}

impl PulseView {
    fn new(pulse: Pulse, now: DateTime<Utc>) -> Self {
        let Pulse {
            load,
            checks_per_minute,
            with_data_per_minute,
            calls_per_second,
            unchecked,
            stale,
            newest,
            ..
        } = pulse;
        let newest = newest.values().map(|(at, _)| *at).max();
        let needed = load.suspects_per_second + load.regular_per_second;
        let used = calls_per_second.unwrap_or(needed);
        let share = used / load.lane_per_second.max(f64::MIN_POSITIVE) * 100.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a limited percentage")]
        let percent = share.clamp(0.0, 999.0).round() as u32;
        Self {
            used: match calls_per_second {
                Some(used) => format!("{used:.1}"),
                None => format!("about {needed:.1}"),
            },
            lane: format!("{:.1}", load.lane_per_second),
            percent,
            bar: percent.min(100),
            room: format!("{:.1}", (load.lane_per_second - used).max(0.0)),
            stretch: match load.stretch > 1.005 {
                true => format!(
                    "stretched ×{:.2}, because the homes need more calls than there are",
                    load.stretch
                ),
                false => "not stretched".to_owned(),
            },
            checks: checks(checks_per_minute, with_data_per_minute),
            is_fresh: newest.is_some_and(|at| now.signed_duration_since(at) < TimeDelta::minutes(1)),
            newest: newest.map(|at| age(at, now)),
            stale: match (stale, unchecked) {
                (0, 0) => "none".to_owned(),
                (stale, 0) => {
                    let homes = Counted(stale as u64, "home");
                    format!("{homes} without data for longer than twice the interval")
                }
                (stale, unchecked) => {
                    let homes = Counted(stale.max(unchecked) as u64, "home");
                    format!(
                        "{homes} without data for longer than twice the interval, {unchecked} of them not checked"
                    )
                }
            },
        }
    }
}

/// Returns the checks of a minute in words, and those of them that had data if some had none.
fn checks(all: Option<f64>, with_data: Option<f64>) -> String {
    let Some(all) = all.map(|all| format!("{all:.0}")) else { return "measured after a minute".to_owned() };
    match with_data.map(|with_data| format!("{with_data:.0}")) {
        Some(with_data) if with_data != all => format!("{all} per minute, {with_data} of them with data"),
        _ => format!("{all} per minute"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_without_data_are_counted_apart() {
        assert_eq!(checks(None, None), "measured after a minute");
        assert_eq!(checks(Some(39.2), Some(39.2)), "39 per minute");
        assert_eq!(checks(Some(39.0), Some(0.0)), "39 per minute, 0 of them with data");
    }

    fn counts(of: [u64; 5]) -> StatusCounts {
        let mut counts = StatusCounts::default();
        Badge::ALL.into_iter().zip(of).for_each(|(status, count)| counts.count(status, count));
        counts
    }

    #[test]
    fn one_home_of_many_is_visible_in_the_strip_and_in_its_share() {
        let tiles = tiles(&counts([1, 0, 0, 0, 19_999]));
        assert_eq!((tiles[0].width, tiles[0].share.as_str()), (3, "< 0.1 %"));
        assert_eq!((tiles[1].width, tiles[1].share.as_str()), (0, "0 %"));
        assert_eq!((tiles[4].x, tiles[4].width, tiles[4].share.as_str()), (0, 1000, "99.9 %"));
    }
}
