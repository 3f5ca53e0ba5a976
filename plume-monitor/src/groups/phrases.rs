//! The sentences of fleet incidents.

use plume_health::text::{count, name};

use crate::ids::{GroupKey, GroupKind};

pub(super) fn group(group: &GroupKey, homes: u64, checked: Option<u64>) -> String {
    let homes = match checked {
        Some(checked) => format!("{homes} of {checked} checked homes"),
        None => count(homes, "home", "homes"),
    };
    let value = name(&group.value);
    match group.kind {
        GroupKind::Firmware => format!("{homes} with firmware {value} are in trouble"),
        GroupKind::Model => format!("{homes} with model {value} are in trouble"),
        GroupKind::Region => format!("{homes} in region {value} are in trouble"),
        GroupKind::Tenant => format!("{homes} of {value} are in trouble"),
    }
}
