//! Further operations of customers, partners and groups: existence, roles, newest customers, deprecated paths.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::api::customers::customer::{self, Comparison};
use crate::api::locations::nodes;
use crate::http::{Answer, ApiError, Filter, Request, invalid, required, sample};
use crate::world::{Customer, DAY, HOUR, Location, NodeLabel, PARTNER_ID, PARTNER_NAME, World, iso};

/// Maximum number of newest customers.
const MOST_RECENT: usize = 100;
/// Maximum number of hits of the deprecated group searches.
const MOST_HITS: usize = 10;

/// `GET Customers/exists`. The schema defines a boolean, its description says that `emailVerified` is returned.
pub(crate) fn exists(request: &Request<'_>) -> Answer {
    let email = required(request, "email")?;
    let valid = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if !valid {
        return Err(invalid("email", "an e-mail address"));
    }
    Ok(json!({ "emailVerified": !by_email(request.world, email)?.anonymous }))
}

fn by_email(world: &World, email: &str) -> Result<Customer, ApiError> {
    let wanted = |customer: &Customer| customer.email.eq_ignore_ascii_case(email);
    world.customers().find(wanted).ok_or_else(|| ApiError::no_such("customers", email))
}

pub(crate) fn find_by_email(request: &Request<'_>) -> Answer {
    Ok(customer::body(&by_email(request.world, request.parameter("email"))?))
}

pub(crate) fn roles(request: &Request<'_>) -> Answer {
    let customer = request.customer()?;
    let filter = Filter::of(request.query)?;
    let at = iso(customer.created);
    let role = sample!("customers/accounts-roles", id: customer.id, at: at);
    Ok(json!(filter.apply([role].into_iter(), Some)))
}

pub(crate) fn user_info(request: &Request<'_>) -> Answer {
    Ok(customer::body(&request.customer()?))
}

/// Returns whether the account has a login. An account without an address has none.
pub(crate) fn mobile_active(request: &Request<'_>) -> Answer {
    let customer = request.customer()?;
    if customer.anonymous {
        return Err(ApiError::no_such("logins", &customer.id));
    }
    let days = i64::from(customer.number % 45);
    let at = (request.world.anchor - days * DAY - HOUR).max(customer.created);
    Ok(json!({ "lastLoginAt": iso(at), "isActive": request.now - at <= 30 * DAY }))
}

fn group_body(world: &World) -> Value {
    sample!(
        "customers/accounts-group-body",
        id: PARTNER_ID, name: PARTNER_NAME, created_at: iso(world.anchor - 5 * 365 * DAY),
    )
}

/// Returns the group in the path, for which the id of its partner is also accepted.
pub(crate) fn group(request: &Request<'_>, parameter: &str) -> Result<Value, ApiError> {
    match request.parameter(parameter) {
        PARTNER_ID => Ok(group_body(request.world)),
        other => Err(ApiError::no_such("groups", other)),
    }
}

pub(crate) fn groups(request: &Request<'_>) -> Answer {
    let filter = Filter::of(request.query)?.limit_or(500);
    Ok(json!(filter.apply([group_body(request.world)].into_iter(), Some)))
}

pub(crate) fn count_groups(request: &Request<'_>) -> Answer {
    let filter = Filter::of_where(request.query)?;
    Ok(json!({ "count": filter.count([group_body(request.world)].into_iter(), Some) }))
}

pub(crate) fn one_group(request: &Request<'_>) -> Answer {
    Ok(Filter::of(request.query)?.project(group(request, "id")?))
}

pub(crate) fn count(request: &Request<'_>) -> Answer {
    group(request, "id")?;
    Ok(json!({ "count": request.world.numbers().count() }))
}

/// Returns the newest customers, newest first.
pub(crate) fn recent(request: &Request<'_>) -> Answer {
    group(request, "id")?;
    let mut customers: Vec<Customer> = request.world.customers().collect();
    customers.sort_by_key(|customer| std::cmp::Reverse(customer.created));
    customers.truncate(MOST_RECENT);
    Ok(customers.iter().map(customer::body).collect())
}

pub(crate) fn first_hits(hits: Value) -> Value {
    match hits {
        Value::Array(hits) => hits.into_iter().take(MOST_HITS).collect(),
        other => other,
    }
}

/// `GET Groups/customers/{keyword}`: customers with the keyword in one of the fields.
pub(crate) fn any_field(request: &Request<'_>) -> Answer {
    let keyword = request.parameter("keyword");
    let comparison = Comparison { exact: false, prefix: false };
    let accepts = |customer: &Customer| {
        ["accountId", "name", "email"]
            .into_iter()
            .filter_map(|name| customer::field(customer, name))
            .any(|value| comparison.accepts(keyword, value))
    };
    Ok(request
        .world
        .customers()
        .filter(accepts)
        .take(MOST_HITS)
        .map(|customer| customer::body(&customer))
        .collect())
}

/// A node of the inventory: claimed, with location and index, or in the inventory only.
enum Stored {
    Claimed(Rc<Location>, usize),
    Unclaimed(NodeLabel),
}

impl Stored {
    fn all(world: &World) -> impl Iterator<Item = Self> + '_ {
        let locations =
            world.customers().flat_map(|customer| customer.locations).filter_map(|key| world.location(key));
        let claimed = locations.map(Rc::new).flat_map(|location| {
            (0..location.nodes.len()).map(move |index| Self::Claimed(Rc::clone(&location), index))
        });
        claimed.chain(world.written.unclaimed_nodes().map(Self::Unclaimed))
    }

    fn record(&self, world: &World) -> Option<Value> {
        match self {
            Self::Claimed(location, index) => {
                Some(nodes::inventory_record(location, location.nodes.get(*index)?))
            }
            Self::Unclaimed(node) => Some(nodes::unclaimed_record(world, node)),
        }
    }
}

pub(crate) fn inventory(request: &Request<'_>) -> Answer {
    let filter = Filter::of(request.query)?.limit_or(500);
    Ok(json!(filter.apply(Stored::all(request.world), |stored| stored.record(request.world))))
}

pub(crate) fn count_inventory(request: &Request<'_>) -> Answer {
    let filter = Filter::of_where(request.query)?;
    Ok(json!({ "count": filter.count(Stored::all(request.world), |stored| stored.record(request.world)) }))
}

pub(crate) fn nodes_of_location(request: &Request<'_>, location: &Location) -> Answer {
    let filter = Filter::of(request.query)?;
    let rows = location.nodes.iter().map(|node| nodes::inventory_record(location, node));
    Ok(json!(filter.apply(rows, Some)))
}
