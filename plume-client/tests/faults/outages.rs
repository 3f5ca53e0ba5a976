//! A server that fails, now and then or all the time.

use std::time::Duration;

use plume_client::{ErrorKind, NodeToClaim, QoePeriod};
use plume_runtime::{Clock, TransportErrorKind};

use crate::{
    cloud::{Cloud, NODES, assert_silent},
    loopback::{Loopback, patient},
};
use testkit::replies::{broken, reply};
use testkit::wire::{Server, read_request};

#[tokio::test]
pub(crate) async fn server_failures_get_three_attempts() {
    // The last ones are undefined, so they mean 500.
    for status in [408, 500, 502, 503, 504, 520, 522, 530, 599] {
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

#[tokio::test]
pub(crate) async fn an_outage_is_not_multiplied() {
    let cloud = Cloud::answering(|_| reply(503, ""));
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let (mut calls, mut before) = (0, 0);
    while cloud.clock.monotonic() < minutes(10) {
        if cloud.clock.monotonic() < minutes(1) {
            (calls, before) = (0, cloud.sent());
        }
        calls += 1;
        cloud.fails().await;
        cloud.clock.advance(Duration::from_millis(100));
    }
    let sent = cloud.sent() - before;
    assert!(
        calls > 1_000 && sent * 10 <= calls * 11,
        "{sent} requests for {calls} calls after the first minute"
    );
    let sent = cloud.sent();
    cloud.ends_with(sent, 1);
}

#[tokio::test]
pub(crate) async fn a_write_whose_answer_is_lost_is_sent_once() {
    let node = NodeToClaim { serial_number: Some("TST1".into()), ..NodeToClaim::default() };
    for fault in [TransportErrorKind::Interrupted, TransportErrorKind::Timeout] {
        for write in ["reboot", "claim"] {
            let cloud = Cloud::scripted([broken(fault), reply(202, "{}")]);
            let home = cloud.client.customer("c1").location("l1");
            let error = match write {
                "reboot" => home.reboot_node("TST1", Duration::ZERO).send().await.unwrap_err(),
                _ => home.claim_node(&node).send().await.unwrap_err(),
            };
            assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{write}: {fault:?}");
            assert!(error.may_have_happened() && !error.is_retryable());
            assert_silent(&error);
            cloud.ends_with(1, 1);
        }
    }
    // What never left is no second time.
    let cloud = Cloud::scripted([broken(TransportErrorKind::Connect), reply(202, "{}")]);
    cloud.client.customer("c1").location("l1").reboot_node("TST1", Duration::ZERO).send().await.unwrap();
    cloud.ends_with(2, 1);
}

#[tokio::test]
pub(crate) async fn a_write_reset_after_its_body_reaches_the_server_once() {
    let (seen, mut requests) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut stream, _| {
        let seen = seen.clone();
        async move {
            let request = read_request(&mut stream).await;
            stream.set_zero_linger().unwrap();
            seen.send(request).unwrap();
        }
    })
    .await;
    let loopback = Loopback::to(server.address, patient());
    let home = loopback.client.customer("c1").location("l1");
    let error = home.reboot_node("TST1", Duration::ZERO).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_silent(&error);
    assert!(requests.recv().await.unwrap().contains("TST1"));
    assert!(requests.try_recv().is_err() && server.connections() == 1, "it came twice");
    loopback.ends_with(1);
}
