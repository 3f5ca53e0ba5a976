//! Changes nickname and favorite of a device.

use serde_json::json;

use crate::api::locations::devices::body;
use crate::api::writes::fields::{Fields, checked_nickname};
use crate::http::{ApiError, Outcome, Reply, Write};
use crate::world::{Change, Device, Location, LocationKey};

/// `PATCH …/devices/{mac}`: one of two members per call.
pub(crate) fn update(write: &mut Write<'_>, location: &Location, device: &Device) -> Outcome {
    let fields = Fields::of(&write.request())?;
    let place = device.place();
    let change = match (fields.text("nickname")?, fields.flag("favorite")?) {
        (Some(nickname), None) => Change::DeviceName { device: place, nickname: checked_nickname(nickname)? },
        (None, Some(favorite)) => Change::Favorite { device: place, favorite },
        _ => return Err(ApiError::bad_request("Either favorite or nickname has to be given")),
    };
    set(write, location.key, &device.mac, change)
}

/// `PUT Customers/{id}/devices/{mac}`: the nickname, in any location of the customer.
pub(crate) fn rename(write: &mut Write<'_>, location: &Location, device: &Device) -> Outcome {
    let nickname = checked_nickname(Fields::of(&write.request())?.need("nickname")?)?;
    let change = Change::DeviceName { device: device.place(), nickname };
    set(write, location.key, &device.mac, change)
}

fn set(write: &mut Write<'_>, key: LocationKey, mac: &str, change: Change) -> Outcome {
    let details = match &change {
        Change::DeviceName { nickname, .. } => json!({ "mac": mac, "nickname": nickname }),
        Change::Favorite { favorite, .. } => json!({ "mac": mac, "favorite": favorite }),
        _ => json!({ "mac": mac }),
    };
    write.configure(key, &details, change);
    let request = write.request();
    let location = request.world.location(key).ok_or_else(|| ApiError::no_such("devices", mac))?;
    let device = location.device(mac).ok_or_else(|| ApiError::no_such("devices", mac))?;
    Ok(Reply::ok(body(&location, device)))
}
