//! The sentences of fleet incidents.

use plume_health::text::{count, name};

use crate::ids::{GroupKey, GroupKind};

pub(super) fn group(
    group: &GroupKey,
    homes: u64,
    unconfirmed: u64,
    checked: Option<u64>,
    is_silent: bool,
) -> String {
    let number = match checked {
        Some(checked) => format!("{homes} of {checked} checked homes"),
        None => count(homes, "home", "homes"),
    };
    let state = match (is_silent, homes) {
        (true, 1) => "gives no data",
        (true, _) => "give no data",
        (false, 1) => "is in trouble",
        (false, _) => "are in trouble",
    };
    let place = place(group);
    match unconfirmed {
        0 => format!("{number} {place} {state}"),
        _ => format!("{number} {place} {state}, {unconfirmed} of them not confirmed yet"),
    }
}

/// Returns the sentence about the end. `left` is the number of homes that are still in trouble.
pub(super) fn end(group: &GroupKey, homes: u64, left: u64, is_silent: bool) -> String {
    let number = count(homes, "home", "homes");
    let state = match (is_silent, homes) {
        (true, _) => "gave no data",
        (false, 1) => "was in trouble",
        (false, _) => "were in trouble",
    };
    let place = place(group);
    let still = match (is_silent, left) {
        (_, 0) => return format!("{number} {place} {state}"),
        (true, 1) => "still gives none",
        (true, _) => "still give none",
        (false, 1) => "still is",
        (false, _) => "still are",
    };
    format!("{number} {place} {state}, {left} of them {still}")
}

fn place(group: &GroupKey) -> String {
    let value = name(&group.value);
    match group.kind {
        GroupKind::Firmware => format!("with firmware {value}"),
        GroupKind::Model => format!("with model {value}"),
        GroupKind::Region => format!("in region {value}"),
        GroupKind::Tenant => format!("of {value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_home_is_in_trouble_and_several_are() {
        let region = GroupKey::new(GroupKind::Region, "north");
        let said = |homes, checked| group(&region, homes, 0, checked, false);
        assert_eq!(said(1, None), "1 home in region north is in trouble");
        assert_eq!(said(2, None), "2 homes in region north are in trouble");
        assert_eq!(said(1, Some(5)), "1 of 5 checked homes in region north is in trouble");
    }
}
