//! Gateways and pods.
//!
//! Of several disconnected pods in a row the one nearest to the gateway is the finding. A disconnected pod does not
//! report its position, so it is taken from the paths of devices and other pods; without these each pod is a
//! finding of its own.

use plume_types::{AlertKind, Device, LocationSnapshot};

use crate::analyze::confidence;
use crate::analyze::draft::{Draft, Weight};
use crate::analyze::nodes::{NodeView, Nodes};
use crate::analyze::rules::devices;
use crate::facts::{NodeState, Quality, Tree};
use crate::phrases;
use crate::policy::{HealthLimit, Rules};
use crate::report::{Confidence, Evidence, Finding, ReportPart, RuleId};

/// Judges each node. `behind` are the devices that are attached to disconnected nodes, with the node's index.
pub(in crate::analyze) fn judge(
    snapshot: &LocationSnapshot,
    nodes: &Nodes<'_>,
    offline: bool,
    behind: &[(usize, &Device)],
    rules: &Rules,
    draft: &mut Draft,
) {
    // The nodes of an offline location are consequences of `location-offline`.
    let reported = !offline && rules.node_disconnected.enabled;
    let disconnections = reported.then(|| Disconnections::of(snapshot, nodes, behind));
    for (at, node) in nodes.views.iter().enumerate() {
        if node.state == NodeState::Disconnected && (offline || reported) {
            // Its last known health adds nothing.
            if let Some(reported) = disconnections.as_ref().filter(|reported| reported.cause(at) == at) {
                draft.findings.push(reported.finding(at, node, rules));
            }
            continue;
        }
        judge_health(node, rules, draft);
    }
    judge_completeness(nodes, rules, draft);
}

/// The things behind disconnected nodes, by the index of the node that explains them.
struct Disconnections<'a> {
    /// The root cause of each node; empty if each is its own.
    causes: Vec<Option<usize>>,
    nodes: Vec<(usize, &'a NodeView<'a>)>,
    devices: Vec<(usize, &'a Device)>,
}

impl<'a> Disconnections<'a> {
    fn of(snapshot: &LocationSnapshot, nodes: &'a Nodes<'_>, behind: &[(usize, &'a Device)]) -> Self {
        // The tree is only built if one node can explain another.
        let causes = if let [_, _, ..] = *nodes.down {
            let devices: &[Device] = snapshot.devices.known().map(|list| &**list).unwrap_or_default();
            Tree::of(&nodes.records, devices).root_causes()
        } else {
            Vec::new()
        };
        let mut reported = Self { causes, nodes: Vec::new(), devices: Vec::new() };
        let cause = |at: usize| reported.cause(at);
        let mut explained: Vec<_> = nodes
            .disconnected()
            .filter(|(at, _)| cause(*at) != *at)
            .map(|(at, node)| (cause(at), node))
            .collect();
        let mut devices: Vec<_> = behind.iter().map(|(at, device)| (cause(*at), *device)).collect();
        explained.sort_by_key(|(cause, _)| *cause);
        devices.sort_by_key(|(cause, _)| *cause);
        (reported.nodes, reported.devices) = (explained, devices);
        reported
    }

    /// Returns the index of the cause. The views are in the same order as the tree's members: each id once, ascending.
    fn cause(&self, at: usize) -> usize {
        self.causes.get(at).copied().flatten().unwrap_or(at)
    }

    fn finding(&self, at: usize, node: &NodeView<'_>, rules: &Rules) -> Finding {
        let nodes = || explained_by(at, &self.nodes);
        let devices = explained_by(at, &self.devices).map(devices::consequence);
        Finding {
            rule: RuleId::NodeDisconnected,
            severity: rules.node_disconnected.severity,
            status: rules.node_disconnected.status,
            confidence: confidence::of_word(node.contested),
            subject: node.subject(),
            message: phrases::pod_disconnected(node.name),
            evidence: [node].into_iter().chain(nodes()).map(NodeView::state_evidence).collect(),
            consequences: nodes().map(NodeView::consequence).chain(devices).collect(),
        }
    }
}

/// Returns the part of `all`, sorted by cause, that this node explains.
fn explained_by<T: Copy>(at: usize, all: &[(usize, T)]) -> impl Iterator<Item = T> {
    let begin = all.partition_point(|(cause, _)| *cause < at);
    let end = all.partition_point(|(cause, _)| *cause <= at);
    all.get(begin..end).unwrap_or_default().iter().map(|(_, explained)| *explained)
}

/// Returns whether the health of a node is a finding.
fn is_unhealthy(node: &NodeView<'_>, rules: &Rules) -> bool {
    rules.node_health.enabled
        && match rules.node_health.from {
            HealthLimit::Fair => node.health <= Quality::Fair,
            HealthLimit::Poor => node.health == Quality::Poor,
        }
}

/// Returns the problems that a disconnected node has left after it reconnects: health and alerts.
pub(in crate::analyze) fn pending<'a>(
    nodes: &'a Nodes<'_>,
    rules: &Rules,
) -> impl Iterator<Item = (&'a str, bool, bool)> {
    nodes.disconnected().map(|(_, node)| {
        let unhealthy = is_unhealthy(node, rules);
        let about_health = |kind: &&str| unhealthy && **kind == *AlertKind::PoorHealth.as_str();
        let alerted = rules.node_alert.enabled && !node.alerts.iter().all(about_health);
        (node.name, unhealthy, alerted)
    })
}

fn judge_health(node: &NodeView<'_>, rules: &Rules, draft: &mut Draft) {
    let unhealthy = is_unhealthy(node, rules);
    let (about_health, others): (Vec<&str>, Vec<&str>) = node
        .alerts
        .iter()
        .filter(|_| rules.node_alert.enabled)
        .partition(|kind| unhealthy && **kind == AlertKind::PoorHealth.as_str());

    if unhealthy {
        let alerted = !about_health.is_empty();
        let word = node.health_record.and_then(|health| health.status.as_ref()).into_known();
        let mut evidence = health_evidence(node);
        let (mut severity, mut status) = (rules.node_health.severity, rules.node_health.status);
        if alerted {
            evidence.push(Evidence::new(node.path("alerts"), about_health));
            severity = severity.min(rules.node_alert.severity);
            status = status.worse_of(rules.node_alert.status);
        }
        draft.findings.push(Finding {
            rule: RuleId::NodeHealth,
            severity,
            status,
            confidence: confidence::of_quality(word.is_some(), false),
            subject: node.subject(),
            message: phrases::pod_health(node.name, node.health == Quality::Poor, alerted),
            evidence,
            consequences: Vec::new(),
        });
    }
    if !others.is_empty() {
        draft.findings.push(Finding {
            rule: RuleId::NodeAlert,
            severity: rules.node_alert.severity,
            status: rules.node_alert.status,
            confidence: Confidence::Certain,
            subject: node.subject(),
            message: phrases::pod_alert(node.name, others.iter().copied()),
            evidence: vec![Evidence::new(node.path("alerts"), others)],
            consequences: Vec::new(),
        });
    }
}

fn health_evidence(node: &NodeView<'_>) -> Vec<Evidence> {
    let word = node.health_record.and_then(|health| health.status.as_ref()).into_known();
    let score = node.health_record.and_then(|health| health.score).into_known();
    let word = word.map(|word| Evidence::new(node.path("health.status"), word.as_str()));
    let score = score.map(|score| Evidence::new(node.path("health.score"), score));
    word.into_iter().chain(score).collect()
}

/// Adds the unknown data about nodes. The verdict depends on states, but not on health and alerts.
fn judge_completeness(nodes: &Nodes<'_>, rules: &Rules, draft: &mut Draft) {
    if let Some(missing) = &nodes.missing {
        draft.unknown(ReportPart::Nodes, Weight::Needed, missing.reason.as_str());
    }
    if nodes.unreadable > 0 {
        draft.unknown_element(
            ReportPart::Nodes,
            Weight::Needed,
            phrases::nodes_unreadable(nodes.unreadable),
            None,
        );
    }
    let without_health =
        |node: &NodeView<'_>| node.state == NodeState::Connected && node.health == Quality::Unknown;
    let some_health =
        nodes.views.iter().any(|node| node.state == NodeState::Connected && !without_health(node));
    for node in &nodes.views {
        if node.state == NodeState::Unknown {
            draft.unknown_element(
                ReportPart::Nodes,
                Weight::Needed,
                phrases::pod_state(node.name, node.state_word),
                Some(node.subject()),
            );
        }
        if rules.node_health.enabled && without_health(node) {
            draft.unknown_element(
                ReportPart::NodeHealth,
                Weight::Optional,
                phrases::pod_health_unknown(node.name, node.unknown_health()),
                Some(node.subject()),
            );
            if let Some(unknown) = draft.unknown.last_mut() {
                unknown.partial = some_health;
            }
        }
        if rules.node_alert.enabled && node.unreadable_alerts {
            draft.unknown_element(
                ReportPart::NodeAlerts,
                Weight::Optional,
                phrases::alerts_unreadable(node.name),
                Some(node.subject()),
            );
        }
    }
}
