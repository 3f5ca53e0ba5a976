//! Settings and states of nodes for support.

use serde_json::{Value, json};

use crate::api::settings::wlans::wlans_of;
use crate::http::{Answer, Request, sample};
use crate::world::{Link, Location, Meter, Node, channel, iso};

/// `GET …/nodes/{nodeId}/kvConfigs`. Values can be secrets, so this one looks like a secret.
pub(crate) fn kv_configs(request: &Request<'_>, location: &Location) -> Answer {
    let node = request.node_or_elsewhere(location)?;
    let at = location.onboarded();
    Ok(sample!(
        "settings/node-parts-kv-configs",
        id: Meter::new(location, &node.serial).document_id("kv", 0), created_at: iso(at),
    ))
}

/// `GET …/nodes/{nodeId}/kvStates`: the settings as reported by the node.
pub(crate) fn kv_states(request: &Request<'_>, location: &Location) -> Answer {
    let node = request.node_or_elsewhere(location)?;
    let states = node
        .connected
        .then(|| json!({ "module": "simulator", "key": "setting", "value": "not-a-real-value" }));
    Ok(json!({ "kvStates": states.into_iter().collect::<Vec<_>>() }))
}

/// `GET …/vapStates`: the networks of each connected node by band.
pub(crate) fn vap_states(request: &Request<'_>, location: &Location) -> Answer {
    let networks = wlans_of(request, location)?;
    let of_node = |node: &Node| {
        let vaps: Vec<Value> = ["2.4G", "5G"]
            .into_iter()
            .flat_map(|band| networks.iter().filter(|wlan| wlan.enabled).map(move |wlan| (band, wlan)))
            .map(|(band, wlan)| {
                sample!(
                    "settings/node-parts-vap-states",
                    freq_band: band, channel: channel(band), ssid: wlan.ssid, network_id: wlan.id,
                    vap_type: wlan.vap,
                )
            })
            .collect();
        json!({ "nodeId": node.serial, "vaps": vaps })
    };
    let rows: Vec<Value> = location.nodes.iter().filter(|node| node.connected).map(of_node).collect();
    Ok(json!({ "vapStates": rows }))
}

/// `GET …/backhauls`: the link of each node to its parent.
pub(crate) fn backhauls(_: &Request<'_>, location: &Location) -> Answer {
    let rows = location.nodes.iter().filter(|node| node.connected && node.link != Link::Root).map(|node| {
        let wireless = node.link == Link::Wifi;
        let meter = Meter::new(location, &node.serial);
        json!({
            "nodeId": node.serial,
            "parentId": location.above(node).first().map(|(parent, _)| &parent.serial),
            "backhaulType": if wireless { "wifi" } else { "ethernet" },
            "freqBand": wireless.then_some("5GU"),
            "channel": wireless.then(|| channel("5GU")),
            "rssiDbm": wireless.then(|| meter.read("backhaul", 0, -66.0, -50.0).round()),
        })
    });
    Ok(json!({ "backhauls": rows.collect::<Vec<_>>() }))
}
