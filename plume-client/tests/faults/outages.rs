//! A server that fails, now and then or all the time.

use plume_client::{ErrorKind, QoePeriod};
use plume_runtime::TransportErrorKind;

use crate::cloud::{Cloud, NODES, broken, reply};

#[tokio::test]
pub(crate) async fn failures_of_the_server_are_tried_three_times() {
    for status in [408, 500, 502, 503, 504] {
        let cloud = Cloud::scripted([reply(status, "")]);
        let error = cloud.fails().await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(status)), "{status}");
        assert!(error.is_transient());
        assert_eq!(error.attempts().len(), 3);
        cloud.ends_with(3, 1);
        let cloud = Cloud::scripted([reply(status, "<html>"), reply(status, ""), reply(200, NODES)]);
        assert_eq!(cloud.nodes().await.unwrap(), 1, "{status}");
        cloud.ends_with(3, 1);
    }
}

#[tokio::test]
pub(crate) async fn one_failure_in_a_hundred_is_not_seen() {
    let mut random = fastrand::Rng::with_seed(11);
    let cloud = Cloud::answering(move |_| match random.u8(..100) {
        0 => reply(503, ""),
        _ => reply(200, NODES),
    });
    let mut failed = 0;
    for _ in 0..10_000 {
        failed += usize::from(cloud.nodes().await.is_err());
    }
    let sent = cloud.sent();
    assert!(sent > 10_050, "{sent} requests: were there failures at all?");
    assert!(failed <= 1, "{failed} of 10,000 failed");
    cloud.ends_with(sent, cloud.tokens_issued());
}

#[tokio::test]
pub(crate) async fn a_post_that_only_reads_is_repeated() {
    let cloud = Cloud::scripted([broken(TransportErrorKind::Interrupted), reply(200, "{}")]);
    cloud.client.customer("c1").location("l1").app_qoe(QoePeriod::LastHour).await.unwrap();
    cloud.with_requests(|requests| {
        assert!(requests.iter().all(|request| request.method() == http::Method::POST));
        assert_eq!(requests[0].body(), requests[1].body());
    });
    cloud.ends_with(2, 1);
}
