//! WAN traffic at its edges.

use plume_health::{
    Format,
    wan::{self, BusyLevel, DataQuality, WanReport},
};
use plume_types::{ByName, WanPoint, WanStats};
use serde_json::{Value, json};

fn analyze(points: Value) -> WanReport {
    wan::analyze(&serde_json::from_value(json!({"fifteenMins": points})).unwrap())
}

fn point(time: &str, mbytes: Value, max: Value) -> Value {
    json!({
        "timestamp": format!("2026-01-15T{time}:00Z"),
        "rxMbytes": mbytes, "txMbytes": mbytes, "rxMaxMbps": max, "txMaxMbps": max,
    })
}

/// Points of 15 minutes whose maxima are the given values.
fn maxima(values: &[f64]) -> WanReport {
    let points: Vec<Value> = values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let time = format!("{:02}:{:02}", index / 4, index % 4 * 15);
            point(&time, json!(1.0), json!(value))
        })
        .collect();
    analyze(Value::from(points))
}

#[test]
fn no_valid_value_is_unknown() {
    for points in [
        json!([]),
        json!([point("09:00", Value::Null, Value::Null)]),
        json!([point("09:00", json!(-1), json!(-0.1))]),
        json!([point("09:00", json!("NaN"), json!("inf"))]),
    ] {
        let report = analyze(points.clone());
        assert_eq!(report.quality, DataQuality::Unknown, "{points}");
        assert!(!report.is_known());
        assert_eq!(report.download.total_mb, None);
        assert_eq!(report.download.average_mbps, None);
        assert_eq!(report.render(Format::Text), "🌐 WAN traffic: ⚪ UNKNOWN - No point could be read");
    }
    // Zero is a value.
    assert_eq!(analyze(json!([point("09:00", json!(0), json!(0))])).quality, DataQuality::Complete);
}

#[test]
fn the_average_is_of_bytes_over_the_known_time() {
    let report = analyze(json!([
        point("09:00", json!(900), json!(100)),
        point("09:15", Value::Null, Value::Null),
        point("09:30", json!(0), json!(50)),
    ]));
    // 900 MB are 7200 Mbit, in two intervals of 900 s.
    assert_eq!(report.download.average_mbps, Some(4.0));
    assert_eq!(report.download.mean_of_maxima_mbps, Some(75.0));
    assert_eq!(report.upload.total_mb, Some(900.0));
    assert_eq!((report.points, report.valid_points), (3, 2));
    assert_eq!(report.quality, DataQuality::Partial);
}

#[test]
fn the_interval_is_the_usual_step() {
    let at = |times: &[&str]| {
        let points: Vec<Value> = times.iter().map(|time| point(time, json!(1), json!(1))).collect();
        let stats = serde_json::from_value::<WanStats>(json!({"items": points})).unwrap();
        wan::analyze(&stats).interval_seconds
    };
    assert_eq!(at(&["09:00"]), 900);
    assert_eq!(at(&["09:00", "09:05", "09:10", "10:10"]), 300);
    assert_eq!(at(&["10:10", "09:00", "09:10", "09:05"]), 300);
    // As many steps of one kind as of the other: the shorter one.
    assert_eq!(at(&["09:00", "09:05", "10:05"]), 300);
    assert_eq!(at(&["09:00", "10:00", "10:05"]), 300);
    let timeless = analyze(json!([{"rxMbytes": 900}, {"rxMbytes": 900}]));
    assert_eq!(timeless.interval_seconds, 900);
    assert_eq!(timeless.points, 2);
    assert_eq!(timeless.download.average_mbps, Some(8.0));
}

#[test]
fn the_name_of_a_series_gives_its_interval() {
    let report = |name: &str, times: &[&str], mbytes: f64| {
        let points: Vec<Value> = times.iter().map(|time| point(time, json!(mbytes), json!(98))).collect();
        wan::analyze(&serde_json::from_value(json!({name: points})).unwrap())
    };
    // 450 MB in 900 s, whatever lies between the points.
    for times in [&["09:00", "11:00"][..], &["09:00"], &["09:00", "09:01", "11:00"]] {
        let report = report("fifteenMins", times, 450.0);
        assert_eq!((report.interval_seconds, report.download.average_mbps), (900, Some(4.0)), "{times:?}");
        assert_eq!(report.details.contradictions, 0);
    }
    let apart = report("fifteenMins", &["09:00", "11:00"], 450.0).details.coverage;
    assert_eq!((apart.step_seconds, apart.longest_gap_seconds), (Some(900), Some(6_300)));
    assert_eq!(apart.known_percent, Some(1_800.0 * 100.0 / 8_100.0));
    assert_eq!(report("fifteenMins", &["09:00"], 450.0).details.coverage.known_percent, Some(100.0));
    assert_eq!(report("oneHour", &["09:00", "12:00"], 1_800.0).download.average_mbps, Some(4.0));
    assert_eq!(report("hourly", &["09:00", "12:00"], 1_800.0).download.average_mbps, Some(4.0));
    // A report on a day has no interval of a day.
    assert_eq!(report("daily", &["09:00", "09:15", "09:30"], 450.0).download.average_mbps, Some(4.0));
}

#[test]
fn times_that_are_a_little_off_have_a_step() {
    let mut second = 0;
    let points: Vec<Value> = [0, 60, 901, 897, 905]
        .into_iter()
        .map(|step| {
            second += step;
            let time = format!("2026-01-15T00:{:02}:{:02}Z", second / 60, second % 60);
            json!({"timestamp": time, "rxMbytes": 450, "rxMaxMbps": 1, "txMbytes": 1, "txMaxMbps": 1})
        })
        .collect();
    let report = wan::analyze(&serde_json::from_value(json!({"items": points})).unwrap());
    assert_eq!(report.interval_seconds, 901);
    assert_eq!((report.details.coverage.known_percent, report.details.coverage.gaps.len()), (Some(100.0), 0));
}

#[test]
fn percentiles_are_by_nearest_rank() {
    let hundred: Vec<f64> = (1..=96u8).map(f64::from).collect();
    let report = maxima(&hundred).download;
    // Ranks 48, 91.2 -> 92, 95.04 -> 96 of 96.
    assert_eq!((report.p50_mbps, report.p95_mbps, report.p99_mbps), (Some(48.0), Some(92.0), Some(96.0)));
    let report = maxima(&[15.0, 20.0, 35.0, 40.0, 50.0]).download;
    assert_eq!((report.p50_mbps, report.p95_mbps), (Some(35.0), Some(50.0)));
    let report = maxima(&[7.0]).download;
    assert_eq!((report.p50_mbps, report.p99_mbps), (Some(7.0), Some(7.0)));
    let twenty: Vec<f64> = (1..=20u8).map(f64::from).collect();
    assert_eq!(maxima(&twenty).download.p95_mbps, Some(19.0));
}

#[test]
fn the_peak_has_its_earliest_time() {
    let report = maxima(&[3.0, 9.0, 1.0, 9.0]);
    let peak = report.download.peak.unwrap();
    assert_eq!((peak.mbps, peak.at), (9.0, Some("2026-01-15T00:15:00Z".parse().unwrap())));
    let timeless = json!([{"rxMaxMbps": 9}, {"rxMaxMbps": 9, "timestamp": "2026-01-15T00:15:00Z"}]);
    assert!(analyze(timeless).download.peak.unwrap().at.is_some());
}

#[test]
fn one_bad_value_costs_that_value() {
    let report = analyze(json!([
        {"timestamp": "2026-01-15T09:00:00Z", "rxMbytes": 10, "txMbytes": -1, "rxMaxMbps": 5, "txMaxMbps": null},
        17,
    ]));
    assert_eq!((report.points, report.valid_points), (2, 0));
    assert_eq!(report.valid_percent, Some(0.0));
    assert_eq!(report.quality, DataQuality::Partial);
    assert_eq!(report.download.total_mb, Some(10.0));
    assert_eq!(report.upload.total_mb, None);
    assert!(report.render(Format::Text).ends_with(
        "⬆️ Upload:\n  unknown\n\n\
         Data quality:\n  • 1 value missing\n  • 1 value below zero\n  • 1 point unreadable"
    ));
}

#[test]
fn points_of_the_same_time_count_once() {
    let one = point("09:00", json!(10), json!(5));
    let report = analyze(json!([one, one, point("09:00", json!(7), json!(9))]));
    assert_eq!(report.points, 1);
    assert_eq!(report.download.total_mb, Some(10.0));
    assert_eq!(report.download.peak.unwrap().mbps, 9.0);
}

#[test]
fn hours_are_busy_from_one_and_a_half_times_the_average() {
    // Ten hours with 10 MB in all but one: the mean is (90 + x) / 10.
    let with_one = |mbytes: f64| {
        let points: Vec<Value> = (0..10)
            .map(|hour| {
                let mbytes = if hour == 7 { mbytes } else { 10.0 };
                point(&format!("{hour:02}:00"), json!(mbytes), json!(1))
            })
            .collect();
        analyze(Value::from(points)).busy_hours
    };
    // x / ((90 + x) / 10) = 1.5 at x = 15.88…, = 2 at x = 22.5.
    assert!(with_one(15.88).is_empty());
    assert_eq!(with_one(15.89)[0].level, BusyLevel::Moderate);
    assert_eq!(with_one(22.49)[0].level, BusyLevel::Moderate);
    let busy = with_one(22.5);
    assert_eq!((busy[0].hour, busy[0].ratio, busy[0].level), (7, 2.0, BusyLevel::High));

    // Exactly one and a half.
    let edge = analyze(json!([point("01:00", json!(15), json!(1)), point("02:00", json!(5), json!(1)),]));
    assert_eq!((edge.busy_hours[0].hour, edge.busy_hours[0].ratio), (1, 1.5));

    let many: Vec<Value> = (0..20)
        .map(|hour| point(&format!("{hour:02}:00"), json!(if hour < 5 { 100 + hour } else { 1 }), json!(1)))
        .collect();
    let busy: Vec<u32> = analyze(Value::from(many)).busy_hours.iter().map(|hour| hour.hour).collect();
    assert_eq!(busy, [4, 3, 2]);
    // No traffic at all has no busy hours.
    assert!(analyze(json!([point("01:00", json!(0), json!(0))])).busy_hours.is_empty());
}

#[test]
fn overflowing_sums_are_unknown() {
    let huge = json!(1e308);
    let report =
        analyze(json!([point("09:00", huge.clone(), huge.clone()), point("09:15", huge.clone(), huge),]));
    assert_eq!(report.download.total_mb, None);
    assert_eq!(report.download.average_mbps, None);
    assert_eq!(report.download.peak.unwrap().mbps, 1e308);
    assert!(report.render(Format::Text).contains("Peak: 1.00e308 Mbps"));
}

#[test]
fn text_word_for_word() {
    let report = analyze(json!([
        point("09:00", json!(900), json!(98.35)),
        point("09:15", Value::Null, Value::Null),
        point("10:00", json!(100), json!(20)),
    ]));
    assert_eq!(
        report.render(Format::Text),
        "🌐 WAN traffic - 2 of 3 points complete (66.66 %)\n\n\
         Period: 2026-01-15 09:00 UTC to 2026-01-15 10:00 UTC\n\n\
         ⬇️ Download:\n  Peak: 98.35 Mbps at 2026-01-15 09:00 UTC\n  Average: 4.44 Mbps\n  \
         Mean of the peaks: 59.17 Mbps\n  Peaks p50/p95/p99: 20.00 / 98.35 / 98.35 Mbps\n  \
         Total: 1000.00 MB\n\n\
         ⬆️ Upload:\n  Peak: 98.35 Mbps at 2026-01-15 09:00 UTC\n  Average: 4.44 Mbps\n  \
         Mean of the peaks: 59.17 Mbps\n  Peaks p50/p95/p99: 20.00 / 98.35 / 98.35 Mbps\n  \
         Total: 1000.00 MB\n\n\
         ⏰ Busiest hours (UTC):\n  • 09:00 - moderate, 1.80 × the average\n\n\
         Data quality:\n  • 4 values missing\n  \
         • Known: 40.00 % of the time (1 gap, the longest 45 min)"
    );
    let json: Value = serde_json::from_str(&report.render(Format::Json)).unwrap();
    assert_eq!(json["quality"], "partial");
    assert_eq!(json["download"]["peak"]["mbps"], 98.35);
    assert_eq!(json["busy_hours"][0]["level"], "moderate");
    assert!(report.render(Format::Html).starts_with("<b>🌐 WAN traffic"));
    assert!(report.render(Format::Markdown).contains("Average\\: 4\\.44 Mbps"));
}

#[test]
fn non_numbers_are_invalid() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut bad = WanPoint::default();
        bad.rx_mbytes = Some(value);
        bad.rx_max_mbps = Some(value);
        let stats = WanStats::from(ByName::from_iter([("fifteenMins", vec![bad].into())]));
        assert_eq!(wan::analyze(&stats).quality, DataQuality::Unknown, "{value}");
    }
    let report = analyze(json!([{"rxMbytes": -0.0, "rxMaxMbps": -0.0}]));
    assert!(!report.render(Format::Text).contains("-0"), "{}", report.render(Format::Text));
    assert!(!report.render(Format::Json).contains("-0"));
}

#[test]
fn sums_do_not_depend_on_the_order_of_points_without_a_time() {
    let report = |values: [f64; 3]| analyze(values.iter().map(|value| json!({"rxMbytes": value})).collect());
    assert_eq!(report([0.1, 0.2, 0.3]), report([0.3, 0.2, 0.1]));
}
