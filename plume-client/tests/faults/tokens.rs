//! What a refused token costs.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::header::AUTHORIZATION;
use plume_client::{ErrorKind, Resource};

use crate::cloud::{CANARY, Cloud, NODES, UNAUTHORIZED, reply};

#[tokio::test]
pub(crate) async fn a_401_costs_one_new_token_and_one_replay() {
    let cloud = Cloud::scripted([reply(401, UNAUTHORIZED), reply(200, NODES)]);
    assert_eq!(cloud.nodes().await.unwrap(), 1);
    cloud.with_requests(|requests| {
        let shown: Vec<_> = requests.iter().map(|request| &request.headers()[AUTHORIZATION]).collect();
        assert_eq!(
            shown,
            [&format!("Bearer not-a-real-{CANARY}-1"), &format!("Bearer not-a-real-{CANARY}-2")]
        );
    });
    // The new one stays.
    assert_eq!(cloud.nodes().await.unwrap(), 1);
    cloud.ends_with(3, 2);
}

#[tokio::test]
pub(crate) async fn a_401_that_stays_is_an_unknown_customer_and_no_loop() {
    let cloud = Cloud::scripted([reply(401, UNAUTHORIZED)]);
    assert_eq!(cloud.fails().await.kind(), ErrorKind::NotFound(Resource::Customer));
    cloud.ends_with(2, 2);
}

#[tokio::test]
pub(crate) async fn many_401s_for_one_token_cost_one_new_one() {
    // The server takes the first token away while a hundred calls are under way with it.
    let refused = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&refused);
    let first = format!("Bearer not-a-real-{CANARY}-1");
    let cloud = Cloud::answering(move |request| {
        if request.headers()[AUTHORIZATION] == first.as_str() {
            counter.fetch_add(1, Ordering::SeqCst);
            reply(401, UNAUTHORIZED)
        } else {
            reply(200, NODES)
        }
    });
    let calls = (0..100).map(|_| cloud.nodes());
    for result in futures_util::future::join_all(calls).await {
        assert_eq!(result.unwrap(), 1);
    }
    let refused = refused.load(Ordering::SeqCst);
    assert!(refused >= 1);
    cloud.ends_with(100 + refused, 2);
}
