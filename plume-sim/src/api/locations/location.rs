//! Locations: configuration, state, service level, capabilities, alerts, uplink.

use serde_json::{Value, json};

use crate::api::locations::{nodes, wifi};
use crate::http::{Answer, Ask, extend};
use crate::world::measures::speed_test;
use crate::world::{DAY, Location, PARTNER_ID, PARTNER_NAME, World, is_poor, iso, last_optimization};

/// `GET Customers/{id}/locations`: a bare array.
pub(crate) fn list(ask: &Ask<'_>) -> Answer {
    let keys = ask.customer()?.locations;
    let locations = keys.into_iter().filter_map(|key| ask.world.location(key));
    Ok(json!(locations.map(|location| body(ask, &location)).collect::<Vec<_>>()))
}

/// `GET Customers/{id}/locations/{locationId}`.
pub(crate) fn one(ask: &Ask<'_>) -> Answer {
    Ok(body(ask, &ask.location()?))
}

pub(crate) fn body(ask: &Ask<'_>, location: &Location) -> Value {
    let mut body = identity(location);
    extend(&mut body, settings(location));
    extend(&mut body, state(ask.world, location));
    if ask.query.list("include").is_some_and(|include| include.iter().any(|part| part == "summary")) {
        extend(&mut body, json!({ "summary": summary(ask, location) }));
    }
    body
}

fn identity(location: &Location) -> Value {
    json!({
        "id": location.id,
        "name": location.name,
        "customerId": location.customer.id,
        "accountId": location.customer.account_id,
        "partnerId": PARTNER_ID,
        "partnerName": PARTNER_NAME,
        "groupIds": [PARTNER_ID],
        "serviceId": location.service_id,
        "profile": location.profile,
        "networkMode": "auto",
        "ipv6": { "mode": "auto", "addressingConfig": "auto" },
        "mDNSUniqueIdentifier": format!("sim{}{}", location.key.customer, location.key.ordinal),
        "createdAt": iso(location.created),
        "updatedAt": iso(location.updated),
        "onboardedAt": iso(location.onboarded()),
        "_version": "1.0.0",
        "ssid": wifi::ssid(location),
    })
}

fn settings(location: &Location) -> Value {
    let at = iso(location.created);
    json!({
        "freezeTemplates": [{
            "id": "schoolNights",
            "startTime": "21:00",
            "endTime": "07:00",
            "daysOfWeek": [0, 1, 2, 3, 4],
            "macs": [],
        }],
        "homeSecurityPriority": "disable",
        "appTime": false,
        "appTimeConfig": { "enable": false, "updatedAt": at },
        "stepFunctionTimers": [],
        "groupOfUnassignedDevicesFreezeTemplates": [],
        "groupOfUnassignedDevicesFreezeSchedules": [],
        "isUtilizingSharedLocationFreezeSchedules": false,
        "uprise": false,
        "flex": false,
        "wifiNetworkImportedFromGateway": false,
        "basicServiceNodeClaimCount": 0,
        "featureConfigIds": [{ "id": location.key.document_id("fc"), "priority": 1 }],
        "ispSpeedTestConfiguration": { "_version": "1.0.1", "enable": true, "enableAllNodes": false, "createdAt": at },
        "bandSteering": { "_version": "1.0.0", "auto": true, "updatedAt": at },
        "clientSteering": { "_version": "1.0.0", "auto": true, "updatedAt": at },
        "controlMode": { "mode": "full", "updatedAt": at },
        "monitorMode": { "_version": "1.0.0", "enable": false, "updatedAt": at },
        "backhaul": wifi::backhaul_body(location),
        "optimizations": {
            "_version": "1.0.0",
            "auto": true,
            "enable": true,
            "dfsMode": "auto",
            "prefer160MhzMode": "auto",
            "hopPenalty": "auto",
            "preCACScheduler": "auto",
            "zeroWaitDfsMode": "auto",
            "updatedAt": at,
        },
        "dppConfiguration": { "mode": "auto", "modeRealized": "disable", "enrollments": [] },
        "haahsConfiguration": { "mode": "auto", "subscription": { "status": "Not supported", "createdAt": at } },
    })
}

fn state(world: &World, location: &Location) -> Value {
    let mut state = json!({ "serviceLevel": level(location) });
    if let Some(test) = speed_test::latest(world, location, world.now) {
        extend(&mut state, json!({ "speedTest": test.node_body() }));
    }
    // A location that never had a node has no public address and no network state: both are left out.
    if let Some(network) = location.network {
        let networks = json!({
            "networkStatus": {
                "status": if network.online { "online" } else { "offline" },
                "statusChangedAt": iso(network.since),
                "durationOfPreviousStatus": network.previous_seconds,
                "_version": "1.0.0",
                "updatedAt": iso(network.since),
            },
            "geoIp": {
                "ip": nodes::PUBLIC_IP,
                "country": "US",
                "city": "Sampletown",
                "state": "CA",
                "latitude": 37.1,
                "longitude": -122.1,
                "timezone": "America/Los_Angeles",
                "ISP": PARTNER_NAME,
                "_version": "1.0.0",
                "updatedAt": iso(world.anchor - DAY),
            },
        });
        extend(&mut state, networks);
    }
    state
}

pub(crate) fn level(location: &Location) -> Value {
    // The cloud chooses the level by itself until somebody sets it.
    let set = location.history.service_level.since();
    json!({
        "status": location.service_level,
        "auto": set.is_none(),
        "createdAt": iso(location.created),
        "updatedAt": iso(set.unwrap_or(location.created)),
    })
}

/// `GET …/serviceLevel`.
pub(crate) fn service_level(ask: &Ask<'_>) -> Answer {
    Ok(level(&ask.location()?))
}

fn gateway_state(location: &Location) -> &'static str {
    if location.gateway().is_some_and(|gateway| gateway.connected) { "connected" } else { "disconnected" }
}

pub(crate) fn summary(ask: &Ask<'_>, location: &Location) -> Value {
    let topology: Vec<Value> = location.nodes.iter().map(|node| nodes::body(ask, location, node)).collect();
    let last = last_optimization(ask.world, location);
    json!({
        "_version": "1.0.0",
        "wifiNetworkProvisioned": location.wifi.is_some(),
        "onboardingStatus": if location.nodes.is_empty() { "unknown" } else { "OnboardingComplete" },
        "networkModeProvisioned": "auto",
        // The cloud spells its "unknown" without the last letter here.
        "networkModeRealized": if location.nodes.is_empty() { "unknow" } else { "router" },
        "optimization": {
            "state": "optimized",
            "stateChangedAt": iso(last.map_or(location.created, |last| last.at)),
            "trigger": if last.is_some_and(|last| last.manual) { "manual" } else { "scheduled" },
        },
        "monitorMode": false,
        "timestamp": iso(ask.now),
        "topology": topology,
        "gatewayConnectionState": gateway_state(location),
        "nodeConnectedCount": location.nodes.iter().filter(|node| node.connected).count(),
        "nodeClaimedCount": location.nodes.len(),
        "connectedDeviceCount": location.devices.iter().filter(|device| device.connected).count(),
    })
}

/// `GET …/capabilities`.
pub(crate) fn capabilities(ask: &Ask<'_>) -> Answer {
    let location = ask.location()?;
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
    Ok(json!({
        "networkConfiguration": network,
        "security": { "dnsCategoryBlocking": on },
        "ispSpeedTest": on,
        "deviceFreeze": on,
        "multiPasswordSSID": on,
        "wifiMotion": { "disabled": true, "reason": "unsupported node" },
        "_version": "1.0.0",
        "capabilitiesChangedAt": iso(location.onboarded()),
    }))
}

/// `GET …/alerts`: what is connected and of poor health.
pub(crate) fn alerts(ask: &Ask<'_>) -> Answer {
    let location = ask.location()?;
    let nodes: Vec<Value> = location
        .nodes
        .iter()
        .filter(|node| is_poor(node))
        .map(|node| json!({ "id": node.serial, "alerts": nodes::alerts(node) }))
        .collect();
    Ok(json!({ "nodes": nodes, "devices": [] }))
}

/// `GET …/uplink-status`. The names inside are inferred from prose.
pub(crate) fn uplink_status(ask: &Ask<'_>) -> Answer {
    let location = ask.location()?;
    let speed_test = speed_test::latest(ask.world, &location, ask.now).map(|test| test.uplink_body());
    Ok(json!({
        "speedTest": speed_test,
        "gatewayConnectionState": gateway_state(&location),
        "connectionStateChangeAt": location.gateway().map(|gateway| iso(gateway.since)),
    }))
}
