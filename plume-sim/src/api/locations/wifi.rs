//! Wi-Fi networks and the mesh's own network. Every key is a fixture.

use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Request, extend, sample};
use crate::world::{Location, iso};

const WIFI_KEY: &str = "not-a-real-key";
/// The real key has 63 hex digits as well. The pattern is visible wherever it leaks.
const MESH_KEY: &str = "5EC4E75EC4E75EC4E75EC4E75EC4E75EC4E75EC4E75EC4E75EC4E75EC4E75EC";

/// Returns the name of the network; empty without a network.
pub(crate) fn ssid(location: &Location) -> String {
    let Some(wifi) = &location.wifi else { return String::new() };
    let set = wifi.members.get("ssid").and_then(Value::as_str).map(str::to_owned);
    set.unwrap_or_else(|| format!("ExampleNet-{}", location.key.customer))
}

/// `GET …/wifiNetwork`. As in the cloud, the passphrase is in clear text.
pub(crate) fn network(_: &Request<'_>, location: &Location) -> Answer {
    body(location)
}

fn no_network(location: &Location) -> ApiError {
    ApiError::no_such("wifiNetworks", &location.id)
}

/// Returns the network, or 404 if the location has none.
pub(crate) fn body(location: &Location) -> Answer {
    let wifi = location.wifi.as_ref().ok_or_else(|| no_network(location))?;
    let created = iso(wifi.created);
    let key = wifi.members.get("encryptionKey").cloned().unwrap_or_else(|| json!(WIFI_KEY));
    let mut network = sample!(
        "locations/wifi-body",
        id: location.key.document_id("f1"), location_id: location.id, ssid: ssid(location), key: key,
        created: created, updated_at: iso(wifi.updated),
    );
    extend(&mut network, Value::Object(wifi.members.clone()));
    Ok(json!({ "wifiNetwork": network }))
}

/// `GET …/wifiNetwork/ssid`.
pub(crate) fn ssid_only(_: &Request<'_>, location: &Location) -> Answer {
    if location.wifi.is_none() {
        return Err(no_network(location));
    }
    Ok(json!({ "ssid": ssid(location) }))
}

/// `GET …/wifiNetworks`.
pub(crate) fn networks(_: &Request<'_>, location: &Location) -> Answer {
    let Some(wifi) = &location.wifi else { return Ok(json!([])) };
    let ssid = ssid(location);
    let member = |name: &str, default: Value| wifi.members.get(name).cloned().unwrap_or(default);
    Ok(sample!(
        "locations/wifi-networks",
        ssid: ssid, enable: member("enabled", json!(true)), wpa_mode: member("wpaMode", json!("psk2")),
        ssid2: format!("{ssid}-IoT"),
    ))
}

/// `GET …/backhaul`: settings of the mesh, not the state of the Internet connection.
pub(crate) fn backhaul(_: &Request<'_>, location: &Location) -> Answer {
    Ok(backhaul_body(location))
}

pub(crate) fn backhaul_body(location: &Location) -> Value {
    sample!(
        "locations/wifi-backhaul-body",
        wpa_key: MESH_KEY, created_at: iso(location.created),
    )
}
