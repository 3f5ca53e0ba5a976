//! Status, headline, and the steps to green.

use crate::analyze::draft::Draft;
use crate::analyze::nodes::Nodes;
use crate::analyze::rules::{location, nodes as node_rules};
use crate::facts::NodeState;
use crate::phrases;
use crate::policy::Rules;
use crate::report::{Consequence, Finding, ReportPart, RuleId, Status, SubjectKind};

/// Returns the worst status of the findings. Without findings, needed but unknown data decides.
pub(super) fn status(draft: &Draft) -> Status {
    let incomplete = draft.unknown.iter().any(|unknown| unknown.needed);
    let base = if incomplete { Status::Unknown } else { Status::Green };
    draft.findings.iter().fold(base, |worst, finding| worst.worse_of(finding.status))
}

pub(super) fn headline(status: Status, draft: &Draft, nodes: &Nodes<'_>) -> String {
    let why = match status {
        Status::Green => phrases::NO_ISSUES.to_owned(),
        Status::Unknown => why_unknown(draft, nodes),
        _ => why_not_green(status, draft),
    };
    let (whole, partly) = unchecked(status, draft);
    phrases::headline(status, &why, &whole, &partly)
}

/// Returns the parts for the end of the headline: those not checked, and those checked in part. The reason of an
/// unknown status is in the headline already.
fn unchecked(status: Status, draft: &Draft) -> (Vec<ReportPart>, Vec<ReportPart>) {
    let parts = |partial: bool| {
        let mut parts: Vec<ReportPart> = draft
            .unknown
            .iter()
            .filter(|unknown| unknown.partial == partial)
            .filter(|unknown| status != Status::Unknown || !unknown.needed)
            .map(|unknown| unknown.part.clone())
            .collect();
        parts.sort_unstable();
        parts.dedup();
        parts
    };
    (parts(false), parts(true))
}

fn why_unknown(draft: &Draft, nodes: &Nodes<'_>) -> String {
    let first = draft.unknown.iter().find(|unknown| unknown.needed);
    if let Some(snapshot) = first.filter(|unknown| unknown.part == ReportPart::Snapshot) {
        return snapshot.reason.clone();
    }
    match &nodes.missing {
        Some(missing) if missing.asked => return phrases::NODES_FAILED.to_owned(),
        Some(_) => return phrases::NODES_NOT_ASKED.to_owned(),
        None => {}
    }
    match (nodes.count(NodeState::Unknown), nodes.unreadable) {
        // All nodes are known, so the network state is missing.
        (0, 0) => phrases::NETWORK_UNREADABLE.to_owned(),
        (0, unreadable) => phrases::nodes_unreadable(unreadable),
        (stateless, unreadable) => phrases::states_unknown(stateless.saturating_add(unreadable)),
    }
}

/// Returns the findings that decide the status, in few words.
fn why_not_green(status: Status, draft: &Draft) -> String {
    let deciding: Vec<&Finding> = draft.findings.iter().filter(|finding| finding.status == status).collect();
    let Some(first) = deciding.first() else {
        return String::new();
    };
    let of = |rule: &RuleId| deciding.iter().filter(|finding| finding.rule == *rule).count();
    let all = deciding.len();
    if first.rule == RuleId::LocationOffline || of(&first.rule) == all {
        let number = if first.rule == RuleId::NodeDisconnected { pods(&deciding) } else { all };
        return why_of_rule(first, number);
    }
    if of(&RuleId::NodeDisconnected).saturating_add(of(&RuleId::NoService)) == all {
        return format!("{}; {}", phrases::pods_disconnected(pods(&deciding)), phrases::NO_SERVICE);
    }
    let severity =
        deciding.iter().all(|finding| finding.severity == first.severity).then_some(first.severity);
    phrases::problems(all, severity)
}

/// Counts disconnected pods, those in consequences included.
fn pods(findings: &[&Finding]) -> usize {
    let disconnected = findings.iter().filter(|finding| finding.rule == RuleId::NodeDisconnected);
    disconnected.map(|finding| pods_behind(finding).count().saturating_add(1)).sum()
}

fn pods_behind(finding: &Finding) -> impl Iterator<Item = &Consequence> {
    finding.consequences.iter().filter(|consequence| consequence.subject.kind == SubjectKind::Node)
}

/// Returns the reason for `number` findings of one rule, of which this is the first.
fn why_of_rule(finding: &Finding, number: usize) -> String {
    match finding.rule {
        RuleId::NodeDisconnected => phrases::pods_disconnected(number),
        RuleId::NodeHealth => phrases::pods_unhealthy(number),
        RuleId::NodeAlert => phrases::pods_alerted(number),
        RuleId::DeviceDisconnected => phrases::devices_disconnected(number),
        RuleId::PoorQoe if number > 1 => phrases::classes_poor(number),
        RuleId::LocationOffline
        | RuleId::NoService
        | RuleId::ReducedService
        | RuleId::PoorQoe
        | RuleId::Other(_) => finding.message.clone(),
    }
}

/// Returns one step for each finding; its consequences need none.
pub(super) fn way_to_green(status: Status, draft: &Draft, nodes: &Nodes<'_>, rules: &Rules) -> Vec<String> {
    let mut steps = Vec::new();
    if status == Status::Green {
        return steps;
    }
    for finding in draft.findings.iter().filter(|finding| finding.status != Status::Green) {
        let name = &finding.subject.name;
        match finding.rule {
            RuleId::LocationOffline if nodes.is_known_empty() => {
                steps.push(phrases::CLAIM_PODS.to_owned());
                if location::is_reported_offline(finding) {
                    steps.push(phrases::BRING_ONLINE.to_owned());
                }
            }
            RuleId::LocationOffline => {
                steps.push(phrases::BRING_ONLINE.to_owned());
                steps.extend(pods_behind(finding).map(|pod| phrases::reconnect_pod(&pod.subject.name)));
            }
            RuleId::NodeDisconnected => steps.push(phrases::reconnect_pod(name)),
            RuleId::NoService | RuleId::ReducedService => steps.push(phrases::RESTORE_SERVICE.to_owned()),
            RuleId::NodeHealth => steps.push(phrases::heal_pod(name)),
            RuleId::NodeAlert => steps.push(phrases::clear_alert(name)),
            RuleId::DeviceDisconnected => steps.push(phrases::reconnect_device(name)),
            RuleId::PoorQoe => steps.push(phrases::improve_qoe(name)),
            // Only a stored report has one.
            RuleId::Other(_) => {}
        }
    }
    // Problems that a disconnected pod had before return with it.
    let hidden = rules.node_disconnected.enabled
        || draft.findings.iter().any(|finding| finding.rule == RuleId::LocationOffline);
    for (name, unhealthy, alerted) in node_rules::pending(nodes, rules).filter(|_| hidden) {
        if unhealthy && rules.node_health.status != Status::Green {
            steps.push(phrases::heal_pod(name));
        }
        if alerted && rules.node_alert.status != Status::Green {
            steps.push(phrases::clear_alert(name));
        }
    }
    let needs = |part: ReportPart| draft.unknown.iter().any(|unknown| unknown.needed && unknown.part == part);
    for (part, step) in [
        (ReportPart::Snapshot, phrases::READ_AGAIN),
        (ReportPart::Nodes, phrases::READ_NODES),
        (ReportPart::NetworkState, phrases::READ_NETWORK),
    ] {
        if needs(part) {
            steps.push(step.to_owned());
        }
    }
    steps
}
