//! What is configured in a location, apart from the location itself.

mod app_quality;
mod app_time;
mod events;
mod network;
mod node_parts;
mod wlans;

pub(crate) use network::{dhcp_reservations_of, lease, wan_configuration};
pub(crate) use wlans::{Wlan, wlans_of};

use app_time::{By, Measure};
use serde_json::{Value, json};

use crate::{
    location,
    measure::Meter,
    router::{Answer, Ask, RouteRow},
    routes::{api, get, post},
    speed_test,
    time::{DAY, iso},
};

pub(crate) const ROUTES: &[RouteRow] = &[
    // Parts of the location
    get(api!("/networkMode"), |ask| Ok(json!({ "networkMode": part(ask, "networkMode")? }))),
    get(api!("/controlMode"), |ask| part(ask, "controlMode")),
    get(api!("/ipv6"), |ask| part(ask, "ipv6")),
    get(api!("/firmware"), firmware).made_up(),
    get(api!("/subscription"), subscription).made_up(),
    get(api!("/authorizations"), authorizations),
    get(api!("/nodePlacement/state"), placement_state).made_up(),
    get(api!("/proximity"), proximity).made_up(),
    get(api!("/nodeLogs"), events::node_logs).made_up(),
    get(api!("/configAudit/events"), events::config_audit).made_up(),
    // The home network
    get(api!("/wanConfiguration"), wan_configuration),
    get(api!("/wanSettings"), network::wan_settings),
    get(api!("/networkConfiguration/home"), network::home),
    get(api!("/networkConfiguration/dnsServers"), network::dns_servers),
    get(api!("/networkConfiguration/upnp"), network::upnp),
    get(api!("/networkConfiguration/dhcp"), network::dhcp).made_up(),
    get(api!("/networkConfiguration/dhcpReservations"), network::dhcp_reservations),
    get(api!("/networkConfiguration/dhcpReservations/{mac}"), network::dhcp_reservation),
    // Nodes
    get(api!("/nodes/{nodeId}/kvConfigs"), node_parts::kv_configs),
    get(api!("/nodes/{nodeId}/kvStates"), node_parts::kv_states).made_up(),
    get(api!("/vapStates"), node_parts::vap_states).made_up(),
    get(api!("/backhauls"), node_parts::backhauls).made_up(),
    get(api!("/nodes/{nodeId}/speedTestResults"), speed_test::series),
    // Wi-Fi
    get(api!("/wifiNetworksWithWpaMode"), wlans::with_wpa_mode).made_up(),
    get(api!("/wlans"), wlans::all).made_up(),
    get(api!("/secondaryNetworks/fronthauls"), wlans::fronthauls),
    get(api!("/secondaryNetworks/captivePortals"), wlans::captive_portals),
    get(api!("/secondaryNetworks/captivePortals/{networkId}/guests"), wlans::guests).made_up(),
    // Applications
    get(api!("/devices/{mac}/appTime/categories/dataUsage"), |ask| {
        app_time::of(ask, By::Category, Measure::Data)
    })
    .made_up(),
    get(api!("/devices/{mac}/appTime/categories/onlineTime"), |ask| {
        app_time::of(ask, By::Category, Measure::Time)
    })
    .made_up(),
    get(api!("/devices/{mac}/appTime/apps/dataUsage"), |ask| app_time::of(ask, By::App, Measure::Data))
        .made_up(),
    get(api!("/devices/{mac}/appTime/apps/onlineTime"), |ask| app_time::of(ask, By::App, Measure::Time))
        .made_up(),
    post(api!("/appqoe/AppQoeStatsByTrafficClassApps"), app_quality::by_app).made_up(),
    post(api!("/appqoe/AppQoeStatsByProfile"), app_quality::by_profile).made_up(),
    post(api!("/qos/appPrioritization/monitoring"), app_quality::monitoring).made_up(),
];

/// A member of the location as it is now.
fn part(ask: &Ask<'_>, name: &str) -> Answer {
    Ok(location::one(ask)?.get(name).cloned().unwrap_or_default())
}

/// `GET …/firmware`: no node has an upgrade before it.
fn firmware(ask: &Ask<'_>) -> Answer {
    let location = ask.location()?;
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

fn subscription(ask: &Ask<'_>) -> Answer {
    let location = ask.location()?;
    let full = location.service_level == "fullService";
    Ok(json!({
        "serviceId": location.service_id,
        "status": if full { "active" } else { "reduced" },
        "serviceLevel": location.service_level,
        "startedAt": iso(location.onboarded()),
        "expiresAt": null,
    }))
}

fn authorizations(ask: &Ask<'_>) -> Answer {
    let location = ask.location()?;
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

/// `GET …/nodePlacement/state`: how well each node hears the one above it.
fn placement_state(ask: &Ask<'_>) -> Answer {
    let location = ask.location()?;
    let rows = location.nodes.iter().map(|node| {
        json!({
            "id": node.serial,
            "placement": if node.connected { node.health } else { "unknown" },
        })
    });
    Ok(
        json!({ "state": "idle", "nodes": rows.collect::<Vec<_>>(), "updatedAt": iso(ask.world.anchor - DAY) }),
    )
}

/// `GET …/proximity`: the node that each device is near.
fn proximity(ask: &Ask<'_>) -> Answer {
    let location = ask.location()?;
    let rows = location.devices.iter().filter(|device| device.connected && device.gadget.band.is_some());
    let rows = rows.filter_map(|device| {
        let node = location.nodes.get(device.node?)?;
        let near = Meter::new(ask, &location, &device.mac).read("proximity", 0, 1.0, 12.0);
        Some(json!({ "mac": device.mac, "nodeId": node.serial, "distanceMeters": near }))
    });
    Ok(json!({ "enabled": false, "devices": rows.collect::<Vec<_>>() }))
}
