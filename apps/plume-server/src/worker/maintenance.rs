//! Maintenance windows: which homes, and when.

use chrono::{DateTime, TimeDelta, Utc};
use plume::monitor::{
    calendar::{Calendar, Window},
    ids::{GroupKey, HomeId},
    sla::MaintenanceWindow,
};
use serde::{Deserialize, Serialize};

use crate::store::model::Home;

/// The document of a maintenance window. Without homes, tags and groups it covers all homes of the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// The name for people.
    pub name: String,
    /// The times at which it is open.
    pub calendar: Calendar,
    /// Homes that it covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub homes: Vec<HomeId>,
    /// Tags of homes that it covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Box<str>>,
    /// Groups of homes that it covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupKey>,
    /// The time at which a person ended it. What was open before stays maintenance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<DateTime<Utc>>,
}

impl Maintenance {
    /// Returns whether it covers a home.
    pub(super) fn covers(&self, home: &HomeId, tags: &[Box<str>], groups: &[GroupKey]) -> bool {
        let covers_all = self.homes.is_empty() && self.tags.is_empty() && self.groups.is_empty();
        covers_all
            || self.homes.contains(home)
            || self.tags.iter().any(|tag| tags.contains(tag))
            || self.groups.iter().any(|group| groups.contains(group))
    }

    /// Returns whether it covers a home, as the store knows it.
    #[must_use]
    pub fn covers_home(&self, home: &Home) -> bool {
        let tags: Vec<Box<str>> = home.tags.iter().map(|tag| tag.as_str().into()).collect();
        self.covers(&home.id, &tags, &home.traits.groups(&home.tenant))
    }

    /// Returns the end of the open window, or `None` if none is open. A window without an end is open for the longest time.
    #[must_use]
    pub fn open_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let ended = self.ended.unwrap_or(DateTime::<Utc>::MAX_UTC);
        let end = || self.calendar.next_change(now).unwrap_or(DateTime::<Utc>::MAX_UTC).min(ended);
        (now < ended && self.calendar.is_open(now)).then(end)
    }

    /// Returns the times between two times at which it is open, at most `most` of each window of its calendar.
    #[must_use]
    pub fn openings(&self, from: DateTime<Utc>, to: DateTime<Utc>, most: usize) -> Vec<MaintenanceWindow> {
        let mut found = self.calendar.occurrences(from, self.ended.map_or(to, |ended| to.min(ended)), most);
        if let Some(ended) = self.ended {
            for opening in &mut found {
                opening.to = opening.to.min(ended);
            }
        }
        found
    }

    /// Returns whether it has been open before a time.
    #[must_use]
    pub fn has_opened(&self, now: DateTime<Utc>) -> bool {
        // The local time of a zone is less than two days from that of UTC.
        let first = |window: &Window| window.start.and_utc().checked_sub_signed(TimeDelta::days(2));
        let first = self.calendar.windows.iter().filter_map(first).min();
        first.is_some_and(|first| !self.openings(first, now, 1).is_empty())
    }

    /// Returns whether it is closed at a time and does not open after it.
    #[must_use]
    pub fn is_over(&self, at: DateTime<Utc>) -> bool {
        self.ended.is_some_and(|ended| ended <= at)
            || !self.calendar.is_open(at) && self.calendar.next_change(at).is_none()
    }
}

#[cfg(test)]
mod tests {
    use plume::monitor::ids::GroupKind;

    use super::*;

    fn window(covers: serde_json::Value) -> Maintenance {
        let calendar = serde_json::json!({
            "version": 1,
            "windows": [{ "start": "2026-01-15T02:00:00", "duration": "2h" }],
        });
        let mut document = serde_json::json!({ "name": "upgrade", "calendar": calendar });
        document.as_object_mut().unwrap().extend(covers.as_object().unwrap().clone());
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn homes_are_covered_by_id_tag_or_group_or_all() {
        let (h, other) = (HomeId::new("h"), HomeId::new("other"));
        let (tags, groups) = (["vip".into()], [GroupKey::new(GroupKind::Region, "north")]);
        let covers =
            |window: &Maintenance| [window.covers(&h, &tags, &groups), window.covers(&other, &[], &[])];
        assert_eq!(covers(&window(serde_json::json!({}))), [true, true]);
        assert_eq!(covers(&window(serde_json::json!({ "homes": ["h"] }))), [true, false]);
        assert_eq!(covers(&window(serde_json::json!({ "tags": ["vip", "x"] }))), [true, false]);
        let north = serde_json::json!({ "groups": [{ "kind": "region", "value": "north" }] });
        assert_eq!(covers(&window(north)), [true, false]);
        assert_eq!(covers(&window(serde_json::json!({ "tags": ["x"], "homes": ["y"] }))), [false, false]);
    }

    #[test]
    fn a_window_is_open_until_its_end() {
        let at = |time: &str| time.parse::<DateTime<Utc>>().unwrap();
        let window = window(serde_json::json!({}));
        assert_eq!(window.open_until(at("2026-01-15T01:59:59Z")), None);
        assert_eq!(window.open_until(at("2026-01-15T02:00:00Z")), Some(at("2026-01-15T04:00:00Z")));
        assert_eq!(window.open_until(at("2026-01-15T04:00:00Z")), None);
    }

    #[test]
    fn what_was_open_before_its_end_stays_maintenance() {
        let at = |time: &str| time.parse::<DateTime<Utc>>().unwrap();
        let calendar = serde_json::json!({ "version": 1, "windows": [
            { "start": "2026-01-15T02:00:00", "duration": "2h", "zone": "Europe/Berlin", "repeat": "FREQ=DAILY" },
        ] });
        let mut daily = window(serde_json::json!({ "calendar": calendar }));
        assert!(
            !daily.has_opened(at("2026-01-15T01:00:00Z")) && daily.has_opened(at("2026-01-15T01:00:01Z"))
        );
        assert!(!daily.is_over(at("2027-01-15T01:00:00Z")));
        let open = |window: &Maintenance| {
            let openings = window.openings(at("2026-01-10T00:00:00Z"), at("2026-01-18T00:00:00Z"), 100);
            openings.iter().map(|opening| (opening.to - opening.from).num_minutes()).collect::<Vec<_>>()
        };
        assert_eq!(open(&daily), [120, 120, 120]);
        daily.ended = Some(at("2026-01-16T01:45:00Z"));
        assert_eq!(open(&daily), [120, 45]);
        assert_eq!(daily.open_until(at("2026-01-16T01:30:00Z")), daily.ended);
        assert_eq!(daily.open_until(at("2026-01-16T01:45:00Z")), None);
        assert!(!daily.is_over(at("2026-01-16T01:44:59Z")) && daily.is_over(at("2026-01-16T01:45:00Z")));
        let once = window(serde_json::json!({}));
        assert!(!once.is_over(at("2026-01-15T03:59:59Z")) && once.is_over(at("2026-01-15T04:00:00Z")));
    }
}
