//! Creates, renames, archives, restarts and optimizes locations, and sets their service level.

use serde_json::json;

use crate::api::locations::location::{body, level};
use crate::api::writes::fields::{Fields, PROFILES, delay};
use crate::api::writes::nodes::give_back_all;
use crate::http::{ApiError, Outcome, Reply, Write};
use crate::world::{Change, Level, Location, LocationKey, SECOND, Script};

fn reply(write: &Write<'_>, key: LocationKey) -> Outcome {
    let request = write.request();
    let location = request.world.location(key).ok_or_else(|| ApiError::no_such("locations", &key.id()))?;
    Ok(Reply::ok(body(&request, &location)))
}

/// `POST Customers/{id}/locations`.
pub(crate) fn create(write: &mut Write<'_>) -> Outcome {
    let request = write.request();
    let customer = request.customer()?;
    let fields = Fields::of(&request)?;
    let name = fields.need("name")?;
    let (profile, service_id) = (profile(&fields)?, fields.text("serviceId")?);
    let key = request.world.written.free_key(customer.number, customer.planned);
    let key = key.ok_or_else(|| ApiError::bad_request("The customer has too many locations"))?;
    let now = write.world.now;
    write.world.written.customer(customer.number).added.push((key, name.clone(), now));
    if profile.is_some() || service_id.is_some() {
        write.world.record(key, Change::Renamed { name: None, service_id, profile });
    }
    write.audit_location("LocationCreated", key, &json!({ "name": name }));
    reply(write, key)
}

fn profile(fields: &Fields) -> Result<Option<String>, ApiError> {
    Ok(fields.word("Location", "profile", &PROFILES)?.map(str::to_owned))
}

/// `PUT …/locations/{locationId}`: the name.
pub(crate) fn rename(write: &mut Write<'_>, location: &Location) -> Outcome {
    let name = Fields::of(&write.request())?.need("name")?;
    let details = json!({ "name": name });
    write.configure(
        location.key,
        &details,
        Change::Renamed { name: Some(name), service_id: None, profile: None },
    );
    reply(write, location.key)
}

/// `PATCH …/locations/{locationId}`: at least one of three members.
pub(crate) fn update(write: &mut Write<'_>, location: &Location) -> Outcome {
    let fields = Fields::of(&write.request())?;
    let (name, service_id, profile) = (fields.text("name")?, fields.text("serviceId")?, profile(&fields)?);
    if name.is_none() && service_id.is_none() && profile.is_none() {
        return Err(ApiError::invalid("Location", "body", "at least one of serviceId, profile, name"));
    }
    if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(ApiError::invalid("Location", "name", "any text"));
    }
    let details = json!({ "name": name, "serviceId": service_id, "profile": profile });
    write.configure(location.key, &details, Change::Renamed { name, service_id, profile });
    reply(write, location.key)
}

/// `DELETE …/locations/{locationId}`: archives the location. Its nodes return to the inventory.
pub(crate) fn delete(write: &mut Write<'_>) -> Outcome {
    let request = write.request();
    let customer = request.customer()?;
    let asked = LocationKey::from_id(request.parameter("locationId"));
    let archived =
        asked.filter(|key| key.customer == customer.number && request.world.written.is_archived(*key));
    if archived.is_some() {
        return Err(ApiError::conflict("The location is archived already"));
    }
    let key = request.location()?.key;
    give_back_all(write, key);
    archive(write, key);
    Ok(Reply::no_content())
}

pub(crate) fn archive(write: &mut Write<'_>, key: LocationKey) {
    write.world.written.customer(key.customer).archived.insert(key);
    write.audit_location("LocationDeleted", key, &json!({}));
}

/// `PATCH …/serviceLevel`.
pub(crate) fn service_level(write: &mut Write<'_>, location: &Location) -> Outcome {
    let fields = Fields::of(&write.request())?;
    if !fields.has("status") {
        return Err(ApiError::missing("status"));
    }
    let words = Level::ALL.map(|(word, _)| word);
    let status = fields.word("Location", "status", &words)?.unwrap_or_default();
    let details = json!({ "serviceLevel": { "from": location.service_level, "to": status } });
    write.configure(location.key, &details, Change::ServiceLevel(status));
    Ok(Reply::ok(level(&write.request().location()?)))
}

/// `PUT …/reboot`: every node restarts.
pub(crate) fn reboot(write: &mut Write<'_>, location: &Location) -> Outcome {
    let delay = delay(&Fields::of(&write.request())?)?;
    let mut script = Script::default();
    for node in &location.nodes {
        script.reboot(write.world.now + delay, node.place(), "user request");
    }
    write.world.record_all(location.key, script.into_events());
    let details = json!({ "reboot": { "nodes": location.nodes.len(), "delay": delay / SECOND } });
    write.audit_location("LocationConfigChanged", location.key, &details);
    Ok(Reply::no_content())
}

/// `POST …/optimize`. The response is a text.
pub(crate) fn optimize(write: &mut Write<'_>, location: &Location) -> Outcome {
    let forced = Fields::of(&write.request())?.flag("forcePcs")?.unwrap_or(false);
    write.configure(location.key, &json!({ "optimize": { "forcePcs": forced } }), Change::Optimized);
    Ok(Reply::ok(json!("Optimization requested")))
}
