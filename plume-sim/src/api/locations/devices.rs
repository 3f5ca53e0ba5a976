//! Devices.

use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Request, extend, insert, sample};
use crate::world::measures::traffic;
use crate::world::{DAY, Device, Link, Location, channel, device_score, iso};

/// `GET …/devices`. With `daysOffline`, only devices connected within that number of days.
pub(crate) fn list(request: &Request<'_>, location: &Location) -> Answer {
    let days = match request.query.get("daysOffline") {
        None => None,
        Some(text) => {
            let days =
                text.parse::<u32>().map_err(|_| ApiError::bad_request("daysOffline has to be a number"))?;
            Some(i64::from(days) * DAY)
        }
    };
    let recent =
        |device: &&Device| device.connected || days.is_none_or(|days| location.now - device.since <= days);
    let rows = location.devices.iter().filter(recent).map(|device| body(location, device)).collect();
    Ok(request.world.list_shape.wrap("devices", rows))
}

/// `GET …/devices/{mac}`. `include=bandwidthData` adds the day's traffic.
pub(crate) fn one(request: &Request<'_>, location: &Location, device: &Device) -> Answer {
    let mut body = body(location, device);
    if request.asks_for("include", "bandwidthData") {
        let daily = traffic::day_of_device(location, device);
        extend(&mut body, json!({ "bandwidthData": { "daily": daily } }));
    }
    Ok(body)
}

pub(crate) fn body(location: &Location, device: &Device) -> Value {
    let kind = device.kind;
    let mut body = json!({
        "mac": device.mac,
        "name": if kind.name.is_empty() { &device.mac } else { kind.name },
        "icon": kind.icon,
        "medium": if kind.band.is_some() { "wifi" } else { "ethernet" },
        "connectionState": if device.connected { "connected" } else { "disconnected" },
        "leafToRoot": path_to_root(location, device),
    });
    insert(&mut body, "freqBand", kind.band);
    insert(&mut body, "ip", device.connected.then(|| format!("192.168.40.{}", 20 + u32::from(device.index))));
    if kind.sparse {
        return body;
    }
    extend(
        &mut body,
        sample!(
            "locations/devices-body",
            id: device.mac, connection_state_change_at: iso(device.since),
            first_connected_at: iso(device.first_seen), favorite: device.favorite,
            radio50: kind.band != Some("2.4G"), category: kind.category, brand: kind.brand,
            model: kind.model,
        ),
    );
    insert(&mut body, "nickname", device.nickname.as_ref());
    if let (Some((name, version)), Some(kind)) = (kind.os, body.get_mut("kind")) {
        extend(kind, json!({ "os": { "name": name, "version": version } }));
    }
    if device.connected {
        let score = device_score(location, device);
        extend(&mut body, json!({ "health": { "status": "healthy", "score": score } }));
        insert(&mut body, "channel", kind.band.map(channel));
    }
    body
}

/// Returns the path from the device's node to the gateway. A device whose node is lost keeps its path; one that left
/// on its own has none.
fn path_to_root(location: &Location, device: &Device) -> Value {
    let Some(node) = device.node.and_then(|index| location.nodes.get(index)) else {
        return json!([]);
    };
    let mut path = vec![match device.kind.band {
        Some(band) => json!({ "id": node.serial, "freqBand": band }),
        None => json!({ "id": node.serial }),
    }];
    path.extend(location.above(node).into_iter().map(|(above, link)| match link {
        Link::Wifi => json!({ "id": above.serial, "freqBand": "5GU" }),
        _ => json!({ "id": above.serial }),
    }));
    json!(path)
}
