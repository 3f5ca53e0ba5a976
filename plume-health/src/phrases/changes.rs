//! The phrases of the differences between two reports.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use crate::report::Status;
use crate::text::{name, time};

pub(crate) const NO_CHANGES: &str = "No changes";
pub(crate) const NOT_COMPARABLE: &str =
    "The reports are not of the same location and policy, so that a difference may come from that.";

pub(crate) const ENTERED: &str = "New:";
pub(crate) const LEFT: &str = "Gone:";
pub(crate) const WORSENED: &str = "Worse:";
pub(crate) const EASED: &str = "Better:";
pub(crate) const ABSORBED: &str = "Now a consequence:";
pub(crate) const EMERGED: &str = "No longer a mere consequence:";
pub(crate) const NO_LONGER_EXPECTED: &str = "Still away, but no longer expected here:";
pub(crate) const NEWLY_EXPECTED: &str = "Away as before, but expected here now:";
pub(crate) const NO_LONGER_KNOWN: &str = "No longer known:";
pub(crate) const NEWLY_KNOWN: &str = "Not known before:";
pub(crate) const UNKNOWN_APPEARED: &str = "Now unknown:";
pub(crate) const UNKNOWN_RESOLVED: &str = "No longer unknown:";

pub(crate) fn title(location: &str) -> String {
    format!("🔄 Changes at {}", name(location))
}

pub(crate) fn period(before: DateTime<Utc>, after: DateTime<Utc>) -> String {
    format!("From {} to {}", time(before), time(after))
}

/// Describes a change of status. `by_judgement`: nothing got better or worse, only the judgement changed.
pub(crate) fn status(before: Status, after: Status, by_judgement: bool) -> String {
    match after.cmp(&before) {
        Ordering::Equal => format!("Status: {after}, as before"),
        _ if by_judgement => format!("Status: {before} → {after}"),
        Ordering::Less => format!("Status: {before} → {after} (worse)"),
        Ordering::Greater => format!("Status: {before} → {after} (better)"),
    }
}

pub(crate) fn online(before: Option<bool>, after: Option<bool>) -> String {
    let word = |online: Option<bool>| match online {
        Some(true) => "online",
        Some(false) => "offline",
        None => "unknown",
    };
    if before == after {
        format!("Connection: {}, as before", word(after))
    } else {
        format!("Connection: {} → {}", word(before), word(after))
    }
}
