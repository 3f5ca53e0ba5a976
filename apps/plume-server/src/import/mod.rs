//! The homes to watch, from a CSV file or from the cloud.
//!
//! ```csv
//! tenant,customer,location,name,region,tags
//! north,5ca1ab1e0000000c00000001,5ca1ab1e0000010f00000001,"Example, Main Street",hills,vip fibre
//! ```
//!
//! `customer` and `location` are required. Blanks, commas, semicolons and bars separate `tags`. A home without a tenant is one of `default`. The id of a home is its location, unless
//! the column `id` has another one.

mod csv;
mod fleet;
mod plan;
mod valid;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::{HomeId, TenantId},
    schedule::{HomeSchedule, SchedulePolicy},
};

use crate::store::{
    Result as StoreResult, Store,
    model::{NewHome, Tenant},
};

pub use fleet::{Condition, FoundHomes, Selection, find, gone};
pub use plan::{Fate, Plan};

const COLUMNS: [&str; 7] = ["tenant", "customer", "location", "name", "region", "tags", "id"];
const DEFAULT: &str = "default";
/// The number of homes in one transaction.
const SLICE: usize = 500;

/// Returns the text of a CSV file.
///
/// # Errors
///
/// The line of the first byte that is no UTF-8.
pub fn decoded(bytes: Vec<u8>) -> Result<String, Vec<String>> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(vec!["the file is in UTF-16; save it as CSV in UTF-8".to_owned()]);
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = 1 + good.filter(|byte| **byte == b'\n').count();
        vec![format!("line {line}: a character is not UTF-8; save the file as CSV in UTF-8")]
    })
}

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
    let mut seen = BTreeMap::new();
    let mut homes = Vec::new();
    for row in rows {
        let (has, needs) = (row.fields.len(), header.fields.len());
        if has != needs {
            let cut = if has < needs { "; the file may be cut" } else { "" };
            problems.push(format!("line {}: {has} fields instead of {needs}{cut}", row.line));
            continue;
        }
        let field =
            |column| place(column).and_then(|place| row.fields.get(place)).filter(|text| !text.is_empty());
        let (Some(customer), Some(location)) = (field("customer"), field("location")) else {
            problems.push(format!("line {}: customer or location is empty", row.line));
            continue;
        };
        let id = HomeId::new(field("id").unwrap_or(location).as_str());
        if let Some(first) = seen.insert(id.clone(), row.line) {
            problems.push(format!("line {}: the home `{id}` is in line {first} too", row.line));
        }
        let home = NewHome {
            tenant: TenantId::new(field("tenant").map_or(DEFAULT, String::as_str)),
            due: HomeSchedule::new(&id, policy, now).due,
            id,
            customer: customer.clone(),
            location: location.clone(),
            name: field("name").unwrap_or(location).clone(),
            region: field("region").cloned(),
            tags: field("tags").into_iter().flat_map(|text| tags(text)).map(str::to_owned).collect(),
        };
        problems.extend(valid::problems(&home).iter().map(|problem| format!("line {}: {problem}", row.line)));
        homes.push(home);
    }
    // A list that was cut after its header is no list of a fleet without homes.
    if rows.is_empty() {
        problems.push("there is no home after the header; the file may be cut".to_owned());
    }
    if problems.is_empty() { Ok(homes) } else { Err(problems) }
}

/// Returns the tags of a text. Blanks, commas, semicolons and bars separate them, as people write lists.
pub fn tags(text: &str) -> impl Iterator<Item = &str> {
    let is_between = |character: char| character.is_whitespace() || ",;|".contains(character);
    text.split(is_between).filter(|tag| !tag.is_empty())
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
    fn a_file_of_a_spreadsheet_is_read_or_refused_with_its_line() {
        let text = decoded("\u{feff}tenant;customer;location;name\r\nnorth;c;l;Stra\u{df}e 5\r\n".into());
        let homes = read(&text.unwrap()).unwrap();
        assert_eq!((homes.len(), homes[0].name.as_str()), (1, "Stra\u{df}e 5"));
        let latin = decoded(b"customer,location,name\nc,l,Stra\xdfe\n".to_vec()).unwrap_err();
        assert_eq!(latin, ["line 2: a character is not UTF-8; save the file as CSV in UTF-8"]);
        assert!(decoded(vec![0xff, 0xfe, b'a', 0]).unwrap_err()[0].contains("UTF-16"));
    }

    #[tokio::test]
    async fn an_import_says_what_is_added_changed_and_gone_and_is_done_once() {
        let store = MemoryStore::new(Arc::new(ManualClock::new(DateTime::UNIX_EPOCH)));
        let text = "tenant,customer,location,name\nn,c,l1,A\nn,c,l2,B\nn,c,l3,C\n";
        let tenants: BTreeSet<TenantId> = ["n".into()].into();
        let plan = async |text: &str| Plan::of(&store, &read(text).unwrap(), &tenants).await.unwrap();
        assert_eq!(
            plan(text).await.to_string().lines().last(),
            Some("3 added, 0 changed, 0 unchanged, 0 not in the import")
        );
        import(&store, &read(text).unwrap()).await.unwrap();
        assert_eq!(plan(text).await.unchanged, 3);
        let other = text.replace("l2,B", "l2,D").replace("l3,C", "l4,E");
        let shown = plan(&other).await.to_string();
        let expected = "+ n/l4 E\n~ n/l2 D: name\n= n/l3 C\n1 added, 1 changed, 1 unchanged, 1 not in the import; \
                        1 kept, because only --remove removes homes";
        assert_eq!(shown, expected);
        let planned = plan(&other).await;
        let homes: Vec<NewHome> = planned.to_write().cloned().collect();
        assert_eq!(import(&store, &homes).await.unwrap(), 1);
        let again = plan(&other).await;
        assert_eq!((again.added.len(), again.changed.len(), again.unchanged, again.gone.len()), (0, 0, 3, 1));
    }

    #[test]
    fn tags_have_one_of_several_separators() {
        for tags in ["dsl vip", "dsl;vip", "\"dsl, vip\"", "dsl|vip", "; dsl ;; vip;"] {
            let homes = read(&format!("customer,location,tags\nc,l,{tags}\n")).unwrap();
            assert_eq!(homes[0].tags, ["dsl", "vip"], "{tags}");
        }
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
        assert_eq!(
            problems,
            ["line 2: customer or location is empty", "line 5: the home `l` is in line 4 too"]
        );
        let problems = read("customer,location,name\nc,l,\"A, B\"\nc,l2,A, B\nc,l3").unwrap_err();
        assert_eq!(
            problems,
            ["line 3: 4 fields instead of 3", "line 4: 2 fields instead of 3; the file may be cut"]
        );
        assert_eq!(read("").unwrap_err(), ["there is no line"]);
        let cut = read("customer,location\n").unwrap_err();
        assert_eq!(cut, ["there is no home after the header; the file may be cut"]);
        assert_eq!(read("customer,location\n\"c").unwrap_err(), ["line 2: a quote is not closed"]);
    }

    #[test]
    fn values_that_pages_must_not_show_are_refused_with_their_line() {
        let long = "x".repeat(201);
        let text = format!(
            "tenant,customer,location,name,tags\noperator,c,l1,A,\n*,c,l2,A,\nn,c/../d,l3,A,\nn,c,l4,{long},\n\
             n,c,l5,A,a\u{1f}b\nn,c,l6,A\u{202e}B,\nn,c,l7,Stra\u{df}e 5,vip\n"
        );
        let problems = read(&text).unwrap_err();
        let starts = [
            "line 2: the tenant `operator`",
            "line 3: the tenant `*`",
            "line 4: the customer",
            "line 5: the name has 201",
        ];
        assert_eq!(problems.len(), 6, "{problems:?}");
        for (problem, start) in problems.iter().zip(starts) {
            assert!(problem.starts_with(start), "{problem}");
        }
        assert_eq!(valid::tidy(" A\u{202e}\n B "), "A\u{fffd}  B");
    }

    #[tokio::test]
    async fn a_home_of_another_tenant_is_refused_before_anything_is_written() {
        let store = MemoryStore::new(Arc::new(ManualClock::new(DateTime::UNIX_EPOCH)));
        let first = read("tenant,customer,location\na,c,l1\nb,c,l2\n").unwrap();
        import(&store, &first).await.unwrap();
        for text in
            ["tenant,customer,location\nc,c,l1\nc,c,l3\n", "tenant,customer,location\na,c,l2\na,c,l3\n"]
        {
            let homes = read(text).unwrap();
            let tenants = homes.iter().map(|home| home.tenant.clone()).collect();
            let plan = Plan::of(&store, &homes, &tenants).await.unwrap();
            assert_eq!(plan.refused().len(), 1, "{plan}");
            assert!(plan.to_write().all(|home| home.id.as_str() == "l3"), "{plan}");
        }
        let homes = read("tenant,customer,location\nnew,c,l9\n").unwrap();
        let plan = Plan::of(&store, &homes, &["new".into()].into()).await.unwrap();
        assert!(plan.to_string().starts_with("* new tenant new\n"), "{plan}");
    }

    #[tokio::test]
    async fn a_list_that_lost_many_homes_removes_none() {
        let store = MemoryStore::new(Arc::new(ManualClock::new(DateTime::UNIX_EPOCH)));
        let rows: String = (0..100).map(|number| format!("n,c,l{number}\n")).collect();
        let homes = read(&format!("tenant,customer,location\n{rows}")).unwrap();
        import(&store, &homes).await.unwrap();
        let plan =
            async |count: usize| Plan::of(&store, &homes[..count], &["n".into()].into()).await.unwrap();
        assert_eq!([plan(90).await.too_many(None), plan(89).await.too_many(None)], [None, Some(10)]);
        assert_eq!(plan(0).await.too_many(None), Some(10));
        assert_eq!([plan(0).await.too_many(Some(100)), plan(0).await.too_many(Some(99))], [None, Some(99)]);
    }
}
