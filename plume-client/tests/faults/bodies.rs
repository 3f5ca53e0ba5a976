//! Bodies of great size.

use std::fmt::Write as _;

use plume_client::ErrorKind;
use plume_runtime::{Limits, ManualClock};

use crate::cloud::Cloud;
use testkit::replies::reply;

#[tokio::test]
pub(crate) async fn a_hundred_thousand_devices_are_read() {
    let mut body = String::from("[");
    for number in 0..100_000_u32 {
        let [_, a, b, c] = number.to_be_bytes();
        let comma = if number == 0 { "" } else { "," };
        write!(body, r#"{comma}{{"mac":"02:00:00:{a:02x}:{b:02x}:{c:02x}","connectionState":"connected","channel":149}}"#)
            .unwrap();
    }
    body.push(']');
    let cloud = Cloud::scripted([reply(200, body)]);
    let devices = cloud.client.customer("c1").location("l1").devices().await.unwrap();
    assert_eq!((devices.len(), devices.unreadable()), (100_000, 0));
    assert_eq!(devices[99_999].mac.as_str(), "02:00:00:01:86:9f");
    cloud.ends_with(1, 1);
}

#[tokio::test]
pub(crate) async fn a_name_without_end_is_bounded_by_the_limit_of_the_body() {
    let device = |bytes: usize| {
        format!(
            r#"[{{"mac":"02:00:00:00:00:01","name":"{}"}},{{"mac":"02:00:00:00:00:02"}}]"#,
            "x".repeat(bytes)
        )
    };
    let cloud = Cloud::scripted([reply(200, device(10 << 20))]);
    let devices = cloud.client.customer("c1").location("l1").devices().await.unwrap();
    assert_eq!((devices.len(), devices.unreadable()), (2, 0));
    cloud.ends_with(1, 1);

    let cloud = Cloud::scripted([reply(200, device(16 << 20))]);
    let error = cloud.client.customer("c1").location("l1").devices().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreadable);
    assert!(error.to_string().contains("larger than the limit"), "{error}");
    assert!(!error.is_transient(), "it would be as large the next time");
    cloud.ends_with(1, 1);
}

#[tokio::test]
pub(crate) async fn the_limit_of_a_body_holds_at_its_edge() {
    for (limit, fits) in [(26, true), (25, false)] {
        let cloud = Cloud::built(
            ManualClock::skipping(chrono::DateTime::UNIX_EPOCH),
            |_| reply(200, r#"{"nodes":[{"id":"TST01"}]}"#),
            |builder| builder.limits(Limits::default().max_body_bytes(limit)),
        );
        assert_eq!(cloud.nodes().await.is_ok(), fits, "{limit}");
        cloud.ends_with(1, 1);
    }
}
