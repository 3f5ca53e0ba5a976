//! `partners` and `Groups`: lookups by the partner's keys.

use serde_json::{Value, json};

use crate::api::customers::accounts::group;
use crate::api::customers::customer;
use crate::api::customers::customer::Comparison;
use crate::api::locations::nodes;
use crate::http::{Answer, ApiError, Filter, Request, sample};
use crate::world::Customer;

/// The default limit of a group list.
const GROUP_PAGE: usize = 500;

/// Checks that a partner in the path is the token's.
fn known_partner(request: &Request<'_>) -> Result<(), ApiError> {
    if request.names("partnerId") { group(request, "partnerId").map(drop) } else { Ok(()) }
}

/// `GET Groups/{id}/customers`. The partner id works as the id of the group of all its customers.
pub(crate) fn group_customers(request: &Request<'_>) -> Answer {
    group(request, "id")?;
    Ok(customer::rows(request.world, &Filter::of(request.query)?.limit_or(GROUP_PAGE)))
}

/// `GET partners/customers/search/{keyword}`. Both flags default to true, as the help page says, so by default only
/// complete values match.
pub(crate) fn search_customers(request: &Request<'_>) -> Answer {
    known_partner(request)?;
    let name = request.query.get("field").unwrap_or_default();
    if !["accountId", "locationId", "name", "email"].contains(&name) {
        return Err(ApiError::invalid("Customer", "field", "accountId, locationId, name, email"));
    }
    let keyword = request.parameter("keyword");
    if keyword == "null" {
        return Err(ApiError::invalid("Customer", "keyword", "any text but null"));
    }
    let comparison = Comparison {
        exact: request.query.flag("exactMatch", true),
        prefix: request.query.flag("startsWith", true),
    };
    let accepts = |customer: &Customer| match customer::field(customer, name) {
        Some(value) => comparison.accepts(keyword, value),
        None => customer.locations.iter().any(|location| comparison.accepts(keyword, &location.id())),
    };
    let limit = request.query.count("limit")?.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let skip = request.query.count("skip")?.unwrap_or(0);
    let hits: Vec<Value> = request
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
pub(crate) fn location(request: &Request<'_>) -> Answer {
    let keyword = request.parameter("keyword");
    let by_service = || request.world.location_by_service(keyword);
    let location = request.world.location_by_id(keyword).or_else(by_service);
    let location = location.ok_or_else(|| ApiError::no_such("locations", keyword))?;
    Ok(sample!(
        "customers/partners-location",
        id: location.id, name: location.name, service_id: location.service_id, id2: location.customer.id,
        name2: location.customer.name, account_id: location.customer.account_id,
    ))
}

/// `GET partners/nodes/{nodeId}`: the inventory record of a claimed or unclaimed node. The unclaimed ones are
/// `SIMUNCLAIMED1`, `SIMUNCLAIMED2` and so on.
pub(crate) fn node(request: &Request<'_>) -> Answer {
    known_partner(request)?;
    let id = request.parameter("nodeId");
    let claimed_only = request.query.flag("excludeUnclaimed", false);
    let in_store = request.world.unclaimed_node(id).filter(|_| !claimed_only);
    if let Some(node) = in_store {
        return Ok(nodes::unclaimed_record(request.world, &node));
    }
    let location = request.world.location_of_node(id).ok_or_else(|| ApiError::no_such("nodes", id))?;
    let node = location.node(id).ok_or_else(|| ApiError::no_such("nodes", id))?;
    Ok(nodes::inventory_record(&location, node))
}
