//! All locations of a partner: in order, a few at a time, with errors that stay where they belong.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use http::{Request, Response};
use plume_client::{Client, ErrorKind, Fleet};
use plume_runtime::{InProcess, TransportError};

const CUSTOMERS: usize = 1_203;

/// A customer's number out of a path.
fn number(path: &str) -> usize {
    path.trim_start_matches("/api/Customers/c").split('/').next().unwrap().parse().unwrap()
}

/// The page of customers that a request asks for.
fn page(request: &Request<Bytes>) -> String {
    let (_, filter) = url::form_urlencoded::parse(request.uri().query().unwrap().as_bytes()).next().unwrap();
    let filter: serde_json::Value = serde_json::from_str(&filter).unwrap();
    let (limit, offset) =
        (filter["limit"].as_u64().unwrap() as usize, filter["offset"].as_u64().unwrap() as usize);
    let rows: Vec<String> =
        (offset..(offset + limit).min(CUSTOMERS)).map(|row| format!(r#"{{"id":"c{row}"}}"#)).collect();
    format!("[{}]", rows.join(","))
}

/// A cloud of which `answer` gives the locations.
fn cloud(answer: impl Fn(usize) -> (u16, String) + Send + Sync + 'static) -> (Client, support::Requests) {
    support::client(move |request| match request.uri().path() {
        "/api/Groups/p1/customers" => (200, page(request)),
        path => answer(number(path)),
    })
}

fn locations(customer: usize) -> (u16, String) {
    (200, format!(r#"[{{"id":"l{customer}"}}]"#))
}

fn fleet(client: &Client) -> Fleet {
    client.partner().fleet("p1")
}

#[tokio::test]
async fn every_location_comes_once_and_in_order() {
    let (client, requests) = cloud(locations);
    let mut fleet = fleet(&client).concurrency(8);
    let mut seen = 0;
    while let Some(item) = fleet.next().await {
        let item = item.unwrap();
        assert_eq!(item.customer.id.as_str(), format!("c{seen}"));
        assert_eq!(item.locations.unwrap()[0].id.as_str(), format!("l{seen}"));
        seen += 1;
    }
    assert_eq!(seen, CUSTOMERS);
    assert!(!fleet.notes().changed);
    let lists =
        requests.lock().unwrap().iter().filter(|request| request.uri().path().contains("Groups")).count();
    assert!(lists <= 5, "{lists}");
    assert_eq!(requests.lock().unwrap().len(), CUSTOMERS + lists);
}

#[tokio::test]
async fn one_customers_error_is_that_customers() {
    let (client, _) = cloud(|customer| match customer % 3 {
        0 => (404, r#"{"error":{"statusCode":404,"message":"no such customer"}}"#.to_owned()),
        1 => (200, "<html>".to_owned()),
        _ => locations(customer),
    });
    let mut fleet = fleet(&client);
    let mut kinds = Vec::new();
    while let Some(item) = fleet.next().await {
        kinds.push(item.unwrap().locations.err().map(|error| error.kind()));
    }
    assert_eq!(kinds.len(), CUSTOMERS);
    assert!(matches!(kinds[0], Some(ErrorKind::NotFound(_))), "{:?}", kinds[0]);
    assert_eq!((kinds[1], kinds[2]), (Some(ErrorKind::Unreadable), None));
}

#[tokio::test]
async fn a_blocked_address_ends_the_walk_and_the_continuation_leads_back() {
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    let (client, _) = cloud(move |customer| {
        // The firewall steps in once.
        if count.fetch_add(1, Ordering::Relaxed) == 700 { (403, String::new()) } else { locations(customer) }
    });
    let mut first = fleet(&client).concurrency(4);
    let mut ids = Vec::new();
    let error = loop {
        match first.next().await.unwrap() {
            Ok(item) => ids.push(item.customer.id.to_string()),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Blocked);
    assert!(first.next().await.is_none());
    assert!((690..=700).contains(&ids.len()), "{}", ids.len());
    let text = serde_json::to_string(&first.continuation()).unwrap();
    // Another process, after the pause.
    let (client, requests) = cloud(locations);
    let mut second = fleet(&client).resume(&serde_json::from_str(&text).unwrap()).unwrap();
    while let Some(item) = second.next().await {
        ids.push(item.unwrap().customer.id.to_string());
    }
    let expected: Vec<String> = (0..CUSTOMERS).map(|customer| format!("c{customer}")).collect();
    assert_eq!(ids, expected);
    assert!(requests.lock().unwrap().len() < CUSTOMERS - 690 + 10, "nothing is asked for again");
}

#[tokio::test]
async fn no_more_calls_are_under_way_than_wanted_and_none_after_it_was_dropped() {
    let (now, most, finished) = <(Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
    let counters = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&finished));
    let transport = InProcess::new(move |request: Request<Bytes>| {
        let (now, most, finished) = counters.clone();
        async move {
            if request.uri().path().contains("Groups") {
                return Ok::<_, TransportError>(Response::new(Bytes::from(page(&request))));
            }
            most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            now.fetch_sub(1, Ordering::Relaxed);
            finished.fetch_add(1, Ordering::Relaxed);
            Ok(Response::new(Bytes::from("[]")))
        }
    });
    let client = support::builder().transport(Arc::new(transport)).build().unwrap();
    let mut walk = fleet(&client).concurrency(6);
    for _ in 0..100 {
        walk.next().await.unwrap().unwrap();
    }
    assert_eq!(most.load(Ordering::Relaxed), 6);
    drop(walk);
    let before = finished.load(Ordering::Relaxed);
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert_eq!(finished.load(Ordering::Relaxed), before);
}

#[tokio::test]
async fn an_error_of_the_list_comes_after_what_was_under_way() {
    let (client, _) = support::client(|request| match request.uri().path() {
        "/api/Groups/p1/customers" if request.uri().query().unwrap().contains("offset%22%3A0%") => {
            (200, page(request))
        }
        "/api/Groups/p1/customers" => (404, String::new()),
        path => locations(number(path)),
    });
    let mut fleet = fleet(&client).concurrency(50);
    let mut seen = 0;
    let error = loop {
        match fleet.next().await.unwrap() {
            Ok(_) => seen += 1,
            Err(error) => break error,
        }
    };
    assert!(error.is_not_found());
    assert_eq!(seen, 500);
}
