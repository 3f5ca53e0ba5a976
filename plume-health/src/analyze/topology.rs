//! The node tree of a home, for people and programs.

use plume_types::{ConnectionState, Device, Field, FreqBand, LocationSnapshot, Medium, Node, NodeId};

use crate::facts::{Member, NodeState, POOR_BELOW, Place, PositionUnknown, Quality, Tree, by_id, of_health};
use crate::phrases::{self, known};
use crate::report::{LONG_CHAIN_FROM, Position, Topology, TopologyNode, WeakLink};

/// The values that propagate down the tree.
#[derive(Clone)]
struct Depth {
    hops: Option<u32>,
    /// Hops that are not by cable.
    wireless: u32,
}

impl Topology {
    /// Builds the tree of a location in time linear in the input, whatever the paths contain.
    #[must_use]
    pub fn of(snapshot: &LocationSnapshot) -> Self {
        let mut unknown = Vec::new();
        let nodes: &[Node] = match known(&snapshot.nodes) {
            Ok(nodes) => {
                if nodes.unreadable() > 0 {
                    unknown.push(phrases::nodes_unreadable(nodes.unreadable()));
                }
                nodes
            }
            Err(reason) => {
                unknown.push(phrases::topology::nodes_unknown(&reason));
                &[]
            }
        };
        let devices: Option<&[Device]> = match known(&snapshot.devices) {
            Ok(devices) => {
                if devices.unreadable() > 0 {
                    unknown.push(phrases::devices_unreadable(devices.unreadable()));
                }
                Some(devices)
            }
            Err(reason) => {
                unknown.push(phrases::topology::devices_unknown(&reason));
                None
            }
        };
        let records = by_id(nodes);
        let tree = Tree::of(&records, devices.unwrap_or_default());
        Self { location: snapshot.display_name().to_owned(), nodes: describe(&tree, devices), unknown }
    }
}

fn describe(tree: &Tree<'_>, devices: Option<&[Device]>) -> Vec<TopologyNode> {
    let depths = tree.hand_down(|member, above: Option<&Depth>| {
        let cost = u32::from(!matches!(backhaul(member), Some(Medium::Ethernet | Medium::Moca)));
        match (member.place, above) {
            (Place::Under { .. }, Some(above)) => Depth {
                hops: above.hops.map(|hops| hops.saturating_add(1)),
                wireless: above.wireless.saturating_add(cost),
            },
            (Place::Root | Place::LastRoot, _) => Depth { hops: Some(0), wireless: 0 },
            _ => Depth { hops: None, wireless: 0 },
        }
    });
    let counts = devices.map(|devices| count_devices(tree, devices));
    let mut children: Vec<Vec<(&str, &NodeId)>> = vec![Vec::new(); tree.members.len()];
    for member in &tree.members {
        if let Some(siblings) = member.place.parent().and_then(|parent| children.get_mut(parent)) {
            siblings.push((member.name(), member.id));
        }
    }
    tree.members
        .iter()
        .zip(depths)
        .zip(&mut children)
        .enumerate()
        .map(|(at, ((member, depth), children))| {
            children.sort_unstable();
            let own_count = || member.records.iter().filter_map(|node| node.connected_device_count).min();
            let devices = match &counts {
                Some(counts) => counts.get(at).copied(),
                None => own_count().and_then(|count| usize::try_from(count).ok()),
            };
            TopologyNode {
                id: member.id.clone(),
                name: member.name().to_owned(),
                state: member.state,
                position: position(tree, member.place),
                hops: depth.as_ref().and_then(|depth| depth.hops),
                children: children.iter().map(|(_, id)| (*id).clone()).collect(),
                backhaul: backhaul(member).cloned(),
                band: band(member),
                weak_links: weak_links(member, depth.as_ref()),
                devices,
            }
        })
        .collect()
}

fn position(tree: &Tree<'_>, place: Place) -> Position {
    let unlisted = Position::Unknown { reason: PositionUnknown::ParentNotListed };
    match place {
        Place::Root => Position::Gateway,
        Place::LastRoot => Position::LastKnownGateway,
        Place::Unknown(reason) => Position::Unknown { reason },
        Place::Under { parent, last_known } => match tree.members.get(parent).map(|member| member.id.clone())
        {
            Some(parent) if last_known => Position::LastKnown { parent },
            Some(parent) => Position::Behind { parent },
            None => unlisted,
        },
    }
}

impl<'a> Member<'a> {
    fn name(&self) -> &'a str {
        self.records.iter().map(|node| node.display_name()).min().unwrap_or(self.id.as_str())
    }

    /// Returns the value that all records with a value agree on.
    fn agreed<T: PartialEq>(&self, field: impl Fn(&'a Node) -> Option<T>) -> Option<T> {
        let mut values = self.records.iter().filter_map(|node| field(node));
        let first = values.next()?;
        values.all(|other| other == first).then_some(first)
    }
}

/// Returns the link to the parent. A disconnected node has none.
fn backhaul<'a>(member: &Member<'a>) -> Option<&'a Medium> {
    if member.state == NodeState::Disconnected || !matches!(member.place, Place::Under { .. }) {
        return None;
    }
    member.agreed(|node| node.backhaul_type.as_ref()).filter(|medium| **medium != Medium::NotKnown)
}

fn band(member: &Member<'_>) -> Option<FreqBand> {
    match backhaul(member) {
        Some(Medium::Wifi) => {}
        _ => return None,
    }
    // A channel alone does not determine the band: 2.4 and 6 GHz share numbers.
    member
        .agreed(|node| {
            let hop = node.leaf_to_root.known()?.first()?;
            hop.freq_band.as_deref().or(hop.radio.as_deref())
        })
        .map(FreqBand::from)
}

fn weak_links(member: &Member<'_>, depth: Option<&Depth>) -> Vec<WeakLink> {
    let mut weak = Vec::new();
    if member.state == NodeState::Disconnected || !matches!(member.place, Place::Under { .. }) {
        return weak;
    }
    let health = member.records.iter().map(|node| of_health(&node.health, POOR_BELOW)).min();
    match health {
        Some(Quality::Poor) => weak.push(WeakLink::PoorHealth),
        Some(Quality::Fair) => weak.push(WeakLink::FairHealth),
        _ => {}
    }
    if band(member) == Some(FreqBand::Band2_4) {
        weak.push(WeakLink::Band2_4);
    }
    if depth.is_some_and(|depth| depth.hops.is_some() && depth.wireless >= LONG_CHAIN_FROM) {
        weak.push(WeakLink::LongChain);
    }
    weak
}

/// Returns the connected devices by the node they are attached to, each device once.
fn count_devices(tree: &Tree<'_>, devices: &[Device]) -> Vec<usize> {
    let connected = Field::Known(ConnectionState::Connected);
    let mut placed: Vec<_> = devices
        .iter()
        .filter(|device| device.connection_state == connected)
        .filter(|device| device.leaf_to_root.known().is_some_and(|way| way.unreadable() == 0))
        .filter_map(|device| Some((device.mac.key(), tree.index(device.node()?)?)))
        .collect();
    placed.sort_unstable();
    placed.dedup_by_key(|(address, _)| *address);
    let mut counts = vec![0_usize; tree.members.len()];
    for (_, at) in placed {
        if let Some(count) = counts.get_mut(at) {
            *count = count.saturating_add(1);
        }
    }
    counts
}
