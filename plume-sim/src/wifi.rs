//! Wi-Fi networks and the mesh's own network. Every key in here is a fixture.

use serde_json::{Value, json};

use crate::{
    location::onboarded,
    router::{Answer, Ask},
    time::{MINUTE, iso},
    world::Location,
};

const WIFI_KEY: &str = "not-a-real-key";
/// The real one has 63 hex digits, too. The pattern shows wherever it leaks.
const MESH_KEY: &str = "5EC4E75EC4E75EC4E75EC4E75EC4E75EC4E75EC4E75EC4E75EC4E75EC4E75EC";

pub(crate) fn ssid(location: &Location) -> String {
    format!("ExampleNet-{}", location.key.customer)
}

/// `GET …/wifiNetwork`. As in the cloud, the passphrase stands there in clear.
pub(crate) fn network(ask: &Ask<'_>) -> Answer {
    let location = ask.location()?;
    let created = iso(onboarded(&location) - 5 * MINUTE);
    Ok(json!({ "wifiNetwork": {
        "id": location.key.document_id("f1"),
        "locationId": location.id,
        "ssid": ssid(&location),
        "encryptionKey": WIFI_KEY,
        "masterKeyIndex": 0,
        "wpaMode": "psk2",
        "ssidBroadcast": true,
        "uapsd": true,
        "enabled": true,
        "disableDefaultServiceNetwork": false,
        "groupRekey": "auto",
        "fastTransition": "auto",
        "minWifiMode24": "auto",
        "privateMode": false,
        "devicesVisibleToGuests": [],
        "createdAt": created,
        "updatedAt": created,
        "_version": "1.0.0",
        "keys": [{
            "id": 0,
            "encryptionKey": WIFI_KEY,
            "accessZone": "home",
            "accessZoneId": 0,
            "format": "encryptionKey",
            "enable": true,
            "createdAt": created,
            "_version": "1.0.0",
        }],
        "persons": [],
        "devices": [],
        "accessZones": [
            { "id": 0, "type": "home", "description": "Home", "accessibleDevices": [], "_version": "1.0.0" },
        ],
        "encrypted": true,
        "encryptedAt": created,
    } }))
}

/// `GET …/wifiNetwork/ssid`.
pub(crate) fn ssid_only(ask: &Ask<'_>) -> Answer {
    Ok(json!({ "ssid": ssid(&ask.location()?) }))
}

/// `GET …/wifiNetworks`.
pub(crate) fn networks(ask: &Ask<'_>) -> Answer {
    let ssid = ssid(&ask.location()?);
    Ok(json!([
        { "networkId": "home", "ssid": ssid, "enable": true, "wpaMode": "psk2", "vapType": "home" },
        {
            "networkId": "fronthaul-1",
            "ssid": format!("{ssid}-IoT"),
            "enable": false,
            "wpaMode": "psk-mixed",
            "vapType": "fronthaul",
        },
    ]))
}

/// `GET …/backhaul`: settings of the mesh, not the state of the Internet connection.
pub(crate) fn backhaul(ask: &Ask<'_>) -> Answer {
    Ok(backhaul_body(&ask.location()?))
}

pub(crate) fn backhaul_body(location: &Location) -> Value {
    json!({
        "_version": "1.0.0",
        "mode": "auto",
        "wpaKey": MESH_KEY,
        "dynamicBeacon": "auto",
        "wds": "auto",
        "wpaMode": "auto",
        "wpaModeRealized": "psk2",
        "hitlessTopology": "auto",
        "createdAt": iso(location.created),
        "updatedAt": iso(location.created),
    })
}
