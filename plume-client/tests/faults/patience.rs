//! Times from the API: `Retry-After` in all its forms, and clock skew.

use std::time::Duration;

use plume_client::ErrorKind;
use plume_runtime::Clock;

use crate::cloud::{Cloud, NODES};
use testkit::replies::{Reply, reply, with_header};

const SECONDS: fn(u64) -> Duration = Duration::from_secs;

fn asking(status: u16, patience: &str) -> Reply {
    with_header(reply(status, ""), "retry-after", patience)
}

#[tokio::test]
pub(crate) async fn patience_is_kept_within_the_deadline() {
    for status in [429, 503] {
        let cloud = Cloud::scripted([asking(status, "7"), reply(200, NODES)]);
        assert_eq!(cloud.nodes().await.unwrap(), 1);
        let times = cloud.times();
        assert!(times[1] - times[0] >= SECONDS(7), "{times:?}");
        cloud.ends_with(2, 1);
    }
}

#[tokio::test]
pub(crate) async fn patience_beyond_the_deadline_is_told_at_once() {
    for (status, kind) in [(429, ErrorKind::RateLimited), (503, ErrorKind::Server)] {
        let cloud = Cloud::scripted([asking(status, "120"), reply(200, NODES)]);
        let error = cloud.fails().await;
        assert_eq!((error.kind(), error.retry_after()), (kind, Some(SECONDS(120))));
        assert!(error.is_transient());
        assert_eq!(cloud.clock.monotonic(), Duration::ZERO, "no call waited");
        // The token is as good as before.
        assert_eq!(cloud.nodes().await.unwrap(), 1);
        cloud.ends_with(2, 1);
    }
}

#[tokio::test]
pub(crate) async fn patience_as_a_date_counts_from_now() {
    for date in
        ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
    {
        let cloud = Cloud::scripted([asking(429, date), reply(200, NODES)]);
        assert_eq!(cloud.nodes().await.unwrap(), 1);
        let times = cloud.times();
        assert!(times[1] - times[0] >= SECONDS(7), "{date}: {times:?}");
        assert!(times[1] - times[0] < SECONDS(30), "{date}: {times:?}");
        cloud.ends_with(2, 1);
    }
    // A past time causes no wait; a distant one is reported.
    let cloud = Cloud::scripted([asking(429, "Sun, 06 Nov 1994 07:49:37 GMT"), reply(200, NODES)]);
    assert_eq!(cloud.nodes().await.unwrap(), 1);
    assert!(cloud.clock.monotonic() < SECONDS(30));
    cloud.ends_with(2, 1);
    let cloud = Cloud::scripted([asking(429, "Sun, 06 Nov 1994 09:49:37 GMT")]);
    let error = cloud.fails().await;
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.retry_after().unwrap() > SECONDS(60), "{error:?}");
    cloud.ends_with(1, 1);
}

#[tokio::test]
pub(crate) async fn patience_that_makes_no_sense_is_no_burst_and_no_eternity() {
    for odd in ["-1", "1.5", "soon", "", "0", "7s", "+7", "\u{a0}7", "Sun, 99 Nov 1994 08:49:37 GMT"] {
        let cloud = Cloud::scripted([with_header(reply(429, ""), "retry-after", odd)]);
        let error = cloud.fails().await;
        assert_eq!(error.kind(), ErrorKind::RateLimited, "{odd}");
        assert!(cloud.sent() <= 3, "{odd}");
        assert!(cloud.clock.monotonic() < SECONDS(60), "{odd}");
        let sent = cloud.sent();
        cloud.ends_with(sent, 1);
    }
    for endless in ["9223372037", "18446744073709551615", "99999999999999999999999999"] {
        let cloud = Cloud::scripted([asking(429, endless)]);
        let error = cloud.fails().await;
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert!(error.retry_after().unwrap() <= SECONDS(300), "{endless}");
        assert_eq!(cloud.clock.monotonic(), Duration::ZERO, "no call waited");
        cloud.ends_with(1, 1);
    }
}

#[tokio::test]
pub(crate) async fn between_tries_there_is_a_wait_that_differs() {
    let mut gaps = Vec::new();
    for _ in 0..20 {
        let cloud = Cloud::scripted([reply(503, "")]);
        cloud.fails().await;
        let times = cloud.times();
        gaps.extend(times.windows(2).map(|pair| pair[1] - pair[0]));
        let sent = cloud.sent();
        cloud.ends_with(sent, 1);
    }
    gaps.sort_unstable();
    gaps.dedup();
    assert!(gaps.len() > 10, "waits are drawn by lot: {gaps:?}");
    assert!(*gaps.last().unwrap() < SECONDS(30));
}

#[tokio::test]
pub(crate) async fn a_reset_time_of_another_dialect_cannot_stop_the_client() {
    // Okta's header, in seconds since 1970, from a server whose clock is an hour off: the API documents none.
    for (date, reset) in [
        ("Sun, 06 Nov 1994 08:49:30 GMT", 784_111_770_i64 + 5),
        ("Sun, 06 Nov 1994 09:49:30 GMT", 784_111_770 + 3_605),
        ("Sun, 06 Nov 1994 07:49:30 GMT", 784_111_770 - 3_595),
    ] {
        let answer = with_header(reply(429, ""), "x-rate-limit-reset", &reset.to_string());
        let cloud = Cloud::scripted([with_header(answer, "date", date), reply(200, NODES)]);
        assert_eq!(cloud.nodes().await.unwrap(), 1);
        assert!(cloud.clock.monotonic() < SECONDS(60));
        cloud.ends_with(2, 1);
    }
}

#[tokio::test]
pub(crate) async fn a_clock_that_disagrees_changes_no_result() {
    for headers in [
        &[][..],
        &[("date", "Sun, 06 Nov 1994 08:49:30 GMT")],
        &[("date", "Mon, 07 Nov 1994 08:49:30 GMT")],
        &[("date", "Sat, 05 Nov 1994 08:49:30 GMT")],
        &[("date", "Sat, 05 Nov 1994 08:49:30 GMT"), ("age", "86400")],
        &[("date", "Thu, 01 Jan 1970 00:00:00 GMT"), ("age", "-1")],
        &[("date", "yesterday"), ("age", "old")],
    ] {
        let answer = |status, body| {
            headers.iter().fold(reply(status, body), |reply, (name, value)| with_header(reply, name, value))
        };
        let cloud = Cloud::scripted([answer(200, NODES), asking(429, "7"), answer(200, NODES)]);
        assert_eq!(cloud.nodes().await.unwrap(), 1);
        assert_eq!(cloud.clock.monotonic(), Duration::ZERO, "{headers:?}");
        assert_eq!(cloud.nodes().await.unwrap(), 1);
        cloud.ends_with(3, 1);
    }
}
