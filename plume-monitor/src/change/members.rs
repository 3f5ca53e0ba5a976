//! The differences of nodes and devices.

use std::collections::BTreeMap;

use plume_health::topology::{Position, PositionUnknown, Topology, TopologyNode};
use plume_health::{Subject, SubjectKind};
use plume_types::{ConnectionState, Device, Field, List, LocationSnapshot, Medium, Node, NodeId};

use crate::change::changes::{ChangeKind, ComparedPart, Moment, NotCompared};
use crate::change::found::{Found, Observed, Text};
use crate::change::phrases;

/// The records of one thing in both snapshots.
type Pair<'a, T> = (Vec<&'a T>, Vec<&'a T>);

fn pairs<'a, T, K: Ord>(
    before: &'a List<T>,
    after: &'a List<T>,
    key: impl Fn(&'a T) -> K,
) -> BTreeMap<K, Pair<'a, T>> {
    let mut pairs = BTreeMap::<K, Pair<'a, T>>::new();
    for item in before {
        pairs.entry(key(item)).or_default().0.push(item);
    }
    for item in after {
        pairs.entry(key(item)).or_default().1.push(item);
    }
    pairs
}

/// Adds what joined or left, if the list that lacks it was read completely.
fn joined_or_left(
    found: &mut Found,
    (part, joined, left): (ComparedPart, ChangeKind, ChangeKind),
    subject: &Subject,
    is_new: bool,
    unreadable: usize,
) {
    let moment = if is_new { Moment::Before } else { Moment::After };
    if unreadable > 0 {
        let reason = match part {
            ComparedPart::Devices => phrases::unreadable(unreadable, "device", "devices"),
            _ => phrases::unreadable(unreadable, "node", "nodes"),
        };
        found.not_compared.push(NotCompared {
            part,
            subject: Some(subject.clone()),
            kind: Some(if is_new { joined } else { left }),
            moment: Some(moment),
            reason,
        });
        return;
    }
    let itself = Text::word(&subject.id);
    match moment {
        Moment::Before => found.change(joined, subject, Text::NONE, itself),
        Moment::After => found.change(left, subject, itself, Text::NONE),
    }
}

/// Returns whether it is connected. Every other word means that the cloud does not know.
fn connection<'a>(states: impl Iterator<Item = Field<&'a ConnectionState>>) -> Observed<&'a ConnectionState> {
    match Observed::<&ConnectionState>::agreed_fields(states, phrases::STATUS_UNREADABLE) {
        Observed::Value(state @ (ConnectionState::Connected | ConnectionState::Disconnected)) => {
            Observed::Value(state)
        }
        Observed::Value(other) => Observed::Unusable(phrases::unknown_word(other.as_str())),
        other => other,
    }
}

const CONNECTED: Observed<&ConnectionState> = Observed::Value(&ConnectionState::Connected);

pub(super) fn compare_nodes(before: &LocationSnapshot, after: &LocationSnapshot, found: &mut Found) {
    let part = ComparedPart::Nodes;
    let Some((old, new)) = found.both(part, &before.nodes, &after.nodes) else { return };
    let (old_tree, new_tree) = (Topology::of(before), Topology::of(after));
    for (id, (earlier, later)) in pairs(old, new, |node| &node.id) {
        let name = earlier.iter().chain(&later).map(|node| node.display_name()).min();
        let subject = Subject::new(SubjectKind::Node, id.as_str(), name.unwrap_or(id.as_str()));
        if earlier.is_empty() || later.is_empty() {
            let is_new = earlier.is_empty();
            let unreadable = if is_new { old.unreadable() } else { new.unreadable() };
            let kinds = (part, ChangeKind::NodeJoined, ChangeKind::NodeLeft);
            joined_or_left(found, kinds, &subject, is_new, unreadable);
            continue;
        }
        compare_node_texts(found, &subject, &earlier, &later);
        let states = (node_state(&earlier), node_state(&later));
        let connected = states == (CONNECTED, CONNECTED);
        found.field((part, ChangeKind::NodeConnection), &subject, states, |state| Text::word(state.as_str()));
        if let (true, Some(old), Some(new)) = (connected, old_tree.get(id), new_tree.get(id)) {
            compare_places(found, &subject, (old, &old_tree), (new, &new_tree));
        }
    }
}

fn node_state<'a>(records: &[&'a Node]) -> Observed<&'a ConnectionState> {
    connection(records.iter().map(|node| node.connection_state.as_ref()))
}

fn compare_node_texts(found: &mut Found, subject: &Subject, before: &[&Node], after: &[&Node]) {
    type Field = fn(&Node) -> Option<&str>;
    let fields: [(ChangeKind, Field); 3] = [
        (ChangeKind::NodeFirmware, |node| node.firmware_version.as_deref()),
        (ChangeKind::NodeModel, |node| node.model.as_deref()),
        (ChangeKind::NodeName, |node| {
            // A serial number is no name given by a person.
            Some(node.display_name()).filter(|name| *name != node.id.as_str())
        }),
    ];
    for (kind, field) in fields {
        let observed = |records: &[&'_ Node]| {
            Observed::agreed(records.iter().map(|node| field(node).map(str::to_owned)))
        };
        let both = (observed(before), observed(after));
        found.field((ComparedPart::Nodes, kind), subject, both, |text| Text::word(text));
    }
}

/// Compares the position of a connected node, and its link.
fn compare_places(
    found: &mut Found,
    subject: &Subject,
    (old, old_tree): (&TopologyNode, &Topology),
    (new, new_tree): (&TopologyNode, &Topology),
) {
    let part = ComparedPart::Nodes;
    let name = |id: &NodeId| {
        let names = [old_tree, new_tree].into_iter().filter_map(|tree| tree.get(id));
        names.map(|node| node.name.clone()).min().unwrap_or_else(|| id.as_str().to_owned())
    };
    let both = (place(old), place(new));
    found.field((part, ChangeKind::NodeMoved), subject, both, |parent| {
        parent.as_ref().map_or(Text::NONE, |parent| Text::named(parent.as_str(), &name(parent)))
    });
    // The gateway has no link. A node that becomes the gateway is reported as moved.
    if let (Some(_), Some(_)) = (old.position.parent(), new.position.parent()) {
        let both = (Observed::of(old.backhaul.clone()), Observed::of(new.backhaul.clone()));
        let wireless = both == (Observed::Value(Medium::Wifi), Observed::Value(Medium::Wifi));
        found.field((part, ChangeKind::NodeBackhaul), subject, both, |medium| Text::word(medium.as_str()));
        if wireless {
            let both = (Observed::of(old.band.clone()), Observed::of(new.band.clone()));
            found.field((part, ChangeKind::NodeBand), subject, both, |band| Text::word(band.as_str()));
        }
    }
}

fn place(node: &TopologyNode) -> Observed<Option<NodeId>> {
    match &node.position {
        Position::Unknown { reason } => Observed::Unusable(reason.reason().to_owned()),
        known => Observed::Value(known.parent().cloned()),
    }
}

pub(super) fn compare_devices(before: &LocationSnapshot, after: &LocationSnapshot, found: &mut Found) {
    let part = ComparedPart::Devices;
    let Some((old, new)) = found.both(part, &before.devices, &after.devices) else { return };
    let names = node_names(before, after);
    for (_, (earlier, later)) in pairs(old, new, |device| device.mac.key()) {
        let all = || earlier.iter().chain(&later);
        let name = all().map(|device| device.display_name()).min().unwrap_or_default();
        // One address can be written in several ways.
        let id = all().map(|device| device.mac.as_str()).min().unwrap_or_default();
        let subject = Subject::new(SubjectKind::Device, id, name);
        if earlier.is_empty() || later.is_empty() {
            let is_new = earlier.is_empty();
            let unreadable = if is_new { old.unreadable() } else { new.unreadable() };
            let kinds = (part, ChangeKind::DeviceJoined, ChangeKind::DeviceLeft);
            joined_or_left(found, kinds, &subject, is_new, unreadable);
            continue;
        }
        let state = |records: &[&'_ Device]| {
            connection(records.iter().map(|device| device.connection_state.as_ref())).map(Clone::clone)
        };
        let states = (state(&earlier), state(&later));
        let connected = [&states.0, &states.1]
            .into_iter()
            .all(|state| *state == Observed::Value(ConnectionState::Connected));
        found.field((part, ChangeKind::DeviceConnection), &subject, states, |state| {
            Text::word(state.as_str())
        });
        let name = |records: &[&Device]| {
            let given = |device: &Device| {
                let name = device.display_name();
                (name != device.mac.as_str()).then(|| name.to_owned())
            };
            Observed::agreed(records.iter().map(|device| given(device)))
        };
        found.field((part, ChangeKind::DeviceName), &subject, (name(&earlier), name(&later)), |name| {
            Text::word(name)
        });
        if connected {
            let node = |records: &[&Device]| {
                let way = |device: &&Device| match device.leaf_to_root.elements() {
                    (way, 0) => way.first().map_or(Field::Absent, |hop| Field::Known(hop.id.clone())),
                    _ => Field::Unreadable,
                };
                Observed::agreed_fields(records.iter().map(way), PositionUnknown::UnreadablePath.reason())
            };
            found.field((part, ChangeKind::DeviceMoved), &subject, (node(&earlier), node(&later)), |id| {
                Text::named(id.as_str(), names.get(id).copied().unwrap_or(id.as_str()))
            });
            let band =
                |records: &[&Device]| Observed::agreed(records.iter().map(|device| device.freq_band.clone()));
            let both = (band(&earlier), band(&later));
            // A cable has no band.
            if !matches!(both, (Observed::Nothing, _) | (_, Observed::Nothing)) {
                found.field((part, ChangeKind::DeviceBand), &subject, both, |band| Text::word(band.as_str()));
            }
        }
    }
}

/// Returns the names of nodes by id; of several names the alphabetically first.
fn node_names<'a>(
    before: &'a LocationSnapshot,
    after: &'a LocationSnapshot,
) -> BTreeMap<&'a NodeId, &'a str> {
    let mut names = BTreeMap::new();
    for node in [before, after].into_iter().filter_map(|snapshot| snapshot.nodes.known()).flatten() {
        let name = names.entry(&node.id).or_insert_with(|| node.display_name());
        *name = (*name).min(node.display_name());
    }
    names
}
