//! Gateways and pods, with the records of each combined.

use plume_types::{
    Alert, AlertKind, AlertState, ConnectionState, Field, Health, HealthWord, List, Node, NodeId, Part,
};
use serde_json::Value;

use crate::facts::{NodeState, Positions, Quality, by_id, of_health};
use crate::phrases::{self, known};
use crate::policy::Rules;
use crate::report::{Consequence, Evidence, NodeSummary, Subject, SubjectKind};

/// The nodes of a snapshot, each once.
pub(super) struct Nodes<'a> {
    /// All records, grouped by node.
    pub(super) records: Vec<&'a Node>,
    /// The nodes, sorted by id.
    pub(super) views: Vec<NodeView<'a>>,
    /// The indexes of the disconnected nodes.
    pub(super) down: Vec<usize>,
    /// The index of all nodes by id; empty if none is disconnected.
    by_id: Positions<'a>,
    /// Elements of the answer that could not be read.
    pub(super) unreadable: usize,
    /// The reason, if the nodes are not known.
    pub(super) missing: Option<Missing>,
}

pub(super) struct Missing {
    pub(super) reason: String,
    pub(super) asked: bool,
}

/// One node: the worst of its records, field by field.
pub(super) struct NodeView<'a> {
    id: &'a NodeId,
    pub(super) name: &'a str,
    pub(super) state: NodeState,
    /// Whether its records differ in the state.
    pub(super) contested: bool,
    /// The word of an unknown state.
    pub(super) state_word: Field<&'a str>,
    gateway: Option<bool>,
    model: Option<&'a str>,
    firmware: Option<&'a str>,
    pub(super) health: Quality,
    pub(super) health_record: Field<&'a Health>,
    /// The kinds of its active alerts, each once.
    pub(super) alerts: Vec<&'a str>,
    /// Whether it has alerts that could not be read.
    pub(super) unreadable_alerts: bool,
}

impl NodeView<'_> {
    pub(super) fn subject(&self) -> Subject {
        Subject::new(SubjectKind::Node, self.id.as_str(), self.name)
    }

    /// Returns the word of an unknown health.
    pub(super) fn unknown_health(&self) -> Field<&str> {
        let word = self.health_record.and_then(|health| health.status.as_ref()).map(HealthWord::as_str);
        let score = self.health_record.and_then(|health| health.score);
        if score.is_unreadable() { Field::Unreadable } else { word }
    }

    pub(super) fn path(&self, field: &str) -> String {
        ["nodes[", self.id.as_str(), "].", field].concat()
    }

    pub(super) fn state_evidence(&self) -> Evidence {
        let word = match self.state {
            NodeState::Connected => Some("connected"),
            NodeState::Disconnected => Some("disconnected"),
            NodeState::Unknown => self.state_word.into_known(),
        };
        Evidence::new(
            self.path("connectionState"),
            word.map_or(Value::Null, |word| Value::String(word.to_owned())),
        )
    }

    pub(super) fn consequence(&self) -> Consequence {
        Consequence { subject: self.subject(), message: phrases::pod_disconnected(self.name) }
    }
}

impl Nodes<'_> {
    pub(super) fn count(&self, state: NodeState) -> usize {
        self.views.iter().filter(|view| view.state == state).count()
    }

    /// Returns whether all nodes were read and have a known state.
    pub(super) fn all_known(&self) -> bool {
        self.missing.is_none() && self.unreadable == 0 && self.count(NodeState::Unknown) == 0
    }

    pub(super) fn is_known_empty(&self) -> bool {
        self.all_known() && self.views.is_empty()
    }

    /// Returns the disconnected nodes with their indexes.
    pub(super) fn disconnected(&self) -> impl Iterator<Item = (usize, &NodeView<'_>)> {
        self.down.iter().filter_map(|at| Some((*at, self.views.get(*at)?)))
    }

    /// Returns whether a path continues through a node: `None` if it is connected, else its index if it is
    /// disconnected.
    pub(super) fn passes(&self, id: &NodeId) -> Option<Option<usize>> {
        match self.by_id.get(id).and_then(|at| Some((at, self.views.get(at)?.state))) {
            Some((_, NodeState::Connected)) => None,
            Some((at, NodeState::Disconnected)) => Some(Some(at)),
            Some((_, NodeState::Unknown)) | None => Some(None),
        }
    }
}

pub(super) fn read<'a>(part: &'a Part<List<Node>>, rules: &Rules) -> Nodes<'a> {
    let list = match known(part) {
        Ok(list) => list,
        Err(reason) => {
            return Nodes {
                records: Vec::new(),
                views: Vec::new(),
                down: Vec::new(),
                by_id: Positions::of(std::iter::empty()),
                unreadable: 0,
                missing: Some(Missing { reason, asked: part.failure().is_some() }),
            };
        }
    };
    let records = by_id(list);
    let views: Vec<NodeView<'_>> =
        records.chunk_by(|a, b| a.id == b.id).filter_map(|same| view(same, rules)).collect();
    let all = || views.iter().enumerate();
    let down: Vec<usize> =
        all().filter(|(_, view)| view.state == NodeState::Disconnected).map(|(at, _)| at).collect();
    let by_id = Positions::of(all().filter(|_| !down.is_empty()).map(|(at, view)| (view.id, at)));
    Nodes { down, by_id, views, records, unreadable: list.unreadable(), missing: None }
}

/// Combines the records of one node. The result does not depend on their order: of texts the smallest counts.
fn view<'a>(records: &[&'a Node], rules: &Rules) -> Option<NodeView<'a>> {
    let first = *records.first()?;
    let (state, state_word) = records.iter().map(|node| state(node)).min()?;
    let (health, health_record) = records
        .iter()
        .map(|node| (of_health(&node.health, rules.node_health.poor_below), node.health.as_ref()))
        .min_by(|a, b| a.0.cmp(&b.0).then_with(|| health_key(a.1).cmp(&health_key(b.1))))?;
    let mut alerts: Vec<&str> = records.iter().flat_map(|node| active_alerts(node)).collect();
    alerts.sort_unstable();
    alerts.dedup();
    Some(NodeView {
        id: &first.id,
        name: smallest(records, |node| node.nickname.as_deref())
            .or_else(|| smallest(records, |node| node.default_name.as_deref()))
            .unwrap_or(first.id.as_str()),
        state,
        contested: records.iter().any(|node| self::state(node).0 != state),
        state_word,
        gateway: records.iter().filter_map(|node| node.is_gateway()).min(),
        model: smallest(records, |node| node.model.as_deref()),
        firmware: smallest(records, |node| node.firmware_version.as_deref()),
        health,
        health_record,
        alerts,
        unreadable_alerts: records.iter().any(|node| node.alerts.elements().1 > 0),
    })
}

fn smallest<'a>(records: &[&'a Node], field: impl Fn(&'a Node) -> Option<&'a str>) -> Option<&'a str> {
    records.iter().filter_map(|node| field(node)).filter(|text| !text.trim().is_empty()).min()
}

fn state(node: &Node) -> (NodeState, Field<&str>) {
    match &node.connection_state {
        Field::Known(ConnectionState::Connected) => (NodeState::Connected, Field::Absent),
        Field::Known(ConnectionState::Disconnected) => (NodeState::Disconnected, Field::Absent),
        Field::Known(other) => (NodeState::Unknown, Field::Known(other.as_str())),
        Field::Absent => (NodeState::Unknown, Field::Absent),
        Field::Unreadable => (NodeState::Unknown, Field::Unreadable),
    }
}

/// Returns a key under which records with equal keys read the same.
fn health_key(health: Field<&Health>) -> impl Ord {
    let word = health.and_then(|health| health.status.as_ref());
    let score = health.and_then(|health| health.score);
    (
        word.into_known().map(HealthWord::as_str),
        score.into_known().map(f64::to_bits),
        (word.is_unreadable(), score.is_unreadable()),
    )
}

fn active_alerts(node: &Node) -> impl Iterator<Item = &str> {
    let (alerts, _) = node.alerts.elements();
    alerts
        .iter()
        .filter(|alert| !put_aside(alert))
        .map(|alert| alert.kind.as_ref().map_or(phrases::ALERT_WITHOUT_KIND, AlertKind::as_str))
}

/// Returns whether a person dismissed the alert. In any other state it is active. (`plume-api` endpoints, alerts)
fn put_aside(alert: &Alert) -> bool {
    matches!(alert.state, Some(AlertState::Snooze | AlertState::Ignore | AlertState::PerformanceAcceptable))
}

/// Returns the table of a report: the gateway, then the others by name.
pub(super) fn table(nodes: Nodes<'_>) -> Vec<NodeSummary> {
    let mut table: Vec<NodeSummary> = nodes
        .views
        .into_iter()
        .map(|view| NodeSummary {
            id: view.id.clone(),
            name: view.name.to_owned(),
            state: view.state,
            state_word: view.state_word.into_known().map(str::to_owned),
            gateway: view.gateway,
            model: view.model.map(str::to_owned),
            firmware: view.firmware.map(str::to_owned),
        })
        .collect();
    table.sort_by(|a, b| {
        let key = |node: &NodeSummary| node.gateway != Some(true);
        (key(a), &a.name, &a.id).cmp(&(key(b), &b.name, &b.id))
    });
    table
}
