//! Speed tests at their edges.

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::{
    Format,
    series::Level,
    series::SeriesTrend,
    speed::{self, Speed, SpeedReport},
};
use serde_json::{Value, json};

fn day(day: i64) -> DateTime<Utc> {
    "2026-01-01T03:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(day)
}

fn analyze(series: Value) -> SpeedReport {
    speed::analyze(&serde_json::from_value(series).unwrap())
}

fn tests(tests: Value) -> SpeedReport {
    let tests: Vec<plume_types::SpeedTest> = serde_json::from_value(tests).unwrap();
    speed::analyze_tests(&tests)
}

/// Downloads a day apart.
fn daily(values: &[f64]) -> Speed {
    let samples: Vec<Value> = (0..)
        .zip(values)
        .map(|(index, value)| json!({"timestamp": day(index).to_rfc3339(), "value": value}))
        .collect();
    analyze(json!({"downloadSpeeds": samples})).download
}

#[test]
fn empty_series_is_unknown() {
    for series in [
        json!({"downloadSpeeds": []}),
        json!({"downloadSpeeds": null, "uploadSpeeds": [null]}),
        json!({"downloadSpeeds": [-1], "failedSpeedTests": []}),
    ] {
        let report = analyze(series.clone());
        assert_eq!((report.succeeded_tests, report.failed_tests), (0, 0), "{series}");
        assert_eq!((report.failed_percent, report.download.median_mbps), (None, None));
        assert_eq!((report.download.latest, report.download.trend), (Level::Unknown, SeriesTrend::Unknown));
        assert!(
            report
                .render(Format::Text)
                .starts_with("🚀 Speed tests: ⚪ UNKNOWN - No test could be read\n\n⬇️ Download:\n  unknown")
        );
    }
    assert_eq!(tests(json!([])).failed_percent, None);
}

#[test]
fn latest_test_is_compared_with_earlier_ones() {
    // Median 100, deviations 4 2 0 2 4, so MAD 2: a robust deviation of 2.97, less than 5 % of 100.
    let latest = |value: f64| daily(&[96.0, 98.0, 100.0, 102.0, 104.0, value]).latest;
    assert_eq!(latest(84.9), Level::Low);
    assert_eq!(latest(85.0), Level::Usual);
    assert_eq!(latest(115.0), Level::Usual);
    assert_eq!(latest(115.1), Level::High);
    // MAD 10: 3 × 14.826 = 44.478.
    let wide = |value: f64| daily(&[80.0, 90.0, 100.0, 110.0, 120.0, value]).latest;
    assert_eq!(wide(55.53), Level::Usual);
    assert_eq!(wide(55.52), Level::Low);
    assert_eq!(wide(144.47), Level::Usual);
    assert_eq!(wide(144.48), Level::High);
    // Five are needed.
    assert_eq!(daily(&[1.0, 1.0, 1.0, 1.0, 9.0]).latest, Level::Unknown);
    assert_eq!(daily(&[1.0, 1.0, 1.0, 1.0, 9.0]).explanation, "usual unknown, now 9");
    let low = daily(&[36.0, 37.0, 38.0, 41.0, 42.0, 3.0]);
    assert_eq!((low.latest, low.explanation.as_str()), (Level::Low, "usual 38 ± 3, now 3"));
    assert_eq!((low.latest_mbps, low.latest_at), (Some(3.0), Some(day(5))));
    assert_eq!(low.median_mbps, Some(37.5));
}

#[test]
fn a_trend_is_more_than_a_tenth_of_the_median() {
    // Medians of 100, over four days.
    let trend = |step: f64| daily(&[-2.0, -1.0, 0.0, 1.0, 2.0].map(|day| 100.0 + day * step));
    assert_eq!(trend(2.5).trend, SeriesTrend::Steady);
    assert_eq!(trend(2.5).slope_mbps_per_day, Some(2.5));
    assert_eq!(trend(2.6).trend, SeriesTrend::Rising);
    assert_eq!(trend(-2.5).trend, SeriesTrend::Steady);
    assert_eq!(trend(-2.6).trend, SeriesTrend::Falling);
    assert_eq!(daily(&[1.0, 2.0, 3.0, 4.0]).trend, SeriesTrend::Unknown);
    // One wild test does not turn it.
    assert_eq!(daily(&[100.0, 100.0, 100.0, 1000.0, 100.0, 100.0]).trend, SeriesTrend::Steady);
    // A tenth of nothing is nothing: a line that is dead has no trend by a hundredth, nor is that high.
    let dead = daily(&[0.0, 0.0, 0.0, 0.0, 0.01, 0.02]);
    assert_eq!((dead.trend, dead.latest), (SeriesTrend::Steady, Level::Usual));
    assert_eq!(daily(&[0.0, 0.0, 0.0, 0.5, 1.0, 1.5]).trend, SeriesTrend::Rising);
    // Without times there is none.
    let bare = analyze(json!({"downloadSpeeds": [1, 2, 3, 4, 5, 6]})).download;
    assert_eq!((bare.trend, bare.slope_mbps_per_day), (SeriesTrend::Unknown, None));
    assert_eq!((bare.latest_mbps, bare.latest_at, bare.latest), (Some(6.0), None, Level::Usual));
}

#[test]
fn tests_are_counted_once() {
    let at = |index: i64, value: Value| json!({"timestamp": day(index).to_rfc3339(), "value": value});
    let report = analyze(json!({
        "downloadSpeeds": [at(0, json!(10)), at(1, json!(20)), at(1, json!(15)), at(2, Value::Null), 30, [1]],
        "uploadSpeeds": [at(0, json!(1)), at(3, json!(2)), 3, 4, at(4, json!(-1))],
        "failedSpeedTests": [
            {"status": "failed"}, {"status": "failed"}, at(5, Value::Null), at(5, Value::Null), true,
        ],
    }));
    // Days 0, 1 and 3, and two without a time; days 2 and 4, and one unreadable.
    assert_eq!((report.succeeded_tests, report.unknown_tests), (5, 3));
    assert_eq!(report.failed_tests, 4);
    assert_eq!(report.failed_percent, Some(4.0 * 100.0 / 9.0));
    let download = &report.download;
    assert_eq!((download.samples, download.missing_samples, download.invalid_samples), (3, 1, 0));
    assert_eq!(report.upload.invalid_samples, 1);
    // The lower of two at the same time; times come first, so the number without one is not the latest.
    assert_eq!((download.latest_mbps, download.latest_at), (Some(15.0), Some(day(1))));
    assert!(report.render(Format::Text).ends_with("\n\nNot counted: 3 tests without a result"));
}

#[test]
fn only_a_test_that_succeeded_has_a_speed() {
    let test = |status: Value, download: Value, upload: Value, end: Value| json!({"status": status, "download": download, "upload": upload, "endedAt": end});
    let end = |index: i64| json!(day(index).to_rfc3339());
    let ok = test(json!("succeeded"), json!(100), json!(10), end(0));
    let report = tests(json!([
        ok,
        ok,
        {"status": "succeeded", "download": 90, "startedAt": end(1)},
        test(json!("failed"), json!(1), json!(1), end(2)),
        test(json!("pending"), json!(1), json!(1), end(3)),
        test(Value::Null, json!(1), json!(1), end(4)),
        test(json!("succeeded"), Value::Null, json!(-1), end(5)),
    ]));
    assert_eq!((report.succeeded_tests, report.failed_tests, report.unknown_tests), (2, 1, 3));
    assert_eq!(report.failed_percent, Some(100.0 / 3.0));
    assert_eq!((report.download.samples, report.upload.samples), (2, 1));
    assert_eq!((report.download.missing_samples, report.upload.invalid_samples), (1, 1));
    assert_eq!((report.download.median_mbps, report.download.latest_mbps), (Some(95.0), Some(90.0)));
    assert_eq!(report.download.latest_at, Some(day(1)));
    // Without a time two tests may well be the same and still are two.
    let timeless = json!({"status": "succeeded", "upload": 5});
    assert_eq!(tests(json!([timeless, timeless])).succeeded_tests, 2);
    // Two at the same time on two servers are two.
    let of_server = |id: &str| json!({"status": "failed", "serverId": id, "endedAt": end(0)});
    assert_eq!(tests(json!([of_server("1"), of_server("2"), of_server("1")])).failed_tests, 2);
    let unlike = json!([
        ok,
        test(json!("succeeded"), json!(99), json!(10), end(0)),
        test(json!("succeeded"), json!(100), json!(9), end(0)),
        test(json!("failed"), json!(100), json!(10), end(0)),
    ]);
    assert_eq!((tests(unlike.clone()).succeeded_tests, tests(unlike).failed_tests), (3, 1));
}

#[test]
fn text_word_for_word() {
    let samples: Vec<Value> = [0, 1, 2, 3, 5, 6]
        .iter()
        .map(|index| json!({"timestamp": day(*index).to_rfc3339(), "value": 100 - 2 * index}))
        .collect();
    let report = analyze(json!({
        "downloadSpeeds": samples, "uploadSpeeds": [40], "failedSpeedTests": [{"status": "failed"}],
    }));
    assert_eq!(
        report.render(Format::Text),
        "🚀 Speed tests - 1 of 8 tests failed (12.50 %)\n\n\
         ⬇️ Download:\n  Median: 95.00 Mbps\n  Latest: 88.00 Mbps at 2026-01-07 03:00 UTC\n  \
         🟢 As usual: usual 96 ± 4.8, now 88\n  Trend: falling (-2 Mbps per day)\n  \
         Known: 85.71 % of the time (1 gap, the longest 1 d)\n\n\
         ⬆️ Upload:\n  Median: 40.00 Mbps\n  Latest: 40.00 Mbps\n  \
         ⚪ UNKNOWN: usual unknown, now 40\n  Trend: unknown"
    );
    assert!(daily(&[1.0; 6]).explanation.starts_with("usual 1 ± 0.05"));
    let json: Value = serde_json::from_str(&report.render(Format::Json)).unwrap();
    assert_eq!(
        (&json["download"]["trend"], &json["upload"]["latest"]),
        (&json!("falling"), &json!("unknown"))
    );
    assert!(report.render(Format::Html).starts_with("<b>🚀"));
    assert!(report.render(Format::Markdown).contains("12\\.50"));
}
