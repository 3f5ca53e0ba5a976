//! The phrases of the health report.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use plume_types::{Field, Part, PartFailure, PartFailureKind};

use crate::facts::NodeState;
use crate::report::{Confidence, ReportPart, Severity, Status};
use crate::text::{self, ELLIPSIS, capitalized, count, name, reason};

pub(crate) const ALL_GREAT: &str = "✨ Everything looks great!";
pub(crate) const CHECKED_IS_GREAT: &str = "✨ Everything that was checked looks great!";
pub(crate) const POOR_QOE: &str = "Traffic with Poor QoE:";
pub(crate) const UNKNOWN: &str = "What is unknown:";
pub(crate) const TO_GREEN: &str = "What would make it green:";

pub(crate) fn title(location: &str) -> String {
    ["🏥 Health Status for ", &name(location)].concat()
}

/// Returns the title of the nodes. `as_of`: the time of the states, if they are too old.
pub(crate) fn nodes(as_of: Option<DateTime<Utc>>) -> String {
    match as_of {
        None => "📡 Nodes/Gateways:".to_owned(),
        Some(time) => format!("📡 Nodes/Gateways (as of {}):", text::time(time)),
    }
}

pub(crate) fn connection(online: Option<bool>) -> &'static str {
    match online {
        Some(true) => "✅ Connection: ONLINE",
        Some(false) => "❌ Connection: OFFLINE",
        None => "❓ Connection: UNKNOWN",
    }
}

fn verdict(status: Status) -> &'static str {
    match status {
        Status::Red => "🔴 LOCATION OFFLINE",
        Status::Orange => "🟠 SERVICE DISRUPTED",
        Status::Yellow => "🟡 DEGRADED SERVICE",
        Status::Unknown => "⚪ STATUS UNKNOWN",
        Status::Green => "🟢 ALL SYSTEMS OPERATIONAL",
    }
}

pub(crate) const NO_ISSUES: &str = "No issues detected";

/// Returns the headline. `whole` and `partly` are parts that were not checked at all, or only in part.
pub(crate) fn headline(status: Status, why: &str, whole: &[ReportPart], partly: &[ReportPart]) -> String {
    let verdict = verdict(status);
    let list = |parts: &[ReportPart]| parts.iter().map(|part| label(part)).collect::<Vec<_>>().join(", ");
    match (whole, partly) {
        ([], []) => format!("{verdict} - {why}"),
        (whole, []) => format!("{verdict} - {why} (not checked: {})", list(whole)),
        ([], partly) => format!("{verdict} - {why} (partly checked: {})", list(partly)),
        (whole, partly) => {
            format!("{verdict} - {why} (not checked: {}; partly checked: {})", list(whole), list(partly))
        }
    }
}

fn label(part: &ReportPart) -> Cow<'_, str> {
    Cow::Borrowed(match part {
        ReportPart::Snapshot => "anything",
        ReportPart::Nodes => "nodes",
        ReportPart::NetworkState => "network state",
        ReportPart::ServiceLevel => "service level",
        ReportPart::NodeHealth => "node health",
        ReportPart::NodeAlerts => "node alerts",
        ReportPart::Devices => "devices",
        ReportPart::Qoe => "QoE",
        ReportPart::Other(word) => return name(word.as_str()),
    })
}

pub(crate) fn unknown_label(part: &ReportPart) -> String {
    if *part == ReportPart::Snapshot { "Snapshot".to_owned() } else { capitalized(&label(part)) }
}

fn is_are(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

// Findings, one sentence each.

pub(crate) const NO_PODS: &str = "No pods found for this location";
pub(crate) const REPORTED_OFFLINE: &str = "The cloud reports the location as offline";

pub(crate) fn none_connected(nodes: usize) -> String {
    match nodes {
        1 => "The only pod is disconnected".to_owned(),
        2 => "Both pods are disconnected".to_owned(),
        more => format!("All {more} pods are disconnected"),
    }
}

pub(crate) fn pod_disconnected(pod: &str) -> String {
    ["Pod '", &name(pod), "' is disconnected"].concat()
}

pub(crate) fn device_disconnected(device: &str) -> String {
    ["Device '", &name(device), "' is disconnected"].concat()
}

pub(crate) const NO_SERVICE: &str = "The subscription is cut off (no service)";
pub(crate) const REDUCED_SERVICE: &str = "The subscription is reduced (basic service)";

pub(crate) fn other_service(tier: &str) -> String {
    ["The subscription is not full service ('", &name(tier), "')"].concat()
}

pub(crate) fn pod_health(pod: &str, poor: bool, alerted: bool) -> String {
    let health = if poor { "poor" } else { "fair" };
    let alert = if alerted { " (and an alert about it)" } else { "" };
    format!("Pod '{}' has {health} health{alert}", name(pod))
}

pub(crate) fn pod_alert<'a>(pod: &str, kinds: impl Iterator<Item = &'a str>) -> String {
    /// The maximum number of kinds; further ones are counted.
    const SHOWN: usize = 3;
    let mut kinds: Vec<_> = kinds.map(name).collect();
    let more = kinds.len().saturating_sub(SHOWN);
    kinds.truncate(SHOWN);
    let mut kinds = kinds.join(", ");
    if more > 0 {
        kinds = format!("{kinds} and {more} more");
    }
    format!("Pod '{}' has an active alert ({kinds})", name(pod))
}

pub(crate) const ALERT_WITHOUT_KIND: &str = "unspecified";

pub(crate) fn poor_qoe(class: &str) -> String {
    ["Poor QoE detected for ", &name(class), " traffic"].concat()
}

// Reasons in a headline about several findings of one rule.

pub(crate) fn pods_disconnected(pods: usize) -> String {
    if pods == 1 { "1 pod is disconnected".to_owned() } else { "Multiple pods are disconnected".to_owned() }
}

pub(crate) fn pods_unhealthy(pods: usize) -> String {
    format!("{} in fair or poor health", count(pods, "pod", "pods"))
}

pub(crate) fn pods_alerted(pods: usize) -> String {
    if pods == 1 { "1 pod has an active alert".to_owned() } else { format!("{pods} pods have active alerts") }
}

pub(crate) fn devices_disconnected(devices: usize) -> String {
    format!("{} {} disconnected", count(devices, "device", "devices"), is_are(devices))
}

pub(crate) fn classes_poor(classes: usize) -> String {
    format!("Poor QoE detected for {}", count(classes, "traffic class", "traffic classes"))
}

pub(crate) fn problems(number: usize, all: Option<Severity>) -> String {
    match all {
        Some(Severity::Critical) => count(number, "critical issue", "critical issues"),
        Some(Severity::Warning) => count(number, "warning", "warnings"),
        Some(Severity::Info) | None => count(number, "problem", "problems"),
    }
}

// Unknown parts and their reasons.

const NOT_ASKED: &str = "not requested";

/// Returns the value of a part.
///
/// # Errors
///
/// Returns the reason in a few words for people, if the part failed or was not requested.
pub fn known<T>(part: &Part<T>) -> Result<&T, String> {
    match part {
        Part::Known(value) => Ok(value),
        Part::Failed(failure) => Err(failed(failure)),
        _ => Err(NOT_ASKED.to_owned()),
    }
}

fn failed(failure: &PartFailure) -> String {
    let why = match failure.kind {
        PartFailureKind::Unsupported => "not offered for this location",
        PartFailureKind::Refused => "the cloud refused access",
        PartFailureKind::Limited => "the call limit was reached",
        PartFailureKind::Unreachable => "the cloud could not be reached",
        PartFailureKind::ServerError => "the cloud failed",
        PartFailureKind::Unreadable => "the response could not be understood",
        _ => "could not be read",
    };
    let detail = reason(&failure.message);
    if detail.is_empty() {
        why.to_owned()
    } else if detail.contains(why) {
        detail.into_owned()
    } else {
        format!("{why}: {detail}")
    }
}

pub(crate) fn nodes_unreadable(nodes: usize) -> String {
    format!("{} could not be read", count(nodes, "node", "nodes"))
}

pub(crate) fn devices_unreadable(devices: usize) -> String {
    format!("{} could not be read", count(devices, "device", "devices"))
}

pub(crate) fn devices_of_unknown_state(devices: usize) -> String {
    format!("the state of {} is unknown", count(devices, "device", "devices"))
}

pub(crate) fn devices_of_unknown_place(devices: usize) -> String {
    let devices = count(devices, "disconnected device", "disconnected devices");
    ["whether ", &devices, " should be here could not be read"].concat()
}

pub(crate) fn pod_state(pod: &str, word: Field<&str>) -> String {
    let pod = name(pod);
    match word {
        Field::Absent => format!("the connection state of pod '{pod}' is missing"),
        Field::Unreadable => format!("the connection state of pod '{pod}' could not be read"),
        Field::Known("unavailable") => format!("the cloud does not know whether pod '{pod}' is connected"),
        Field::Known(word) => format!("pod '{pod}' has an unknown connection state '{}'", name(word)),
    }
}

pub(crate) fn pod_health_unknown(pod: &str, word: Field<&str>) -> String {
    let pod = name(pod);
    match word {
        Field::Absent => format!("the health of pod '{pod}' is missing"),
        Field::Unreadable => format!("the health of pod '{pod}' could not be read"),
        Field::Known(word) => format!("pod '{pod}' has an unknown health '{}'", name(word)),
    }
}

pub(crate) fn alerts_unreadable(pod: &str) -> String {
    ["alerts of pod '", &name(pod), "' could not be read"].concat()
}

pub(crate) const STATUS_MISSING: &str = "the status is missing";
pub(crate) const STATUS_UNREADABLE: &str = "the status could not be read";

pub(crate) fn unknown_word(word: &str) -> String {
    ["unknown status '", &name(word), "'"].concat()
}

pub(crate) const NO_CLASS: &str = "no traffic class could be read";

pub(crate) fn class_unreadable(class: &str) -> String {
    ["the quality of ", &name(class), " traffic could not be read"].concat()
}

pub(crate) const CLASSES_UNREADABLE: &str = "not every traffic class could be read";

pub(crate) fn watched_missing(device: &str) -> String {
    ["the watched device ", &name(device), " is not in the list"].concat()
}

pub(crate) fn too_old(age: TimeDelta) -> String {
    let minutes = age.num_minutes();
    let (number, one, many) = match minutes {
        ..120 => (minutes, "minute", "minutes"),
        120..2880 => (age.num_hours(), "hour", "hours"),
        _ => (age.num_days(), "day", "days"),
    };
    format!("The data is {} old", count(number, one, many))
}

// Reasons in the headline of an unknown status.

pub(crate) const NODES_NOT_ASKED: &str = "The nodes were not requested";
pub(crate) const NODES_FAILED: &str = "The nodes could not be read";
pub(crate) const NETWORK_UNREADABLE: &str = "The network state could not be read";

pub(crate) fn states_unknown(pods: usize) -> String {
    format!("The state of {} is unknown", count(pods, "pod", "pods"))
}

// Steps to green.

pub(crate) const CLAIM_PODS: &str = "Claim a pod for this location and connect it";
pub(crate) const BRING_ONLINE: &str = "Bring the location back online";
pub(crate) const RESTORE_SERVICE: &str = "Restore the subscription to full service";
pub(crate) const READ_NODES: &str = "Read the nodes with their connection state";
pub(crate) const READ_NETWORK: &str = "Read the network state of the location";
pub(crate) const READ_AGAIN: &str = "Take a new snapshot";

pub(crate) fn reconnect_pod(pod: &str) -> String {
    ["Reconnect pod '", &name(pod), "'"].concat()
}

pub(crate) fn heal_pod(pod: &str) -> String {
    ["Improve the connection of pod '", &name(pod), "' to good health"].concat()
}

pub(crate) fn clear_alert(pod: &str) -> String {
    ["Resolve the alert of pod '", &name(pod), "'"].concat()
}

pub(crate) fn reconnect_device(device: &str) -> String {
    ["Reconnect device '", &name(device), "', or do not expect it to be here"].concat()
}

/// Replaces the single steps.
pub(crate) fn reconnect_devices(devices: usize) -> String {
    format!("Reconnect the {devices} devices, or do not expect them to be here")
}

pub(crate) fn improve_qoe(class: &str) -> String {
    ["Raise the quality of ", &name(class), " traffic above poor"].concat()
}

// Sections and lines of the rendered report.

pub(crate) fn section(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical Issues:",
        Severity::Warning => "Warnings:",
        Severity::Info => "Information:",
    }
}

pub(crate) fn icon(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "🔴",
        Severity::Warning => "⚠️",
        Severity::Info => "ℹ️",
    }
}

pub(crate) fn disconnected_devices(devices: usize) -> String {
    format!("Disconnected Devices ({devices}):")
}

pub(crate) fn device(device: &str, mac: &str) -> String {
    format!("{} ({})", name(device), name(mac))
}

/// Returns the confidence, with the reasons why it is not higher.
pub(crate) fn confidence(confidence: Confidence, reasons: &[String]) -> String {
    ["🔎 Confidence: ", confidence.as_str(), " - ", &reasons.join("; ")].concat()
}

pub(crate) const MAY_BE_WORSE: &str = "what is unknown may be worse";
pub(crate) const NOT_ALL_CHECKED: &str = "not everything was checked";
pub(crate) const RECORDS_DIFFER: &str = "two records of the same thing differ";
pub(crate) const WITNESSES_DIFFER: &str = "the network state and the pods do not agree";
pub(crate) const MAY_HAVE_LEFT: &str = "a device may have just left";
pub(crate) const SCORE_ALONE: &str = "judged by a score, without a word of the cloud";
pub(crate) const WORD_NOT_KNOWN: &str = "the cloud's word is not known";
pub(crate) const NOT_FRESH: &str = "the data is not fresh";

/// Returns a finding with contradicting records.
pub(crate) fn uncertain(message: &str) -> String {
    [message, " (uncertain: ", RECORDS_DIFFER, ")"].concat()
}

pub(crate) fn consequence(message: &str) -> String {
    format!("As a consequence: {message}")
}

pub(crate) fn consequences(number: usize) -> String {
    format!("As a consequence ({number}):")
}

pub(crate) fn and_more(hidden: usize) -> String {
    format!("and {hidden} more")
}

/// Returns the last line of a cut text.
pub(crate) fn more_lines(lines: usize) -> String {
    format!("{ELLIPSIS} and {}", count(lines, "more line", "more lines"))
}

pub(crate) fn node_status(state: NodeState, word: Option<&str>) -> String {
    match (state, word) {
        (NodeState::Connected, _) => "Status: connected".to_owned(),
        (NodeState::Disconnected, _) => "Status: disconnected".to_owned(),
        (NodeState::Unknown, None) => "Status: unknown".to_owned(),
        (NodeState::Unknown, Some(word)) => format!("Status: unknown ({})", name(word)),
    }
}

pub(crate) fn node_detail(label: &str, value: Option<&str>) -> String {
    format!("{label}: {}", value.map_or("unknown".into(), name))
}

// Traffic classes.

/// Returns the display name of a traffic class.
///
/// The original monitoring bot says "Video" for the streaming class, for which the API has several words. Unknown
/// classes become their words in title case.
pub(crate) fn traffic_class(id: &str) -> String {
    let id = id.trim();
    match id.to_ascii_lowercase().as_str() {
        "video" | "video_streaming" | "av_streaming" => "Video".to_owned(),
        "video_conferencing" => "Video Conferencing".to_owned(),
        "gaming" | "game" => "Gaming".to_owned(),
        _ => id
            .split(['_', '-', ' '])
            .filter(|word| !word.is_empty())
            .map(capitalized)
            .collect::<Vec<_>>()
            .join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_classes_have_names_for_people() {
        for (id, expected) in [
            ("video", "Video"),
            ("AV_STREAMING", "Video"),
            ("video_streaming", "Video"),
            ("VIDEO_CONFERENCING", "Video Conferencing"),
            ("game", "Gaming"),
            ("web_browsing", "Web Browsing"),
            ("VoIP", "VoIP"),
            ("__", ""),
        ] {
            assert_eq!(traffic_class(id), expected);
        }
    }

    #[test]
    fn ages_have_a_suitable_unit() {
        for (age, expected) in [
            (TimeDelta::minutes(61), "61 minutes"),
            (TimeDelta::minutes(119), "119 minutes"),
            (TimeDelta::minutes(120), "2 hours"),
            (TimeDelta::hours(47), "47 hours"),
            (TimeDelta::hours(48), "2 days"),
        ] {
            assert_eq!(too_old(age), format!("The data is {expected} old"));
        }
    }
}
