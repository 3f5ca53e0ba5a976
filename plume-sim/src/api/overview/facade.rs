//! The start page of the apps, and the summaries in it.

use serde_json::{Map, Value, json};

use crate::api::customers::customer;
use crate::api::locations::{devices, location, nodes, wifi};
use crate::http::{Answer, Request, extend, sample};
use crate::world::measures::speed_test;
use crate::world::{Location, iso, most_active};

/// Returns the list in a body with any of the three envelopes.
fn rows(body: Value, key: &str) -> Value {
    match body {
        Value::Object(mut map) => map.remove(key).map_or(Value::Null, |inner| rows(inner, key)),
        other => other,
    }
}

/// `GET …/appFacade/home`. `filters` names the requested members, separated by commas.
pub(crate) fn home(request: &Request<'_>, location: &Location) -> Answer {
    let place = location::body(request, location);
    let part = |name: &str| place.get(name).cloned().unwrap_or_default();
    let network = wifi::body(location).ok().and_then(|body| body.get("wifiNetwork").cloned());
    let mut body = sample!(
        "overview/facade-home",
        id: location.id, customer: customer::body(&location.customer),
        capabilities: location::capabilities(request, location)?, geo_ip: part("geoIp"),
        network_status: part("networkStatus"), optimization: part("optimizations"), network: network,
        devices: rows(devices::list(request, location)?, "devices"), nodes: rows(nodes::list(request, location)?, "nodes"),
        summary: location::summary(location), alerts: location::alerts(request, location)?, place: place,
    );
    let filters = request.query.list("filters").unwrap_or_default();
    if let (Value::Object(map), false) = (&mut body, filters.is_empty()) {
        map.retain(|key, _| filters.contains(key));
    }
    Ok(body)
}

/// `GET …/summary`, deprecated.
pub(crate) fn summary(_: &Request<'_>, location: &Location) -> Answer {
    Ok(location::summary(location))
}

/// `GET …/topology`, deprecated: the summary without its settings.
pub(crate) fn topology(_: &Request<'_>, location: &Location) -> Answer {
    let mut body = location::summary(location);
    if let Some(map) = body.as_object_mut() {
        for name in [
            "wifiNetworkProvisioned",
            "onboardingStatus",
            "networkModeProvisioned",
            "networkModeRealized",
            "optimization",
        ] {
            map.remove(name);
        }
    }
    Ok(body)
}

/// `GET …/appFacade/dashboard`.
pub(crate) fn dashboard(request: &Request<'_>, location: &Location) -> Answer {
    let mut body = json!({ "speedTest": speed_test::averages(location) });
    if !request.query.flag("excludeDevices", false) {
        let devices = most_active(location, 5);
        extend(&mut body, json!({ "mostActiveDevices": devices }));
    }
    Ok(body)
}

/// `GET …/appFacade/wifiDashboard`.
pub(crate) fn wifi_dashboard(_: &Request<'_>, location: &Location) -> Answer {
    let network = wifi::body(location)?;
    Ok(json!({
        "ssid": network.pointer("/wifiNetwork/ssid"),
        "accessZones": network.pointer("/wifiNetwork/accessZones"),
    }))
}

/// `GET …/marketingExport`: each flag selects one member; only their names are published.
pub(crate) fn marketing(request: &Request<'_>, location: &Location) -> Answer {
    let online = location.devices.iter().filter(|device| device.connected).count();
    let parts: [(&str, Value); 11] = [
        ("wifiMotionCapable", json!(false)),
        ("wifiMotionEnable", json!(false)),
        ("onlineProtectionEnabled", json!(true)),
        ("personsWithoutAssignedDevices", json!(0)),
        ("peopleProfileEverCreated", json!(false)),
        ("blockedSecurityEventsCountThirtyDay", json!(location.key.customer % 17)),
        ("devicesOnlineThirtyDays", json!(online)),
        ("mostActiveDevicesThirtyDays", json!(most_active(location, 5))),
        ("appTimeCapable", json!(true)),
        ("subscription", json!({ "status": "active", "since": iso(location.onboarded()) })),
        ("lastThirtyDaysSpeedTestAverages", speed_test::averages(location)),
    ];
    let wanted = parts.into_iter().filter(|(name, _)| request.query.flag(name, false));
    Ok(Value::Object(wanted.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()))
}
