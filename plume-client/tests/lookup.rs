//! Look-ups by any key: which calls they make, and how the results are joined.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use plume_client::{ErrorKind, FoundKind, KeyForm, NamePattern};

const NOT_FOUND: &str = r#"{"error":{"statusCode":404,"message":"x"}}"#;
const FORBIDDEN: &str = r#"{"error":{"statusCode":403,"message":"no"}}"#;
const HIT: &str = r#"[{"customerId":"c1","customerName":"Sample","locations":[{"id":"l1"}]},17]"#;
const NODE: &str = r#"{"id":"TST0000001","nickname":"Hall","customerId":"c1","locationId":"l1"}"#;

#[tokio::test]
async fn the_form_decides_which_searches_are_made() {
    for (key, form, searches) in [
        ("5f0000000000000000000001", KeyForm::Id, &["customers/v2/search", "partners/locations"][..]),
        ("02-00-00-00-10-01", KeyForm::Mac, &["customers/v2/search", "partners/nodes/020000001001"]),
        ("jo@example.net", KeyForm::Email, &["customers/v2/search"]),
        (
            " TST0000001 ",
            KeyForm::Key,
            &["customers/v2/search", "partners/nodes/TST0000001", "partners/locations"],
        ),
        ("Living Room", KeyForm::Name, &["customers/v2/search"]),
    ] {
        let (client, requests) = support::client(|_| (404, NOT_FOUND.to_owned()));
        let lookup = client.lookup(key);
        assert_eq!(lookup.form(), form, "{key}");
        let found = lookup.run().await.unwrap();
        assert!(found.items.is_empty() && found.is_conclusive(), "{key}: {found:?}");
        assert_eq!(
            (found.searched.len(), client.calls_made()),
            (searches.len(), searches.len() as u64),
            "{key}"
        );
        let paths: Vec<String> =
            requests.lock().unwrap().iter().map(|request| request.uri().path().to_lowercase()).collect();
        for search in searches {
            assert!(paths.iter().any(|path| path.contains(&search.to_lowercase())), "{search} in {paths:?}");
        }
    }
    let (client, _requests) = support::client(|_| (404, NOT_FOUND.to_owned()));
    assert_eq!(client.lookup(" - ").run().await.unwrap_err().kind(), ErrorKind::Argument);
    assert_eq!(client.calls_made(), 0);
}

#[tokio::test]
async fn items_are_listed_once_and_failures_do_not_hide_them() {
    let (client, _requests) = support::client(|request| match request.uri().path() {
        path if path.contains("search") => (200, HIT.to_owned()),
        path if path.contains("/partners/nodes/") => (200, NODE.to_owned()),
        path if path.ends_with("/nodes") => (200, r#"[{"id":"tst-0000001"},{"id":"TST0000002"}]"#.to_owned()),
        path if path.ends_with("/devices") => (403, FORBIDDEN.to_owned()),
        _ => (404, NOT_FOUND.to_owned()),
    });
    let home = client.customer("c1").location("l1");
    let found = client.lookup("TST0000001").within(home).run().await.unwrap();
    let kinds: Vec<FoundKind> = found.items.iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [FoundKind::Customer, FoundKind::Node], "{found:?}");
    assert_eq!(found.items[0].location_id.as_ref().unwrap(), "l1");
    assert_eq!(found.items[1].name.as_deref(), Some("Hall"));
    assert_eq!((found.failed.len(), found.failed[0].is_refused()), (1, true));
    // The row that could not be read may be the one that was meant.
    assert!(found.unreadable == 1 && !found.is_conclusive());
    // An e-mail address is no name of a node.
    let home = client.customer("c1").location("l1");
    let before = client.calls_made();
    client.lookup("jo@example.net").within(home).run().await.unwrap();
    assert_eq!(client.calls_made() - before, 1);
}

#[tokio::test]
async fn without_any_search_there_is_no_result() {
    let (client, _requests) = support::client(|_| (403, FORBIDDEN.to_owned()));
    assert_eq!(client.lookup("TST0000001").run().await.unwrap_err().kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_search_of_the_fleet_keeps_what_it_found_in_a_home_whose_other_part_fails() {
    let (client, _requests) = support::client(|request| match request.uri().path() {
        "/api/Groups/p1/customers" if request.uri().query().unwrap().contains("offset%22%3A0") => {
            (200, r#"[{"id":"c1"},{"id":"c2"}]"#.to_owned())
        }
        "/api/Groups/p1/customers" => (200, "[]".to_owned()),
        "/api/Groups/p1/customers/count" => (200, r#"{"count":2}"#.to_owned()),
        path if path.ends_with("/locations") => (200, r#"[{"id":"l1"}]"#.to_owned()),
        path if path.ends_with("/nodes") => (200, r#"[{"id":"TST0000001","nickname":"Hall"},17]"#.to_owned()),
        path if path.contains("/c1/") => {
            (200, r#"[{"mac":"02:00:00:00:10:01","nickname":"Hall lamp"}]"#.to_owned())
        }
        _ => (403, FORBIDDEN.to_owned()),
    });
    let fleet = client.fleet_of("p1");
    let cost = fleet.find_cost().await.unwrap().unwrap();
    assert_eq!((cost.customers, cost.calls), (2, 7));
    let mut stream = fleet.find(&NamePattern::new("hall").unwrap());
    let mut found = Vec::new();
    while let Some(item) = stream.next().await {
        found
            .push(item.map(|item| item.value.id).map_err(|failure| failure.customer_id.unwrap().to_string()));
    }
    let node = || Ok("TST0000001".to_owned());
    assert_eq!(found, [node(), Ok("02:00:00:00:10:01".to_owned()), node(), Err("c2".to_owned())]);
    assert_eq!((stream.notes().unreadable, stream.progress().failures), (2, 1));
    assert_eq!(stream.progress().customers_done, 2);
}
