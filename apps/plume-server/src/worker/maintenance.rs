//! Maintenance windows: which homes, and when.

use chrono::{DateTime, Utc};
use plume::monitor::{
    calendar::Calendar,
    ids::{GroupKey, HomeId},
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
        let end = || self.calendar.next_change(now).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.calendar.is_open(now).then(end)
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
}
