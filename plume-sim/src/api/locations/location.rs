//! Locations: configuration, state, service level, capabilities, alerts, uplink.

use serde_json::{Value, json};

use crate::api::locations::{nodes, wifi};
use crate::http::{Answer, Request, extend, insert, sample};
use crate::world::measures::speed_test;
use crate::world::{DAY, Location, PARTNER_ID, PARTNER_NAME, is_poor, iso, last_optimization};

/// `GET Customers/{id}/locations`: a bare array.
pub(crate) fn list(request: &Request<'_>) -> Answer {
    let keys = request.customer()?.locations;
    let locations = keys.into_iter().filter_map(|key| request.world.location(key));
    Ok(json!(locations.map(|location| body(request, &location)).collect::<Vec<_>>()))
}

/// `GET Customers/{id}/locations/{locationId}`.
pub(crate) fn one(request: &Request<'_>, location: &Location) -> Answer {
    Ok(body(request, location))
}

pub(crate) fn body(request: &Request<'_>, location: &Location) -> Value {
    let mut body = identity(location);
    extend(&mut body, settings(location));
    extend(&mut body, state(location));
    insert(&mut body, "summary", request.asks_for("include", "summary").then(|| summary(location)));
    body
}

fn identity(location: &Location) -> Value {
    sample!(
        "locations/location-identity",
        id: location.id, name: location.name, customer_id: location.customer.id,
        account_id: location.customer.account_id, partner_id: PARTNER_ID, partner_name: PARTNER_NAME,
        service_id: location.service_id, profile: location.profile,
        mdns_name: format!("sim{}{}", location.key.customer, location.key.ordinal),
        created_at: iso(location.created), updated_at: iso(location.updated),
        onboarded_at: iso(location.onboarded()), ssid: wifi::ssid(location),
    )
}

fn settings(location: &Location) -> Value {
    let at = iso(location.created);
    sample!(
        "locations/location-settings",
        at: at, id: location.key.document_id("fc"), backhaul: wifi::backhaul_body(location),
    )
}

fn state(location: &Location) -> Value {
    let mut state = json!({ "serviceLevel": level(location) });
    insert(&mut state, "speedTest", speed_test::latest(location).map(|test| test.node_body()));
    // A location that never had a node has neither a public address nor a network state.
    if let Some(network) = location.network {
        let networks = sample!(
            "locations/location-state",
            status: if network.online { "online" } else { "offline" },
            status_changed_at: iso(network.since), duration_of_previous_status: network.previous_seconds,
            ip: nodes::PUBLIC_IP, isp: PARTNER_NAME, updated_at: iso(location.anchor - DAY),
        );
        extend(&mut state, networks);
    }
    state
}

pub(crate) fn level(location: &Location) -> Value {
    // The cloud selects the level until a client sets it.
    let set = location.history.service_level.since();
    json!({
        "status": location.service_level,
        "auto": set.is_none(),
        "createdAt": iso(location.created),
        "updatedAt": iso(set.unwrap_or(location.created)),
    })
}

/// `GET …/serviceLevel`.
pub(crate) fn service_level(_: &Request<'_>, location: &Location) -> Answer {
    Ok(level(location))
}

fn gateway_state(location: &Location) -> &'static str {
    if location.gateway().is_some_and(|gateway| gateway.connected) { "connected" } else { "disconnected" }
}

pub(crate) fn summary(location: &Location) -> Value {
    let topology: Vec<Value> = location.nodes.iter().map(|node| nodes::body(location, node)).collect();
    let last = last_optimization(location);
    // The cloud writes "unknow" in one place.
    sample!(
        "locations/location-summary",
        wifi_network_provisioned: location.wifi.is_some(),
        onboarding_status: if location.nodes.is_empty() { "unknown" } else { "OnboardingComplete" },
        network_mode_realized: if location.nodes.is_empty() { "unknow" } else { "router" },
        state_changed_at: iso(last.map_or(location.created, |last| last.at)),
        trigger: if last.is_some_and(|last| last.manual) { "manual" } else { "scheduled" },
        timestamp: iso(location.now), topology: topology, gateway_connection_state: gateway_state(location),
        node_connected_count: location.nodes.iter().filter(|node| node.connected).count(),
        node_claimed_count: location.nodes.len(),
        connected_device_count: location.devices.iter().filter(|device| device.connected).count(),
    )
}

/// `GET …/capabilities`.
pub(crate) fn capabilities(_: &Request<'_>, location: &Location) -> Answer {
    let on = json!({ "disabled": false });
    let network: Value = [
        "networkMode",
        "upnp",
        "igmpSnooping",
        "igmpProxy",
        "mldProxy",
        "multicastToUnicast",
        "dnsServers",
        "dhcpReservations",
        "portForward",
    ]
    .into_iter()
    .map(|name| (name.to_owned(), on.clone()))
    .collect();
    Ok(sample!(
        "locations/location-capabilities",
        network: network, on: on, capabilities_changed_at: iso(location.onboarded()),
    ))
}

/// `GET …/alerts`: connected nodes with poor health.
pub(crate) fn alerts(_: &Request<'_>, location: &Location) -> Answer {
    let nodes: Vec<Value> = location
        .nodes
        .iter()
        .filter(|node| is_poor(node))
        .map(|node| json!({ "id": node.serial, "alerts": nodes::alerts(node) }))
        .collect();
    Ok(json!({ "nodes": nodes, "devices": [] }))
}

/// `GET …/uplink-status`. The member names are inferred from prose.
pub(crate) fn uplink_status(_: &Request<'_>, location: &Location) -> Answer {
    let speed_test = speed_test::latest(location).map(|test| test.uplink_body());
    Ok(json!({
        "speedTest": speed_test,
        "gatewayConnectionState": gateway_state(location),
        "connectionStateChangeAt": location.gateway().map(|gateway| iso(gateway.since)),
    }))
}
