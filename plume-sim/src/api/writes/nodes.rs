//! Nodes: claiming, giving back, naming, restarting, LEDs, and the partner's store.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::locations::nodes::{inventory_record, unclaimed_record};
use crate::api::writes::fields::{Fields, checked_nickname, delay};
use crate::http::{Ask, Order, Outcome, Problem, Reply, extend};
use crate::world::{
    Change, Claimed, Link, Location, LocationKey, MINUTE, Node, NodeLabel, NodePlan, SECOND, Script,
};

/// How long it takes until a claimed node is unpacked and has power.
const UNPACKED: i64 = MINUTE;
/// A MAC address of the store holds the node's number, and that of a home its place.
const MOST_NODES: usize = 15;

/// `POST …/nodes`: claims a node by its serial number.
pub(crate) fn claim(order: &mut Order<'_>, location: &Location) -> Outcome {
    let ask = order.ask();
    let fields = Fields::of(&ask)?;
    let serial = fields.need("serialNumber")?;
    let nickname = fields.text("nickname")?.map(checked_nickname).transpose()?;
    if let Some(owner) = ask.world.location_of_node(&serial) {
        return if owner.key == location.key {
            Ok(Reply::no_content())
        } else if owner.key.customer == location.key.customer {
            Err(Problem::conflict(format!("The node \"{serial}\" is claimed at another location")))
        } else {
            Err(Problem::conflict(format!("The node \"{serial}\" is owned by another customer")))
        };
    }
    let identity = ask.world.unclaimed_node(&serial).ok_or_else(|| Problem::no_such("nodes", &serial))?;
    if location.history.nodes.len() >= MOST_NODES {
        return Err(Problem::invalid("Location", "serialNumber", "no more nodes than are authorized"));
    }
    take(order, location.key, location.history.nodes.len(), identity, nickname);
    order.audit_location("NodeClaimed", location.key, &json!({ "nodeId": serial }));
    let location = order.ask().location()?;
    let node = location.node(&serial).ok_or_else(|| Problem::no_such("nodes", &serial))?;
    Ok(Reply::ok(json!({ "claimed": [inventory_record(&location, node)] })))
}

fn take(
    order: &mut Order<'_>,
    key: LocationKey,
    place: usize,
    identity: NodeLabel,
    nickname: Option<String>,
) {
    let now = order.world.now;
    let serial = identity.serial.clone();
    let plan = NodePlan { nickname: None, ..NodePlan::new("", Link::Wifi) };
    let claimed = Claimed { plan: NodePlan { model: identity.model, ..plan }, identity };
    let mut script = Script::default();
    script.at(now, Change::Claimed(Arc::new(claimed)));
    if let Some(nickname) = nickname {
        script.at(now, Change::NodeName { node: place, nickname });
    }
    script.boot(now + UNPACKED, place, "onboarding");
    order.world.record_all(key, script.into_events());
    order.world.written.returned.remove(&serial);
    order.world.written.moved.insert(serial, key);
}

/// `DELETE …/nodes/{nodeId}`. One that is online, or that the partner has locked, stays.
pub(crate) fn unclaim(order: &mut Order<'_>, location: &Location) -> Outcome {
    let ask = order.ask();
    let id = ask.parameter("nodeId");
    if ask.world.unclaimed_node(id).is_some() {
        return Err(Problem::bad_request(format!("The node \"{id}\" is already unclaimed")));
    }
    let node = ask.node(location)?;
    if ask.world.written.locked.contains(id) {
        return Err(Problem::not_allowed(format!("The node \"{id}\" cannot be unclaimed")));
    }
    if node.connected {
        return Err(Problem::not_allowed(format!("The node \"{id}\" is online and cannot be unclaimed")));
    }
    give_back(order, location.key, node);
    Ok(Reply::no_content())
}

/// `DELETE …/nodes`.
pub(crate) fn unclaim_all(order: &mut Order<'_>, location: &Location) -> Outcome {
    give_back_all(order, location.key);
    Ok(Reply::no_content())
}

/// Every node of the location goes back to the store.
pub(crate) fn give_back_all(order: &mut Order<'_>, key: LocationKey) {
    let nodes = order.world.location(key).map(|location| location.nodes).unwrap_or_default();
    for node in &nodes {
        give_back(order, key, node);
    }
}

fn give_back(order: &mut Order<'_>, key: LocationKey, node: &Node) {
    let identity = NodeLabel {
        serial: node.serial.clone(),
        mac: node.mac.clone(),
        pack_id: node.pack_id.clone(),
        model: node.model,
        firmware: node.firmware.clone().into(),
    };
    order.world.record(key, Change::Unclaimed { node: node.place() });
    order.world.written.moved.remove(&node.serial);
    order.world.written.returned.insert(node.serial.clone(), identity);
    order.audit_location("NodeUnclaimed", key, &json!({ "nodeId": node.serial }));
}

/// `PUT …/nodes/{nodeId}`: the nickname.
pub(crate) fn rename(order: &mut Order<'_>, location: &Location, node: &Node) -> Outcome {
    let fields = Fields::of(&order.ask())?;
    let nickname = fields.need("nickname")?;
    if nickname.chars().count() > 32 {
        return Err(Problem::bad_request("nickname has to be shorter than 33 characters"));
    }
    if !["on", "off"].contains(&fields.text("emitMessage")?.as_deref().unwrap_or("on")) {
        return Err(Problem::bad_request("emitMessage has to be on or off"));
    }
    let details = json!({ "nodeId": node.serial, "nickname": nickname });
    order.configure(location.key, &details, Change::NodeName { node: node.place(), nickname });
    let ask = order.ask();
    let location = ask.location()?;
    Ok(Reply::ok(inventory_record(&location, ask.node(&location)?)))
}

/// `PUT …/nodes/{nodeId}/reboot`. A node that cannot be reached does not restart.
pub(crate) fn reboot(order: &mut Order<'_>, location: &Location, node: &Node) -> Outcome {
    let delay = delay(&Fields::of(&order.ask())?)?;
    let details = json!({ "nodeId": node.serial, "reboot": { "delay": delay / SECOND } });
    if node.connected {
        let mut script = Script::default();
        script.reboot(order.world.now + delay, node.place(), "user request");
        order.world.record_all(location.key, script.into_events());
    }
    order.audit_location("LocationConfigChanged", location.key, &details);
    Ok(Reply::no_content())
}

/// `PUT …/nodes/{nodeId}/ledMode`. No answer of the cloud tells the mode again: only the trail does.
pub(crate) fn led_mode(order: &mut Order<'_>, location: &Location) -> Outcome {
    let ask = order.ask();
    let node = ask.node_or_elsewhere(location)?;
    let mode = Fields::of(&ask)?.word("Node", "mode", &["locate", "normal"])?;
    let mode = mode.ok_or_else(|| Problem::invalid("Node", "mode", "locate, normal"))?;
    let details = json!({ "nodeId": node.serial, "ledMode": mode });
    order.audit_location("LocationConfigChanged", location.key, &details);
    Ok(Reply::ok(json!({ "mode": mode })))
}

/// `PATCH partners/nodes/{nodeId}`: whether the node can be unclaimed by its household.
pub(crate) fn update_stored(order: &mut Order<'_>) -> Outcome {
    let ask = order.ask();
    let id = ask.parameter("nodeId").to_owned();
    stored(&ask, &id)?;
    let unclaimable = Fields::of(&ask)?.flag("unclaimable")?;
    match unclaimable {
        Some(true) => drop(order.world.written.locked.insert(id.clone())),
        Some(false) => drop(order.world.written.locked.remove(&id)),
        None => {}
    }
    let ask = order.ask();
    let mut record = stored(&ask, &id)?;
    extend(&mut record, json!({ "unclaimable": ask.world.written.locked.contains(&id) }));
    Ok(Reply::ok(record))
}

/// `DELETE partners/nodes/{nodeId}`: out of the store, unless it is claimed.
pub(crate) fn delete_stored(order: &mut Order<'_>) -> Outcome {
    let ask = order.ask();
    let id = ask.parameter("nodeId").to_owned();
    if ask.world.location_of_node(&id).is_some() {
        return Err(Problem::locked(format!("The node \"{id}\" is claimed")));
    }
    stored(&ask, &id)?;
    order.world.written.removed.insert(id);
    Ok(Reply::no_content())
}

fn stored(ask: &Ask<'_>, id: &str) -> Result<Value, Problem> {
    if let Some(node) = ask.world.unclaimed_node(id) {
        return Ok(unclaimed_record(ask.world, &node));
    }
    let location = ask.world.location_of_node(id);
    let record = location.as_ref().and_then(|location| Some(inventory_record(location, location.node(id)?)));
    record.ok_or_else(|| Problem::no_such("nodes", id))
}
