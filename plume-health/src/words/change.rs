//! The words of what changed.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use super::count;
use crate::change::{ChangeKind, ComparedPart, Moment, NotCompared};
use crate::report::Status;
use crate::sanitize::name;

pub(crate) const OTHER_LOCATION: &str = "the snapshots are of different locations";
pub(crate) const CONTRADICTION: &str = "the answers contradict each other";
pub(crate) const NOT_UNDERSTOOD: &str = "the answer could not be understood";
pub(crate) const MISSING: &str = "not told";

pub(crate) const NO_CHANGES: &str = "No changes";
pub(crate) const NO_CHANGES_IN_REST: &str = "No changes in what could be compared";
pub(crate) const NOT_COMPARED: &str = "Could not be compared:";
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
    let time = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M UTC");
    format!("From {} to {}", time(before), time(after))
}

pub(crate) fn heading(part: ComparedPart, changes: usize) -> String {
    let part = match part {
        ComparedPart::Nodes => "Pods",
        ComparedPart::Devices => "Devices",
        ComparedPart::Location | ComparedPart::ServiceLevel => "Location",
    };
    format!("{part} ({}):", count(changes, "change", "changes"))
}

pub(crate) fn mbps(mbps: f64) -> String {
    format!("{mbps:.1} Mbps")
}

/// The part that a kind of change belongs to.
pub(crate) fn part(kind: ChangeKind) -> ComparedPart {
    match kind {
        ChangeKind::NodeLeft
        | ChangeKind::NodeJoined
        | ChangeKind::NodeConnection
        | ChangeKind::NodeMoved
        | ChangeKind::NodeBackhaul
        | ChangeKind::NodeBand
        | ChangeKind::NodeFirmware
        | ChangeKind::NodeModel
        | ChangeKind::NodeName => ComparedPart::Nodes,
        ChangeKind::DeviceLeft
        | ChangeKind::DeviceJoined
        | ChangeKind::DeviceConnection
        | ChangeKind::DeviceMoved
        | ChangeKind::DeviceBand
        | ChangeKind::DeviceName => ComparedPart::Devices,
        _ => ComparedPart::Location,
    }
}

fn label(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::NetworkState | ChangeKind::NodeConnection | ChangeKind::DeviceConnection => "connection",
        ChangeKind::ServiceLevel => "service level",
        ChangeKind::NetworkMode => "network mode",
        ChangeKind::Isp => "internet provider",
        ChangeKind::Ssid => "Wi-Fi name",
        ChangeKind::Security => "Wi-Fi security",
        ChangeKind::SpeedDownload => "download speed",
        ChangeKind::SpeedUpload => "upload speed",
        ChangeKind::LocationName | ChangeKind::NodeName | ChangeKind::DeviceName => "name",
        ChangeKind::NodeLeft | ChangeKind::DeviceLeft => "whether it left",
        ChangeKind::NodeJoined | ChangeKind::DeviceJoined => "whether it is new",
        ChangeKind::NodeMoved | ChangeKind::DeviceMoved => "place",
        ChangeKind::NodeBackhaul => "backhaul",
        ChangeKind::NodeBand => "backhaul band",
        ChangeKind::DeviceBand => "band",
        ChangeKind::NodeFirmware => "firmware",
        ChangeKind::NodeModel => "model",
    }
}

/// One sentence. `before` and `after` are as they came.
pub(crate) fn change(kind: ChangeKind, subject: &str, before: Option<&str>, after: Option<&str>) -> String {
    let what = match part(kind) {
        ComparedPart::Nodes => format!("pod '{}'", name(subject)),
        ComparedPart::Devices => format!("device '{}'", name(subject)),
        ComparedPart::Location | ComparedPart::ServiceLevel => format!("location '{}'", name(subject)),
    };
    let (before, after) = (before.map(name), after.map(name));
    let sentence = match (kind, before, after) {
        (ChangeKind::NodeJoined | ChangeKind::DeviceJoined, _, _) => format!("{what} joined"),
        (ChangeKind::NodeLeft | ChangeKind::DeviceLeft, _, _) => format!("{what} left"),
        (ChangeKind::NodeMoved, None, Some(after)) => {
            format!("{what} is no longer the gateway and hangs on '{after}'")
        }
        (ChangeKind::NodeMoved, Some(before), None) => {
            format!("{what} became the gateway (was on '{before}')")
        }
        (ChangeKind::NodeMoved | ChangeKind::DeviceMoved, Some(before), Some(after)) => {
            format!("{what} moved from '{before}' to '{after}'")
        }
        (
            ChangeKind::NetworkState | ChangeKind::NodeConnection | ChangeKind::DeviceConnection,
            Some(before),
            Some(after),
        ) => format!("{what} is {after} (was {before})"),
        (kind, before, after) => {
            let [before, after] = [before, after].map(|text| text.unwrap_or("nothing".into()));
            format!("{} of {what} changed from {before} to {after}", label(kind))
        }
    };
    super::capitalized(&sentence)
}

pub(crate) fn not_compared(not: &NotCompared) -> String {
    let part = match not.part {
        ComparedPart::Location => "location",
        ComparedPart::ServiceLevel => "service level",
        ComparedPart::Nodes => "pods",
        ComparedPart::Devices => "devices",
    };
    let what = match (&not.subject, not.kind) {
        (Some(subject), Some(kind)) => format!("{} of '{}'", label(kind), name(&subject.name)),
        (Some(subject), None) => format!("'{}'", name(&subject.name)),
        (None, _) => part.to_owned(),
    };
    let moment = match not.moment {
        Some(Moment::Before) => " (before)",
        Some(Moment::After) => " (after)",
        None => "",
    };
    format!("{}{moment}: {}", super::capitalized(&what), not.reason)
}

/// `by_judgement`: nothing got better or worse, it is only judged in another way.
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
