//! Parts of a location with paths of their own.

use serde_json::{Value, json};

use crate::api::locations::location;
use crate::http::{Answer, Request};
use crate::world::{DAY, Location, Meter, iso};

/// Returns a member of the location's current body.
pub(crate) fn member(request: &Request<'_>, location: &Location, name: &str) -> Value {
    location::body(request, location).get(name).cloned().unwrap_or_default()
}

/// `GET …/controlMode` and `…/ipv6`: the member with that name.
pub(crate) fn part(request: &Request<'_>, location: &Location) -> Answer {
    Ok(member(request, location, request.last_segment()))
}

pub(crate) fn network_mode(request: &Request<'_>, location: &Location) -> Answer {
    Ok(json!({ "networkMode": member(request, location, "networkMode") }))
}

/// `GET …/firmware`: no node has a pending upgrade.
pub(crate) fn firmware(_: &Request<'_>, location: &Location) -> Answer {
    let rows = location.nodes.iter().map(|node| {
        json!({
            "nodeId": node.serial,
            "model": node.model,
            "firmwareVersion": node.firmware,
            "upgradeStatus": "idle",
        })
    });
    Ok(rows.collect())
}

pub(crate) fn subscription(_: &Request<'_>, location: &Location) -> Answer {
    let full = location.service_level == "fullService";
    Ok(json!({
        "serviceId": location.service_id,
        "status": if full { "active" } else { "reduced" },
        "serviceLevel": location.service_level,
        "startedAt": iso(location.onboarded()),
        "expiresAt": null,
    }))
}

pub(crate) fn authorizations(_: &Request<'_>, location: &Location) -> Answer {
    let mut models: Vec<&str> = location.nodes.iter().map(|node| node.model).collect();
    models.sort_unstable();
    let row = |same: &[&str]| json!({ "model": same.first(), "count": same.len() });
    let counts: Vec<Value> = models.chunk_by(|a, b| a == b).map(row).collect();
    Ok(json!({
        "_version": "1.0.0",
        "numPodsAuthorized": 32,
        "numNodesAuthorized": counts,
        "updatedAt": iso(location.created),
    }))
}

/// `GET …/nodePlacement/state`: the quality of each node's link to its parent.
pub(crate) fn placement_state(_: &Request<'_>, location: &Location) -> Answer {
    let rows = location.nodes.iter().map(|node| {
        json!({
            "id": node.serial,
            "placement": if node.connected { node.health } else { "unknown" },
        })
    });
    Ok(json!({ "state": "idle", "nodes": rows.collect::<Vec<_>>(), "updatedAt": iso(location.anchor - DAY) }))
}

/// `GET …/proximity`: the nearest node of each device.
pub(crate) fn proximity(_: &Request<'_>, location: &Location) -> Answer {
    let rows = location.devices.iter().filter(|device| device.connected && device.kind.band.is_some());
    let rows = rows.filter_map(|device| {
        let node = location.nodes.get(device.node?)?;
        let near = Meter::new(location, &device.mac).read("proximity", 0, 1.0, 12.0);
        Some(json!({ "mac": device.mac, "nodeId": node.serial, "distanceMeters": near }))
    });
    Ok(json!({ "enabled": false, "devices": rows.collect::<Vec<_>>() }))
}
