//! The secondary Wi-Fi networks of a location, and the lists of all networks.

use serde_json::{Value, json};

use crate::api::locations::wifi;
use crate::http::{Answer, ApiError, Request, sample};
use crate::world::Location;

/// One Wi-Fi network.
#[derive(Debug)]
pub(crate) struct Wlan {
    pub(crate) id: String,
    pub(crate) vap: String,
    pub(crate) ssid: String,
    pub(crate) wpa_mode: String,
    pub(crate) enabled: bool,
}

impl Wlan {
    fn access_zone(&self) -> &'static str {
        if self.vap == "captivePortal" { "internetAccessOnly" } else { "home" }
    }

    /// Returns the published form of secondary networks.
    pub(crate) fn body(&self) -> Value {
        sample!(
            "settings/wlans-body",
            network_id: self.id, vap_type: self.vap, enabled: self.enabled, ssid: self.ssid,
            access_zone: self.access_zone(), wpa_mode: self.wpa_mode,
        )
    }
}

/// Returns all networks: those of `wifiNetworks`, and a disabled captive portal.
pub(crate) fn wlans_of(request: &Request<'_>, location: &Location) -> Result<Vec<Wlan>, ApiError> {
    let listed = wifi::networks(request, location)?;
    let text = |row: &Value, name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut wlans: Vec<Wlan> = listed
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| Wlan {
            id: text(row, "networkId"),
            vap: text(row, "vapType"),
            ssid: text(row, "ssid"),
            wpa_mode: text(row, "wpaMode"),
            enabled: row.get("enable").is_some_and(|enable| enable == true),
        })
        .collect();
    let Some(main) = wlans.first().map(|wlan| wlan.ssid.clone()) else { return Ok(wlans) };
    wlans.push(Wlan {
        id: "captive-1".to_owned(),
        vap: "captivePortal".to_owned(),
        ssid: format!("{main}-Guest"),
        wpa_mode: "open".to_owned(),
        enabled: false,
    });
    Ok(wlans)
}

/// `GET …/wifiNetworksWithWpaMode`.
pub(crate) fn with_wpa_mode(request: &Request<'_>, location: &Location) -> Answer {
    let row = |wlan: &Wlan| json!({ "networkId": wlan.id, "ssid": wlan.ssid, "enable": wlan.enabled, "wpaMode": wlan.wpa_mode });
    Ok(wlans_of(request, location)?.iter().map(row).collect())
}

/// `GET …/wlans`: 501 with reduced service, which disables the feature.
pub(crate) fn all(request: &Request<'_>, location: &Location) -> Answer {
    if location.service_level != "fullService" {
        return Err(ApiError::not_implemented("wlans"));
    }
    Ok(wlans_of(request, location)?.iter().map(Wlan::body).collect())
}

/// `GET …/secondaryNetworks/fronthauls` and `…/captivePortals`.
pub(crate) fn of_kind(request: &Request<'_>, location: &Location) -> Answer {
    let vap = request.last_segment().trim_end_matches('s');
    Ok(wlans_of(request, location)?.iter().filter(|wlan| wlan.vap == vap).map(Wlan::body).collect())
}

/// `GET …/captivePortals/{networkId}/guests`: a disabled portal has none.
pub(crate) fn guests(request: &Request<'_>, location: &Location) -> Answer {
    let id = request.parameter("networkId");
    let found =
        wlans_of(request, location)?.into_iter().find(|wlan| wlan.vap == "captivePortal" && wlan.id == id);
    found.map(|_| json!([])).ok_or_else(|| ApiError::no_such("networks", id))
}
