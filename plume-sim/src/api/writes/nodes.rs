//! Claims, unclaims, renames and restarts nodes, sets their LEDs, and edits the inventory.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::locations::nodes::{inventory_record, unclaimed_record};
use crate::api::writes::fields::{Fields, checked_nickname, delay};
use crate::http::{ApiError, Outcome, Reply, Request, Write, extend};
use crate::world::{
    Change, Claimed, Link, Location, LocationKey, MINUTE, Node, NodeLabel, NodePlan, SECOND, Script,
};

/// The time until a claimed node is unpacked and has power.
const UNPACKED: i64 = MINUTE;
/// The MAC address of an inventory node contains its number, that of a home's node its position.
const MOST_NODES: usize = 15;

/// `POST …/nodes`: claims a node by its serial number.
pub(crate) fn claim(write: &mut Write<'_>, location: &Location) -> Outcome {
    let request = write.request();
    let fields = Fields::of(&request)?;
    let serial = fields.need("serialNumber")?;
    let nickname = fields.text("nickname")?.map(checked_nickname).transpose()?;
    if let Some(owner) = request.world.location_of_node(&serial) {
        return if owner.key == location.key {
            Ok(Reply::no_content())
        } else if owner.key.customer == location.key.customer {
            Err(ApiError::conflict(format!("The node \"{serial}\" is claimed at another location")))
        } else {
            Err(ApiError::conflict(format!("The node \"{serial}\" is owned by another customer")))
        };
    }
    let identity =
        request.world.unclaimed_node(&serial).ok_or_else(|| ApiError::no_such("nodes", &serial))?;
    if location.history.nodes.len() >= MOST_NODES {
        return Err(ApiError::invalid("Location", "serialNumber", "no more nodes than are authorized"));
    }
    take(write, location.key, location.history.nodes.len(), identity, nickname);
    write.audit_location("NodeClaimed", location.key, &json!({ "nodeId": serial }));
    let location = write.request().location()?;
    let node = location.node(&serial).ok_or_else(|| ApiError::no_such("nodes", &serial))?;
    Ok(Reply::ok(json!({ "claimed": [inventory_record(&location, node)] })))
}

fn take(
    write: &mut Write<'_>,
    key: LocationKey,
    place: usize,
    identity: NodeLabel,
    nickname: Option<String>,
) {
    let now = write.world.now;
    let serial = identity.serial.clone();
    let plan = NodePlan { nickname: None, ..NodePlan::new("", Link::Wifi) };
    let claimed = Claimed { plan: NodePlan { model: identity.model, ..plan }, identity };
    let mut script = Script::default();
    script.at(now, Change::Claimed(Arc::new(claimed)));
    if let Some(nickname) = nickname {
        script.at(now, Change::NodeName { node: place, nickname });
    }
    script.boot(now + UNPACKED, place, "onboarding");
    write.world.record_all(key, script.into_events());
    write.world.written.returned.remove(&serial);
    write.world.written.moved.insert(serial, key);
}

/// `DELETE …/nodes/{nodeId}`. Nodes that are online or locked by the partner cannot be unclaimed.
pub(crate) fn unclaim(write: &mut Write<'_>, location: &Location) -> Outcome {
    let request = write.request();
    let id = request.parameter("nodeId");
    if request.world.unclaimed_node(id).is_some() {
        return Err(ApiError::bad_request(format!("The node \"{id}\" is already unclaimed")));
    }
    let node = request.node(location)?;
    if request.world.written.locked.contains(id) {
        return Err(ApiError::not_allowed(format!("The node \"{id}\" cannot be unclaimed")));
    }
    if node.connected {
        return Err(ApiError::not_allowed(format!("The node \"{id}\" is online and cannot be unclaimed")));
    }
    give_back(write, location.key, node);
    Ok(Reply::no_content())
}

/// `DELETE …/nodes`.
pub(crate) fn unclaim_all(write: &mut Write<'_>, location: &Location) -> Outcome {
    give_back_all(write, location.key);
    Ok(Reply::no_content())
}

/// Returns every node of the location to the inventory.
pub(crate) fn give_back_all(write: &mut Write<'_>, key: LocationKey) {
    let nodes = write.world.location(key).map(|location| location.nodes).unwrap_or_default();
    for node in &nodes {
        give_back(write, key, node);
    }
}

fn give_back(write: &mut Write<'_>, key: LocationKey, node: &Node) {
    let identity = NodeLabel {
        serial: node.serial.clone(),
        mac: node.mac.clone(),
        pack_id: node.pack_id.clone(),
        model: node.model,
        firmware: node.firmware.clone().into(),
    };
    write.world.record(key, Change::Unclaimed { node: node.place() });
    write.world.written.moved.remove(&node.serial);
    write.world.written.returned.insert(node.serial.clone(), identity);
    write.audit_location("NodeUnclaimed", key, &json!({ "nodeId": node.serial }));
}

/// `PUT …/nodes/{nodeId}`: the nickname.
pub(crate) fn rename(write: &mut Write<'_>, location: &Location, node: &Node) -> Outcome {
    let fields = Fields::of(&write.request())?;
    let nickname = fields.need("nickname")?;
    if nickname.chars().count() > 32 {
        return Err(ApiError::bad_request("nickname has to be shorter than 33 characters"));
    }
    if !["on", "off"].contains(&fields.text("emitMessage")?.as_deref().unwrap_or("on")) {
        return Err(ApiError::bad_request("emitMessage has to be on or off"));
    }
    let details = json!({ "nodeId": node.serial, "nickname": nickname });
    write.configure(location.key, &details, Change::NodeName { node: node.place(), nickname });
    let request = write.request();
    let location = request.location()?;
    Ok(Reply::ok(inventory_record(&location, request.node(&location)?)))
}

/// `PUT …/nodes/{nodeId}/reboot`. An unreachable node does not restart.
pub(crate) fn reboot(write: &mut Write<'_>, location: &Location, node: &Node) -> Outcome {
    let delay = delay(&Fields::of(&write.request())?)?;
    let details = json!({ "nodeId": node.serial, "reboot": { "delay": delay / SECOND } });
    if node.connected {
        let mut script = Script::default();
        script.reboot(write.world.now + delay, node.place(), "user request");
        write.world.record_all(location.key, script.into_events());
    }
    write.audit_location("LocationConfigChanged", location.key, &details);
    Ok(Reply::no_content())
}

/// `PUT …/nodes/{nodeId}/ledMode`. The mode appears in no response of the cloud, only in the audit trail.
pub(crate) fn led_mode(write: &mut Write<'_>, location: &Location) -> Outcome {
    let request = write.request();
    let node = request.node_or_elsewhere(location)?;
    let mode = Fields::of(&request)?.word("Node", "mode", &["locate", "normal"])?;
    let mode = mode.ok_or_else(|| ApiError::invalid("Node", "mode", "locate, normal"))?;
    let details = json!({ "nodeId": node.serial, "ledMode": mode });
    write.audit_location("LocationConfigChanged", location.key, &details);
    Ok(Reply::ok(json!({ "mode": mode })))
}

/// `PATCH partners/nodes/{nodeId}`: whether the household may unclaim the node.
pub(crate) fn update_stored(write: &mut Write<'_>) -> Outcome {
    let request = write.request();
    let id = request.parameter("nodeId").to_owned();
    stored(&request, &id)?;
    let unclaimable = Fields::of(&request)?.flag("unclaimable")?;
    match unclaimable {
        Some(true) => drop(write.world.written.locked.insert(id.clone())),
        Some(false) => drop(write.world.written.locked.remove(&id)),
        None => {}
    }
    let request = write.request();
    let mut record = stored(&request, &id)?;
    extend(&mut record, json!({ "unclaimable": request.world.written.locked.contains(&id) }));
    Ok(Reply::ok(record))
}

/// `DELETE partners/nodes/{nodeId}`: removes an unclaimed node from the inventory.
pub(crate) fn delete_stored(write: &mut Write<'_>) -> Outcome {
    let request = write.request();
    let id = request.parameter("nodeId").to_owned();
    if request.world.location_of_node(&id).is_some() {
        return Err(ApiError::locked(format!("The node \"{id}\" is claimed")));
    }
    stored(&request, &id)?;
    write.world.written.removed.insert(id);
    Ok(Reply::no_content())
}

fn stored(request: &Request<'_>, id: &str) -> Result<Value, ApiError> {
    if let Some(node) = request.world.unclaimed_node(id) {
        return Ok(unclaimed_record(request.world, &node));
    }
    let location = request.world.location_of_node(id);
    let record = location.as_ref().and_then(|location| Some(inventory_record(location, location.node(id)?)));
    record.ok_or_else(|| ApiError::no_such("nodes", id))
}
