//! The phrases of differences.

use chrono::{DateTime, Utc};
use plume_health::text::{capitalized, count, name, time};

use crate::change::changes::{ChangeKind, ComparedPart, Moment, NotCompared};

pub(super) const OTHER_LOCATION: &str = "the snapshots are of different locations";
pub(super) const CONTRADICTION: &str = "the responses contradict each other";
pub(super) const NOT_UNDERSTOOD: &str = "the response could not be understood";
pub(super) const MISSING: &str = "missing";

pub(super) const STATUS_UNREADABLE: &str = "the status could not be read";

pub(super) fn unknown_word(word: &str) -> String {
    format!("unknown status '{}'", name(word))
}

pub(super) fn unreadable(number: usize, one: &str, many: &str) -> String {
    format!("{} could not be read", count(number, one, many))
}

pub(super) const NO_CHANGES: &str = "No changes";
pub(super) const NO_CHANGES_IN_REST: &str = "No changes in what could be compared";
pub(super) const NOT_COMPARED: &str = "Could not be compared:";
pub(super) fn title(location: &str) -> String {
    format!("🔄 Changes at {}", name(location))
}

pub(super) fn period(before: DateTime<Utc>, after: DateTime<Utc>) -> String {
    format!("From {} to {}", time(before), time(after))
}

pub(super) fn heading(part: ComparedPart, changes: usize) -> String {
    let part = match part {
        ComparedPart::Nodes => "Pods",
        ComparedPart::Devices => "Devices",
        ComparedPart::Location | ComparedPart::ServiceLevel => "Location",
    };
    format!("{part} ({}):", count(changes, "change", "changes"))
}

pub(super) fn mbps(mbps: f64) -> String {
    format!("{mbps:.1} Mbps")
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

/// Returns a sentence. `before` and `after` are unchanged text of the API.
pub(super) fn change(kind: ChangeKind, subject: &str, before: Option<&str>, after: Option<&str>) -> String {
    let what = match kind.part() {
        ComparedPart::Nodes => format!("pod '{}'", name(subject)),
        ComparedPart::Devices => format!("device '{}'", name(subject)),
        ComparedPart::Location | ComparedPart::ServiceLevel => format!("location '{}'", name(subject)),
    };
    let (before, after) = (before.map(name), after.map(name));
    let sentence = match (kind, before, after) {
        (ChangeKind::NodeJoined | ChangeKind::DeviceJoined, _, _) => format!("{what} joined"),
        (ChangeKind::NodeLeft | ChangeKind::DeviceLeft, _, _) => format!("{what} left"),
        (ChangeKind::NodeMoved, None, Some(after)) => {
            format!("{what} is no longer the gateway and is attached to '{after}'")
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
    capitalized(&sentence)
}

pub(super) fn not_compared(not: &NotCompared) -> String {
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
    format!("{}{moment}: {}", capitalized(&what), not.reason)
}
