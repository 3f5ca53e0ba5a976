//! Properties of every series.

use plume_health::{
    Format, qoe,
    series::{Coverage, GradedSeries},
    signal, speed, wan,
};
use plume_types::{
    QoeHistory, QoeMetrics, RssiSeries, SpeedTest, SpeedTestSeries, WanSaturationHistory, WanStats,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::snapshots::points::{at, points, turned};
use testkit::snapshots::stored::comes_back;

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];

fn check_coverage(coverage: &Coverage) -> Result<(), TestCaseError> {
    prop_assert!(coverage.known_percent.is_none_or(|percent| (0.0..=100.0).contains(&percent)));
    prop_assert!(coverage.gaps.iter().all(|gap| gap.from < gap.to));
    prop_assert!(coverage.gaps.windows(2).all(|pair| pair[0].to < pair[1].from));
    Ok(())
}

fn check_graded(series: &GradedSeries) -> Result<(), TestCaseError> {
    check_coverage(&series.coverage)?;
    let shares = [series.good_percent, series.fair_percent, series.poor_percent];
    if series.samples > 0 {
        prop_assert!((shares.iter().flatten().sum::<f64>() - 100.0).abs() < 1e-9);
    } else {
        prop_assert_eq!(shares, [None; 3]);
        prop_assert_eq!(series.median, None);
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_series_is_rendered(points in points(), node in "[a-z]{0,3}") {
        if let Ok(metrics) = serde_json::from_value::<QoeMetrics>(json!({"data": points})) {
            let report = qoe::analyze(&metrics);
            check_graded(&report.score)?;
            comes_back(&report)?;
            let _ = FORMATS.map(|format| report.render(format));
        }
        if let Ok(history) = serde_json::from_value::<QoeHistory>(json!({"items": points})) {
            check_graded(&qoe::analyze_history(&history).score)?;
        }
        let has_id = !node.is_empty();
        if let Ok(series) = serde_json::from_value::<RssiSeries>(json!({"2g": {node: points}, "6g": {}})) {
            let report = signal::analyze(&series);
            for series in &report.series {
                check_graded(&series.signal)?;
            }
            // An empty id is written, and refused on reading.
            if has_id {
                comes_back(&report)?;
            }
            let _ = FORMATS.map(|format| report.render(format));
        }
        if let Ok(history) = serde_json::from_value::<WanSaturationHistory>(json!({"items": points})) {
            let report = wan::saturation_history(&history);
            check_coverage(&report.download.coverage)?;
            prop_assert_eq!(report.download.peak_percent.is_none(), report.download.samples == 0);
            comes_back(&report)?;
            let _ = FORMATS.map(|format| report.render(format));
        }
        if let Ok(stats) = serde_json::from_value::<WanStats>(json!({"fifteenMins": points})) {
            comes_back(&wan::analyze(&stats))?;
        }
        let series = json!({"downloadSpeeds": points, "uploadSpeeds": [1], "failedSpeedTests": points});
        if let Ok(series) = serde_json::from_value::<SpeedTestSeries>(series) {
            let report = speed::analyze(&series);
            check_coverage(&report.download.coverage)?;
            comes_back(&report)?;
            let _ = FORMATS.map(|format| report.render(format));
        }
        let tests: Vec<SpeedTest> =
            points.iter().filter_map(|point| serde_json::from_value(point.clone()).ok()).collect();
        let report = speed::analyze_tests(&tests);
        comes_back(&report)?;
        prop_assert!(report.succeeded_tests + report.failed_tests + report.unknown_tests <= tests.len());
        let _ = FORMATS.map(|format| report.render(format));
    }

    #[test]
    fn timed_series_do_not_depend_on_order_or_repetition(
        points in prop::collection::btree_map(-50..200i64, (-95.0..200.0f64, 1.0..5.0f64), 0..40),
        middle in any::<prop::sample::Index>(),
    ) {
        let points: Vec<Value> = points
            .into_iter()
            .map(|(step, (a, b))| json!({
                "timestamp": at(step * 450), "endedAt": at(step * 450), "value": a, "weightedQoeScore": b,
                "rxMaxPercentage": a, "status": "succeeded", "download": a, "upload": b,
            }))
            .collect();
        let mut other = turned(&points, middle);
        other.extend(points.clone());
        fn both<T: PartialEq + std::fmt::Debug>(
            (a, b): (&[Value], &[Value]),
            report: impl Fn(Value) -> T,
        ) -> Result<(), TestCaseError> {
            prop_assert_eq!(report(json!(a)), report(json!(b)));
            Ok(())
        }
        let pair = (points.as_slice(), other.as_slice());
        both(pair, |points| qoe::analyze(&serde_json::from_value(json!({"data": points})).unwrap()))?;
        both(pair, |points| {
            wan::saturation_history(&serde_json::from_value(json!({"items": points})).unwrap())
        })?;
        both(pair, |points| {
            speed::analyze(&serde_json::from_value(json!({"downloadSpeeds": points})).unwrap())
        })?;
        both(pair, |points| {
            speed::analyze_tests(&serde_json::from_value::<Vec<SpeedTest>>(points).unwrap())
        })?;
    }
}
