//! Homes from the cloud: the fleet of the partner, of a group, or of some customers, by filters.

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use plume::{
    Client, Error, ErrorKind, FleetFailure,
    monitor::{
        ids::{HomeId, TenantId},
        schedule::{HomeSchedule, SchedulePolicy},
    },
    types::{Location, Node},
};

use crate::import::valid;
use crate::store::model::{Home, NewHome};

const KEYS: [&str; 7] = ["name", "account", "profile", "mode", "region", "model", "firmware"];

/// A condition that a home has to meet, as `KEY=VALUE`. Case does not matter; `*` at the end of the value stands for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    key: &'static str,
    value: String,
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) =
            text.split_once('=').ok_or("must have the form KEY=VALUE, for example model=PP603X")?;
        let known = KEYS.into_iter().find(|known| *known == plume_text::trim(key));
        let Some(key) = known else {
            let meant = plume_text::nearest(key, KEYS);
            let meant = meant.map_or_else(String::new, |meant| format!(" (did you mean `{meant}`?)"));
            return Err(format!("has an unknown key{meant}; known are {}", KEYS.join(", ")));
        };
        let value = plume_text::trim(value).to_lowercase();
        if value.is_empty() { Err("has no value".to_owned()) } else { Ok(Self { key, value }) }
    }
}

impl Condition {
    fn is_of_node(&self) -> bool {
        matches!(self.key, "model" | "firmware")
    }

    fn accepts(&self, values: &[Option<String>]) -> bool {
        let is_met = |value: &str| match self.value.strip_suffix('*') {
            Some(start) => value.starts_with(start),
            None => value == self.value,
        };
        values.iter().flatten().any(|value| is_met(&value.to_lowercase()))
    }

    fn meets_location(&self, location: &Location) -> bool {
        let text = |value: Option<&dyn fmt::Display>| value.map(ToString::to_string);
        let geo = location.geo_ip.as_ref();
        match self.key {
            "name" => self.accepts(std::slice::from_ref(&location.name)),
            "account" => self.accepts(&[text(location.account_id.as_ref().map(|id| id as _))]),
            "profile" => self.accepts(&[text(location.profile.as_ref().map(|profile| profile as _))]),
            "mode" => self.accepts(&[text(location.network_mode.as_ref().map(|mode| mode as _))]),
            "region" => self.accepts(&[
                region(location),
                geo.and_then(|geo| geo.city.clone()),
                geo.and_then(|geo| geo.country.clone()),
            ]),
            _ => true,
        }
    }

    fn meets_node(&self, node: &Node) -> bool {
        match self.key {
            "model" => self.accepts(&[node.model.as_ref().map(ToString::to_string)]),
            _ => self.accepts(&[node.firmware_version.as_ref().map(ToString::to_string)]),
        }
    }
}

/// The state or province of the public address.
fn region(location: &Location) -> Option<String> {
    let geo = location.geo_ip.as_ref()?;
    geo.state.clone().or_else(|| geo.province.clone())
}

/// The homes to import.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "the command line fills it")]
pub struct Selection {
    /// The tenant that the homes become part of.
    pub tenant: TenantId,
    /// Only these customers; empty for all of the fleet.
    pub customers: Vec<String>,
    /// A group; `None` for the partner of the client.
    pub group: Option<String>,
    /// Conditions, all of which have to be met.
    pub conditions: Vec<Condition>,
    /// The region of the homes; `None` for that of their public address.
    pub region: Option<String>,
    /// Tags of the homes.
    pub tags: Vec<String>,
}

/// The homes that were found.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FoundHomes {
    /// The homes in the order of the cloud.
    pub homes: Vec<NewHome>,
    /// Failures in one line each. With one, homes may be missing.
    pub failures: Vec<String>,
}

/// Reads homes from the cloud. One call for each customer (two for one that is named), and one for each home if a condition is about its gateway.
pub async fn find(
    client: &Client,
    selection: &Selection,
    policy: &SchedulePolicy,
    now: DateTime<Utc>,
) -> FoundHomes {
    let mut found = FoundHomes::default();
    if let Some(problem) = valid::tenant(&selection.tenant) {
        found.failures.push(problem);
        return found;
    }
    let homes = locations(client, selection, &mut found.failures).await;
    let of_node: Vec<&Condition> =
        selection.conditions.iter().filter(|condition| condition.is_of_node()).collect();
    let mut seen = BTreeSet::new();
    for (customer, owner, location) in homes {
        let is_met = selection.conditions.iter().all(|condition| condition.meets_location(&location));
        if !is_met || !seen.insert(location.id.to_string()) {
            continue;
        }
        if !of_node.is_empty() {
            match client.customer(customer.as_str()).location(location.id.as_str()).nodes().await {
                Ok(nodes) => {
                    let meets = |condition: &&Condition| nodes.iter().any(|node| condition.meets_node(node));
                    if !of_node.iter().all(meets) {
                        continue;
                    }
                }
                Err(error) => {
                    found.failures.push(format!("location {}: {error}", location.id));
                    continue;
                }
            }
        }
        let home = new_home(selection, &customer, &owner, &location, policy, now);
        let problems = valid::problems(&home);
        if problems.is_empty() {
            found.homes.push(home);
        }
        found.failures.extend(problems.iter().map(|problem| format!("location {}: {problem}", location.id)));
    }
    found
}

/// Divides homes that a listing did not have into those that the cloud does not know any more, and those that it does: a home
/// that is missing from one list is not gone. Makes a call for each.
///
/// # Errors
///
/// The failures in one line each.
pub async fn gone(client: &Client, missing: Vec<Home>) -> Result<(Vec<Home>, Vec<Home>), Vec<String>> {
    let (mut gone, mut kept, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for home in missing {
        match client.customer(home.customer.as_str()).location(home.location.as_str()).get().await {
            Ok(_) => kept.push(home),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound(_)) => gone.push(home),
            Err(error) => failures.push(format!("location {}: {error}", home.location)),
        }
    }
    if failures.is_empty() { Ok((gone, kept)) } else { Err(failures) }
}

/// Returns locations with the ids and the names of their customers.
async fn locations(
    client: &Client,
    selection: &Selection,
    failures: &mut Vec<String>,
) -> Vec<(String, String, Location)> {
    let mut homes = Vec::new();
    if selection.customers.is_empty() {
        let fleet = match &selection.group {
            Some(group) => client.fleet_of(group.as_str()),
            None => client.fleet(),
        };
        let (items, failed) = fleet.locations().collect().await;
        failures.extend(failed.iter().map(FleetFailure::to_string));
        for item in items {
            homes.push((item.customer_id.to_string(), item.customer_name, item.value));
        }
    }
    for customer in &selection.customers {
        match of_customer(client, customer).await {
            Ok(found) => homes.extend(found),
            Err(error) => failures.push(format!("customer {customer}: {error}")),
        }
    }
    homes
}

/// Returns the locations of a customer. They have the name of their owner as in a list of the fleet.
async fn of_customer(client: &Client, customer: &str) -> Result<Vec<(String, String, Location)>, Error> {
    let handle = client.customer(customer);
    let owner = handle.get().await?.display_name().to_owned();
    let locations = handle.locations().await?;
    let owned = locations.iter().map(|location| (customer.to_owned(), owner.clone(), location.clone()));
    Ok(owned.collect())
}

fn new_home(
    selection: &Selection,
    customer: &str,
    owner: &str,
    location: &Location,
    policy: &SchedulePolicy,
    now: DateTime<Utc>,
) -> NewHome {
    let id = HomeId::new(location.id.as_str());
    // "Home" is the name that the cloud gives to the first location of a customer.
    let own = location.name.as_deref().filter(|name| !plume_text::is_blank(name) && *name != "Home");
    let name = match (own, owner) {
        (Some(name), "") => name.to_owned(),
        (Some(name), owner) => format!("{owner}, {name}"),
        (None, "") => location.id.to_string(),
        (None, owner) => owner.to_owned(),
    };
    NewHome {
        tenant: selection.tenant.clone(),
        due: HomeSchedule::new(&id, policy, now).due,
        id,
        customer: customer.to_owned(),
        location: location.id.to_string(),
        // Customers choose it.
        name: valid::tidy(&name),
        region: selection.region.clone().or_else(|| region(location).map(|region| valid::tidy(&region))),
        tags: selection.tags.clone(),
    }
}
