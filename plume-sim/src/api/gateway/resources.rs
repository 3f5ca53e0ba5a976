//! Locations, nodes, devices and users of the gateway group.

use serde_json::{Map, Value, json};

use crate::api::customers::customer;
use crate::api::gateway::fields::pick;
use crate::api::locations::{devices as api_devices, location as api_location, nodes as api_nodes};
use crate::api::lte::is_supported;
use crate::http::{Answer, ApiError, Filter, Request, encode, extend, invalid, items};
use crate::world::measures::traffic;
use crate::world::{Customer, Device, Location, Node};

/// Returns the members of `from` with these names, if present.
fn take(from: &Value, names: &[&str]) -> Value {
    let member = |name: &&str| Some(((*name).to_owned(), from.get(*name)?.clone()));
    Value::Object(names.iter().filter_map(member).collect::<Map<_, _>>())
}

/// Returns the plain values of the API's node, with its lists and objects as groups.
fn node_body(location: &Location, node: &Node) -> Value {
    let node = api_nodes::body(location, node);
    let mut body = take(
        &node,
        &[
            "id",
            "serialNumber",
            "nickname",
            "defaultName",
            "model",
            "mac",
            "ip",
            "connectionState",
            "connectionStateChangeAt",
            "backhaulType",
            "connectedDeviceCount",
            "networkMode",
            "claimedAt",
            "bootAt",
        ],
    );
    let groups = json!({
        "locationId": location.id,
        "interfaces": node.get("linkStates").cloned().unwrap_or_else(|| json!([])),
        "firmware": take(&node, &["firmwareVersion", "openSyncVersion"]),
        "mesh": take(&node, &["leafToRoot", "backhaulType", "backhaulChannel", "health"]),
        "wlan": take(&node, &["radioStats", "2gChannel", "5glChannel", "5guChannel"]),
        "wan": take(&node, &["wanIp", "publicIp", "ipv6", "speedTest"]),
    });
    extend(&mut body, groups);
    body
}

pub(crate) fn node(request: &Request<'_>, location: &Location, node: &Node) -> Answer {
    Ok(pick(request, node_body(location, node)))
}

pub(crate) fn nodes(request: &Request<'_>, location: &Location) -> Answer {
    Ok(items(location.nodes.iter().map(|node| pick(request, node_body(location, node)))))
}

fn device_body(location: &Location, device: &Device) -> Value {
    let mut body = api_devices::body(location, device);
    extend(
        &mut body,
        json!({ "id": encode("device", location, &device.mac), "locationId": location.id, "mac": device.mac }),
    );
    body
}

/// Returns the requested form of the body, with the day's traffic if `embed` names it.
fn shown(request: &Request<'_>, location: &Location, device: &Device) -> Value {
    let mut body = pick(request, device_body(location, device));
    if request.asks_for("embed", "bandwidth") {
        let daily = traffic::day_of_device(location, device);
        extend(&mut body, json!({ "bandwidth": { "daily": daily } }));
    }
    body
}

pub(crate) fn device(request: &Request<'_>, location: &Location, device: &Device) -> Answer {
    Ok(shown(request, location, device))
}

/// Returns the devices selected by `filter` in LoopBack's form.
pub(crate) fn devices(request: &Request<'_>, location: &Location) -> Answer {
    let filter = Filter::of(request.query)?;
    Ok(items(filter.apply(location.devices.iter(), |device| Some(shown(request, location, device)))))
}

/// Returns the plain values of the API's location, with some of its parts as groups.
fn location_body(request: &Request<'_>, location: &Location) -> Value {
    let inner = api_location::body(request, location);
    let mut body = take(
        &inner,
        &[
            "id",
            "name",
            "serviceId",
            "profile",
            "networkMode",
            "createdAt",
            "onboardedAt",
            "serviceLevel",
            "networkStatus",
            "geoIp",
        ],
    );
    let counts = json!({
        "userId": location.customer.id,
        "nodeCount": location.nodes.len(),
        "deviceCount": location.devices.len(),
        "status": location.network.map(|network| if network.online { "online" } else { "offline" }),
    });
    extend(&mut body, counts);
    body
}

pub(crate) fn location(request: &Request<'_>, location: &Location) -> Answer {
    Ok(pick(request, location_body(request, location)))
}

/// Returns the enabled features.
pub(crate) fn features(_: &Request<'_>, location: &Location) -> Answer {
    let full = location.service_level == "fullService";
    Ok(items(
        [("wlans", full), ("lte", is_supported(location)), ("motion", false)]
            .map(|(name, enabled)| json!({ "name": name, "enabled": enabled })),
    ))
}

fn user_body(customer: &Customer) -> Value {
    take(&customer::body(customer), &["id", "accountId", "name", "email", "emailVerified", "createdAt"])
}

/// Searches users by complete keys. Several keys must all match.
pub(crate) fn search_users(request: &Request<'_>) -> Answer {
    let names = ["accountId", "email", "name"];
    let asked: Vec<_> = names.into_iter().filter_map(|name| Some((name, request.query.get(name)?))).collect();
    if asked.is_empty() {
        return Err(invalid("search", &names.join(", ")));
    }
    let has = |customer: &Customer, name: &str, value: &str| {
        customer::field(customer, name).is_some_and(|field| field.eq_ignore_ascii_case(value))
    };
    let found = request.world.customers();
    let found = found.filter(|customer| asked.iter().all(|(name, value)| has(customer, name, value)));
    Ok(items(found.take(100).map(|customer| pick(request, user_body(&customer)))))
}

pub(crate) fn locations_of_user(request: &Request<'_>) -> Answer {
    let id = request.parameter("userId");
    let customer = request.world.customer_by_id(id).ok_or_else(|| ApiError::no_such("users", id))?;
    let locations = customer.locations.into_iter().filter_map(|key| request.world.location(key));
    Ok(items(locations.map(|location| pick(request, location_body(request, &location)))))
}
