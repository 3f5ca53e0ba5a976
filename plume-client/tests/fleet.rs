//! Streams over a fleet: order, concurrency, failures, progress and continuation.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use http::{Request, Response};
use plume_client::{Client, ErrorKind, Fleet, FleetFailure, FleetItem, FleetStream};
use plume_runtime::{InProcess, TransportError};
use plume_types::{Location, LocationSnapshot, Node, PartnerId};

const CUSTOMERS: usize = 1_203;

/// A customer's number out of a path.
fn number(path: &str) -> usize {
    path.trim_start_matches("/api/Customers/c").split('/').next().unwrap().parse().unwrap()
}

fn page(request: &Request<Bytes>) -> String {
    page_of(request, CUSTOMERS)
}

/// The requested page of the list of customers `c0`, `c1`, ….
fn page_of(request: &Request<Bytes>, customers: usize) -> String {
    let (_, filter) = url::form_urlencoded::parse(request.uri().query().unwrap().as_bytes()).next().unwrap();
    let filter: serde_json::Value = serde_json::from_str(&filter).unwrap();
    let (limit, offset) =
        (filter["limit"].as_u64().unwrap() as usize, filter["offset"].as_u64().unwrap() as usize);
    let rows: Vec<String> =
        (offset..(offset + limit).min(customers)).map(|row| format!(r#"{{"id":"c{row}"}}"#)).collect();
    format!("[{}]", rows.join(","))
}

/// A cloud whose locations come from `answer`.
fn cloud(answer: impl Fn(usize) -> (u16, String) + Send + Sync + 'static) -> (Client, support::Requests) {
    support::client(move |request| match request.uri().path() {
        "/api/Groups/p1/customers" => (200, page(request)),
        "/api/Groups/p1/customers/count" => (200, format!(r#"{{"count":{CUSTOMERS}}}"#)),
        path => answer(number(path)),
    })
}

fn locations(customer: usize) -> (u16, String) {
    (200, format!(r#"[{{"id":"l{customer}"}}]"#))
}

fn fleet(client: &Client) -> Fleet {
    client.fleet_of("p1")
}

type Next<T> = Result<FleetItem<T>, FleetFailure>;

async fn all<T: Send + 'static>(mut stream: FleetStream<T>) -> Vec<Next<T>> {
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        items.push(item);
    }
    items
}

#[tokio::test]
async fn filter_keeps_matching_items_and_every_failure() {
    let (client, requests) = cloud(|customer| match customer {
        7 => (404, String::new()),
        customer => locations(customer),
    });
    let last_digit = |digit: char| move |home: &Location| home.id.as_str().ends_with(digit);
    let mut stream = fleet(&client).locations().filter(last_digit('5')).filter(|home| home.id != "l5");
    let (mut kept, mut failures) = (Vec::new(), 0);
    while let Some(item) = stream.next().await {
        match item {
            Ok(item) => kept.push(item.location_id.to_string()),
            Err(_) => failures += 1,
        }
    }
    let expected: Vec<String> = (15..CUSTOMERS).step_by(10).map(|number| format!("l{number}")).collect();
    assert_eq!((kept, failures), (expected, 1));
    let progress = stream.progress();
    assert_eq!((progress.customers_done, progress.failures), (CUSTOMERS as u64, 1));
    assert!(requests.lock().unwrap().len() > CUSTOMERS, "each customer is read");
}

#[tokio::test]
async fn collect_returns_items_and_failures() {
    let (client, _) = cloud(|customer| match customer % 100 {
        7 => (404, String::new()),
        _ => locations(customer),
    });
    let (items, failures) = fleet(&client).locations().collect().await;
    assert_eq!((items.len(), failures.len()), (CUSTOMERS - 12, 12));
    assert_eq!(items[7].location_id, "l8");
    assert_eq!(failures[1].customer_id.as_ref().unwrap(), "c107");
}

#[tokio::test]
async fn every_location_is_yielded_once_in_order() {
    let (client, requests) = cloud(locations);
    let mut stream = fleet(&client).locations();
    let mut seen = 0;
    while let Some(item) = stream.next().await {
        let item = item.unwrap();
        assert_eq!(item.customer_id.as_str(), format!("c{seen}"));
        assert_eq!(item.location_id.as_str(), format!("l{seen}"));
        assert_eq!(item.value.id, item.location_id);
        seen += 1;
        let progress = stream.progress();
        assert_eq!((progress.customers_done, progress.customers_total), (seen, Some(CUSTOMERS as u64)));
    }
    assert_eq!(seen, CUSTOMERS as u64);
    assert!(!stream.notes().changed);
    let requests = requests.lock().unwrap();
    let lists = requests.iter().filter(|request| request.uri().path() == "/api/Groups/p1/customers").count();
    assert!(lists <= 5, "{lists}");
    assert_eq!(requests.len(), CUSTOMERS + lists + 1, "one call counts the customers");
}

#[tokio::test]
async fn the_fleet_of_a_client_is_that_of_its_partner() {
    let partner = "5e00000000000000000000aa";
    let transport = InProcess::new(|request: Request<Bytes>| {
        let body = match request.uri().path() {
            "/api/Groups/5e00000000000000000000aa/customers" => page_of(&request, 1),
            "/api/Customers/c0/locations" => locations(0).1,
            _ => "{}".to_owned(),
        };
        async move { Ok::<_, TransportError>(Response::new(Bytes::from(body))) }
    });
    let builder = support::builder().transport(Arc::new(transport));
    let client = builder.partner_id(PartnerId::parse(partner).unwrap()).build().unwrap();
    assert_eq!(client.partner_id().unwrap().as_str(), partner);
    assert_eq!(all(client.fleet().locations()).await.len(), 1);
}

#[tokio::test]
async fn first_item_without_a_partner_id_is_an_error() {
    let (client, requests) = cloud(locations);
    let mut stream = client.fleet().nodes();
    let failure = stream.next().await.unwrap().unwrap_err();
    assert_eq!((failure.error().kind(), failure.ended), (ErrorKind::Settings, true));
    assert!(failure.to_string().starts_with("the partner id (PLUME_PARTNER_ID) is not set"), "{failure}");
    assert!(stream.next().await.is_none());
    let continuation = fleet(&client).locations().continuation();
    assert_eq!(client.fleet().resume(&continuation).unwrap_err().kind(), ErrorKind::Settings);
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_failure_names_its_home_and_the_walk_continues() {
    let (client, _) = cloud(|customer| match customer % 4 {
        0 => (404, r#"{"error":{"statusCode":404,"message":"no such customer"}}"#.to_owned()),
        1 => (200, "<html>".to_owned()),
        2 => (200, "[]".to_owned()),
        _ => locations(customer),
    });
    let mut stream = fleet(&client).locations();
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        items.push(item);
    }
    let failures = CUSTOMERS.div_ceil(4) + (CUSTOMERS - 1).div_ceil(4);
    assert_eq!(items.len(), failures + CUSTOMERS / 4);
    let failure = items[0].as_ref().unwrap_err();
    assert!(matches!(failure.error().kind(), ErrorKind::NotFound(_)), "{failure}");
    assert!(failure.to_string().starts_with("customer c0: "), "{failure}");
    assert_eq!((failure.location_id.as_ref(), failure.ended), (None, false));
    assert_eq!(items[1].as_ref().unwrap_err().error().kind(), ErrorKind::Unreadable);
    assert_eq!(items[2].as_ref().unwrap().location_id.as_str(), "l3");
    let text = format!("{CUSTOMERS} of {CUSTOMERS} customers, {failures} failures");
    assert_eq!(stream.progress().to_string(), text);
}

#[tokio::test]
async fn devices_come_with_their_home() {
    let (client, _) = support::client(|request| match request.uri().path() {
        "/api/Groups/p1/customers" => (200, page_of(request, 2)),
        "/api/Customers/c0/locations" => (200, r#"[{"id":"l0"}]"#.to_owned()),
        "/api/Customers/c1/locations" => (200, r#"[{"id":"l1"}]"#.to_owned()),
        "/api/Customers/c0/locations/l0/devices" => (404, String::new()),
        "/api/Customers/c1/locations/l1/devices" => {
            (200, r#"{"devices":[{"mac":"02:00:00:00:10:01"}]}"#.to_owned())
        }
        _ => (500, String::new()),
    });
    let items = all(fleet(&client).devices()).await;
    let place = items[0].as_ref().unwrap_err();
    assert_eq!(place.location_id.as_ref().map(|id| id.as_str()), Some("l0"));
    let item = items[1].as_ref().unwrap();
    assert_eq!((item.location_id.as_str(), item.value.mac.as_str()), ("l1", "02:00:00:00:10:01"));
    assert_eq!(items.len(), 2);
}

#[tokio::test]
async fn nodes_are_grouped_by_customer_and_location_with_unreadable_rows_counted() {
    let (client, _) = support::client(|request| match request.uri().path() {
        "/api/Groups/p1/customers" => (200, page_of(request, 2)),
        "/api/Customers/c0/locations" => (200, r#"[{"id":"l0"},{"id":"l1"},7]"#.to_owned()),
        "/api/Customers/c1/locations" => (200, r#"[{"id":"l2"}]"#.to_owned()),
        "/api/Customers/c0/locations/l0/nodes" => (404, String::new()),
        "/api/Customers/c0/locations/l1/nodes" => (200, r#"[{"id":"n1"},{"id":"n2"},7]"#.to_owned()),
        "/api/Customers/c1/locations/l2/nodes" => (200, r#"[{"id":"n3"}]"#.to_owned()),
        _ => (500, String::new()),
    });
    let mut stream = fleet(&client).nodes();
    let mut lines = Vec::new();
    while let Some(item) = stream.next().await {
        lines.push(match item {
            Ok(item) => format!("{} {} {}", item.customer_id, item.location_id, item.value.id),
            Err(failure) => failure.to_string().split(": ").next().unwrap().to_owned(),
        });
    }
    assert_eq!(lines, ["customer c0, location l0", "c0 l1 n1", "c0 l1 n2", "c1 l2 n3"]);
    assert_eq!(stream.notes().unreadable, 2);
    // The count failed; the end of the list says the same.
    assert_eq!(stream.progress().to_string(), "2 of 2 customers, 1 failures");
}

#[tokio::test]
async fn snapshots_count_as_four_calls() {
    for (concurrency, expected) in [(1, 4), (4, 4), (8, 8)] {
        let (client, most, _) = counted();
        let snapshots: Vec<Next<LocationSnapshot>> =
            all(fleet(&client).concurrency(concurrency).snapshots()).await;
        assert!(snapshots.iter().all(|snapshot| snapshot.is_ok()));
        assert_eq!(snapshots.len(), CUSTOMERS);
        assert_eq!(most.load(Ordering::Relaxed), expected, "{concurrency}");
    }
}

#[tokio::test]
async fn a_blocked_address_ends_the_walk_and_the_continuation_leads_back() {
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    let (client, _) = cloud(move |customer| {
        // The firewall steps in once.
        if count.fetch_add(1, Ordering::Relaxed) == 700 { (403, String::new()) } else { locations(customer) }
    });
    let mut first = fleet(&client).concurrency(4).locations();
    let mut ids = Vec::new();
    let failure = loop {
        match first.next().await.unwrap() {
            Ok(item) => ids.push(item.customer_id.to_string()),
            Err(failure) => break failure,
        }
    };
    assert_eq!((failure.error().kind(), failure.ended), (ErrorKind::Blocked, true));
    assert!(failure.customer_id.is_some());
    assert!(first.next().await.is_none());
    assert!((690..=700).contains(&ids.len()), "{}", ids.len());
    let progress = first.progress();
    assert_eq!(
        (progress.customers_done, progress.customers_total),
        (ids.len() as u64, Some(CUSTOMERS as u64))
    );
    let text = serde_json::to_string(&first.continuation()).unwrap();
    // Another process, after the pause.
    let (client, requests) = cloud(locations);
    let second = fleet(&client).resume(&serde_json::from_str(&text).unwrap()).unwrap().locations();
    assert_eq!(second.progress().customers_done, ids.len() as u64);
    for item in all(second).await {
        ids.push(item.unwrap().customer_id.to_string());
    }
    let expected: Vec<String> = (0..CUSTOMERS).map(|customer| format!("c{customer}")).collect();
    assert_eq!(ids, expected);
    assert!(requests.lock().unwrap().len() < CUSTOMERS - 690 + 10, "no request is repeated");
    let other = client.fleet_of("p2").resume(&serde_json::from_str(&text).unwrap());
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Argument);
}

#[tokio::test]
async fn partly_yielded_customer_is_repeated_after_resume() {
    let (client, _) = support::client(|request| match request.uri().path() {
        "/api/Groups/p1/customers" => (200, page_of(request, 2)),
        "/api/Groups/p1/customers/count" => (200, r#"{"count":2}"#.to_owned()),
        path if path.ends_with("/nodes") => {
            let home = path.split('/').nth_back(1).unwrap();
            (200, format!(r#"[{{"id":"{home}-a"}},{{"id":"{home}-b"}}]"#))
        }
        path => locations(number(path)),
    });
    let mut first = fleet(&client).nodes();
    first.next().await.unwrap().unwrap();
    let part = first.continuation();
    first.next().await.unwrap().unwrap();
    let whole = first.continuation();
    let ids = async |continuation| {
        let rest = all(fleet(&client).resume(continuation).unwrap().nodes()).await;
        rest.into_iter().map(|item| item.unwrap().value.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&part).await, ["l0-a", "l0-b", "l1-a", "l1-b"]);
    assert_eq!(ids(&whole).await, ["l1-a", "l1-b"]);
}

/// A cloud that counts the calls in flight except those of the group: the most at once, and those that finished.
fn counted() -> (Client, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (now, most, finished) = <(Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
    let counters = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&finished));
    let transport = InProcess::new(move |request: Request<Bytes>| {
        let (now, most, finished) = counters.clone();
        async move {
            let path = request.uri().path();
            let body = match path {
                "/api/Groups/p1/customers" => page(&request),
                "/api/Groups/p1/customers/count" => "{}".to_owned(),
                path if path.ends_with("/locations") => locations(number(path)).1,
                path if path.ends_with("/nodes") || path.ends_with("/devices") => "[]".to_owned(),
                _ => r#"{"id":"l","serviceLevel":{"status":"fullService"}}"#.to_owned(),
            };
            if !path.contains("Groups") {
                most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                // Calls take differently long.
                for _ in 0..path.bytes().map(usize::from).sum::<usize>() % 11 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, Ordering::Relaxed);
                finished.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, TransportError>(Response::new(Bytes::from(body)))
        }
    });
    (support::builder().transport(Arc::new(transport)).build().unwrap(), most, finished)
}

#[tokio::test]
async fn no_more_calls_are_in_flight_than_wanted_and_none_after_it_was_dropped() {
    let (client, most, finished) = counted();
    let mut nodes = fleet(&client).concurrency(6).nodes();
    assert!(nodes.next().await.is_none());
    assert_eq!(nodes.progress().customers_done, CUSTOMERS as u64);
    let mut locations = fleet(&client).concurrency(6).locations();
    for _ in 0..100 {
        locations.next().await.unwrap().unwrap();
    }
    assert_eq!(most.load(Ordering::Relaxed), 6);
    drop(locations);
    let before = finished.load(Ordering::Relaxed);
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert_eq!(finished.load(Ordering::Relaxed), before);
}

#[tokio::test]
async fn list_error_is_yielded_after_calls_in_flight() {
    let (client, _) = support::client(|request| match request.uri().path() {
        "/api/Groups/p1/customers" if request.uri().query().unwrap().contains("offset%22%3A0%") => {
            (200, page(request))
        }
        path if path.contains("Groups") => (404, String::new()),
        path => locations(number(path)),
    });
    let mut stream = fleet(&client).concurrency(50).locations();
    let mut seen = 0;
    let failure = loop {
        match stream.next().await.unwrap() {
            Ok(_) => seen += 1,
            Err(failure) => break failure,
        }
    };
    assert!(failure.error().is_not_found() && failure.ended && failure.customer_id.is_none());
    assert_eq!(seen, 500);
    assert_eq!(stream.progress().customers_total, None);
    assert!(stream.next().await.is_none());
}

#[test]
fn streams_can_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<FleetStream<Location>>();
    shared::<FleetStream<Node>>();
    shared::<FleetStream<LocationSnapshot>>();
    shared::<plume_client::Items<Location>>();
    shared::<plume_client::Pages<Location>>();
}

#[tokio::test]
async fn a_step_has_whole_customers_also_behind_customers_without_locations() {
    // Customers with 0, 0, 3, 0, 3, … locations; the last ones have none.
    let answer = |customer: usize| match customer {
        3.. if customer > CUSTOMERS - 5 => (200, "[]".to_owned()),
        customer if customer % 2 == 0 && customer > 0 => {
            let row = |part: usize| format!(r#"{{"id":"l{customer}-{part}"}}"#);
            (200, format!("[{},{},{}]", row(0), row(1), row(2)))
        }
        _ => (200, "[]".to_owned()),
    };
    let (client, _) = cloud(answer);
    let mut whole = Vec::new();
    for item in all(fleet(&client).locations()).await {
        whole.push(item.unwrap().location_id);
    }
    // A program that stops after any step and continues has each location once.
    let (mut found, mut at) = (Vec::new(), None);
    for steps in 1.. {
        let stream = fleet(&client);
        let stream = at.as_ref().map_or_else(|| Ok(stream.clone()), |at| stream.clone().resume(at)).unwrap();
        let mut stream = stream.locations();
        let mut is_over = false;
        for _ in 0..steps * 20 {
            let Some(step) = stream.next_step().await else {
                is_over = true;
                break;
            };
            assert_eq!(step.items.len() % 3, 0, "{:?}", step.continuation);
            found.extend(step.items.into_iter().map(|item| item.unwrap().location_id));
            at = Some(step.continuation);
        }
        if is_over {
            break;
        }
    }
    assert_eq!(found, whole);
    assert_eq!(at.unwrap().offset(), CUSTOMERS as u64);
}

#[tokio::test]
async fn a_step_that_ended_leaves_out_the_customer_that_is_not_done() {
    let page = |from: u64| format!(r#"[{{"id":"l{from}-0"}},{{"id":"l{from}-1"}}]"#);
    let (client, _) = support::client(move |request| match request.uri().path() {
        "/api/Groups/p1/customers" => (200, page_of(request, 3)),
        "/api/Groups/p1/customers/count" => (200, r#"{"count":3}"#.to_owned()),
        path if path.ends_with("/locations") => (200, page(number(path) as u64)),
        // The firewall blocks the second home of the second customer.
        path if path.contains("l1-1") => (403, "<html><title>403 Forbidden</title></html>".to_owned()),
        _ => (200, r#"[{"id":"n"}]"#.to_owned()),
    });
    let mut stream = fleet(&client).concurrency(1).nodes();
    let first = stream.next_step().await.unwrap();
    assert_eq!((first.items.len(), first.continuation.offset()), (2, 1));
    let last = stream.next_step().await.unwrap();
    assert_eq!((last.items.len(), last.continuation.offset()), (1, 1));
    assert!(last.items[0].as_ref().unwrap_err().ended, "{:?}", last.items);
    assert!(stream.next_step().await.is_none());
}
