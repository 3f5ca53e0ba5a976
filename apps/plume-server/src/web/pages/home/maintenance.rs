//! The maintenance windows of a home.

use std::time::Duration;

use axum::{
    Form,
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};
use plume::monitor::{
    calendar::{Calendar, Recurrence, Window, Zone},
    ids::{GroupKey, GroupKind},
};
use serde::Deserialize;

use crate::store::model::Home;
use crate::web::dashboard::{StoredWindow, Visible, VisibleTenant};
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::view::{Counted, Moment, home_path, moment};
use crate::worker::Maintenance;

/// The zones that the form proposes. All names of IANA are accepted.
pub(super) const ZONES: [&str; 10] = [
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Athens",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "Asia/Tokyo",
    "Australia/Sydney",
];
/// An opening later than this is not shown.
const AHEAD: TimeDelta = TimeDelta::days(400);

/// A window in the list.
#[derive(Debug)]
pub(super) struct WindowView {
    pub(super) id: String,
    pub(super) edition: u64,
    pub(super) name: String,
    pub(super) covers: String,
    pub(super) repeats: String,
    pub(super) zone: &'static str,
    pub(super) state: State,
}

/// The next time of a window.
#[derive(Debug)]
pub(super) enum State {
    /// It is open until then.
    Open(Moment),
    /// It opens then, for this long.
    Next(Moment, String),
    /// It does not open any more.
    Over,
}

impl WindowView {
    pub(super) fn new(stored: StoredWindow, now: DateTime<Utc>) -> Self {
        let StoredWindow { id, edition, window } = stored;
        let first = window.calendar.windows.first();
        let ahead = now.checked_add_signed(AHEAD).unwrap_or(now);
        let next = window.calendar.occurrences(now, ahead, 2).into_iter().next();
        let state = match (window.open_until(now), next) {
            (Some(until), _) => State::Open(moment(until, now)),
            (None, Some(next)) => {
                let lasts = next.to.signed_duration_since(next.from);
                State::Next(moment(next.from, now), lasted(lasts))
            }
            (None, None) => State::Over,
        };
        Self {
            id,
            edition,
            covers: covers(&window),
            repeats: first.and_then(|first| first.repeat.as_ref()).map_or("once".to_owned(), repeats),
            zone: first.map_or("UTC", |first| first.zone.name()),
            state,
            name: window.name,
        }
    }
}

fn lasted(length: TimeDelta) -> String {
    match length.num_minutes() {
        minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
        minutes => format!("{minutes} min"),
    }
}

fn covers(window: &Maintenance) -> String {
    let Maintenance { homes, tags, groups, .. } = window;
    let mut words: Vec<String> = Vec::new();
    match homes.len() {
        0 => {}
        1 => words.push("this home".to_owned()),
        many => words.push(Counted(many as u64, "home").to_string()),
    }
    words.extend(tags.iter().map(|tag| format!("tag {tag}")));
    words.extend(groups.iter().map(|group| format!("{} {}", group.kind.as_str(), group.value)));
    if words.is_empty() { "all homes of the tenant".to_owned() } else { words.join(", ") }
}

/// The rule in words for those that the form makes.
fn repeats(rule: &Recurrence) -> String {
    match rule.to_string().as_str() {
        "FREQ=DAILY" => "every day".to_owned(),
        "FREQ=WEEKLY" => "every week".to_owned(),
        "FREQ=MONTHLY" => "every month".to_owned(),
        other => other.to_owned(),
    }
}

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Change {
    action: String,
    id: String,
    edition: u64,
    name: String,
    start: String,
    hours: u32,
    repeat: String,
    zone: String,
    covers: String,
}

pub(in crate::web::pages) async fn change(
    visible: Visible,
    frame: Frame,
    Path((tenant, home)): Path<(String, String)>,
    Form(form): Form<Change>,
) -> Response {
    let path = format!("{}#maintenance", home_path(&tenant.as_str().into(), &home.as_str().into()));
    match carry_out(&visible, &tenant, &home, &form).await {
        Ok(()) => Redirect::to(&path).into_response(),
        Err(fault) => frame.refuse(&fault.back_to(path)),
    }
}

async fn carry_out(visible: &Visible, tenant: &str, home: &str, form: &Change) -> Result<(), Fault> {
    let (tenant, home) = visible.home(tenant, home).await?.ok_or_else(|| Fault::missing("home"))?;
    match form.action.as_str() {
        "add" => add(&tenant, &home, form).await,
        "remove" => Ok(tenant.remove_window(&form.id, form.edition).await?),
        _ => Err(impossible("The form is incomplete.")),
    }
}

async fn add(tenant: &VisibleTenant, home: &Home, form: &Change) -> Result<(), Fault> {
    let window = window(form, home).map_err(impossible)?;
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| impossible(error.to_string()))?;
    let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(tenant.add_window(&id, &window).await?)
}

fn impossible(detail: impl Into<String>) -> Fault {
    Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "Not possible", detail)
}

/// Reads the form of a new window.
fn window(form: &Change, home: &Home) -> Result<Maintenance, String> {
    let name = plume_text::shorten(&plume_text::on_screen(form.name.trim()), 80);
    if name.is_empty() {
        return Err("The window needs a name.".to_owned());
    }
    let start = NaiveDateTime::parse_from_str(form.start.trim(), "%Y-%m-%dT%H:%M")
        .map_err(|_| "The start must be a date and a time, for example 2026-05-04T01:30.".to_owned())?;
    if !(2000..=2200).contains(&start.year()) {
        return Err("The start must be in this century or the next.".to_owned());
    }
    if !(1..=24 * 31).contains(&form.hours) {
        return Err("The length must be 1 hour to 31 days.".to_owned());
    }
    let zone: Zone = match form.zone.trim() {
        "" => Zone::UTC,
        name => name.parse().map_err(|error| format!("{error}. An example is Europe/Berlin."))?,
    };
    let mut opening = Window::new(start, Duration::from_secs(u64::from(form.hours) * 3600)).with_zone(zone);
    let rule = match form.repeat.as_str() {
        "" | "once" => None,
        "daily" => Some("FREQ=DAILY"),
        "weekly" => Some("FREQ=WEEKLY"),
        "monthly" => Some("FREQ=MONTHLY"),
        _ => return Err("The repetition is not one of the list.".to_owned()),
    };
    if let Some(rule) = rule {
        opening = opening.with_repeat(rule.parse().map_err(|error| format!("{error}"))?);
    }
    let calendar = Calendar::new().with_window(opening);
    calendar.validate().map_err(|error| error.to_string())?;
    let mut window = Maintenance { name, calendar, homes: Vec::new(), tags: Vec::new(), groups: Vec::new() };
    match form.covers.split_once(':').unwrap_or((form.covers.as_str(), "")) {
        ("home" | "", _) => window.homes.push(home.id.clone()),
        ("tenant", _) => {}
        ("tag", tag) if home.tags.iter().any(|own| own == tag) => window.tags.push(tag.into()),
        ("region", region) if home.traits.region.as_deref() == Some(region) => {
            window.groups.push(GroupKey::new(GroupKind::Region, region));
        }
        _ => {
            return Err(
                "The window must cover this home, one of its tags, its region or all homes.".to_owned()
            );
        }
    }
    Ok(window)
}

#[cfg(test)]
mod tests {
    use plume::{
        health::Status,
        monitor::ids::{HomeId, TenantId},
    };

    use super::*;
    use crate::store::model::{Traits, Verdict};

    fn home() -> Home {
        Home {
            tenant: TenantId::new("t"),
            id: HomeId::new("h"),
            customer: "c".to_owned(),
            location: "l".to_owned(),
            name: "Alder Street 1".to_owned(),
            traits: Traits { region: Some("north".to_owned()), ..Traits::default() },
            tags: vec!["vip".to_owned()],
            verdict: Verdict { status: Status::Green, since: DateTime::UNIX_EPOCH, headline: String::new() },
            checked: None,
        }
    }

    fn form() -> Change {
        Change {
            name: "upgrade".to_owned(),
            start: "2026-03-29T01:30".to_owned(),
            hours: 2,
            zone: "Europe/Berlin".to_owned(),
            repeat: "weekly".to_owned(),
            ..Change::default()
        }
    }

    #[test]
    fn a_window_is_shown_at_the_local_time_of_its_zone() {
        let stored = |form: &Change| StoredWindow {
            id: "1".to_owned(),
            edition: 1,
            window: window(form, &home()).unwrap(),
        };
        let now: DateTime<Utc> = "2026-03-20T10:00:00Z".parse().unwrap();
        let view = WindowView::new(stored(&form()), now);
        assert_eq!(
            (view.covers.as_str(), view.repeats.as_str(), view.zone),
            ("this home", "every week", "Europe/Berlin")
        );
        let State::Next(at, lasts) = view.state else { panic!("{view:?}") };
        assert!(at.to_string().contains("2026-03-29 00:30 UTC"), "{at}");
        assert_eq!(lasts, "2 h");
        let open = WindowView::new(stored(&form()), "2026-04-05T00:00:00Z".parse().unwrap());
        assert!(matches!(open.state, State::Open(_)), "summer time: {open:?}");
        let once = Change { repeat: "once".to_owned(), ..form() };
        let over = WindowView::new(stored(&once), "2026-04-05T00:00:00Z".parse().unwrap());
        assert!(matches!(over.state, State::Over));
    }

    #[test]
    fn a_window_covers_what_the_home_has() {
        let covered = |what: &str| window(&Change { covers: what.to_owned(), ..form() }, &home());
        assert_eq!(covers(&covered("tag:vip").unwrap()), "tag vip");
        assert_eq!(covers(&covered("region:north").unwrap()), "region north");
        assert_eq!(covers(&covered("tenant").unwrap()), "all homes of the tenant");
        assert!(covered("tag:other").is_err() && covered("region:south").is_err());
    }

    #[test]
    fn an_incomplete_form_is_no_window() {
        for bad in [
            Change { name: "  ".to_owned(), ..form() },
            Change { start: "tomorrow".to_owned(), ..form() },
            Change { start: "0001-01-01T00:00".to_owned(), ..form() },
            Change { hours: 0, ..form() },
            Change { hours: 24 * 31 + 1, ..form() },
            Change { zone: "Mars/Olympus".to_owned(), ..form() },
            Change { repeat: "yearly".to_owned(), ..form() },
        ] {
            assert!(window(&bad, &home()).is_err(), "{bad:?}");
        }
    }
}
