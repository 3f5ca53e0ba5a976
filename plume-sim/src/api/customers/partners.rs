//! `partners` and `Groups`: looking up by the keys of the partner.

use serde_json::{Value, json};

use crate::api::customers::accounts::group;
use crate::api::customers::customer;
use crate::api::customers::customer::Comparison;
use crate::api::locations::nodes;
use crate::http::{Answer, Ask, Filter, Problem, sample};
use crate::world::Customer;

/// What a group list gives without a limit.
const GROUP_PAGE: usize = 500;

/// A partner in the path has to be the one of the token.
fn known_partner(ask: &Ask<'_>) -> Result<(), Problem> {
    if ask.names("partnerId") { group(ask, "partnerId").map(drop) } else { Ok(()) }
}

/// `GET Groups/{id}/customers`. The partner id works as the id of the group of all its customers.
pub(crate) fn group_customers(ask: &Ask<'_>) -> Answer {
    group(ask, "id")?;
    Ok(customer::rows(ask.world, &Filter::of(ask.query)?.limit_or(GROUP_PAGE)))
}

/// `GET partners/customers/search/{keyword}`. Both flags are true unless given, as the help page says, so
/// without them only the whole value is found.
pub(crate) fn search_customers(ask: &Ask<'_>) -> Answer {
    known_partner(ask)?;
    let name = ask.query.get("field").unwrap_or_default();
    if !["accountId", "locationId", "name", "email"].contains(&name) {
        return Err(Problem::invalid("Customer", "field", "accountId, locationId, name, email"));
    }
    let keyword = ask.parameter("keyword");
    if keyword == "null" {
        return Err(Problem::invalid("Customer", "keyword", "any text but null"));
    }
    let comparison =
        Comparison { exact: ask.query.flag("exactMatch", true), prefix: ask.query.flag("startsWith", true) };
    let accepts = |customer: &Customer| match customer::field(customer, name) {
        Some(value) => comparison.accepts(keyword, value),
        None => customer.locations.iter().any(|location| comparison.accepts(keyword, &location.id())),
    };
    let limit = ask.query.count("limit")?.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let skip = ask.query.count("skip")?.unwrap_or(0);
    let hits: Vec<Value> = ask
        .world
        .customers()
        .filter(accepts)
        .skip(skip)
        .take(limit)
        .map(|customer| {
            let locations: Vec<Value> =
                customer.locations.iter().map(|location| json!({ "id": location.id() })).collect();
            json!({
                "id": customer.id,
                "accountId": customer.account_id,
                "name": customer.name,
                "locations": locations,
                "email": customer.email,
            })
        })
        .collect();
    Ok(json!(hits))
}

/// `GET partners/locations/{keyword}`, where the keyword is a location id or a service id.
pub(crate) fn location(ask: &Ask<'_>) -> Answer {
    let keyword = ask.parameter("keyword");
    let by_service = || ask.world.location_by_service(keyword);
    let location = ask.world.location_by_id(keyword).or_else(by_service);
    let location = location.ok_or_else(|| Problem::no_such("locations", keyword))?;
    Ok(sample!(
        "customers/partners-location",
        id: location.id, name: location.name, service_id: location.service_id, id2: location.customer.id,
        name2: location.customer.name, account_id: location.customer.account_id,
    ))
}

/// `GET partners/nodes/{nodeId}`: the inventory record, of claimed nodes and of those in the store, which are
/// called `SIMUNCLAIMED1`, `SIMUNCLAIMED2` and so on.
pub(crate) fn node(ask: &Ask<'_>) -> Answer {
    known_partner(ask)?;
    let id = ask.parameter("nodeId");
    let claimed_only = ask.query.flag("excludeUnclaimed", false);
    let in_store = ask.world.unclaimed_node(id).filter(|_| !claimed_only);
    if let Some(node) = in_store {
        return Ok(nodes::unclaimed_record(ask.world, &node));
    }
    let location = ask.world.location_of_node(id).ok_or_else(|| Problem::no_such("nodes", id))?;
    let node = location.node(id).ok_or_else(|| Problem::no_such("nodes", id))?;
    Ok(nodes::inventory_record(&location, node))
}
