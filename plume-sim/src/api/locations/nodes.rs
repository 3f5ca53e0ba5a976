//! Nodes: live state and inventory records.

use serde_json::{Value, json};

use crate::api::locations::devices;
use crate::http::{Answer, Request, extend, insert, sample};
use crate::world::measures::speed_test;
use crate::world::noise;
use crate::world::{
    CHANNEL_5_HIGH, CHANNEL_5_LOW, CHANNEL_24, DAY, Link, Location, Node, NodeLabel, PARTNER_ID, World,
    is_poor, iso, tenths,
};

/// An address of a documentation block.
pub(crate) const PUBLIC_IP: &str = "203.0.113.20";

/// `GET …/nodes`.
pub(crate) fn list(request: &Request<'_>, location: &Location) -> Answer {
    let rows = location.nodes.iter().map(|node| body(location, node)).collect();
    Ok(request.world.list_shape.wrap("nodes", rows))
}

/// `GET …/nodes/{nodeId}`: the node with its devices. No source names the member that holds them.
pub(crate) fn one(_: &Request<'_>, location: &Location, node: &Node) -> Answer {
    let mut body = body(location, node);
    let devices: Vec<Value> =
        location.devices_at(node).map(|device| devices::body(location, device)).collect();
    extend(&mut body, json!({ "devices": devices }));
    Ok(body)
}

/// `GET Customers/{id}/nodes/{nodeId}`: the node with its location.
pub(crate) fn of_customer(_: &Request<'_>, location: &Location, node: &Node) -> Answer {
    let mut body = body(location, node);
    extend(&mut body, json!({ "locationId": location.id, "customerId": location.customer.id }));
    Ok(body)
}

/// Returns the alerts of a node: one while its health is poor. A disconnected node has no health.
pub(crate) fn alerts(node: &Node) -> Value {
    if is_poor(node) { json!([{ "type": "poorHealth" }]) } else { json!([]) }
}

pub(crate) fn body(location: &Location, node: &Node) -> Value {
    let mut body = sample!(
        "locations/nodes-body",
        id: node.serial, default_name: format!("Plume Pod {}", node.index), model: node.model,
        connection_state: if node.connected { "connected" } else { "disconnected" },
        connection_state_change_at: iso(node.since), claimed_at: iso(node.claimed), mac: node.mac,
        connected_device_count: location.devices_at(node).count(),
        leaf_to_root: path_to_root(location, node), alerts: alerts(node), pack_id: node.pack_id,
    );
    insert(&mut body, "nickname", node.nickname.as_ref());
    extend(&mut body, if node.connected { live(location, node) } else { lost() });
    if node.connected && node.link == Link::Root {
        extend(&mut body, gateway_only(location));
    }
    body
}

/// Returns the path to the gateway. It is empty for the gateway, and for every disconnected node.
fn path_to_root(location: &Location, node: &Node) -> Value {
    if !node.connected {
        return json!([]);
    }
    let step = |(above, link): (&Node, Link)| match link {
        Link::Wifi => json!({
            "id": above.serial,
            "freqBand": "5GU",
            "channel": CHANNEL_5_HIGH,
            "radio": "5GU",
        }),
        _ => json!({ "id": above.serial }),
    };
    location.above(node).into_iter().map(step).collect()
}

/// Returns the members of an unreachable node: explicit nulls beside missing members.
fn lost() -> Value {
    json!({ "backhaulType": "unknown", "health": null })
}

fn live(location: &Location, node: &Node) -> Value {
    let root = node.link == Link::Root;
    let mut live = sample!(
        "locations/nodes-live",
        part_number: node.model, firmware_version: node.firmware, boot_at: node.booted.map(iso),
        ethernet_mac: node.mac, ethernet1_mac: location.key.mac(0, (node.index << 4) | 1),
        radio_mac24: location.key.mac(0, (node.index << 4) | 2),
        radio_mac50: location.key.mac(0, (node.index << 4) | 3),
        ip: if root { "192.168.40.1".to_owned() } else { format!("169.254.6.{}", node.index) },
        network_mode: if root { "router" } else { "bridge" },
        backhaul_type: if node.link == Link::Wifi { "wifi" } else { "ethernet" }, v2g_channel: CHANNEL_24,
        v5gl_channel: CHANNEL_5_LOW, v5gu_channel: CHANNEL_5_HIGH, status: node.health,
        score: score(location, node),
    );
    let wired_client = location.devices_at(node).any(|device| device.kind.band.is_none());
    // The number 65535 means "no link".
    extend(
        &mut live,
        json!({ "linkStates": [
            link_state("eth0", if node.link == Link::Wifi { 65_535 } else { 1_000 }, node.link != Link::Wifi, false),
            link_state("eth1", if wired_client { 1_000 } else { 65_535 }, false, wired_client),
        ] }),
    );
    insert(&mut live, "backhaulChannel", (node.link == Link::Wifi).then_some(CHANNEL_5_HIGH));
    live
}

fn link_state(name: &str, speed: u32, is_uplink: bool, has_client: bool) -> Value {
    json!({
        "ifName": name,
        "duplex": if speed == 65_535 { "half" } else { "full" },
        "linkSpeed": speed,
        "isUplink": is_uplink,
        "hasEthClient": has_client,
    })
}

fn score(location: &Location, node: &Node) -> f64 {
    let (low, high) = match node.health {
        "excellent" => return 5.0,
        "good" => (4.0, 4.7),
        "fair" => (2.6, 3.4),
        _ => (1.2, 2.0),
    };
    tenths(noise::between(location.seed, &[location.salt(), u64::from(node.index), 0x5c0e], low, high))
}

fn gateway_only(location: &Location) -> Value {
    let mut only = json!({ "ipv6": ["2001:db8::1"], "wanIp": PUBLIC_IP, "publicIp": PUBLIC_IP });
    insert(&mut only, "speedTest", speed_test::latest(location).map(|test| test.node_body()));
    only
}

/// Returns the inventory record of a claimed node, without live state.
pub(crate) fn inventory_record(location: &Location, node: &Node) -> Value {
    let mut record = record(&node.serial, node.model, &node.mac, &node.pack_id);
    let claimed = iso(node.claimed);
    extend(
        &mut record,
        sample!(
            "locations/nodes-inventory-record",
            customer_id: location.customer.id, location_id: location.id, firmware_version: node.firmware,
            timestamp: claimed, created_at: iso(location.created - 90 * DAY),
        ),
    );
    insert(&mut record, "nickname", node.nickname.as_ref());
    record
}

/// Returns the inventory record of an unclaimed node, without customer and location.
pub(crate) fn unclaimed_record(world: &World, node: &NodeLabel) -> Value {
    let mut record = record(&node.serial, node.model, &node.mac, &node.pack_id);
    let at = iso(world.anchor - 90 * DAY);
    extend(&mut record, json!({ "firmwareVersion": node.firmware, "createdAt": at, "updatedAt": at }));
    record
}

fn record(serial: &str, model: &str, mac: &str, pack_id: &str) -> Value {
    sample!(
        "locations/nodes-record",
        serial: serial, partner_id: PARTNER_ID, model: model, pack_id: pack_id,
        box_serial_number: format!("BOX-{serial}"), mac: mac,
    )
}
