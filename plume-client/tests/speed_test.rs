//! The wait for the result of a speed test, in virtual time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use plume_client::{Client, ErrorKind, RetryPolicy};
use plume_types::{SpeedTest, SpeedTestStatus};

const NO_RESULT: (u16, &str) = (404, r#"{"error":{"statusCode":404,"message":"x"}}"#);
const WAITS: (u16, &str) = (200, r#"{"status":"queued"}"#);
const SUCCEEDED: (u16, &str) = (200, r#"{"status":"succeeded","download":93.5}"#);
const DOWN: (u16, &str) = (503, "");

/// A cloud with these responses, the last of which repeats.
fn cloud(responses: &'static [(u16, &'static str)]) -> Client {
    let number = AtomicUsize::new(0);
    let (client, _requests) = support::client(move |_| {
        let at = number.fetch_add(1, Ordering::Relaxed).min(responses.len() - 1);
        (responses[at].0, responses[at].1.to_owned())
    });
    client.with_retry(RetryPolicy::none())
}

async fn wait(client: &Client, seconds: u64) -> Result<Option<SpeedTest>, ErrorKind> {
    let home = client.customer("c").location("l");
    let within = Duration::from_secs(seconds);
    home.wait_for_speed_test("TST0000001", "r1", within).await.map_err(|error| error.kind())
}

#[tokio::test]
async fn the_wait_ends_with_the_test() {
    let client = cloud(&[NO_RESULT, WAITS, DOWN, SUCCEEDED]);
    let began = client.clock().monotonic();
    let test = wait(&client, 180).await.unwrap().unwrap();
    assert_eq!((test.status, test.download), (Some(SpeedTestStatus::Succeeded), Some(93.5)));
    assert_eq!((client.clock().monotonic() - began).as_secs(), 20);
    assert_eq!(client.calls_made(), 4);
}

#[tokio::test]
async fn a_test_that_does_not_end_is_no_error_and_no_result() {
    for responses in [&[NO_RESULT][..], &[WAITS], &[DOWN, WAITS]] {
        let client = cloud(responses);
        assert_eq!(wait(&client, 31).await, Ok(None));
        assert_eq!(client.calls_made(), 6);
    }
    let client = cloud(&[SUCCEEDED]);
    assert_eq!((wait(&client, 4).await, client.calls_made()), (Ok(None), 0));
}

#[tokio::test]
async fn an_outage_of_the_whole_wait_and_a_refusal_are_errors() {
    let client = cloud(&[DOWN]);
    assert_eq!((wait(&client, 15).await, client.calls_made()), (Err(ErrorKind::Server), 3));
    let client = cloud(&[(403, r#"{"error":{"statusCode":403,"message":"no"}}"#)]);
    assert_eq!((wait(&client, 180).await, client.calls_made()), (Err(ErrorKind::Forbidden), 1));
}
