//! `Customers`: lists, counts, single customers, searches.

use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Filter, Request, extend, insert, required_list, sample};
use crate::world::{Customer, HOUR, Location, PARTNER_ID, World, iso};

/// Maximum number of hits per searched field in `v2/search`, and of locations per hit.
const MOST_HITS: usize = 10;

pub(crate) fn body(customer: &Customer) -> Value {
    let mut body = sample!(
        "customers/customer-body",
        id: customer.id, account_id: customer.account_id, anonymous: customer.anonymous,
        name: customer.name, partner_id: PARTNER_ID, source: customer.source,
        created_at: iso(customer.created), email: customer.email,
    );
    // The cloud omits these where the address is not confirmed or not used for a login.
    insert(&mut body, "emailVerified", customer.email_verified);
    let login = (customer.planned > 0 && !customer.anonymous).then(|| iso(customer.created + 11 * HOUR));
    insert(&mut body, "firstKnownLoginTimestamp", login);
    extend(&mut body, Value::Object(customer.more.clone()));
    body
}

pub(crate) fn rows(world: &World, filter: &Filter) -> Value {
    json!(filter.apply(world.numbers(), |number| { world.customer(number).map(|customer| body(&customer)) }))
}

/// `GET Customers`. A bare `limit` is not a parameter and has no effect.
pub(crate) fn list(request: &Request<'_>) -> Answer {
    Ok(rows(request.world, &Filter::of(request.query)?))
}

/// `GET Customers/count`.
pub(crate) fn count(request: &Request<'_>) -> Answer {
    let filter = Filter::of_where(request.query)?;
    let make = |number| request.world.customer(number).map(|customer| body(&customer));
    Ok(json!({ "count": filter.count(request.world.numbers(), make) }))
}

/// `GET Customers/{id}`.
pub(crate) fn one(request: &Request<'_>) -> Answer {
    let filter = Filter::of(request.query)?;
    Ok(filter.project(body(&request.customer()?)))
}

/// The comparison of a keyword with a field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparison {
    pub(crate) exact: bool,
    pub(crate) prefix: bool,
}

impl Comparison {
    pub(crate) fn accepts(self, keyword: &str, value: &str) -> bool {
        let (keyword, value) = (keyword.to_lowercase(), value.to_lowercase());
        if self.exact {
            value == keyword
        } else if self.prefix {
            value.starts_with(&keyword)
        } else {
            value.contains(&keyword)
        }
    }
}

pub(crate) fn field<'c>(customer: &'c Customer, name: &str) -> Option<&'c str> {
    match name {
        "accountId" => Some(&customer.account_id),
        "name" => Some(&customer.name),
        "email" => Some(&customer.email),
        _ => None,
    }
}

/// `GET Customers/search/{keyword}`.
pub(crate) fn search(request: &Request<'_>) -> Answer {
    let name = request.query.get("field").unwrap_or_default();
    if !["accountId", "name", "email"].contains(&name) {
        return Err(ApiError::invalid("Customer", "field", "accountId, name, email"));
    }
    let keyword = request.parameter("keyword");
    let comparison = Comparison {
        exact: request.query.flag("exactMatch", false),
        prefix: request.query.flag("startsWith", false),
    };
    let hits: Vec<Value> = request
        .world
        .customers()
        .filter(|customer| field(customer, name).is_some_and(|value| comparison.accepts(keyword, value)))
        .map(|customer| body(&customer))
        .collect();
    Ok(json!(hits))
}

/// `GET Customers/v2/search`. The entities are a list; see [`Pairs::list`](crate::http::Pairs::list). Nodes,
/// locations and customer ids match by the complete id only.
pub(crate) fn search_v2(request: &Request<'_>) -> Answer {
    let keyword = request.query.get("searchString").filter(|text| !text.is_empty());
    let keyword = keyword.ok_or_else(|| ApiError::missing("searchString"))?;
    let entities = required_list(request, "searchEntities")?;
    let comparison = Comparison { exact: request.query.flag("exactMatch", false), prefix: false };
    let world = request.world;
    let mut hits: Vec<Value> = Vec::new();
    for entity in &entities {
        let whole = |customer: Customer| hit(&customer, keyword, keyword, None);
        let inside = |location: Location| hit(&location.customer, keyword, keyword, Some(&location.id));
        match entity.as_str() {
            "nodeId" => hits.extend(world.location_of_node(keyword).map(inside)),
            "locationId" => hits.extend(world.location_by_id(keyword).map(inside)),
            "customerId" => hits.extend(world.customer_by_id(keyword).map(whole)),
            "serviceId" => {
                let found = world.customers().flat_map(|customer| {
                    let keys = customer.locations.clone().into_iter();
                    let values = keys.map(|key| (key, world.service_id(key)));
                    let matching = values.filter(|(_, value)| comparison.accepts(keyword, value));
                    matching
                        .map(|(key, value)| hit(&customer, keyword, &value, Some(&key.id())))
                        .collect::<Vec<_>>()
                });
                hits.extend(found.take(MOST_HITS));
            }
            "name" | "email" | "accountId" => {
                let found = world.customers().filter_map(|customer| {
                    let value = field(&customer, entity)?;
                    comparison.accepts(keyword, value).then(|| hit(&customer, keyword, value, None))
                });
                hits.extend(found.take(MOST_HITS));
            }
            _ => return Err(ApiError::bad_request("searchEntities holds an unknown entity")),
        }
    }
    Ok(json!(hits))
}

/// Returns a search hit. `selected` is the id of the location to show first.
fn hit(customer: &Customer, keyword: &str, value: &str, selected: Option<&str>) -> Value {
    let locations: Vec<Value> =
        customer.locations.iter().take(MOST_HITS).map(|key| json!({ "locationId": key.id() })).collect();
    let mut hit = sample!(
        "customers/customer-hit",
        matching_string: keyword, matched_value: value, customer_id: customer.id,
        customer_name: customer.name, customer_email: customer.email, locations: locations,
    );
    insert(&mut hit, "locationIdToSelect", selected);
    hit
}
