//! `forceGraph`: the topology as a graph, or as a page that draws it.

use http::header::ACCEPT;
use serde_json::{Value, json};

use crate::http::{ApiError, Page, Request};
use crate::world::{Link, Location, channel};

/// `GET …/forceGraph`: HTML, unless the request accepts JSON.
pub(crate) fn force_graph(request: &Request<'_>, location: &Location) -> Result<Page, ApiError> {
    let graph = graph(request, location);
    let accept = request.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if accept.into_iter().any(|value| value.to_ascii_lowercase().contains("application/json")) {
        return Ok(Page::Json(graph));
    }
    // The graph is data in a script element. `<` is escaped, so it cannot end the element.
    let data = graph.to_string().replace('<', "\\u003c");
    Ok(Page::Html(format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Topology</title></head><body>\
         <svg id=\"topology\"></svg><script type=\"application/json\" id=\"graph\">{data}</script></body></html>\n"
    )))
}

/// Returns nodes and devices as vertices, and an edge from each to its parent node.
fn graph(request: &Request<'_>, location: &Location) -> Value {
    let viewer = request.query.get("mac").and_then(|mac| location.device(mac)).map(|device| &device.mac);
    let mut vertices = Vec::new();
    let mut edges = Vec::new();
    for node in &location.nodes {
        vertices.push(json!({
            "id": node.serial,
            "type": if node.link == Link::Root { "gateway" } else { "node" },
            "label": node.nickname,
            "model": node.model,
            "connectionState": if node.connected { "connected" } else { "disconnected" },
            "health": node.connected.then_some(node.health),
        }));
        let above = node.parent.filter(|_| node.connected).and_then(|index| location.nodes.get(index));
        edges.extend(
            above.map(|above| edge(&node.serial, &above.serial, (node.link == Link::Wifi).then_some("5GU"))),
        );
    }
    for device in &location.devices {
        vertices.push(json!({
            "id": device.mac,
            "type": "device",
            "label": device.nickname.as_deref().unwrap_or(device.kind.name),
            "icon": device.kind.icon,
            "connectionState": if device.connected { "connected" } else { "disconnected" },
            "isViewer": viewer == Some(&device.mac),
        }));
        let node = device.node.filter(|_| device.connected).and_then(|index| location.nodes.get(index));
        edges.extend(node.map(|node| edge(&device.mac, &node.serial, device.kind.band)));
    }
    json!({ "vertices": vertices, "edges": edges })
}

fn edge(source: &str, target: &str, band: Option<&str>) -> Value {
    json!({
        "source": source,
        "target": target,
        "medium": if band.is_some() { "wifi" } else { "ethernet" },
        "freqBand": band,
        "channel": band.map(channel),
    })
}
