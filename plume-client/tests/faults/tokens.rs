//! The cost of a refused token.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::header::AUTHORIZATION;
use plume_client::{ErrorKind, Resource};
use plume_runtime::Clock;

use crate::cloud::{CANARY, Cloud, INVALID_TOKEN, NODES, UNAUTHORIZED};
use testkit::replies::reply;

/// A client with an accepted call behind it, and a cloud that stops accepting its first token then.
async fn revoked(refusal: &'static str) -> (Cloud, Arc<AtomicUsize>) {
    let refused = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&refused);
    let (mut accepted, first) = (false, format!("Bearer not-a-real-{CANARY}-1"));
    let cloud = Cloud::answering(move |request| {
        if accepted && request.headers()[AUTHORIZATION] == first.as_str() {
            counter.fetch_add(1, Ordering::SeqCst);
            return reply(401, refusal);
        }
        accepted = true;
        reply(200, NODES)
    });
    cloud.client.customer("c0").location("l0").nodes().await.unwrap();
    (cloud, refused)
}

#[tokio::test]
pub(crate) async fn a_401_costs_one_new_token_and_one_replay() {
    let (cloud, _) = revoked(INVALID_TOKEN).await;
    assert_eq!(cloud.nodes().await.unwrap(), 1);
    cloud.with_requests(|requests| {
        let shown: Vec<_> = requests.iter().map(|request| &request.headers()[AUTHORIZATION]).collect();
        let [first, second] = [1, 2].map(|number| format!("Bearer not-a-real-{CANARY}-{number}"));
        assert_eq!(shown, [&first, &first, &second]);
    });
    // The new one stays.
    assert_eq!(cloud.nodes().await.unwrap(), 1);
    cloud.ends_with(4, 2);
}

#[tokio::test]
pub(crate) async fn a_401_that_names_nothing_costs_one_look_more() {
    let (cloud, _) = revoked(UNAUTHORIZED).await;
    assert_eq!(cloud.nodes().await.unwrap(), 1);
    cloud.with_requests(|requests| {
        let paths: Vec<_> = requests.iter().map(|request| request.uri().path()).collect();
        let [other, own] =
            ["c0/locations/l0", "c1/locations/l1"].map(|id| format!("/api/Customers/{id}/nodes"));
        assert_eq!(paths, [&other, &own, &other, &own]);
    });
    cloud.ends_with(4, 2);
}

#[tokio::test]
pub(crate) async fn a_401_that_stays_is_an_unknown_customer_and_no_loop() {
    let cloud = Cloud::scripted([reply(401, UNAUTHORIZED)]);
    for _ in 0..3 {
        assert_eq!(cloud.fails().await.kind(), ErrorKind::NotFound(Resource::Customer));
    }
    cloud.ends_with(3, 1);
}

#[tokio::test]
pub(crate) async fn many_401s_for_one_token_cost_one_new_one() {
    for refusal in [UNAUTHORIZED, INVALID_TOKEN] {
        let (cloud, refused) = revoked(refusal).await;
        let calls = (0..100).map(|_| cloud.nodes());
        for result in futures_util::future::join_all(calls).await {
            assert_eq!(result.unwrap(), 1);
        }
        let refused = refused.load(Ordering::SeqCst);
        assert!(refused >= 1);
        cloud.ends_with(101 + refused, 2);
    }
}

#[tokio::test]
pub(crate) async fn a_cloud_that_refuses_every_new_token_is_left_alone() {
    let cloud = Cloud::scripted([reply(401, INVALID_TOKEN)]);
    let started = cloud.clock.monotonic();
    assert_eq!(cloud.fails().await.kind(), ErrorKind::Unauthorized);
    assert_eq!((cloud.sent(), cloud.tokens_issued()), (2, 2), "one replay, with another token");
    // Each call gets the time of the next permitted one, and waits for it.
    for _ in 0..20 {
        let error = cloud.fails().await;
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        if let Some(wait) = error.retry_after() {
            assert!(error.is_transient() && error.to_string().contains("was not sent"), "{error}");
            cloud.clock.advance(wait);
        }
    }
    let took = cloud.clock.monotonic() - started;
    // 1 s after the second token, then 4, 16 and 60 s after each two of a call.
    assert_eq!(took.as_secs(), 1 + 4 + 16 + 60 * 7);
    assert_eq!((cloud.sent(), cloud.tokens_issued()), (22, 22));
}
