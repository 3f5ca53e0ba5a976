//! The service level of homes and groups, from counted times: a page reads one part of an index.

mod csv;
mod selection;

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use plume::{
    health::Status,
    monitor::sla::{SlaPolicy, Verdict},
};

use crate::store::model::{GroupUptime, HomeUptime, Uptime, UptimeGroup, UptimePeriod};
use crate::web::dashboard::{Visible, VisibleTenant};
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Query;
use crate::web::pages::sla::selection::{By, Selection, chosen};
use crate::web::view::{Badge, Counted, Moment, exact, home_path, moment, percent};

pub(super) use csv::export;
pub(in crate::web) use selection::method;

/// Rows on one page.
const PAGE: usize = 50;
/// The width of the strip.
const WIDTH: i64 = 1000;

#[derive(Template)]
#[template(path = "sla.html")]
struct Page<'a> {
    frame: &'a Frame,
    tenants: Vec<Choice>,
    periods: Vec<Choice>,
    kinds: Vec<Choice>,
    by: By,
    tenant: String,
    whole: Option<Whole>,
    rows: Vec<Row>,
    more: bool,
    first: String,
    next: String,
    csv: String,
}

/// An option of the selection: its value or address, its name, and whether it is the chosen one.
struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

/// The level of the whole tenant, with the terms.
struct Whole {
    badge: Badge,
    percent: String,
    /// The share of the time that is known, and whether it is small.
    known: (String, bool),
    target: String,
    homes: String,
    classes: Vec<Class>,
    total: String,
    from: Moment,
    to: Moment,
    at: Moment,
    terms: Vec<String>,
}

struct Class {
    code: &'static str,
    name: &'static str,
    time: String,
    x: i64,
    width: i64,
}

struct Row {
    path: String,
    name: String,
    detail: String,
    badge: Badge,
    percent: String,
    known: (String, bool),
    times: [String; 5],
}

pub(super) async fn page(visible: Visible, frame: Frame, Query(selection): Query<Selection>) -> Response {
    let page = build(&visible, &frame, &selection).await;
    frame.answer(page)
}

async fn build<'a>(visible: &Visible, frame: &'a Frame, selection: &Selection) -> Result<Page<'a>, Fault> {
    let tenants = visible.tenants().await?;
    let tenant = chosen(&tenants, selection)?;
    let (period, by) = (selection.period(), selection.by());
    let terms = &visible.process().sla;
    let (mut whole, mut rows, mut next) = (None, Vec::new(), None);
    if let Some(view) = tenant.and_then(|tenant| visible.tenant(&tenant.id)) {
        let all = view.group_uptimes(period, UptimeGroup::Tenant, 1).await?;
        whole = all.first().map(|group| Whole::new(group, terms, visible.now()));
        (rows, next) = read(&view, selection, terms).await?;
    }
    let here = tenant.map_or("", |tenant| tenant.id.as_str());
    let address = |period, by, after: Option<&str>| selection.address("/sla", here, period, by, after);
    let choice = |value, name: &str, chosen| Choice { value, name: name.to_owned(), chosen };
    Ok(Page {
        frame,
        tenants: tenants
            .iter()
            .map(|one| choice(one.id.to_string(), &one.name, one.id.as_str() == here))
            .collect(),
        periods: UptimePeriod::ALL
            .iter()
            .map(|one| choice(one.as_str().to_owned(), selection::name(*one), *one == period))
            .collect(),
        kinds: By::ALL
            .iter()
            .map(|one| choice(address(period, *one, None), one.name(), *one == by))
            .collect(),
        by,
        tenant: tenant.map_or_else(String::new, |tenant| tenant.name.clone()),
        whole,
        more: by != By::Homes && rows.len() >= PAGE,
        first: if selection.after.is_empty() { String::new() } else { address(period, by, None) },
        next: next.map_or_else(String::new, |next| address(period, by, Some(&next))),
        csv: selection.address("/sla.csv", here, period, by, None),
        rows,
    })
}

/// Reads a part of the rows, and the place of the next part.
async fn read(
    view: &VisibleTenant,
    selection: &Selection,
    terms: &SlaPolicy,
) -> Result<(Vec<Row>, Option<String>), Fault> {
    let period = selection.period();
    match selection.by().group() {
        None => {
            let page = view.uptimes(period, selection.cursor(), PAGE).await?;
            let rows = page.items.iter().map(|home| Row::of_home(view, home, terms)).collect();
            Ok((rows, page.next.as_ref().map(selection::place)))
        }
        Some(kind) => {
            let groups = view.group_uptimes(period, kind, PAGE).await?;
            Ok((groups.iter().map(|group| Row::of_group(group, terms)).collect(), None))
        }
    }
}

impl Row {
    fn of_home(view: &VisibleTenant, home: &HomeUptime, terms: &SlaPolicy) -> Self {
        Self {
            path: home_path(view.id(), &home.home),
            name: home.name.clone(),
            detail: home.region.clone().unwrap_or_default(),
            ..Self::of_time(&home.time, terms)
        }
    }

    fn of_group(group: &GroupUptime, terms: &SlaPolicy) -> Self {
        Self {
            name: group.value.clone(),
            detail: Counted(group.homes, "home").to_string(),
            ..Self::of_time(&group.time, terms)
        }
    }

    fn of_time(time: &Uptime, terms: &SlaPolicy) -> Self {
        Self {
            path: String::new(),
            name: String::new(),
            detail: String::new(),
            badge: badge(time, terms),
            percent: percent(time.percent),
            known: known(time, terms),
            times: [time.up, time.degraded, time.down, time.unknown, time.maintenance].map(exact),
        }
    }
}

impl Whole {
    fn new(group: &GroupUptime, terms: &SlaPolicy, now: DateTime<Utc>) -> Self {
        let time = &group.time;
        let (range, total) = (group.period.range(group.at), time.total().max(1));
        let mut before = 0_i64;
        let classes = [
            ("green", "Up", time.up),
            ("orange", Badge::from(Status::Orange).word, time.degraded),
            ("red", "Down", time.down),
            ("unknown", "Unknown", time.unknown),
            ("maintenance", "Maintenance", time.maintenance),
        ];
        let classes = classes.map(|(code, name, seconds)| {
            let scaled = |seconds: i64| {
                i64::try_from(i128::from(seconds) * i128::from(WIDTH) / i128::from(total)).unwrap_or(WIDTH)
            };
            let x = scaled(before);
            before = before.saturating_add(seconds);
            let least = if seconds > 0 { 2 } else { 0 };
            Class { code, name, time: exact(seconds), x, width: (scaled(before) - x).max(least) }
        });
        Self {
            badge: badge(time, terms),
            percent: percent(time.percent),
            known: known(time, terms),
            target: format!("{} %", terms.target_percent),
            homes: Counted(group.homes, "home").to_string(),
            classes: classes.into(),
            total: exact(time.total()),
            from: moment(range.start, now).with_date(),
            to: moment(range.end, now).with_date(),
            at: moment(group.at, now),
            terms: method(terms),
        }
    }
}

/// Returns the share of the time that counts that is known, and whether it is too small for a judgment.
fn known(time: &Uptime, terms: &SlaPolicy) -> (String, bool) {
    // Maintenance counts for nothing, so it is not known time.
    let known = time.up.saturating_add(time.degraded).saturating_add(time.down);
    let all = i128::from(known.saturating_add(time.unknown));
    let tenths = i128::from(known).saturating_mul(1_000).checked_div(all).unwrap_or(0);
    let words = match tenths {
        0 if known > 0 => "less than 0.1 %".to_owned(),
        tenths if tenths % 10 == 0 => format!("{} %", tenths / 10),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    };
    (words, time.verdict(terms) == Verdict::Unknown)
}

fn badge(time: &Uptime, terms: &SlaPolicy) -> Badge {
    match time.verdict(terms) {
        Verdict::Met => Badge::MET,
        Verdict::Missed => Badge::MISSED,
        _ if time.percent.is_none() => Badge::NOT_KNOWN,
        _ => Badge::NOT_ENOUGH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_only_if_most_of_the_time_is_known() {
        let mut terms = SlaPolicy::default();
        terms.target_percent = 99.0;
        let judged = |up: i64, down: i64, unknown: i64| {
            let known = up + down;
            let percent = (known > 0).then(|| 100.0 * up as f64 / known as f64);
            badge(&Uptime { up, down, unknown, percent, ..Uptime::default() }, &terms).word
        };
        assert_eq!([judged(1_000, 0, 0), judged(900, 0, 100)], ["Met"; 2]);
        assert_eq!(judged(20, 0, 980), "Not known enough");
        assert_eq!([judged(980, 20, 0), judged(880, 20, 100)], ["Missed"; 2]);
        // Of 1,000 s, 10 s may be down.
        assert_eq!([judged(90, 10, 900), judged(89, 11, 900)], ["Not known enough", "Missed"]);
        assert_eq!(judged(0, 0, 1_000), "Not known");
        let (up, unknown, maintenance, percent) = (10, 90, 900, Some(100.0));
        let in_maintenance = Uptime { up, unknown, maintenance, percent, ..Uptime::default() };
        assert_eq!(badge(&in_maintenance, &terms).word, "Not known enough");
    }

    #[test]
    fn little_known_time_is_said() {
        let terms = SlaPolicy::default();
        let known = |up: i64, unknown: i64| known(&Uptime { up, unknown, ..Uptime::default() }, &terms);
        assert_eq!(known(604_800, 0), ("100 %".to_owned(), false));
        assert_eq!(known(900, 100), ("90 %".to_owned(), false));
        assert_eq!(known(899, 101), ("89.9 %".to_owned(), true));
        assert_eq!(known(1_140, 603_660), ("0.1 %".to_owned(), true));
        assert_eq!(known(1, 604_799), ("less than 0.1 %".to_owned(), true));
        assert_eq!(known(0, 0), ("0 %".to_owned(), true));
    }
}
