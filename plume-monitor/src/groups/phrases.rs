//! The sentences of fleet incidents.

use plume_health::text::{count, name};

use crate::ids::{GroupKey, GroupKind};

pub(super) fn group(group: &GroupKey, homes: u64, checked: Option<u64>, is_silent: bool) -> String {
    let number = match checked {
        Some(checked) => format!("{homes} of {checked} checked homes"),
        None => count(homes, "home", "homes"),
    };
    let value = name(&group.value);
    let state = match (is_silent, homes) {
        (true, 1) => "gives no data",
        (true, _) => "give no data",
        (false, _) => "are in trouble",
    };
    match group.kind {
        GroupKind::Firmware => format!("{number} with firmware {value} {state}"),
        GroupKind::Model => format!("{number} with model {value} {state}"),
        GroupKind::Region => format!("{number} in region {value} {state}"),
        GroupKind::Tenant => format!("{number} of {value} {state}"),
    }
}
