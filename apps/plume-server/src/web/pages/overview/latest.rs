//! The latest changes: equal ones of many homes at about the same time are one line, and so is a time without data that is over.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use plume::{
    health::Status,
    monitor::{
        home::TransitionKind,
        ids::{HomeId, TenantId},
    },
};

use crate::store::{Result, model::Logged};
use crate::web::dashboard::VisibleTenant;
use crate::web::pages::row::{StatusChange, flapping};
use crate::web::view::{Counted, Moment, brief, moment};

/// Changes that are read in all: those of a calm time, and more while the same change of many homes hides all others.
const READ: [usize; 2] = [400, 4_000];
/// The least that is read of one tenant.
const LEAST: usize = 10;
/// Lines.
const SHOWN: usize = 8;
/// Maximum time between the first and the last change of one line.
const APART: TimeDelta = TimeDelta::minutes(15);
/// Maximum time without another change of one line: after it, the same change is another event.
const PAUSE: TimeDelta = TimeDelta::minutes(5);

/// A change, and the number of older ones that are the same in other homes.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) change: StatusChange,
    /// In words; empty for a change of one home.
    pub(super) others: String,
    /// The time of the first of them, if it is not that of the change.
    pub(super) first: Option<Moment>,
    /// The time without data that ended with the change.
    pub(super) gap: Option<(Moment, Moment)>,
}

type Change = (VisibleTenant, (HomeId, Logged));

/// Returns the lines for the latest changes of tenants.
pub(super) async fn latest(tenants: &[VisibleTenant], now: DateTime<Utc>) -> Result<Vec<Run>> {
    let (mut changes, mut is_whole) = (Vec::new(), false);
    for all in READ {
        (changes, is_whole) = read(tenants, (all / tenants.len().max(1)).max(LEAST)).await?;
        if is_whole || lines(&known(&changes), is_whole).len() == SHOWN {
            break;
        }
    }
    let mut shown = Vec::new();
    for line in lines(&known(&changes), is_whole) {
        let Some((tenant, (id, logged))) = changes.get(line.latest) else { continue };
        if let Some(home) = tenant.home(id).await? {
            let change = StatusChange::new(logged, line.flapping, now).of_home(tenant.id(), &home);
            let first = moment(line.first, now);
            shown.push(Run {
                others: others(line.homes.len(), line.is_complete),
                first: Some(first).filter(|first| line.gaps.is_none() && *first != change.at),
                gap: line.gaps.map(|[_, (since, until)]| (moment(since, now), moment(until, now))),
                change,
            });
        }
    }
    Ok(shown)
}

/// Reads changes, which are sorted from the latest on, and whether there are no older ones.
async fn read(tenants: &[VisibleTenant], limit: usize) -> Result<(Vec<Change>, bool)> {
    let (mut all, mut horizon) = (Vec::new(), None);
    for tenant in tenants {
        let changes = tenant.latest_transitions(limit).await?;
        if changes.len() == limit {
            // Before this time, the changes of this tenant are not known.
            horizon = horizon.max(changes.last().map(|(_, logged)| logged.transition.at));
        }
        all.extend(changes.into_iter().map(|change| (tenant.clone(), change)));
    }
    all.retain(|(_, (_, logged))| horizon.is_none_or(|horizon| logged.transition.at >= horizon));
    all.sort_by_key(|(_, (_, logged))| std::cmp::Reverse(logged.transition.at));
    Ok((all, horizon.is_none()))
}

fn known(changes: &[Change]) -> Vec<Known<'_>> {
    changes.iter().map(|(tenant, (home, logged))| (tenant.id(), home, logged)).collect()
}

type Known<'a> = (&'a TenantId, &'a HomeId, &'a Logged);

/// The property that the changes of a line share.
#[derive(Debug, PartialEq)]
enum Kind {
    Change(TransitionKind, Status, Status, [bool; 2], String),
    /// Data that is back after a time without, with the status before it.
    Gap(Status),
}

/// A time without data.
type Gap = (DateTime<Utc>, DateTime<Utc>);

#[derive(Debug)]
struct Line<'a> {
    kind: Kind,
    /// The place of its latest change.
    latest: usize,
    /// The time of that, and that of its first change.
    at: DateTime<Utc>,
    first: DateTime<Utc>,
    /// Whether the status kept changing before and after its latest change.
    flapping: [bool; 2],
    homes: BTreeSet<(&'a TenantId, &'a HomeId)>,
    /// The time without data of its latest change, and that of all of them.
    gaps: Option<[Gap; 2]>,
    /// Whether all its changes were read.
    is_complete: bool,
}

fn lines<'a>(changes: &[Known<'a>], is_whole: bool) -> Vec<Line<'a>> {
    let gaps = gaps(changes);
    let flaps = flaps(changes);
    let starts: BTreeSet<usize> = gaps.values().copied().collect();
    let mut lines: Vec<Line<'a>> = Vec::new();
    for (place, (tenant, home, logged)) in changes.iter().enumerate() {
        if starts.contains(&place) {
            continue;
        }
        let transition = &logged.transition;
        let flapping = flaps.get(&place).copied().unwrap_or_default();
        let start = gaps.get(&place).and_then(|start| changes.get(*start));
        let gap = start.map(|(_, _, start)| (start.transition.since, transition.since));
        let kind = match gap {
            Some(_) => Kind::Gap(transition.to),
            None => {
                let reason = reason(&logged.headline);
                Kind::Change(transition.kind, transition.from, transition.to, flapping, reason)
            }
        };
        let is_past = |line: &Line<'_>| line.at.signed_duration_since(transition.at) > APART;
        if lines.get(SHOWN - 1).is_some_and(is_past) {
            // No line that is shown changes any more.
            return lines;
        }
        let is_same = |line: &&mut Line<'_>| {
            let goes_on = line.first.signed_duration_since(transition.at) <= PAUSE;
            line.kind == kind && goes_on && !is_past(line) && is_close(line.gaps, gap)
        };
        let is_full = lines.len() == SHOWN;
        match lines.iter_mut().find(is_same) {
            Some(line) => {
                line.homes.insert((*tenant, *home));
                line.first = line.first.min(transition.at);
                let both = line.gaps.zip(gap);
                line.gaps = both.map(|([latest, all], gap)| [latest, (all.0.min(gap.0), all.1.max(gap.1))]);
            }
            None if is_full => {}
            None => lines.push(Line {
                kind,
                latest: place,
                at: transition.at,
                first: transition.at,
                flapping,
                homes: [(*tenant, *home)].into(),
                gaps: gap.map(|gap| [gap; 2]),
                is_complete: true,
            }),
        }
    }
    if let Some((_, _, last)) = changes.last().filter(|_| !is_whole) {
        for line in &mut lines {
            let before = |time: DateTime<Utc>| time.signed_duration_since(last.transition.at);
            line.is_complete = before(line.at) > APART || before(line.first) > PAUSE;
        }
    }
    lines
}

/// Returns whether a time without data has about the same start and the same end as that of the latest change of a line.
fn is_close(gaps: Option<[Gap; 2]>, gap: Option<Gap>) -> bool {
    let is_near = |one: DateTime<Utc>, other| one.signed_duration_since(other).abs() <= APART;
    gaps.zip(gap).is_none_or(|([latest, _], gap)| is_near(latest.0, gap.0) && is_near(latest.1, gap.1))
}

/// Returns the changes that end a time without data, after which the status is the one before it, with those that began it.
fn gaps(changes: &[Known<'_>]) -> BTreeMap<usize, usize> {
    let (mut found, mut ends) = (BTreeMap::new(), BTreeMap::new());
    for (place, (tenant, home, logged)) in changes.iter().enumerate() {
        let (from, to) = (logged.transition.from, logged.transition.to);
        // The next newer change of the home.
        let end = ends.remove(&(*tenant, *home));
        if from == Status::Unknown {
            ends.insert((*tenant, *home), (place, to));
        } else if let Some((end, _)) = end.filter(|(_, after)| to == Status::Unknown && *after == from) {
            found.insert(end, place);
        }
    }
    found
}

/// Returns whether the home of a change kept changing its status before and after it, for each change.
fn flaps(changes: &[Known<'_>]) -> BTreeMap<usize, [bool; 2]> {
    let mut of_homes: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (place, (tenant, home, _)) in changes.iter().enumerate().rev() {
        of_homes.entry((tenant, home)).or_default().push(place);
    }
    let of_home = |places: Vec<usize>| {
        let logged = places.iter().filter_map(|place| Some(changes.get(*place)?.2));
        let flaps = flapping(logged);
        places.into_iter().zip(flaps)
    };
    of_homes.into_values().flat_map(of_home).collect()
}

/// Returns the reason, without the length of a time without data, which differs by seconds between homes.
fn reason(headline: &str) -> String {
    let reason = brief(headline);
    if reason.starts_with("No data for ") { "No data".to_owned() } else { reason }
}

/// Returns the words for the other homes of a line, of which older ones may be unknown.
fn others(homes: usize, is_complete: bool) -> String {
    let others = Counted(homes.saturating_sub(1) as u64, "other home");
    match (homes, is_complete) {
        (..=1, _) => String::new(),
        (_, true) => format!("and {others}"),
        (_, false) => format!("and at least {others}"),
    }
}

#[cfg(test)]
mod tests {
    use plume::monitor::home::Transition;

    use super::*;

    /// A change of a home at a minute.
    fn change(home: &str, minute: i64, from: &str, to: &str, headline: &str) -> (HomeId, Logged) {
        let at = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let since = at - TimeDelta::minutes(if to == "unknown" { 14 } else { 0 });
        let document =
            serde_json::json!({ "kind": "entered", "from": from, "to": to, "since": since, "at": at });
        let transition: Transition = serde_json::from_value(document).unwrap();
        (HomeId::new(home), Logged { transition, headline: headline.to_owned() })
    }

    /// The first home, the number of homes, the minutes without data, and whether all changes were read.
    type Shown = (String, usize, Option<(i64, i64)>, bool);

    /// Returns the lines for changes, which are given from the oldest on.
    fn shown(mut changes: Vec<(HomeId, Logged)>, is_whole: bool) -> Vec<Shown> {
        changes.reverse();
        let tenant = TenantId::new("north");
        let known: Vec<Known<'_>> = changes.iter().map(|(home, logged)| (&tenant, home, logged)).collect();
        let minutes = |at: DateTime<Utc>| at.signed_duration_since(DateTime::UNIX_EPOCH).num_minutes();
        let line = |line: Line<'_>| {
            let first = changes[line.latest].0.to_string();
            let gap = line.gaps.map(|[_, (since, until)]| (minutes(since), minutes(until)));
            (first, line.homes.len(), gap, line.is_complete)
        };
        lines(&known, is_whole).into_iter().map(line).collect()
    }

    #[test]
    fn equal_changes_at_about_the_same_time_are_one_line() {
        let off = |home: &str, minute| change(home, minute, "green", "red", "The gateway is off");
        let changes =
            || vec![off("a", 0), off("b", 40), change("c", 41, "green", "yellow", "Slow"), off("d", 44)];
        let found = shown(changes(), true);
        assert_eq!(
            found,
            [("d".into(), 2, None, true), ("c".into(), 1, None, true), ("a".into(), 1, None, true)]
        );
        // Older ones of the last line may not have been read.
        assert_eq!(
            shown(changes(), false).iter().map(|line| line.3).collect::<Vec<_>>(),
            [true, true, false]
        );
        // After a pause, the same change is another event.
        assert_eq!(shown(vec![off("a", 0), off("b", 6), off("c", 11)], true).len(), 2);
        // A home that changes to and fro is one.
        let back = change("a", 1, "red", "green", "No issues detected");
        let found = shown(vec![off("a", 0), back, off("a", 2)], true);
        assert_eq!(found.iter().map(|line| line.1).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(shown(Vec::new(), true), []);
        assert_eq!([others(1, true), others(1, false)], ["", ""]);
        assert_eq!(others(2, true), "and 1 other home");
        assert_eq!(others(100, false), "and at least 99 other homes");
    }

    #[test]
    fn a_line_is_about_one_time_also_if_the_changes_never_pause() {
        let off =
            |number: i64| change(&format!("h{number:02}"), 5 * number, "green", "red", "The gateway is off");
        let found = shown((0..40).map(off).collect(), false);
        let expected: Vec<Shown> =
            (0..8).map(|line| (format!("h{:02}", 39 - 4 * line), 4, None, true)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn times_without_data_of_different_lengths_are_different_lines() {
        let pause = |home: &str, from: i64, to: i64| {
            let mut lost = change(home, to, "green", "unknown", "no data for a time");
            lost.1.transition.since = DateTime::UNIX_EPOCH + TimeDelta::minutes(from);
            [lost, change(home, to, "unknown", "green", "No issues detected")]
        };
        let changes = [pause("a", 0, 180), pause("b", 170, 181), pause("c", 171, 182)].concat();
        assert_eq!(
            shown(changes, true),
            [("c".into(), 2, Some((170, 182)), true), ("a".into(), 1, Some((0, 180)), true)]
        );
        // No line stretches home by home.
        let changes = (0..4_i64).flat_map(|step| pause(&format!("h{step}"), 40 - 10 * step, 60 + step));
        let found = shown(changes.collect(), true);
        assert_eq!(
            found.iter().map(|line| (line.1, line.2)).collect::<Vec<_>>(),
            [(2, Some((10, 63))), (2, Some((30, 61)))]
        );
    }

    #[test]
    fn homes_without_data_for_a_time_are_one_line_with_the_time() {
        // After a pause of the monitor, both changes of a home are found at once.
        let pause = |home: &str, minute| {
            [
                change(home, minute, "green", "unknown", &format!("no data for {} s", 840 + minute)),
                change(home, minute, "unknown", "green", "No issues detected"),
            ]
        };
        let changes = [pause("a", 20), pause("b", 21), pause("c", 22)].concat();
        assert_eq!(shown(changes, true), [("c".into(), 3, Some((6, 22)), true)]);
        // They have none yet, and one of them comes back with trouble.
        let lost = |home: &str| change(home, 20, "green", "unknown", "no data for 14 min");
        let red = change("a", 30, "unknown", "red", "The gateway is off");
        let found = shown(vec![lost("a"), lost("b"), lost("c"), red], true);
        assert_eq!(found, [("a".into(), 1, None, true), ("c".into(), 3, None, true)]);
    }
}
