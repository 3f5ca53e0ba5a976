//! The home network: addresses, DNS, uplink. Passwords are fixtures.

use serde_json::{Value, json};

use crate::api::settings::parts::member;
use crate::http::{Answer, ApiError, Request, extend, sample};
use crate::world::{DAY, Device, Location, iso};

const PPPOE_PASSWORD: &str = "not-a-real-password";

/// The kind of a location's Internet connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Uplink {
    Dynamic,
    Static,
    Pppoe,
}

impl Uplink {
    fn of(location: &Location) -> Self {
        match location.key.customer % 4 {
            2 => Self::Static,
            3 => Self::Pppoe,
            _ => Self::Dynamic,
        }
    }

    fn username(location: &Location) -> String {
        format!("line{}@example.net", location.key.customer)
    }
}

/// `GET …/wanConfiguration`: unset values are null, and the flag of a static address is a text.
pub(crate) fn wan_configuration(_: &Request<'_>, location: &Location) -> Answer {
    let uplink = Uplink::of(location);
    let pppoe = uplink == Uplink::Pppoe;
    let fixed = |value: &str| (uplink == Uplink::Static).then(|| value.to_owned());
    Ok(sample!(
        "settings/network-wan-configuration",
        id: location.key.document_id("a1"), location_id: location.id, updated_at: iso(location.created),
        enabled: pppoe.then_some(true), username: pppoe.then(|| Uplink::username(location)),
        password: if pppoe { PPPOE_PASSWORD } else { "" }, static_enabled: fixed("true"),
        ip: fixed("192.0.2.250"), subnet: fixed("255.255.255.0"), gateway: fixed("192.0.2.1"),
        primary_dns: fixed("192.0.2.53"), secondary_dns: fixed("198.51.100.53"),
    ))
}

/// `GET …/wanSettings`, deprecated: the same settings in an older form.
pub(crate) fn wan_settings(_: &Request<'_>, location: &Location) -> Answer {
    let mut body = json!({ "updatedAt": iso(location.created) });
    let more = match Uplink::of(location) {
        Uplink::Dynamic => json!({ "connectionType": "dynamic" }),
        Uplink::Static => json!({
            "connectionType": "static",
            "static": { "ipAddress": "192.0.2.250", "subnetMask": "255.255.255.0", "defaultGateway": "192.0.2.1" },
        }),
        Uplink::Pppoe => json!({
            "connectionType": "pppoe",
            "pppoe": { "name": Uplink::username(location), "password": PPPOE_PASSWORD },
        }),
    };
    extend(&mut body, more);
    Ok(body)
}

/// `GET …/networkConfiguration/home`.
pub(crate) fn home(request: &Request<'_>, location: &Location) -> Answer {
    Ok(json!({
        "networkMode": member(request, location, "networkMode"),
        "dnsServers": dns_servers(request, location)?,
        "upnp": upnp(request, location)?,
        "igmpSnooping": { "enabled": true, "mode": "auto" },
    }))
}

pub(crate) fn dns_servers(_: &Request<'_>, location: &Location) -> Answer {
    if location.key.customer.is_multiple_of(3) {
        return Ok(json!({ "enabled": true, "primaryDns": "192.0.2.53", "secondaryDns": "198.51.100.53" }));
    }
    Ok(json!({ "enabled": false }))
}

pub(crate) fn upnp(_: &Request<'_>, location: &Location) -> Answer {
    let enabled = !location.key.customer.is_multiple_of(5);
    Ok(json!({ "enabled": enabled, "mode": "auto", "modeRealized": enabled && location.gateway().is_some() }))
}

/// Returns the subnet of the gateway's DHCP server, which is unknown without a gateway.
fn prefix(location: &Location) -> Result<&'static str, ApiError> {
    let known = location.gateway().map(|_| "192.168.40");
    known.ok_or_else(|| ApiError::not_yet("The subnet prefix is not known yet"))
}

pub(crate) fn dhcp(_: &Request<'_>, location: &Location) -> Answer {
    let prefix = prefix(location).map_err(|_| ApiError::no_such("dhcp configurations", &location.id))?;
    Ok(sample!(
        "settings/network-dhcp",
        subnet: format!("{prefix}.0"), gateway: format!("{prefix}.1"), range_start: format!("{prefix}.2"),
        range_end: format!("{prefix}.254"), lease_time_seconds: DAY / 1_000,
    ))
}

/// Returns address and name of a device in the gateway's leases.
pub(crate) fn lease(device: &Device) -> Value {
    let name = if device.kind.name.is_empty() { None } else { Some(device.kind.name) };
    json!({
        "mac": device.mac,
        "ip": format!("192.168.40.{}", 20 + u32::from(device.index)),
        "hostname": name.unwrap_or("unknown"),
    })
}

/// Returns the reserved addresses, which Ethernet devices have. 412 while the subnet is unknown.
pub(crate) fn dhcp_reservations_of(location: &Location) -> Result<Vec<Value>, ApiError> {
    prefix(location)?;
    let wired = location.devices.iter().filter(|device| device.kind.band.is_none());
    Ok(wired.map(lease).collect())
}

pub(crate) fn dhcp_reservations(_: &Request<'_>, location: &Location) -> Answer {
    Ok(json!(dhcp_reservations_of(location)?))
}

pub(crate) fn dhcp_reservation(request: &Request<'_>, location: &Location) -> Answer {
    let all = dhcp_reservations_of(location)?;
    let device = request.device(location)?;
    let reserved = all.into_iter().find(|row| row.get("mac") == Some(&json!(device.mac)));
    reserved.ok_or_else(|| ApiError::no_such("DHCP reservations", &device.mac))
}
