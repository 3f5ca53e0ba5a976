//! The homes to watch, from a CSV file.
//!
//! ```csv
//! tenant,customer,location,name,region,tags
//! north,5ca1ab1e0000000c00000001,5ca1ab1e0000010f00000001,"Example, Main Street",hills,vip fibre
//! ```
//!
//! `customer` and `location` are required. A home without a tenant is one of `default`. The id of a home is its location, unless
//! the column `id` has another one.

mod csv;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::{HomeId, TenantId},
    schedule::{HomeSchedule, SchedulePolicy},
};

use crate::store::{
    Result as StoreResult, Store,
    model::{NewHome, Tenant},
};

const COLUMNS: [&str; 7] = ["tenant", "customer", "location", "name", "region", "tags", "id"];
const DEFAULT: &str = "default";
/// The number of homes in one transaction.
const SLICE: usize = 500;

/// Reads homes. The first check of each is at a point of its grid, so that they are spread over the interval.
///
/// # Errors
///
/// All errors, each with its line.
pub fn homes(text: &str, policy: &SchedulePolicy, now: DateTime<Utc>) -> Result<Vec<NewHome>, Vec<String>> {
    let rows = csv::parse(text).map_err(|line| vec![format!("line {line}: a quote is not closed")])?;
    let Some((header, rows)) = rows.split_first() else { return Err(vec!["there is no line".to_owned()]) };
    let mut problems = Vec::new();
    for name in &header.fields {
        if !COLUMNS.contains(&name.as_str()) {
            let meant = plume_text::nearest(name, COLUMNS);
            let meant = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
            problems.push(format!("line {}: unknown column `{name}`{meant}", header.line));
        }
    }
    let place = |column: &str| header.fields.iter().position(|name| name == column);
    for column in ["customer", "location"] {
        if place(column).is_none() {
            problems.push(format!("line {}: the column `{column}` is missing", header.line));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut seen = BTreeSet::new();
    let mut homes = Vec::new();
    for row in rows {
        let field =
            |column| place(column).and_then(|place| row.fields.get(place)).filter(|text| !text.is_empty());
        let (Some(customer), Some(location)) = (field("customer"), field("location")) else {
            problems.push(format!("line {}: customer or location is empty", row.line));
            continue;
        };
        let id = HomeId::new(field("id").unwrap_or(location).as_str());
        if !seen.insert(id.clone()) {
            problems.push(format!("line {}: the home `{id}` occurs twice", row.line));
        }
        homes.push(NewHome {
            tenant: TenantId::new(field("tenant").map_or(DEFAULT, String::as_str)),
            due: HomeSchedule::new(&id, policy, now).due,
            id,
            customer: customer.clone(),
            location: location.clone(),
            name: field("name").unwrap_or(location).clone(),
            region: field("region").cloned(),
            tags: field("tags")
                .into_iter()
                .flat_map(|tags| tags.split_whitespace())
                .map(str::to_owned)
                .collect(),
        });
    }
    if problems.is_empty() { Ok(homes) } else { Err(problems) }
}

/// Adds homes and their tenants to a store. Homes that exist are changed in place. Returns the number of new ones.
///
/// # Errors
///
/// [`StoreError`](crate::store::StoreError), for example for a home of another tenant. What was added before stays.
pub async fn import(store: &dyn Store, homes: &[NewHome]) -> StoreResult<usize> {
    let known: BTreeSet<TenantId> = store.tenants().await?.into_iter().map(|tenant| tenant.id).collect();
    let named: BTreeSet<&TenantId> = homes.iter().map(|home| &home.tenant).collect();
    for tenant in named.into_iter().filter(|tenant| !known.contains(tenant)) {
        store.put_tenant(Tenant { id: tenant.clone(), name: tenant.to_string() }).await?;
    }
    let mut added = 0;
    for slice in homes.chunks(SLICE) {
        added += store.put_homes(slice.to_vec()).await?;
    }
    Ok(added)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plume::runtime::ManualClock;

    use super::*;
    use crate::store::{HomeStore, MemoryStore, model::HomeQuery};

    fn read(text: &str) -> Result<Vec<NewHome>, Vec<String>> {
        homes(text, &SchedulePolicy::standard(), DateTime::UNIX_EPOCH)
    }

    #[tokio::test]
    async fn homes_are_added_with_their_tenants_and_changed_in_place() {
        let store = MemoryStore::new(Arc::new(ManualClock::new(DateTime::UNIX_EPOCH)));
        let text = "customer,location,name,tenant,tags\nc1,l1,\"A, B\",north,vip fibre\nc2,l2,,,\n";
        assert_eq!(import(&store, &read(text).unwrap()).await.unwrap(), 2);
        assert_eq!(import(&store, &read(&text.replace("A, B", "C")).unwrap()).await.unwrap(), 0);
        let query = || HomeQuery { limit: 9, ..HomeQuery::default() };
        let north = store.homes(&TenantId::new("north"), query()).await.unwrap().items;
        assert_eq!((north.len(), north[0].name.as_str(), north[0].tags.len()), (1, "C", 2));
        let default = store.homes(&TenantId::new(DEFAULT), query()).await.unwrap().items;
        assert_eq!((default[0].id.as_str(), default[0].name.as_str()), ("l2", "l2"));
    }

    #[test]
    fn first_checks_are_spread_over_the_interval() {
        let rows: String = (0..1000).map(|number| format!("c,l{number}\n")).collect();
        let homes = read(&format!("customer,location\n{rows}")).unwrap();
        let minutes: BTreeSet<i64> = homes.iter().map(|home| home.due.timestamp() / 60).collect();
        assert!(minutes.len() >= 5, "{minutes:?}");
    }

    #[test]
    fn every_error_has_its_line() {
        let problems = read("customer,locatoin\n").unwrap_err();
        assert_eq!(
            problems,
            [
                "line 1: unknown column `locatoin`; did you mean `location`?",
                "line 1: the column `location` is missing",
            ]
        );
        let problems = read("customer,location\nc,\n\nc,l\nc,l\n").unwrap_err();
        assert_eq!(problems, ["line 2: customer or location is empty", "line 5: the home `l` occurs twice"]);
        assert_eq!(read("").unwrap_err(), ["there is no line"]);
        assert_eq!(read("customer,location\n\"c").unwrap_err(), ["line 2: a quote is not closed"]);
    }
}
