//! WAN connections and networks of a location.

use serde_json::{Value, json};

use crate::api::gateway::fields::{pick, thing};
use crate::api::settings::network::{dhcp_reservations_of, lease, wan_configuration};
use crate::api::settings::wlans::{Wlan, wlans_of};
use crate::http::{Answer, ApiError, Request, encode, extend, items};
use crate::world::measures::speed_test;
use crate::world::{Device, Location};

/// The only WAN of a simulated location.
const WAN: &str = "1";
/// The only network with addresses.
const HOME: &str = "home";

fn wan_body(request: &Request<'_>, location: &Location) -> Answer {
    let mut body = wan_configuration(request, location)?;
    let state = json!({
        "id": encode("wan", location, WAN),
        "connected": location.network.is_some_and(|network| network.online),
        "nodeId": location.gateway().map(|gateway| &gateway.serial),
    });
    extend(&mut body, state);
    Ok(body)
}

pub(crate) fn wans(request: &Request<'_>, location: &Location) -> Answer {
    Ok(items([pick(request, wan_body(request, location)?)]))
}

/// Returns the location of the WAN in the path.
fn wan_location(request: &Request<'_>) -> Result<Location, ApiError> {
    let (location, name) = thing(request, "wan", "wanId")?;
    if name == WAN { Ok(location) } else { Err(ApiError::no_such("wans", request.parameter("wanId"))) }
}

pub(crate) fn wan(request: &Request<'_>) -> Answer {
    Ok(pick(request, wan_body(request, &wan_location(request)?)?))
}

pub(crate) fn latest_speed_test(request: &Request<'_>) -> Answer {
    let location = wan_location(request)?;
    let test = speed_test::latest(&location);
    test.map(|test| test.uplink_body()).ok_or_else(|| ApiError::no_such("speed tests", &location.id))
}

fn wlan_body(location: &Location, wlan: &Wlan) -> Value {
    let mut body = wlan.body();
    extend(
        &mut body,
        json!({ "id": encode("wlan", location, &wlan.id), "networkId": encode("network", location, HOME) }),
    );
    body
}

pub(crate) fn wlans(request: &Request<'_>, location: &Location) -> Answer {
    Ok(items(wlans_of(request, location)?.iter().map(|wlan| pick(request, wlan_body(location, wlan)))))
}

pub(crate) fn wlan(request: &Request<'_>) -> Answer {
    let (location, name) = thing(request, "wlan", "wlanId")?;
    let found = wlans_of(request, &location)?.into_iter().find(|wlan| wlan.id == name);
    let wlan = found.ok_or_else(|| ApiError::no_such("wlans", request.parameter("wlanId")))?;
    Ok(pick(request, wlan_body(&location, &wlan)))
}

fn network_body(location: &Location) -> Value {
    json!({
        "id": encode("network", location, HOME),
        "name": HOME,
        "enabled": true,
        "ipv4": { "subnet": "192.168.40.0", "prefixLength": 24, "gateway": "192.168.40.1", "dhcp": true },
    })
}

pub(crate) fn networks(request: &Request<'_>, location: &Location) -> Answer {
    Ok(items([pick(request, network_body(location))]))
}

fn network_location(request: &Request<'_>) -> Result<Location, ApiError> {
    let (location, name) = thing(request, "network", "networkId")?;
    if name == HOME {
        Ok(location)
    } else {
        Err(ApiError::no_such("networks", request.parameter("networkId")))
    }
}

pub(crate) fn network(request: &Request<'_>) -> Answer {
    Ok(pick(request, network_body(&network_location(request)?)))
}

pub(crate) fn reservations(request: &Request<'_>) -> Answer {
    Ok(items(dhcp_reservations_of(&network_location(request)?)?))
}

fn connected(location: &Location) -> impl Iterator<Item = &Device> {
    location.devices.iter().filter(|device| device.connected)
}

pub(crate) fn leases(request: &Request<'_>) -> Answer {
    Ok(items(connected(&network_location(request)?).map(lease)))
}

/// Returns the devices authorized for the network, which are the connected ones.
pub(crate) fn authorized_clients(request: &Request<'_>) -> Answer {
    let location = network_location(request)?;
    let row = |device: &Device| json!({ "deviceId": encode("device", &location, &device.mac), "mac": device.mac, "authorized": true });
    Ok(items(connected(&location).map(row)))
}

/// Simulated homes have no port forwards.
pub(crate) fn nat(_: &Request<'_>, location: &Location) -> Answer {
    Ok(json!({ "locationId": location.id, "enabled": true, "portForwards": [] }))
}
