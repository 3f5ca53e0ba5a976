//! The phrases of the node tree.

use plume_types::{FreqBand, Medium};

use crate::facts::{NodeState, PositionUnknown};
use crate::report::{Position, TopologyNode, WeakLink};
use crate::text::{count, name};

pub(crate) const UNKNOWN_POSITION: &str = "Unknown position:";
pub(crate) const WEAK_LINKS: &str = "Weak links:";

pub(crate) fn title(location: &str) -> String {
    format!("📡 Topology of {}", name(location))
}

pub(crate) fn nodes_unknown(reason: &str) -> String {
    format!("the nodes are unknown: {reason}")
}

pub(crate) fn devices_unknown(reason: &str) -> String {
    format!("the devices are unknown: {reason}")
}

/// Returns a text such as `Office (Wi-Fi 5GU, 3 devices)`.
pub(crate) fn node(node: &TopologyNode) -> String {
    let mut facts = Vec::new();
    match node.position {
        Position::Gateway => facts.push("gateway".to_owned()),
        Position::LastKnownGateway => facts.push("last known as gateway".to_owned()),
        Position::LastKnown { .. } => facts.push("last known here".to_owned()),
        _ => {}
    }
    match node.state {
        NodeState::Connected => {}
        NodeState::Disconnected => facts.push("disconnected".to_owned()),
        NodeState::Unknown => facts.push("state unknown".to_owned()),
    }
    facts.extend(node.backhaul.as_ref().map(|medium| link(medium, node.band.as_ref())));
    facts.extend(node.devices.map(|devices| count(devices, "device", "devices")));
    if facts.is_empty() {
        name(&node.name).into_owned()
    } else {
        format!("{} ({})", name(&node.name), facts.join(", "))
    }
}

fn link(medium: &Medium, band: Option<&FreqBand>) -> String {
    let medium = match medium {
        Medium::Ethernet => "Ethernet".to_owned(),
        Medium::Wifi => "Wi-Fi".to_owned(),
        Medium::Moca => "MoCA".to_owned(),
        other => name(other.as_str()).into_owned(),
    };
    match band {
        Some(band) => format!("{medium} {}", name(band.as_str())),
        None => medium,
    }
}

pub(crate) fn weak(node: &TopologyNode) -> String {
    let links: Vec<&str> = node
        .weak_links
        .iter()
        .map(|link| match link {
            WeakLink::PoorHealth => "poor health",
            WeakLink::FairHealth => "fair health",
            WeakLink::Band2_4 => "backhaul on 2.4 GHz",
            WeakLink::LongChain => "a long chain of Wi-Fi hops",
        })
        .collect();
    format!("{}: {}", name(&node.name), links.join(", "))
}

pub(crate) fn why_unknown(node: &TopologyNode, why: PositionUnknown) -> String {
    format!("{}: {}", name(&node.name), why.reason())
}
