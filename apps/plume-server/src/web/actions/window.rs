//! New maintenance windows, and the end of one.

use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};
use plume::monitor::{
    calendar::{Calendar, Window, Zone},
    ids::{GroupKey, GroupKind, HomeId},
};

use crate::store::model::HomeQuery;
use crate::web::actions::denied::Denied;
use crate::web::dashboard::{StoredWindow, VisibleTenant};
use crate::worker::Maintenance;

/// Maximum length of a name in characters.
const LONGEST: usize = 80;
/// A window begins at most this long ago, because its time is no downtime of the service level.
const PAST: TimeDelta = TimeDelta::hours(1);

/// A new window as a person or a program writes it.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct NewWindow<'a> {
    pub(in crate::web) name: &'a str,
    /// The local time of the first opening, for example `2026-05-04T01:30`.
    pub(in crate::web) start: &'a str,
    pub(in crate::web) hours: u32,
    /// `once`, `daily`, `weekly` or `monthly`; empty for once.
    pub(in crate::web) repeat: &'a str,
    /// A name of IANA; empty for UTC.
    pub(in crate::web) zone: &'a str,
}

/// The homes of a new window. Without any of these, all homes of the tenant.
#[derive(Debug, Default)]
pub(in crate::web) struct Scope {
    pub(in crate::web) homes: Vec<HomeId>,
    pub(in crate::web) tags: Vec<Box<str>>,
    pub(in crate::web) groups: Vec<GroupKey>,
}

impl Scope {
    /// Returns the homes with a tag, which one of the tenant has.
    pub(in crate::web) async fn of_tag(tenant: &VisibleTenant, tag: &str) -> Result<Self, Denied> {
        let query = HomeQuery { tag: Some(tag.to_owned()), limit: 1, ..HomeQuery::default() };
        if tenant.homes(query).await?.items.is_empty() {
            return Err(Denied::impossible(format!("No home of this tenant has the tag {tag}.")));
        }
        Ok(Self { tags: vec![tag.into()], ..Self::default() })
    }

    /// Returns the homes of a region, which one of the tenant is in.
    pub(in crate::web) async fn of_region(tenant: &VisibleTenant, region: &str) -> Result<Self, Denied> {
        let group = GroupKey::new(GroupKind::Region, region);
        if !tenant.has_group(&group).await? {
            return Err(Denied::impossible(format!("No home of this tenant is in the region {region}.")));
        }
        Ok(Self { groups: vec![group], ..Self::default() })
    }
}

/// Adds a window. Returns it, and whether it is new: an equal one may be there already.
pub(in crate::web) async fn add_window(
    tenant: &VisibleTenant,
    new: NewWindow<'_>,
    scope: Scope,
    now: DateTime<Utc>,
) -> Result<(StoredWindow, bool), Denied> {
    let window = window(new, scope, now).map_err(Denied::impossible)?;
    Ok(tenant.add_window(&window).await?)
}

/// Reads a new window.
pub(in crate::web) fn window(
    new: NewWindow<'_>,
    scope: Scope,
    now: DateTime<Utc>,
) -> Result<Maintenance, String> {
    let name = plume_text::on_screen(new.name.trim()).into_owned();
    match name.chars().count() {
        0 => return Err("The window needs a name.".to_owned()),
        1..=LONGEST => {}
        count => return Err(format!("The name has {count} characters; at most {LONGEST} are possible.")),
    }
    let start = NaiveDateTime::parse_from_str(new.start.trim(), "%Y-%m-%dT%H:%M")
        .map_err(|_| "The start must be a date and a time, for example 2026-05-04T01:30.".to_owned())?;
    if !(2000..=2200).contains(&start.year()) {
        return Err("The start must be in this century or the next.".to_owned());
    }
    if !(1..=24 * 31).contains(&new.hours) {
        return Err("The length must be 1 hour to 31 days.".to_owned());
    }
    let zone: Zone = match new.zone.trim() {
        "" => Zone::UTC,
        name => name.parse().map_err(|error| format!("{error}"))?,
    };
    let mut opening = Window::new(start, Duration::from_secs(u64::from(new.hours) * 3600)).with_zone(zone);
    // With the least number of hours between two openings.
    let rule = match new.repeat {
        "" | "once" => None,
        "daily" => Some(("FREQ=DAILY", 24)),
        "weekly" => Some(("FREQ=WEEKLY", 7 * 24)),
        "monthly" => Some(("FREQ=MONTHLY", 28 * 24)),
        _ => return Err("The repetition is not one of the list.".to_owned()),
    };
    if let Some((rule, period)) = rule {
        if new.hours >= period {
            let hours = new.hours;
            return Err(format!("A window of {hours} h would never close: it opens again after {period} h."));
        }
        opening = opening.with_repeat(rule.parse().map_err(|error| format!("{error}"))?);
    }
    if is_skipped(start, zone) {
        let (at, zone) = (start.format("%Y-%m-%d %H:%M"), zone.name());
        return Err(format!(
            "{at} does not exist in {zone}: the clocks change to summer time then. Choose a time before or after."
        ));
    }
    let calendar = Calendar::new().with_window(opening);
    calendar.validate().map_err(|error| error.to_string())?;
    if instant(start, zone).is_none_or(|from| now.signed_duration_since(from) > PAST) {
        let now = now.format("%Y-%m-%d %H:%M");
        return Err(format!(
            "The start must be at most one hour ago: it is {now} UTC now, and what has happened stays in the service level."
        ));
    }
    let Scope { homes, tags, groups } = scope;
    let window = Maintenance { name, calendar, homes, tags, groups, ended: None };
    if window.is_over(now) {
        let now = now.format("%Y-%m-%d %H:%M");
        return Err(format!("The window is over already: it is {now} UTC now."));
    }
    Ok(window)
}

/// Returns whether a change of the clocks skips a local time. All skipped times are the same instant, that of the change.
fn is_skipped(start: NaiveDateTime, zone: Zone) -> bool {
    let next = start.checked_add_signed(TimeDelta::minutes(1));
    next.is_some_and(|next| instant(start, zone) == instant(next, zone))
}

/// Returns the instant of a local time.
fn instant(local: NaiveDateTime, zone: Zone) -> Option<DateTime<Utc>> {
    let (day, at) = (TimeDelta::days(2), local.and_utc());
    let (from, to) = (at.checked_sub_signed(day)?, at.checked_add_signed(day)?);
    let window = Window::new(local, Duration::from_secs(60)).with_zone(zone);
    let found = Calendar::new().with_window(window).occurrences(from, to, 1);
    found.first().map(|found| found.from)
}
