//! Locations: making, renaming, archiving, service level, restart, optimization.

use serde_json::json;

use crate::api::locations::location::{body, level};
use crate::api::writes::fields::{Fields, PROFILES, delay};
use crate::api::writes::nodes::give_back_all;
use crate::http::{Order, Outcome, Problem, Reply};
use crate::world::{Change, Level, Location, LocationKey, SECOND, Script};

fn reply(order: &Order<'_>, key: LocationKey) -> Outcome {
    let ask = order.ask();
    let location = ask.world.location(key).ok_or_else(|| Problem::no_such("locations", &key.id()))?;
    Ok(Reply::ok(body(&ask, &location)))
}

/// `POST Customers/{id}/locations`.
pub(crate) fn create(order: &mut Order<'_>) -> Outcome {
    let ask = order.ask();
    let customer = ask.customer()?;
    let fields = Fields::of(&ask)?;
    let name = fields.need("name")?;
    let (profile, service_id) = (profile(&fields)?, fields.text("serviceId")?);
    let key = ask.world.written.free_key(customer.number, customer.planned);
    let key = key.ok_or_else(|| Problem::bad_request("The customer has too many locations"))?;
    let now = order.world.now;
    order.world.written.customer(customer.number).added.push((key, name.clone(), now));
    if profile.is_some() || service_id.is_some() {
        order.world.record(key, Change::Renamed { name: None, service_id, profile });
    }
    order.audit_location("LocationCreated", key, &json!({ "name": name }));
    reply(order, key)
}

fn profile(fields: &Fields) -> Result<Option<String>, Problem> {
    Ok(fields.word("Location", "profile", &PROFILES)?.map(str::to_owned))
}

/// `PUT …/locations/{locationId}`: the name.
pub(crate) fn rename(order: &mut Order<'_>, location: &Location) -> Outcome {
    let name = Fields::of(&order.ask())?.need("name")?;
    let details = json!({ "name": name });
    order.configure(
        location.key,
        &details,
        Change::Renamed { name: Some(name), service_id: None, profile: None },
    );
    reply(order, location.key)
}

/// `PATCH …/locations/{locationId}`: at least one of three.
pub(crate) fn update(order: &mut Order<'_>, location: &Location) -> Outcome {
    let fields = Fields::of(&order.ask())?;
    let (name, service_id, profile) = (fields.text("name")?, fields.text("serviceId")?, profile(&fields)?);
    if name.is_none() && service_id.is_none() && profile.is_none() {
        return Err(Problem::invalid("Location", "body", "at least one of serviceId, profile, name"));
    }
    if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Problem::invalid("Location", "name", "any text"));
    }
    let details = json!({ "name": name, "serviceId": service_id, "profile": profile });
    order.configure(location.key, &details, Change::Renamed { name, service_id, profile });
    reply(order, location.key)
}

/// `DELETE …/locations/{locationId}`: archives it. Its nodes go back to the store.
pub(crate) fn delete(order: &mut Order<'_>) -> Outcome {
    let ask = order.ask();
    let customer = ask.customer()?;
    let asked = LocationKey::from_id(ask.parameter("locationId"));
    let archived = asked.filter(|key| key.customer == customer.number && ask.world.written.is_archived(*key));
    if archived.is_some() {
        return Err(Problem::conflict("The location is archived already"));
    }
    let key = ask.location()?.key;
    give_back_all(order, key);
    archive(order, key);
    Ok(Reply::no_content())
}

pub(crate) fn archive(order: &mut Order<'_>, key: LocationKey) {
    order.world.written.customer(key.customer).archived.insert(key);
    order.audit_location("LocationDeleted", key, &json!({}));
}

/// `PATCH …/serviceLevel`.
pub(crate) fn service_level(order: &mut Order<'_>, location: &Location) -> Outcome {
    let fields = Fields::of(&order.ask())?;
    if !fields.has("status") {
        return Err(Problem::missing("status"));
    }
    let words = Level::ALL.map(|(word, _)| word);
    let status = fields.word("Location", "status", &words)?.unwrap_or_default();
    let details = json!({ "serviceLevel": { "from": location.service_level, "to": status } });
    order.configure(location.key, &details, Change::ServiceLevel(status));
    Ok(Reply::ok(level(&order.ask().location()?)))
}

/// `PUT …/reboot`: every node restarts.
pub(crate) fn reboot(order: &mut Order<'_>, location: &Location) -> Outcome {
    let delay = delay(&Fields::of(&order.ask())?)?;
    let mut script = Script::default();
    for node in &location.nodes {
        script.reboot(order.world.now + delay, node.place(), "user request");
    }
    order.world.record_all(location.key, script.into_events());
    let details = json!({ "reboot": { "nodes": location.nodes.len(), "delay": delay / SECOND } });
    order.audit_location("LocationConfigChanged", location.key, &details);
    Ok(Reply::no_content())
}

/// `POST …/optimize`. The answer is a text.
pub(crate) fn optimize(order: &mut Order<'_>, location: &Location) -> Outcome {
    let forced = Fields::of(&order.ask())?.flag("forcePcs")?.unwrap_or(false);
    order.configure(location.key, &json!({ "optimize": { "forcePcs": forced } }), Change::Optimized);
    Ok(Reply::ok(json!("Optimization requested")))
}
