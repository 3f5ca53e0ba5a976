//! The form of a new window, on the page of a home and on that of all windows.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use plume::monitor::ids::{GroupKey, GroupKind};
use serde::Deserialize;

use crate::store::model::Home;
use crate::web::actions::{self, Denied, NewWindow, Scope};
use crate::web::dashboard::{Visible, VisibleTenant};
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Form;
use crate::web::shell::without_turns;
use crate::web::view::home_path;

/// The zones that the form proposes. All names of IANA are accepted.
pub(in crate::web::pages) const ZONES: [&str; 10] = [
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
/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Change {
    pub(super) action: String,
    /// The tenant, on the page of all windows.
    pub(super) tenant: String,
    /// A tag, on the page of all windows.
    pub(super) tag: String,
    id: String,
    edition: u64,
    name: String,
    start: String,
    hours: u32,
    repeat: String,
    zone: String,
    pub(super) covers: String,
}

impl Change {
    fn entered(&self) -> NewWindow<'_> {
        let Self { name, start, hours, repeat, zone, .. } = self;
        NewWindow { name, start, hours: *hours, repeat, zone }
    }
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
        Err(denied) => frame.refuse(&Fault::from(denied).back_to(path)),
    }
}

async fn carry_out(visible: &Visible, tenant: &str, home: &str, form: &Change) -> Result<(), Denied> {
    let (tenant, home) = visible.home(tenant, home).await?.ok_or(Denied::Missing("home"))?;
    match form.action.as_str() {
        "add" => {
            let scope = scope_of_home(form, &home).map_err(Denied::impossible)?;
            add(&tenant, form, scope, visible.now()).await
        }
        "end" => end(&tenant, form).await,
        _ => Err(Denied::impossible("The form is incomplete.")),
    }
}

/// Adds the window of a form.
pub(super) async fn add(
    tenant: &VisibleTenant,
    form: &Change,
    scope: Scope,
    now: DateTime<Utc>,
) -> Result<(), Denied> {
    match actions::add_window(tenant, form.entered(), scope, now).await? {
        (_, true) => Ok(()),
        (_, false) => {
            let detail = "There is a window with the same name, homes and times already.";
            Err(Denied::because(StatusCode::CONFLICT, "Added already", detail))
        }
    }
}

/// Ends the window of a form.
pub(super) async fn end(tenant: &VisibleTenant, form: &Change) -> Result<(), Denied> {
    Ok(tenant.end_window(&form.id, form.edition).await?)
}

/// Reads the homes that the form of a home names.
fn scope_of_home(form: &Change, home: &Home) -> Result<Scope, String> {
    let mut scope = Scope::default();
    let (kind, given) = form.covers.split_once(':').unwrap_or((form.covers.as_str(), ""));
    // The form has the texts of the home as its page shows them.
    let is_given = |own: &&String| without_turns((*own).clone()) == given;
    let mut tags = home.tags.iter().filter(is_given);
    let (tag, region) = (tags.next(), home.traits.region.as_ref().filter(is_given));
    if kind == "tag" && tags.next().is_some() {
        return Err("Several tags of this home look alike. Correct one of them in the import.".to_owned());
    }
    match (kind, tag, region) {
        ("home" | "", ..) => scope.homes.push(home.id.clone()),
        ("tenant", ..) => {}
        ("tag", Some(tag), _) => scope.tags.push(tag.as_str().into()),
        ("region", _, Some(region)) => {
            scope.groups.push(GroupKey::new(GroupKind::Region, region.as_str()));
        }
        _ => {
            return Err(
                "The window must cover this home, one of its tags, its region or all homes.".to_owned()
            );
        }
    }
    Ok(scope)
}

#[cfg(test)]
mod tests {
    use plume::{
        health::Status,
        monitor::ids::{HomeId, TenantId},
    };

    use super::*;
    use crate::store::model::{Traits, Verdict};
    use crate::web::actions::window;
    use crate::web::dashboard::{StoredWindow, covers};
    use crate::web::pages::maintenance::view::{State, WindowView};
    use crate::worker::Maintenance;

    fn home() -> Home {
        Home {
            tenant: TenantId::new("t"),
            id: HomeId::new("h"),
            customer: "c".to_owned(),
            location: "l".to_owned(),
            name: "Alder Street 1".to_owned(),
            traits: Traits { region: Some("north".to_owned()), ..Traits::default() },
            tags: vec!["vip".to_owned(), "\u{202e}piv".to_owned()],
            verdict: Verdict { status: Status::Green, since: DateTime::UNIX_EPOCH, headline: String::new() },
            checked: None,
            data: None,
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

    fn now() -> DateTime<Utc> {
        "2026-03-20T10:00:00Z".parse().unwrap()
    }

    fn made(form: &Change) -> Result<Maintenance, String> {
        window(form.entered(), scope_of_home(form, &home())?, now())
    }

    #[test]
    fn a_window_is_shown_at_the_local_time_of_its_zone() {
        let view = |form: &Change, now: &str| {
            let window = made(form).unwrap();
            let covers = covers(&window, |_| "this home".to_owned());
            let stored = StoredWindow { id: "1".to_owned(), edition: 1, window };
            WindowView::new(stored, covers, now.parse().unwrap())
        };
        let next = view(&form(), "2026-03-20T10:00:00Z");
        assert_eq!(
            (next.covers.as_str(), next.schedule.as_str()),
            ("this home", "every week from 2026-03-29 01:30 for 2 h, local time of Europe/Berlin")
        );
        let State::Next(at, lasts) = next.state else { panic!("{next:?}") };
        assert!(at.to_string().contains("2026-03-29 00:30 UTC"), "{at}");
        assert_eq!(lasts, "2 h");
        let open = view(&form(), "2026-04-05T00:00:00Z");
        assert!(matches!(open.state, State::Open(_)), "summer time: {open:?}");
        let once = Change { repeat: "once".to_owned(), ..form() };
        let over = view(&once, "2026-04-05T00:00:00Z");
        assert!(matches!(over.state, State::Over));
        assert!(open.order < next.order && next.order < over.order);
    }

    #[test]
    fn a_window_covers_what_the_home_has() {
        let covered = |what: &str| made(&Change { covers: what.to_owned(), ..form() });
        let words = |what: &str| covers(&covered(what).unwrap(), |home| format!("home {home}"));
        assert_eq!(words("home"), "home h");
        assert_eq!(words("tag:vip"), "homes with the tag vip");
        let turned = covered("tag:\u{fffd}piv").unwrap();
        assert_eq!(turned.tags, ["\u{202e}piv".into()], "the page shows another text than that of the tag");
        let alike = Home { tags: vec!["\u{202e}piv".to_owned(), "\u{202d}piv".to_owned()], ..home() };
        let form = Change { covers: "tag:\u{fffd}piv".to_owned(), ..form() };
        assert!(scope_of_home(&form, &alike).unwrap_err().contains("look alike"));
        assert_eq!(words("region:north"), "region north");
        assert_eq!(words("tenant"), "all homes of the tenant");
        assert!(covered("tag:other").is_err() && covered("region:south").is_err());
    }

    #[test]
    fn a_local_time_that_the_clocks_skip_is_refused() {
        for (start, zone, is_refused) in [
            ("2026-03-29T01:59", "Europe/Berlin", false),
            ("2026-03-29T02:00", "Europe/Berlin", true),
            ("2026-03-29T02:30", "Europe/Berlin", true),
            ("2026-03-29T02:59", "Europe/Berlin", true),
            ("2026-03-29T03:00", "Europe/Berlin", false),
            ("2026-03-29T02:30", "UTC", false),
            ("2026-10-25T02:30", "Europe/Berlin", false),
            ("2027-03-14T02:30", "America/New_York", true),
        ] {
            let made = made(&Change { start: start.to_owned(), zone: zone.to_owned(), ..form() });
            let why = made.err().unwrap_or_default();
            assert_eq!(why.contains("does not exist"), is_refused, "{start} {zone}: {why}");
        }
    }

    #[test]
    fn a_window_that_is_over_or_began_long_ago_is_refused() {
        let once = |start: &str, hours: u32, zone: &str| {
            let (start, repeat, zone) = (start.to_owned(), "once".to_owned(), zone.to_owned());
            made(&Change { start, hours, repeat, zone, ..form() })
        };
        assert!(
            once("2026-03-20T09:00", 1, "UTC").unwrap_err().contains("over already"),
            "it ended at 10:00"
        );
        assert!(once("2026-03-20T09:01", 1, "UTC").is_ok(), "it is open for a minute");
        for (zone, first) in [("UTC", "2026-03-20T09:00"), ("Europe/Berlin", "2026-03-20T10:00")] {
            assert!(once(first, 5, zone).is_ok());
            let before = first.replace("T09:00", "T08:59").replace("T10:00", "T09:59");
            let why = once(&before, 5, zone).unwrap_err();
            assert!(why.contains("at most one hour ago: it is 2026-03-20 10:00 UTC now"), "{why}");
        }
        let old = made(&Change { start: "2020-01-01T08:00".to_owned(), ..form() });
        assert!(old.unwrap_err().contains("at most one hour ago"), "also one that repeats");
    }

    #[test]
    fn a_window_that_would_never_close_is_refused() {
        for (repeat, longest) in [("daily", 23), ("weekly", 167), ("monthly", 671), ("once", 743)] {
            let window = |hours: u32| made(&Change { hours, repeat: repeat.to_owned(), ..form() });
            assert!(window(longest).is_ok(), "{repeat}");
            assert_eq!(window(longest + 1).is_ok(), repeat == "once", "{repeat}");
        }
        let why = made(&Change { hours: 24, repeat: "daily".to_owned(), ..form() }).unwrap_err();
        assert_eq!(why, "A window of 24 h would never close: it opens again after 24 h.");
    }

    #[test]
    fn an_incomplete_form_is_no_window() {
        assert!(made(&Change { name: "é".repeat(80), ..form() }).is_ok());
        for bad in [
            Change { name: "  ".to_owned(), ..form() },
            Change { name: "x".repeat(81), ..form() },
            Change { start: "tomorrow".to_owned(), ..form() },
            Change { start: "0001-01-01T00:00".to_owned(), ..form() },
            Change { hours: 0, ..form() },
            Change { hours: 24 * 31 + 1, ..form() },
            Change { zone: "Mars/Olympus".to_owned(), ..form() },
            Change { repeat: "yearly".to_owned(), ..form() },
        ] {
            assert!(made(&bad).is_err(), "{bad:?}");
        }
    }
}
