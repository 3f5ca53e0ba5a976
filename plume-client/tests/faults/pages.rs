//! Servers that do not page as they say.

use http::Request;
use plume_client::{ErrorKind, Filter};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use testkit::replies::reply;

/// Returns the requested offset and limit.
fn asked(request: &Request<bytes::Bytes>) -> (usize, usize) {
    let query = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    let filter = query.into_iter().find(|(name, _)| name == "filter").map(|(_, value)| value.into_owned());
    let filter: Value = serde_json::from_str(&filter.unwrap_or_else(|| "{}".to_owned())).unwrap();
    let number = |name: &str| filter[name].as_u64().map(|number| usize::try_from(number).unwrap());
    (number("offset").or_else(|| number("skip")).unwrap_or(0), number("limit").unwrap_or(500))
}

/// A cloud that gives the customers whose numbers `page` says.
fn cloud(mut page: impl FnMut(usize, usize, usize) -> Vec<usize> + Send + 'static) -> Cloud {
    let mut count = 0;
    Cloud::answering(move |request| {
        let (offset, limit) = asked(request);
        let rows: Vec<Value> =
            page(count, offset, limit).into_iter().map(|row| json!({ "id": format!("c{row}") })).collect();
        count += 1;
        reply(200, Value::from(rows).to_string())
    })
}

/// Returns all yielded rows and the end of the walk.
async fn walk(cloud: &Cloud, limit: u32, most: u32) -> (Vec<String>, Result<bool, ErrorKind>) {
    let mut items =
        cloud.client.customers().filter(Filter::new().limit(limit)).pages().max_pages(most).items();
    let mut seen = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            Ok(customer) => seen.push(customer.id.to_string()),
            Err(error) => return (seen, Err(error.kind())),
        }
    }
    let notes = items.notes();
    let flagged = notes.changed || notes.short_pages || notes.long_pages;
    (seen, Ok(flagged))
}

fn assert_each_once(seen: &[String], what: &str) {
    let mut unique = seen.to_vec();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), seen.len(), "{what}: a row came twice");
}

#[tokio::test]
pub(crate) async fn pages_that_go_in_circles_are_an_error() {
    // The same page without end, and two alternating pages.
    for (what, period) in [("A, A, A", 1), ("A, B, A, B", 2), ("A, B, C, A", 3)] {
        let cloud = cloud(move |count, _, limit| {
            let first = (count % period) * limit;
            (first..first + limit).collect()
        });
        let (seen, end) = walk(&cloud, 10, 10_000).await;
        assert_eq!(end, Err(ErrorKind::Incomplete), "{what}");
        assert_each_once(&seen, what);
        assert!(cloud.sent() < 60, "{what}: {} pages were read", cloud.sent());
        let sent = cloud.sent();
        cloud.ends_with(sent, 1);
    }
}

#[tokio::test]
pub(crate) async fn a_list_without_end_ends_at_the_most_pages() {
    let cloud = cloud(|_, offset, limit| (offset..offset + limit).collect());
    let (seen, end) = walk(&cloud, 10, 50).await;
    assert_eq!(end, Err(ErrorKind::Incomplete));
    assert!(seen.len() > 400, "what was read is given: {}", seen.len());
    assert_each_once(&seen, "endless");
    assert!(cloud.sent() <= 50, "{} pages", cloud.sent());
    let sent = cloud.sent();
    cloud.ends_with(sent, 1);
}

#[tokio::test]
pub(crate) async fn pages_that_shrink_lose_nothing_and_are_flagged() {
    // From the third page on the server returns three rows for any limit.
    let cloud = cloud(|count, offset, limit| {
        let most = if count < 2 { limit } else { 3 };
        (offset..(offset + most.min(limit)).min(57)).collect()
    });
    let (seen, end) = walk(&cloud, 10, 1_000).await;
    assert_eq!((seen.len(), end), (57, Ok(true)));
    assert_each_once(&seen, "shrinking");
    let sent = cloud.sent();
    cloud.ends_with(sent, 1);
}

#[tokio::test]
pub(crate) async fn a_limit_that_is_ignored_gives_each_row_once_and_is_flagged() {
    // All rows for any request, and all rows from the offset on.
    for from_offset in [false, true] {
        let cloud = cloud(move |_, offset, _| (if from_offset { offset } else { 0 }..35).collect());
        let (seen, end) = walk(&cloud, 10, 1_000).await;
        assert_each_once(&seen, "no limit");
        assert_eq!(seen.len(), 35);
        assert_ne!(end, Ok(false), "the end was not reported");
        let sent = cloud.sent();
        cloud.ends_with(sent, 1);
    }
}

#[tokio::test]
pub(crate) async fn a_list_that_changes_gives_each_row_once_and_is_flagged() {
    // Five rows come in at the front, or go from there, between the second page and the third.
    for grows in [true, false] {
        let cloud = cloud(move |count, offset, limit| {
            let all: Vec<usize> = match (count < 2, grows) {
                (true, _) => (100..160).collect(),
                (false, true) => (95..160).collect(),
                (false, false) => (105..160).collect(),
            };
            all.into_iter().skip(offset).take(limit).collect()
        });
        let (seen, end) = walk(&cloud, 10, 1_000).await;
        assert_each_once(&seen, "changing");
        // Those that stay are all there.
        assert!((105..160).all(|row| seen.contains(&format!("c{row}"))), "grows {grows}: a row is lost");
        assert_eq!(end, Ok(true), "grows {grows}: the end was not reported");
        let sent = cloud.sent();
        cloud.ends_with(sent, 1);
    }
}
