//! The overview: whether anything is wrong, where, since when, and who has it.

use askama::{Template, filters::HtmlSafe};
use axum::response::Response;
use chrono::{DateTime, Utc};
use plume::{
    health::Status,
    monitor::incident::{Incident, Scope},
};

use crate::store::{
    Result,
    model::{IncidentQuery, StatusCounts},
};
use crate::web::dashboard::{Pulse, Visible, VisibleTenant};
use crate::web::pages::frame::Frame;
use crate::web::pages::row::{IncidentRow, StatusChange, order};
use crate::web::view::{Badge, Counted};

/// Incidents in the table, and those that are read to find the worst.
const LISTED: usize = 12;
const READ: usize = 200;
/// Changes in the list.
const CHANGES: usize = 8;
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
    tone: &'static str,
    headline: String,
    detail: String,
    homes: u64,
    tiles: Vec<Tile>,
    open: String,
    incidents: Vec<IncidentRow>,
    more: usize,
    /// Whether the reader sees what belongs to no tenant.
    has_monitor: bool,
    pulse: Option<PulseView>,
    latest: Vec<StatusChange>,
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
    stale: String,
}

pub(super) async fn page(visible: Visible, frame: Frame) -> Response {
    let page = summary(&visible).await.map(|summary| Page { frame: &frame, summary });
    frame.answer(page.map_err(Into::into))
}

/// Reads the content of the overview. The cost does not depend on the number of homes.
pub(in crate::web) async fn summary(visible: &Visible) -> Result<Summary> {
    let now = visible.now();
    let (mut counts, mut incidents, mut latest) = (StatusCounts::default(), Vec::new(), Vec::new());
    for (tenant, _) in visible.each().await? {
        let of_tenant = tenant.counts().await?;
        Badge::ALL.into_iter().for_each(|status| counts.count(status, of_tenant.of(status)));
        let open = IncidentQuery { is_open: true, is_root: true, limit: READ, ..IncidentQuery::default() };
        incidents.extend(tenant.incidents(open).await?.into_iter().map(|filed| filed.incident));
        let changes = tenant.latest_transitions(CHANGES).await?;
        latest.extend(changes.into_iter().map(|change| (tenant.clone(), change)));
    }
    incidents.sort_by_key(|incident| (order(incident.situation.status), incident.situation.since));
    latest.sort_by_key(|(_, (_, logged))| std::cmp::Reverse(logged.transition.at));
    let (headline, detail) = headline(&counts, &incidents, now);
    let mut rows = Vec::new();
    for incident in incidents.iter().take(LISTED) {
        let Some(tenant) = visible.tenant(&incident.tenant) else { continue };
        rows.push(IncidentRow::read(&tenant, incident, now).await?);
    }
    Ok(Summary {
        tone: tone(&counts, &incidents),
        headline,
        detail,
        homes: counts.total(),
        tiles: tiles(&counts),
        open: if incidents.len() < READ { incidents.len().to_string() } else { format!("{READ} or more") },
        more: incidents.len().saturating_sub(LISTED),
        incidents: rows,
        has_monitor: visible.has_all(),
        pulse: visible.pulse().map(PulseView::from),
        latest: changes(latest, now).await?,
    })
}

async fn changes(
    latest: Vec<(VisibleTenant, (plume::monitor::ids::HomeId, crate::store::model::Logged))>,
    now: DateTime<Utc>,
) -> Result<Vec<StatusChange>> {
    let mut shown = Vec::new();
    for (tenant, (home, logged)) in latest.into_iter().take(CHANGES) {
        if let Some(home) = tenant.home(&home).await? {
            shown.push(StatusChange::new(&logged, now).of_home(tenant.id(), &home));
        }
    }
    Ok(shown)
}

/// The worst status of an open incident or a home. A home without data is no alarm.
fn tone(counts: &StatusCounts, incidents: &[Incident]) -> &'static str {
    let of_incidents = incidents.iter().map(|incident| incident.situation.status);
    let of_homes = Badge::ALL.into_iter().filter(|status| counts.of(*status) > 0);
    let worst = of_incidents.chain(of_homes).min_by_key(|status| order(*status));
    Badge::from(worst.unwrap_or(Status::Unknown)).code
}

/// The trouble and its owners, in two sentences.
fn headline(counts: &StatusCounts, incidents: &[Incident], now: DateTime<Utc>) -> (String, String) {
    let total = counts.total();
    if total == 0 {
        return ("No homes are watched yet".to_owned(), String::new());
    }
    let bad = [(Status::Red, "offline"), (Status::Orange, "disrupted"), (Status::Yellow, "degraded")];
    let mut words: Vec<String> = Vec::new();
    for (status, word) in bad {
        let count = counts.of(status);
        if count > 0 {
            words.push(match words.is_empty() {
                true => format!("{} {word}", Counted(count, "home")),
                false => format!("{count} {word}"),
            });
        }
    }
    let unknown = counts.of(Status::Unknown);
    let headline = match (words.is_empty(), unknown) {
        (false, _) => words.join(", "),
        (true, 0) => format!("All {} are well", Counted(total, "home")),
        (true, unknown) if unknown == total => format!("No data yet from {}", Counted(total, "home")),
        (true, unknown) => format!("No trouble is known; no data from {}", Counted(unknown, "home")),
    };
    (headline, detail(incidents, now))
}

fn detail(incidents: &[Incident], now: DateTime<Utc>) -> String {
    if let Some(source) = incidents.iter().find(|incident| matches!(incident.scope, Scope::Source(_))) {
        let cause = &source.situation.root.message;
        return format!("The monitor cannot see the homes: {cause}. Their last status is shown.");
    }
    let has_owner =
        |incident: &&Incident| incident.is_acknowledged() || incident.snoozed_until(now).is_some();
    let owned = incidents.iter().filter(has_owner).count();
    match (incidents.len(), incidents.len().saturating_sub(owned)) {
        (0, _) => String::new(),
        (open, 0) => format!("{}, all claimed.", Counted(open as u64, "open incident")),
        (open, free) => format!("{}; {free} unclaimed.", Counted(open as u64, "open incident")),
    }
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

impl From<Pulse> for PulseView {
    fn from(pulse: Pulse) -> Self {
        let Pulse { load, checks_per_minute, calls_per_second, stale } = pulse;
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
            checks: checks_per_minute.map_or_else(
                || "measured after a minute".to_owned(),
                |checks| format!("{checks:.0} per minute"),
            ),
            stale: match stale {
                0 => "none".to_owned(),
                stale => {
                    format!("{}, checked longer ago than twice the interval", Counted(stale as u64, "home"))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: [u64; 5]) -> StatusCounts {
        let mut counts = StatusCounts::default();
        Badge::ALL.into_iter().zip(of).for_each(|(status, count)| counts.count(status, count));
        counts
    }

    #[test]
    fn the_headline_names_what_is_wrong_and_never_calls_missing_data_well() {
        let now = DateTime::UNIX_EPOCH;
        for (of, shown) in [
            ([0, 0, 0, 0, 0], "No homes are watched yet"),
            ([0, 0, 0, 0, 300], "All 300 homes are well"),
            ([1, 0, 0, 0, 300], "1 home offline"),
            ([3, 2, 0, 5, 300], "3 homes offline, 2 disrupted"),
            ([0, 0, 0, 5, 0], "No data yet from 5 homes"),
            ([0, 0, 0, 5, 300], "No trouble is known; no data from 5 homes"),
        ] {
            assert_eq!(headline(&counts(of), &[], now).0, shown);
        }
        assert_eq!(tone(&counts([0, 0, 0, 5, 300]), &[]), "unknown");
        assert_eq!(tone(&counts([0, 0, 0, 0, 300]), &[]), "green");
    }

    #[test]
    fn one_home_of_many_is_visible_in_the_strip_and_in_its_share() {
        let tiles = tiles(&counts([1, 0, 0, 0, 19_999]));
        assert_eq!((tiles[0].width, tiles[0].share.as_str()), (3, "< 0.1 %"));
        assert_eq!((tiles[1].width, tiles[1].share.as_str()), (0, "0 %"));
        assert_eq!((tiles[4].x, tiles[4].width, tiles[4].share.as_str()), (0, 1000, "99.9 %"));
    }
}
