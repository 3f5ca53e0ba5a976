//! Customers, partners and groups beyond the plain lists: existence, roles, the newest, the deprecated paths.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::api::customers::customer::{self, Comparison};
use crate::api::locations::nodes;
use crate::http::{Answer, Ask, Filter, Problem, invalid, required, sample};
use crate::world::{Customer, DAY, HOUR, Location, NodeLabel, PARTNER_ID, PARTNER_NAME, World, iso};

/// How many of the newest customers are shown.
const MOST_RECENT: usize = 100;
/// The most hits of the deprecated searches of groups.
const MOST_HITS: usize = 10;

/// `GET Customers/exists`. The swagger says a boolean, its text says that `emailVerified` is returned.
pub(crate) fn exists(ask: &Ask<'_>) -> Answer {
    let email = required(ask, "email")?;
    let valid = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if !valid {
        return Err(invalid("email", "an e-mail address"));
    }
    Ok(json!({ "emailVerified": !by_email(ask.world, email)?.anonymous }))
}

fn by_email(world: &World, email: &str) -> Result<Customer, Problem> {
    let wanted = |customer: &Customer| customer.email.eq_ignore_ascii_case(email);
    world.customers().find(wanted).ok_or_else(|| Problem::no_such("customers", email))
}

pub(crate) fn find_by_email(ask: &Ask<'_>) -> Answer {
    Ok(customer::body(&by_email(ask.world, ask.parameter("email"))?))
}

pub(crate) fn roles(ask: &Ask<'_>) -> Answer {
    let customer = ask.customer()?;
    let filter = Filter::of(ask.query)?;
    let at = iso(customer.created);
    let role = sample!("customers/accounts-roles", id: customer.id, at: at);
    Ok(json!(filter.apply([role].into_iter(), Some)))
}

pub(crate) fn user_info(ask: &Ask<'_>) -> Answer {
    Ok(customer::body(&ask.customer()?))
}

/// There is no login to an account without an address.
pub(crate) fn mobile_active(ask: &Ask<'_>) -> Answer {
    let customer = ask.customer()?;
    if customer.anonymous {
        return Err(Problem::no_such("logins", &customer.id));
    }
    let days = i64::from(customer.number % 45);
    let at = (ask.world.anchor - days * DAY - HOUR).max(customer.created);
    Ok(json!({ "lastLoginAt": iso(at), "isActive": ask.now - at <= 30 * DAY }))
}

fn group_body(world: &World) -> Value {
    json!({
        "id": PARTNER_ID,
        "name": PARTNER_NAME,
        "description": "All customers of the partner",
        "createdAt": iso(world.anchor - 5 * 365 * DAY),
        "_version": "1.0.0",
    })
}

/// The group in the path, which may also be called by the id of its partner.
pub(crate) fn group(ask: &Ask<'_>, parameter: &str) -> Result<Value, Problem> {
    match ask.parameter(parameter) {
        PARTNER_ID => Ok(group_body(ask.world)),
        other => Err(Problem::no_such("groups", other)),
    }
}

pub(crate) fn groups(ask: &Ask<'_>) -> Answer {
    let filter = Filter::of(ask.query)?.limit_or(500);
    Ok(json!(filter.apply([group_body(ask.world)].into_iter(), Some)))
}

pub(crate) fn count_groups(ask: &Ask<'_>) -> Answer {
    let filter = Filter::of_where(ask.query)?;
    Ok(json!({ "count": filter.count([group_body(ask.world)].into_iter(), Some) }))
}

pub(crate) fn one_group(ask: &Ask<'_>) -> Answer {
    Ok(Filter::of(ask.query)?.project(group(ask, "id")?))
}

pub(crate) fn count(ask: &Ask<'_>) -> Answer {
    group(ask, "id")?;
    Ok(json!({ "count": ask.world.numbers().count() }))
}

/// The newest customers, newest first.
pub(crate) fn recent(ask: &Ask<'_>) -> Answer {
    group(ask, "id")?;
    let mut customers: Vec<Customer> = ask.world.customers().collect();
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
pub(crate) fn any_field(ask: &Ask<'_>) -> Answer {
    let keyword = ask.parameter("keyword");
    let comparison = Comparison { exact: false, prefix: false };
    let accepts = |customer: &Customer| {
        ["accountId", "name", "email"]
            .into_iter()
            .filter_map(|name| customer::field(customer, name))
            .any(|value| comparison.accepts(keyword, value))
    };
    Ok(ask
        .world
        .customers()
        .filter(accepts)
        .take(MOST_HITS)
        .map(|customer| customer::body(&customer))
        .collect())
}

/// A node of the inventory: its location and its index there, or what is known of it in the store.
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

pub(crate) fn inventory(ask: &Ask<'_>) -> Answer {
    let filter = Filter::of(ask.query)?.limit_or(500);
    Ok(json!(filter.apply(Stored::all(ask.world), |stored| stored.record(ask.world))))
}

pub(crate) fn count_inventory(ask: &Ask<'_>) -> Answer {
    let filter = Filter::of_where(ask.query)?;
    Ok(json!({ "count": filter.count(Stored::all(ask.world), |stored| stored.record(ask.world)) }))
}

pub(crate) fn nodes_of_location(ask: &Ask<'_>, location: &Location) -> Answer {
    let filter = Filter::of(ask.query)?;
    let rows = location.nodes.iter().map(|node| nodes::inventory_record(location, node));
    Ok(json!(filter.apply(rows, Some)))
}
