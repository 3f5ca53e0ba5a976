//! The phrases of a roll-up.

use plume_health::text::{count, name};

use crate::fleet::report::{Attribute, CommonCause, FleetReport, HomeSummary, RuleCount, StateCounts};

pub(super) const STATUS: &str = "By status:";
pub(super) const RULES: &str = "Findings:";
pub(super) const COMMON: &str = "Common causes:";
pub(super) const WORST: &str = "Worst homes:";
pub(super) const NOT_COUNTED: &str = "Not counted:";

pub(super) fn title(homes: u64) -> String {
    format!("🏘️ Health of {}", homes_text(homes))
}

fn homes_text(homes: u64) -> String {
    count(homes, "home", "homes")
}

pub(super) fn statuses(report: &FleetReport) -> Vec<String> {
    let counts = &report.by_status;
    [
        ("🔴 Offline", counts.red),
        ("🟠 Disrupted", counts.orange),
        ("🟡 Degraded", counts.yellow),
        ("⚪ Unknown", counts.unknown),
        ("🟢 Operational", counts.green),
    ]
    .into_iter()
    .map(|(word, homes)| format!("{word}: {homes}"))
    .collect()
}

pub(super) fn connections(report: &FleetReport) -> String {
    let counts = &report.by_online;
    format!("Connection: {} online, {} offline, {} unknown", counts.online, counts.offline, counts.unknown)
}

pub(super) fn states(what: &str, counts: &StateCounts) -> String {
    let mut text = format!(
        "{what}: {} connected, {} disconnected, {} unknown",
        counts.connected, counts.disconnected, counts.unknown
    );
    if counts.unreadable > 0 {
        text.push_str(&format!(", {} unreadable", counts.unreadable));
    }
    match counts.homes_unknown {
        0 => text,
        homes => format!("{text} (without {})", homes_text(homes)),
    }
}

pub(super) const PODS: &str = "Pods";
pub(super) const DEVICES: &str = "Devices";

pub(super) fn rule(rule: &RuleCount) -> String {
    format!("{}: {} in {}", rule.rule, count(rule.findings, "finding", "findings"), homes_text(rule.homes))
}

pub(super) fn common_cause(cause: &CommonCause) -> String {
    let value = name(&cause.value);
    let what = match cause.attribute {
        Attribute::Firmware => format!("run firmware {value}"),
        Attribute::Model => format!("have model {value}"),
        Attribute::Isp => format!("are with the internet provider {value}"),
        Attribute::City => format!("are in {value}"),
    };
    format!(
        "{} of {} disrupted homes {what} ({} of {} of all homes)",
        cause.disrupted_with, cause.disrupted, cause.homes_with, cause.homes
    )
}

pub(super) fn home(home: &HomeSummary) -> String {
    format!("{} ({}): {}", name(&home.location.name), name(home.location.id.as_str()), home.headline)
}

pub(super) fn not_counted(attribute: Attribute, values: u64) -> String {
    let attribute = match attribute {
        Attribute::Firmware => "firmware",
        Attribute::Model => "models",
        Attribute::Isp => "internet providers",
        Attribute::City => "cities",
    };
    format!("{attribute}: {values} occurrences; too many different values")
}
