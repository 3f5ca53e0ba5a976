//! The layout of the node tree.

use crate::phrases;
use crate::render::document::{Document, MAX_ITEMS};
use crate::render::format::Rendering;
use crate::render::write::render;
use crate::report::{Position, Topology, TopologyNode};

/// The deepest indented level.
const MAX_INDENT: usize = 8;

impl Topology {
    /// Renders the tree. In all formats but JSON at most 20 nodes are shown; see
    /// [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, layout)
    }
}

fn layout(topology: &Topology) -> Document {
    let mut document = Document::default();
    document.strong(phrases::topology::title(&topology.location));
    if !topology.nodes.is_empty() {
        document.blank();
        tree(&mut document, topology);
    }
    let unplaced: Vec<_> = topology
        .nodes
        .iter()
        .filter_map(|node| match node.position {
            Position::Unknown { reason } => Some(phrases::topology::why_unknown(node, reason)),
            _ => None,
        })
        .collect();
    let weak: Vec<_> = topology
        .nodes
        .iter()
        .filter(|node| !node.weak_links.is_empty())
        .map(phrases::topology::weak)
        .collect();
    for (heading, lines) in [
        (phrases::topology::WEAK_LINKS, &weak),
        (phrases::topology::UNKNOWN_POSITION, &unplaced),
        (phrases::UNKNOWN, &topology.unknown),
    ] {
        document.list(heading, lines);
    }
    document
}

/// Adds the tops by name, the gateway first, and below each its children.
fn tree(document: &mut Document, topology: &Topology) {
    let mut tops: Vec<&TopologyNode> =
        topology.nodes.iter().filter(|node| node.position.parent().is_none()).collect();
    tops.sort_by_key(|node| {
        let placed = matches!(node.position, Position::Gateway | Position::LastKnownGateway);
        (!placed, &node.name, &node.id)
    });
    let mut open: Vec<(usize, &TopologyNode)> = tops.into_iter().rev().map(|node| (0, node)).collect();
    let mut shown = 0_usize;
    while let Some((level, node)) = open.pop() {
        if shown >= MAX_ITEMS {
            break;
        }
        shown = shown.saturating_add(1);
        let indent = "  ".repeat(level.min(MAX_INDENT));
        document.plain(format!("{indent}• {}", phrases::topology::node(node)));
        let children = node.children.iter().rev().filter_map(|id| topology.get(id));
        open.extend(children.map(|child| (level.saturating_add(1), child)));
    }
    document.and_more(topology.nodes.len(), "");
}
