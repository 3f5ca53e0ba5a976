//! Gateways and pods.

use plume_types::{
    Alert, AlertKind, AlertState, ConnectionState, Device, Field, Health, HealthWord, List, LocationSnapshot,
    Node, NodeId, Part,
};
use serde_json::Value;

use super::{
    Draft, Weight, confidence, devices, known,
    quality::{self, Quality},
};
use crate::policy::{HealthLimit, Rules};
use crate::report::{
    Confidence, Consequence, Evidence, Finding, NodeState, NodeSummary, ReportPart, RuleId, Subject,
    SubjectKind,
};
use crate::topology::{Positions, Tree, by_id};
use crate::words;

/// The nodes of a snapshot, each once.
pub(super) struct Nodes<'a> {
    /// Each record, those of one node side by side.
    records: Vec<&'a Node>,
    /// In the order of their ids.
    pub(super) views: Vec<NodeView<'a>>,
    /// Positions of the disconnected ones.
    down: Vec<usize>,
    /// All of them; empty if none is disconnected.
    by_id: Positions<'a>,
    /// Elements of the answer that could not be read.
    pub(super) unreadable: usize,
    /// Why there are none, when they are not known.
    pub(super) missing: Option<Missing>,
}

pub(super) struct Missing {
    pub(super) reason: String,
    pub(super) asked: bool,
}

/// One node: what its records say together, the worst of each.
pub(super) struct NodeView<'a> {
    id: &'a NodeId,
    name: &'a str,
    pub(super) state: NodeState,
    /// Whether its records differ in the state.
    pub(super) contested: bool,
    /// The word of a state that is not known.
    state_word: Field<&'a str>,
    gateway: Option<bool>,
    model: Option<&'a str>,
    firmware: Option<&'a str>,
    health: Quality,
    health_record: Field<&'a Health>,
    /// Kinds of active alerts, each once.
    alerts: Vec<&'a str>,
    /// Whether there are alerts that could not be read.
    unreadable_alerts: bool,
}

impl NodeView<'_> {
    fn subject(&self) -> Subject {
        Subject::new(SubjectKind::Node, self.id.as_str(), self.name)
    }

    /// The word of a health that is not known.
    fn unknown_health(&self) -> Field<&str> {
        let word = self.health_record.and_then(|health| health.status.as_ref()).map(HealthWord::as_str);
        let score = self.health_record.and_then(|health| health.score);
        if score.is_unreadable() { Field::Unreadable } else { word }
    }

    fn path(&self, field: &str) -> String {
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
        Consequence { subject: self.subject(), message: words::pod_disconnected(self.name) }
    }
}

impl Nodes<'_> {
    pub(super) fn count(&self, state: NodeState) -> usize {
        self.views.iter().filter(|view| view.state == state).count()
    }

    /// Whether every node there is was read, and its state is known.
    pub(super) fn all_known(&self) -> bool {
        self.missing.is_none() && self.unreadable == 0 && self.count(NodeState::Unknown) == 0
    }

    pub(super) fn is_known_empty(&self) -> bool {
        self.all_known() && self.views.is_empty()
    }

    /// The disconnected ones with their positions.
    pub(super) fn disconnected(&self) -> impl Iterator<Item = (usize, &NodeView<'_>)> {
        self.down.iter().filter_map(|at| Some((*at, self.views.get(*at)?)))
    }

    /// Whether a way can be followed through a node: `None` if it is connected, else its position if it is
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

/// Joins the records of one node. Nothing depends on their order: of texts the smallest is taken.
fn view<'a>(records: &[&'a Node], rules: &Rules) -> Option<NodeView<'a>> {
    let first = *records.first()?;
    let (state, state_word) = records.iter().map(|node| state(node)).min()?;
    let (health, health_record) = records
        .iter()
        .map(|node| (quality::of_health(&node.health, rules.node_health.poor_below), node.health.as_ref()))
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

/// No two records with the same key are described differently.
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
        .map(|alert| alert.kind.as_ref().map_or(words::ALERT_WITHOUT_KIND, AlertKind::as_str))
}

/// Whether a person put the alert aside. Any other state leaves it active. (`plume-api` endpoints, alerts)
fn put_aside(alert: &Alert) -> bool {
    matches!(alert.state, Some(AlertState::Snooze | AlertState::Ignore | AlertState::PerformanceAcceptable))
}

/// Judges each node. `behind` are the devices that hang on disconnected nodes, with the node's position.
pub(super) fn judge(
    snapshot: &LocationSnapshot,
    nodes: &Nodes<'_>,
    offline: bool,
    behind: &[(usize, &Device)],
    rules: &Rules,
    draft: &mut Draft,
) {
    // Nodes of an offline location are told by `location-offline`, as its consequences.
    let told = !offline && rules.node_disconnected.enabled;
    let disconnections = told.then(|| Disconnections::of(snapshot, nodes, behind));
    for (at, node) in nodes.views.iter().enumerate() {
        if node.state == NodeState::Disconnected && (offline || told) {
            // Its last known health says nothing more.
            if let Some(told) = disconnections.as_ref().filter(|told| told.cause(at) == at) {
                draft.findings.push(told.finding(at, node, rules));
            }
            continue;
        }
        judge_health(node, rules, draft);
    }
    judge_completeness(nodes, rules, draft);
}

/// What hangs behind disconnected nodes, by the position of the node that explains it.
struct Disconnections<'a> {
    /// The root cause of each node; empty where each is its own.
    causes: Vec<Option<usize>>,
    nodes: Vec<(usize, &'a NodeView<'a>)>,
    devices: Vec<(usize, &'a Device)>,
}

impl<'a> Disconnections<'a> {
    fn of(snapshot: &LocationSnapshot, nodes: &'a Nodes<'_>, behind: &[(usize, &'a Device)]) -> Self {
        // A tree is worth its time only where one node can explain another.
        let causes = if let [_, _, ..] = *nodes.down {
            let devices: &[Device] = snapshot.devices.known().map(|list| &**list).unwrap_or_default();
            Tree::of(&nodes.records, devices).root_causes()
        } else {
            Vec::new()
        };
        let mut told = Self { causes, nodes: Vec::new(), devices: Vec::new() };
        let cause = |at: usize| told.cause(at);
        let mut explained: Vec<_> = nodes
            .disconnected()
            .filter(|(at, _)| cause(*at) != *at)
            .map(|(at, node)| (cause(at), node))
            .collect();
        let mut devices: Vec<_> = behind.iter().map(|(at, device)| (cause(*at), *device)).collect();
        explained.sort_by_key(|(cause, _)| *cause);
        devices.sort_by_key(|(cause, _)| *cause);
        (told.nodes, told.devices) = (explained, devices);
        told
    }

    /// The views are in the same order as the tree's members: each id once, ascending.
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
            message: words::pod_disconnected(node.name),
            evidence: [node].into_iter().chain(nodes()).map(NodeView::state_evidence).collect(),
            consequences: nodes().map(NodeView::consequence).chain(devices).collect(),
        }
    }
}

/// The part of `all`, which is in the order of the causes, that this node explains.
fn explained_by<T: Copy>(at: usize, all: &[(usize, T)]) -> impl Iterator<Item = T> {
    let begin = all.partition_point(|(cause, _)| *cause < at);
    let end = all.partition_point(|(cause, _)| *cause <= at);
    all.get(begin..end).unwrap_or_default().iter().map(|(_, explained)| *explained)
}

/// Whether the health of a node is bad enough for a finding.
fn is_unhealthy(node: &NodeView<'_>, rules: &Rules) -> bool {
    rules.node_health.enabled
        && match rules.node_health.from {
            HealthLimit::Fair => node.health <= Quality::Fair,
            HealthLimit::Poor => node.health == Quality::Poor,
        }
}

/// What a disconnected node will still need once it is connected again: better health, and no alerts.
pub(super) fn pending<'a>(
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
            message: words::pod_health(node.name, node.health == Quality::Poor, alerted),
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
            message: words::pod_alert(node.name, others.iter().copied()),
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

/// Notes what is not known about the nodes. States are needed for a verdict, health and alerts are not.
fn judge_completeness(nodes: &Nodes<'_>, rules: &Rules, draft: &mut Draft) {
    if let Some(missing) = &nodes.missing {
        draft.unknown(ReportPart::Nodes, Weight::Needed, missing.reason.as_str());
    }
    if nodes.unreadable > 0 {
        draft.unknown_element(
            ReportPart::Nodes,
            Weight::Needed,
            words::nodes_unreadable(nodes.unreadable),
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
                words::pod_state(node.name, node.state_word),
                Some(node.subject()),
            );
        }
        if rules.node_health.enabled && without_health(node) {
            draft.unknown_element(
                ReportPart::NodeHealth,
                Weight::Optional,
                words::pod_health_unknown(node.name, node.unknown_health()),
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
                words::alerts_unreadable(node.name),
                Some(node.subject()),
            );
        }
    }
}

/// The table of a report: the gateway, then the others by name.
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
