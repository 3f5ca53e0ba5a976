//! Paged lists: nothing is lost, repeated or cut silently, with any server.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use plume_client::{CustomerSearch, ErrorKind, Filter, SearchField, operations as op};
use testkit::pages::{Manner, Server, client, judge, walk};

async fn check(manner: Manner, count: usize, limit: u32, resume_after: Option<usize>, seed: u64) -> usize {
    let (client, server) = client(Server::new(manner, count, seed)).unwrap();
    let walked = walk(&client, limit, resume_after).await;
    let server = server.lock().unwrap();
    let verdict = judge(&server, &walked, limit);
    let reported = verdict.wrong_note;
    assert!(
        verdict.lost == 0 && verdict.repeated == 0 && reported.is_none(),
        "{manner:?}, {count} rows by {limit}, resumed after {resume_after:?}, seed {seed}: {} lost, {} repeated, {reported:?}",
        verdict.lost,
        verdict.repeated,
    );
    server.requests
}

#[tokio::test]
async fn every_count_and_page_size_gives_every_row_once() {
    for manner in Manner::ALL {
        // An endless list has no count.
        let counts = if manner == Manner::Endless { 0..1 } else { 0..18 };
        for count in counts {
            for limit in 1..10 {
                check(manner, count, limit, None, (count * 100) as u64 + u64::from(limit)).await;
            }
        }
    }
}

#[tokio::test]
async fn resumed_walk_yields_every_row_once() {
    for manner in Manner::ALL.into_iter().filter(|manner| manner.keeps_still()) {
        for count in 0..24 {
            for limit in [1, 2, 3, 7, 20] {
                for after in [1, 2, 5, 11] {
                    check(manner, count, limit, Some(after), 1).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn changing_list_loses_no_constant_row() {
    let mut lot = fastrand::Rng::with_seed(7);
    for manner in [Manner::Inserts, Manner::Deletes, Manner::Changes] {
        for _ in 0..300 {
            check(manner, lot.usize(..200), lot.u32(1..40), None, lot.u64(..)).await;
        }
    }
}

#[tokio::test]
async fn to_be_sure_of_the_end_costs_two_calls_at_the_most() {
    for (count, limit, calls) in
        [(0, 10, 1), (1, 10, 2), (9, 10, 2), (10, 10, 3), (18, 10, 3), (19, 10, 4), (100, 200, 2)]
    {
        assert_eq!(check(Manner::Honest, count, limit, None, 1).await, calls, "{count} by {limit}");
    }
    let (client, server) = client(Server::new(Manner::Honest, 9, 1)).unwrap();
    let mut pages = client.customers().filter(Filter::new().limit(10)).pages().trust_short_pages();
    assert_eq!(pages.next().await.unwrap().unwrap().items.len(), 9);
    assert!(pages.next().await.is_none());
    assert_eq!(server.lock().unwrap().requests, 1);
}

#[tokio::test]
async fn odd_behaviour_is_noted() {
    let noted = async |manner, count, limit| {
        let (client, _) = client(Server::new(manner, count, 3)).unwrap();
        walk(&client, limit, None).await.notes
    };
    assert!(noted(Manner::Cap(3), 10, 5).await.short_pages);
    assert!(noted(Manner::IgnoresLimit, 10, 5).await.long_pages);
    assert!(noted(Manner::Inserts, 50, 5).await.changed);
    assert!(noted(Manner::Deletes, 50, 5).await.changed);
    assert_eq!(noted(Manner::Unreadable(7), 20, 50).await.unreadable, 3);
}

#[tokio::test]
async fn endless_walk_is_stopped_and_resumable() {
    let (client, server) = client(Server::new(Manner::Endless, 0, 1)).unwrap();
    let mut pages = client.customers().filter(Filter::new().limit(10)).pages().max_pages(5);
    let mut rows = 0;
    let mut error = None;
    // A walk that is not stopped ends here.
    for _ in 0..10 {
        match pages.next().await.unwrap() {
            Ok(page) => rows += page.items.len(),
            Err(stopped) => {
                error = Some(stopped);
                break;
            }
        }
    }
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Incomplete);
    assert!(error.to_string().contains("more than 5 pages"), "{error}");
    assert_eq!((rows, server.lock().unwrap().requests), (10 + 4 * 9, 5));
    assert!(pages.next().await.is_none(), "an error ends the walk");
    let on =
        client.customers().filter(Filter::new().limit(10)).pages().resume(&pages.continuation()).unwrap();
    let mut items = on.items();
    assert_eq!(items.next().await.unwrap().unwrap().id.as_str(), format!("r{rows}"));
}

#[tokio::test]
async fn walk_resumes_after_the_last_row_on_an_error() {
    let (client, requests) = support::client(|request| {
        let all = request.uri().query().unwrap().contains("offset%22%3A0");
        if all { (200, r#"[{"id":"a"},{"id":"b"}]"#.to_owned()) } else { (404, String::new()) }
    });
    let list = || client.customers().filter(Filter::new().equals("name", "canary").limit(2)).pages();
    let mut items = list().items();
    assert_eq!(items.next().await.unwrap().unwrap().id.as_str(), "a");
    let after_one = items.continuation();
    assert_eq!(items.next().await.unwrap().unwrap().id.as_str(), "b");
    assert!(items.next().await.unwrap().is_err());
    assert!(items.next().await.is_none());
    let text = serde_json::to_string(&items.continuation()).unwrap();
    assert!(!text.contains("canary"), "{text}");
    let mut again = list().resume(&after_one).unwrap().items();
    assert_eq!(again.next().await.unwrap().unwrap().id.as_str(), "b");
    assert!(again.next().await.unwrap().is_err());
    assert!(requests.lock().unwrap().len() > 3);
    let other = client.customers().filter(Filter::new().limit(2)).pages();
    assert_eq!(other.resume(&after_one).unwrap_err().kind(), ErrorKind::Argument);
}

#[tokio::test]
async fn searches_groups_and_raw_lists_page_as_well() {
    let (client, requests) = support::client(|_| (200, "[]".to_owned()));
    let partner = client.partner();
    let search = CustomerSearch::starting_with(SearchField::Name, "A").page(20, 10);
    assert!(partner.search_customers_pages(&search).next().await.is_none());
    assert!(partner.groups().pages().next().await.is_none());
    assert!(
        partner.group_customers("g1").filter(Filter::new().order("id ASC")).pages().next().await.is_none()
    );
    let read = client.read(&op::INVENTORY_LIST).with("filter", r#"{"where":{"model":"X"},"limit":7}"#);
    assert!(read.pages().unwrap().next().await.is_none());
    let read = client.read(&op::PARTNER_OTHER_CUSTOMERS_SEARCH).with("partnerId", "p").with("keyword", "k");
    assert!(read.with("field", "name").with("limit", 9).pages().unwrap().next().await.is_none());
    let lines: Vec<String> = requests
        .lock()
        .unwrap()
        .iter()
        .map(|request| {
            let line = support::line(request);
            percent_encoding::percent_decode_str(&line).decode_utf8().unwrap().into_owned()
        })
        .collect();
    assert_eq!(
        lines,
        [
            "GET /api/partners/customers/search/A?field=name&exactMatch=false&startsWith=true&limit=10&skip=20",
            r#"GET /api/Groups?filter={"limit":500,"offset":0}"#,
            r#"GET /api/Groups/g1/customers?filter={"limit":500,"offset":0,"order":"id+ASC"}"#,
            r#"GET /api/Nodes?filter={"limit":7,"offset":0,"where":{"model":"X"}}"#,
            "GET /api/partners/p/customers/search/k?field=name&limit=9&skip=0",
        ]
    );
}

#[test]
fn unpageable_operation_is_an_error() {
    let (client, _) = support::client(|_| (200, "[]".to_owned()));
    let home = client.customer("c1").location("l1");
    let error = home.read(&op::FIRMWARE).pages().unwrap_err();
    assert!(error.to_string().contains("has no pages; one response holds all of it"), "{error}");
    let error = home.read(&op::REBOOTS).pages().unwrap_err();
    assert!(error.to_string().contains("the rest cannot be read"), "{error}");
    let error = client.read(&op::GROUPS_LIST).with("filter", "x").pages().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
}

#[tokio::test]
async fn continuation_with_any_number_is_safe() {
    let ids: Vec<String> = (0..1_000).map(|number| format!("unknown-{number}")).collect();
    let mut rows = 0;
    // Among them are servers that take no notice of an offset.
    for manner in Manner::ALL {
        let (client, _) = client(Server::new(manner, 20, 1)).unwrap();
        let pages = || client.customers().filter(Filter::new().limit(5)).pages().max_pages(30);
        for (next, last) in
            [(u64::MAX, &ids[..0]), (u64::MAX, &ids[..1]), (u64::MAX - 1, &ids[..]), (0, &ids[..])]
        {
            let mut text = serde_json::to_value(pages().continuation()).unwrap();
            text["next"] = next.into();
            text["last"] = last.to_vec().into();
            let mut items = pages().resume(&serde_json::from_value(text).unwrap()).unwrap().items();
            while let Some(Ok(_)) = items.next().await {
                rows += 1;
            }
            let kept = serde_json::to_value(items.continuation()).unwrap();
            assert!(kept["last"].as_array().unwrap().len() <= 16, "{manner:?}, {next}");
        }
    }
    assert!(rows > 0);
}
