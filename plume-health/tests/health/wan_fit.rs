//! Limits of the fit and the load of a line, and defects of the data.

use plume_health::{
    Format,
    wan::{self, FitVerdict, InternetLine, LineSource, PlanFit, SaturationReport, WanReport},
};
use plume_types::{ByName, SpeedTest, WanPoint, WanStats};
use serde_json::{Value, json};

fn time(index: usize) -> String {
    format!("2026-01-15T{:02}:{:02}:00Z", index / 4, index % 4 * 15)
}

/// Twenty points with these maxima: the p95 is the highest but one.
fn report(peak: f64, p95: f64) -> WanReport {
    let points: Vec<Value> = (0..20)
        .map(|index| {
            let rate = match index {
                0 => peak,
                1 => p95,
                _ => p95.min(peak) / 2.0,
            };
            json!({"timestamp": time(index), "rxMaxMbps": rate, "txMaxMbps": 1})
        })
        .collect();
    wan::analyze(&serde_json::from_value(json!({"fifteenMins": points})).unwrap())
}

fn fit(peak: f64, p95: f64) -> PlanFit {
    wan::plan_fit(&report(peak, p95), &InternetLine::of_plan(Some(200.0), Some(100.0)))
}

fn saturation(items: Value) -> SaturationReport {
    wan::saturation_history(&serde_json::from_value(json!({"items": items})).unwrap())
}

#[test]
fn verdicts_begin_at_their_edges() {
    for (peak, p95, verdict) in [
        (200.0, 180.0, FitVerdict::Saturated),
        (200.0, 179.9, FitVerdict::Tight),
        (180.0, 10.0, FitVerdict::Tight),
        (179.9, 10.0, FitVerdict::Fits),
        (179.9, 140.0, FitVerdict::Tight),
        (179.9, 139.9, FitVerdict::Fits),
        (0.0, 0.0, FitVerdict::Fits),
    ] {
        let fit = fit(peak, p95);
        assert_eq!((fit.verdict, fit.download.verdict), (verdict, verdict), "{peak} {p95}");
        assert_eq!(fit.upload.verdict, FitVerdict::Fits);
    }
    let above = fit(300.0, 100.0).download;
    assert_eq!(
        (above.line_mbps, above.peak_percent, above.p95_percent),
        (Some(200.0), Some(150.0), Some(50.0))
    );
}

#[test]
fn an_unknown_line_has_an_unknown_fit() {
    let report = report(100.0, 50.0);
    for mbps in [None, Some(0.0), Some(-1.0), Some(f64::NAN), Some(f64::INFINITY)] {
        let fit = wan::plan_fit(&report, &InternetLine::of_plan(mbps, mbps));
        assert_eq!(fit.verdict, FitVerdict::Unknown, "{mbps:?}");
        assert_eq!((fit.download.line_mbps, fit.download.peak_percent), (None, None));
    }
    // A share beyond all numbers is none.
    let tiny = wan::plan_fit(&report, &InternetLine::of_plan(Some(f64::MIN_POSITIVE), None));
    assert_eq!((tiny.download.verdict, tiny.download.peak_percent), (FitVerdict::Unknown, None));
    // No traffic is known.
    let none = wan::analyze(&WanStats::default());
    assert_eq!(
        wan::plan_fit(&none, &InternetLine::of_plan(Some(9.0), Some(9.0))).verdict,
        FitVerdict::Unknown
    );
    // One direction is enough for a verdict.
    let half = wan::plan_fit(&report, &InternetLine::of_plan(Some(100.0), None));
    assert_eq!((half.verdict, half.upload.verdict), (FitVerdict::Tight, FitVerdict::Unknown));
}

#[test]
fn only_a_successful_speed_test_gives_the_line() {
    let line = |status: Value| {
        let test = json!({"status": status, "download": 100, "upload": 20});
        InternetLine::of_speed_test(&serde_json::from_value::<SpeedTest>(test).unwrap())
    };
    let good = line(json!("succeeded"));
    assert_eq!(
        (good.source, good.download_mbps, good.upload_mbps),
        (LineSource::SpeedTest, Some(100.0), Some(20.0))
    );
    for status in [json!("failed"), json!("running"), Value::Null] {
        let bad = line(status);
        assert_eq!((bad.download_mbps, bad.upload_mbps), (None, None));
    }
}

#[test]
fn saturation_is_analyzed_alike() {
    // The p95 of two is the higher.
    for (percent, verdict) in [
        (90.0, FitVerdict::Saturated),
        (89.9, FitVerdict::Tight),
        (70.0, FitVerdict::Tight),
        (69.9, FitVerdict::Fits),
        (0.0, FitVerdict::Fits),
    ] {
        let report = saturation(json!([{"rxMaxPercentage": percent, "txMaxPercentage": 1}]));
        assert_eq!((report.verdict, report.upload.verdict), (verdict, FitVerdict::Fits), "{percent}");
        let full = if percent >= 90.0 { 100.0 } else { 0.0 };
        assert_eq!(report.download.full_percent, Some(full));
    }
    let single: plume_types::WanSaturation =
        serde_json::from_value(json!({"rxMaxPercentage": 20, "txMaxPercentage": 95})).unwrap();
    let report = wan::saturation(&single);
    assert_eq!((report.verdict, report.download.verdict), (FitVerdict::Saturated, FitVerdict::Fits));
    assert_eq!(report.upload.peak_percent, Some(95.0));
}

#[test]
fn impossible_saturation_is_ignored() {
    let report = saturation(json!([
        {"timestamp": time(0), "rxMaxPercentage": 50, "txMaxPercentage": -1},
        {"timestamp": time(1), "rxMaxPercentage": 80, "txMaxPercentage": null},
        {"timestamp": time(1), "rxMaxPercentage": 95, "txMaxPercentage": null},
        {"timestamp": time(2), "rxMaxPercentage": 120},
        {"timestamp": time(3), "rxMaxPercentage": 120},
        {"timestamp": time(5), "rxMaxPercentage": 0},
        17,
    ]));
    let down = &report.download;
    // Of the same time the higher counts.
    assert_eq!((down.samples, down.missing_samples, down.invalid_samples), (5, 1, 0));
    assert_eq!(
        (down.peak_percent, down.p50_percent, down.p95_percent),
        (Some(120.0), Some(95.0), Some(120.0))
    );
    assert_eq!(down.peak_at, Some(time(2).parse().unwrap()));
    assert_eq!(down.full_percent, Some(60.0));
    assert_eq!(down.coverage.longest_gap_seconds, Some(900));
    let up = &report.upload;
    assert_eq!(
        (up.verdict, up.samples, up.missing_samples, up.invalid_samples),
        (FitVerdict::Unknown, 0, 5, 1)
    );
    assert_eq!((up.peak_percent, up.peak_at, up.full_percent), (None, None, None));
    assert_eq!(report.verdict, FitVerdict::Saturated);
    let nothing = saturation(json!([{"rxMaxPercentage": -0.5}]));
    assert_eq!((nothing.verdict, nothing.download.invalid_samples), (FitVerdict::Unknown, 1));
    let zero = saturation(json!([{"rxMaxPercentage": 0.0}, {"rxMaxPercentage": -0.0}]));
    assert!(!zero.render(Format::Json).contains("-0"));
    assert_eq!(zero.download.samples, 2);
}

#[test]
fn missing_data_is_counted() {
    let mut points: Vec<WanPoint> = serde_json::from_value(json!([
        {"timestamp": time(0), "rxMbytes": 1, "txMbytes": 1, "rxMaxMbps": 1, "txMaxMbps": 1},
        {"timestamp": time(1), "rxMbytes": -1, "txMbytes": null, "rxMaxMbps": 1, "txMaxMbps": 1},
        {"timestamp": time(1), "rxMbytes": 1, "txMbytes": 1, "rxMaxMbps": 1, "txMaxMbps": 1},
        {"timestamp": time(2), "rxMbytes": null, "txMbytes": null},
        {"timestamp": time(3), "rxMbytes": 0, "txMbytes": 0, "rxMaxMbps": 0, "txMaxMbps": 0},
        {"rxMbytes": 1, "txMbytes": 1, "rxMaxMbps": 1, "txMaxMbps": 1},
    ]))
    .unwrap();
    points[5].rx_mbytes = Some(f64::NAN);
    points[5].tx_mbytes = Some(f64::NEG_INFINITY);
    let details = wan::analyze(&WanStats::from(ByName::from_iter([("fifteenMins", points.into())]))).details;
    assert_eq!(details.values, 24);
    assert_eq!((details.missing_values, details.negative_values, details.not_finite_values), (5, 1, 2));
    assert_eq!(details.valid_values_percent, Some(1600.0 / 24.0));
    assert_eq!((details.timeless_points, details.repeated_points, details.unreadable_points), (1, 1, 0));
    assert_eq!((details.contradictions, details.coverage.longest_gap_seconds), (0, Some(900)));
    assert_eq!(details.coverage.known_percent, Some(75.0));
    let empty = wan::analyze(&WanStats::default()).details;
    assert_eq!((empty.values, empty.valid_values_percent, empty.coverage.known_percent), (0, None, None));
}

#[test]
fn more_bytes_than_the_maximum_could_move_contradict_it() {
    // 8 Mbps over 900 s are 900 MB, and 5 % more are tolerated.
    let contradictions = |mbytes: f64, max: Value| {
        let point = json!({"timestamp": time(0), "rxMbytes": mbytes, "rxMaxMbps": max, "txMbytes": mbytes});
        wan::analyze(&serde_json::from_value(json!({"fifteenMins": [point]})).unwrap()).details.contradictions
    };
    assert_eq!(contradictions(945.0, json!(8)), 0);
    assert_eq!(contradictions(945.1, json!(8)), 1);
    assert_eq!(contradictions(0.0, json!(0)), 0);
    assert_eq!(contradictions(0.1, json!(0)), 1);
    assert_eq!(contradictions(1.0, Value::Null), 0);
}

#[test]
fn text_word_for_word() {
    let fit = wan::plan_fit(&report(190.0, 100.0), &InternetLine::of_plan(Some(200.0), None));
    assert_eq!(
        fit.render(Format::Text),
        "📏 Internet line by plan: 🟡 TIGHT\n\n\
         ⬇️ Download:\n  🟡 TIGHT: peak 95.00 %, p95 50.00 %\n  Line: 200.00 Mbps\n\n\
         ⬆️ Upload:\n  unknown"
    );
    let test = serde_json::from_value(json!({"status": "succeeded", "download": 100})).unwrap();
    let by_test = wan::plan_fit(&report(190.0, 100.0), &InternetLine::of_speed_test(&test));
    assert!(by_test.render(Format::Text).starts_with("📏 Internet line by speed test: 🔴 SATURATED\n"));
    let report = saturation(json!([
        {"timestamp": time(0), "rxMaxPercentage": 20, "txMaxPercentage": -1},
        {"timestamp": time(1), "rxMaxPercentage": 50},
        {"timestamp": time(3), "rxMaxPercentage": 40},
        {"timestamp": time(4)},
    ]));
    assert_eq!(
        report.render(Format::Text),
        "📏 Internet line: 🟢 FITS\n\n\
         ⬇️ Download:\n  🟢 FITS: peak 50.00 % at 2026-01-15 00:15 UTC, p95 50.00 %\n  \
         Full: 0.00 % of 3 samples\n  Known: 60.00 % of the time (2 gaps, the longest 15 min)\n  \
         Not counted: 1 without a value\n\n\
         ⬆️ Upload:\n  unknown"
    );
    let json: Value = serde_json::from_str(&fit.render(Format::Json)).unwrap();
    assert_eq!((&json["verdict"], &json["source"]), (&json!("tight"), &json!("plan")));
    assert!(fit.render(Format::Html).starts_with("<b>📏"));
    assert!(report.render(Format::Markdown).contains("60\\.00"));
    assert_eq!(
        saturation(json!([])).render(Format::Text).lines().next(),
        Some("📏 Internet line: ⚪ UNKNOWN")
    );
}

#[test]
fn every_defect_is_listed() {
    let mut points: Vec<WanPoint> = serde_json::from_value(json!([
        {"rxMbytes": 500, "rxMaxMbps": 1},
        {"timestamp": time(1), "rxMaxMbps": 1},
        {"timestamp": time(1), "rxMaxMbps": 1},
    ]))
    .unwrap();
    points[0].tx_mbytes = Some(f64::NAN);
    let stats = WanStats::from(ByName::from_iter([("fifteenMins", points.into())]));
    assert!(wan::analyze(&stats).render(Format::Text).ends_with(
        "\n\nData quality:\n  • 7 values missing\n  • 1 value is no number\n  \
         • 1 interval contradicts itself\n  • 1 point without a time\n  • 1 point came twice"
    ));
}
