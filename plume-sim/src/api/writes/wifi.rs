//! Creates and changes the Wi-Fi network.

use serde_json::{Map, Value, json};

use crate::api::locations::wifi::body;
use crate::api::writes::fields::Fields;
use crate::http::{ApiError, Outcome, Reply, Write};
use crate::world::{Change, Location};

const WPA_MODES: [&str; 7] =
    ["open", "psk2", "psk-mixed", "sae", "sae-mixed", "sae-compat", "sae-compat-relaxed"];
const WIFI_MODES: [&str; 8] = ["auto", "11a", "11b", "11g", "11n", "11ac", "11ax", "11b-high"];
const BANDS: [&str; 3] = ["freqBand24", "freqBand5", "freqBand6"];
const SWITCHES: [&str; 3] = ["auto", "enable", "disable"];
const FLAGS: [&str; 6] =
    ["ssidBroadcast", "enabled", "disableDefaultServiceNetwork", "uapsd", "privateMode", "allowMlo"];
const CONTEXT: &str = "WifiNetwork";

/// `POST …/wifiNetwork`: only without an existing network.
pub(crate) fn create(write: &mut Write<'_>, location: &Location) -> Outcome {
    if location.wifi.is_some() {
        return Err(ApiError::conflict("The location has a Wi-Fi network already"));
    }
    set(write, location, true)
}

/// `PUT …/wifiNetwork`.
pub(crate) fn replace(write: &mut Write<'_>, location: &Location) -> Outcome {
    exists(location)?;
    set(write, location, true)
}

/// `PATCH …/wifiNetwork`: missing members stay unchanged.
pub(crate) fn update(write: &mut Write<'_>, location: &Location) -> Outcome {
    exists(location)?;
    set(write, location, false)
}

fn exists(location: &Location) -> Result<(), ApiError> {
    location.wifi.as_ref().map(|_| ()).ok_or_else(|| ApiError::no_such("wifiNetworks", &location.id))
}

fn set(write: &mut Write<'_>, location: &Location, whole: bool) -> Outcome {
    let members = members(&Fields::of(&write.request())?, whole)?;
    if members.is_empty() {
        return Err(ApiError::bad_request("There is nothing to change"));
    }
    // Only the names are recorded: a passphrase must not be in an audit trail.
    let changed: Vec<&str> = members.keys().map(String::as_str).collect();
    let details = json!({ "changed": changed });
    write.audit_location("WifiConfigChanged", location.key, &details);
    write.world.record(location.key, Change::Wifi(members));
    Ok(Reply::ok(body(&write.request().location()?)?))
}

/// Returns the members to set. The whole network needs name, key and mode; the passphrase cannot be patched.
fn members(fields: &Fields, whole: bool) -> Result<Map<String, Value>, ApiError> {
    let invalid = |name: &str, allowed: &str| ApiError::invalid(CONTEXT, name, allowed);
    let mut members = Map::new();
    let ssid = fields.text("ssid")?;
    if ssid.is_some() || whole {
        let ssid = ssid.filter(|ssid| (1..=32).contains(&ssid.len()));
        let ssid = ssid.ok_or_else(|| invalid("ssid", "1 to 32 bytes"))?;
        members.insert("ssid".to_owned(), json!(ssid));
    }
    if whole {
        let key = fields.text("encryptionKey")?.filter(|key| (8..=63).contains(&key.len()));
        let key = key.ok_or_else(|| invalid("encryptionKey", "8 to 63 characters"))?;
        members.insert("encryptionKey".to_owned(), json!(key));
    }
    if let Some(mode) = fields.word(CONTEXT, "wpaMode", &WPA_MODES)? {
        members.insert("wpaMode".to_owned(), json!(mode));
    }
    if let Some(modes) = fields.get("wpaModes") {
        let modes = by_band(modes).ok_or_else(|| invalid("wpaModes", "a WPA mode for each of some bands"))?;
        members.insert("wpaModes".to_owned(), json!(modes));
    }
    for name in FLAGS.iter().filter(|name| !whole || **name == "ssidBroadcast") {
        if let Some(flag) = fields.flag(name)? {
            members.insert((*name).to_owned(), json!(flag));
        }
    }
    if !whole {
        let words: [(&str, &[&'static str]); 3] =
            [("groupRekey", &SWITCHES), ("fastTransition", &SWITCHES), ("minWifiMode24", &WIFI_MODES)];
        for (name, words) in words {
            if let Some(word) = fields.word(CONTEXT, name, words)? {
                members.insert(name.to_owned(), json!(word));
            }
        }
    }
    Ok(members)
}

/// Returns WPA modes by band from an object, which a form contains as text.
fn by_band(value: &Value) -> Option<Map<String, Value>> {
    let modes: Map<String, Value> = match value {
        Value::Object(modes) => modes.clone(),
        Value::String(text) => serde_json::from_str(text).ok()?,
        _ => return None,
    };
    let known = |(band, mode): (&String, &Value)| {
        BANDS.contains(&band.as_str()) && mode.as_str().is_some_and(|mode| WPA_MODES.contains(&mode))
    };
    (!modes.is_empty() && modes.iter().all(known)).then_some(modes)
}
