//! The report and the node tree in words.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use plume::{
    health::{
        NodeState,
        topology::{Position, Topology, TopologyNode},
    },
    types::NodeId,
};

use crate::web::pages::row::{Finding, effects};
use crate::web::reports::Seen;
use crate::web::view::{Age, Counted, age, reason};

/// The deepest level with its own indent.
const DEEPEST: usize = 6;

/// A report on a page.
#[derive(Debug)]
pub(super) struct ReportView {
    pub(super) age: Age,
    pub(super) confidence: String,
    pub(super) findings: Vec<Finding>,
    pub(super) steps: Vec<String>,
    pub(super) unknown: Vec<String>,
    pub(super) tree: Vec<NodeView>,
}

/// A node at its level of the tree.
#[derive(Debug)]
pub(super) struct NodeView {
    pub(super) level: usize,
    pub(super) state: &'static str,
    pub(super) name: String,
    pub(super) detail: String,
}

impl ReportView {
    pub(super) fn new(seen: &Seen, now: DateTime<Utc>) -> Self {
        let report = &seen.report;
        let finding = |finding: &plume::health::Finding| {
            let cause = plume::monitor::incident::Cause::from(finding);
            Finding {
                badge: finding.status.into(),
                message: reason(&finding.message),
                effects: effects(&cause),
            }
        };
        let unknown = report.unknown.iter().map(|unknown| reason(&unknown.reason));
        Self {
            age: age(report.taken_at, now),
            confidence: report.confidence.to_string(),
            findings: report.findings.iter().map(finding).collect(),
            steps: report.what_would_make_it_green.clone(),
            unknown: report.doubts.iter().cloned().chain(unknown).chain(seen.tree.unknown.clone()).collect(),
            tree: tree(&seen.tree),
        }
    }
}

/// Returns the nodes from the top, each behind the one above it.
fn tree(topology: &Topology) -> Vec<NodeView> {
    let is_top =
        |node: &&TopologyNode| node.position.parent().is_none_or(|parent| topology.get(parent).is_none());
    let mut tops: Vec<&TopologyNode> = topology.nodes.iter().filter(is_top).collect();
    tops.sort_by_key(|node| (node.position != Position::Gateway, &node.name));
    let mut open: Vec<(usize, &TopologyNode)> = tops.into_iter().rev().map(|node| (0, node)).collect();
    let (mut shown, mut seen) = (Vec::new(), BTreeSet::<&NodeId>::new());
    while let Some((level, node)) = open.pop() {
        if !seen.insert(&node.id) {
            continue;
        }
        shown.push(view(level, node));
        let children = node.children.iter().rev().filter_map(|child| topology.get(child));
        open.extend(children.map(|child| (level + 1, child)));
    }
    shown
}

fn view(level: usize, node: &TopologyNode) -> NodeView {
    let mut detail = vec![match &node.position {
        Position::Gateway => "gateway".to_owned(),
        Position::LastKnownGateway => "gateway, as last known".to_owned(),
        Position::LastKnown { .. } => "pod, place as last known".to_owned(),
        Position::Unknown { reason } => format!("place not known: {reason}"),
        _ => "pod".to_owned(),
    }];
    if let Some(medium) = &node.backhaul {
        let band = node.band.as_ref().map_or_else(String::new, |band| format!(" {band}"));
        detail.push(format!("link {medium}{band}"));
    }
    detail.extend(node.devices.map(|devices| Counted(devices as u64, "device").to_string()));
    detail.extend(node.weak_links.iter().map(|weak| weak.as_str().replace('_', " ")));
    NodeView {
        level: level.min(DEEPEST),
        state: match node.state {
            NodeState::Connected => "online",
            NodeState::Disconnected => "offline",
            _ => "unknown",
        },
        name: node.name.clone(),
        detail: detail.join(" · "),
    }
}
