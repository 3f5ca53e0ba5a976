//! Signal and QoE over time, at their edges.

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::{
    Format, qoe,
    series::{Grade, GradedSeries, SeriesTrend},
    signal::{self, SignalReport},
};
use serde_json::{Value, json};

fn quarter(index: i64) -> DateTime<Utc> {
    "2026-01-15T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(15 * index)
}

fn scores(points: &[(i64, Value)]) -> GradedSeries {
    let data: Vec<Value> = points
        .iter()
        .map(|(index, score)| json!({"timestamp": quarter(*index).to_rfc3339(), "weightedQoeScore": score}))
        .collect();
    qoe::analyze(&serde_json::from_value(json!({"data": data})).unwrap()).score
}

/// Scores a quarter of an hour apart.
fn quarterly(values: &[f64]) -> GradedSeries {
    scores(&(0..).zip(values).map(|(index, score)| (index, json!(score))).collect::<Vec<_>>())
}

fn rssi(bands: Value) -> SignalReport {
    signal::analyze(&serde_json::from_value(bands).unwrap())
}

fn signal_of(values: &[Value]) -> signal::SignalSeries {
    let points: Vec<Value> = (0..)
        .zip(values)
        .map(|(index, value)| json!({"timestamp": quarter(index).to_rfc3339(), "value": value}))
        .collect();
    rssi(json!({"5g": {"TST1": points}})).series.remove(0)
}

#[test]
fn bands_that_cannot_be_read_are_named() {
    let lines = |bands: Value| rssi(bands).render(Format::Text);
    let some = lines(json!({"2g": 17, "5g": {"TST1": [{"value": -60}]}, "6g": [1]}));
    assert!(some.ends_with("\n\nCould not be read: 2g, 6g"), "{some}");
    let none = lines(json!({"5g": "x"}));
    assert_eq!(none, "📶 Signal: ⚪ UNKNOWN - No sample could be read\n\nCould not be read: 5g");
}

#[test]
fn floor_beside_a_value_is_ignored() {
    let of = |values: &[Value]| {
        let points: Vec<Value> = values
            .iter()
            .map(|value| json!({"timestamp": quarter(1).to_rfc3339(), "value": value}))
            .collect();
        let series = rssi(json!({"5g": {"TST1": points}})).series.remove(0);
        let signal = series.signal;
        (series.floor_samples, signal.missing_samples, signal.invalid_samples, signal.samples, signal.median)
    };
    for values in [[json!(-95), json!(-60)], [json!(-60), json!(-120)]] {
        assert_eq!(of(&values), (0, 0, 0, 1, Some(-60.0)), "{values:?}");
    }
    assert_eq!(of(&[json!(-95), json!(-96)]), (1, 1, 0, 0, None));
    assert_eq!(of(&[json!(-95), Value::Null]), (1, 1, 0, 0, None));
    assert_eq!(of(&[json!(-95), json!(20)]), (0, 0, 1, 0, None));
}

#[test]
fn scores_have_their_limits() {
    for (score, grade) in [
        (5.0, Grade::Good),
        (3.5, Grade::Good),
        (3.49, Grade::Fair),
        (2.0, Grade::Fair),
        (1.99, Grade::Poor),
        (1.0, Grade::Poor),
        (0.99, Grade::Unknown),
        (5.01, Grade::Unknown),
    ] {
        let series = quarterly(&[score]);
        assert_eq!(series.grade, grade, "{score}");
        assert_eq!(series.invalid_samples, usize::from(grade == Grade::Unknown));
    }
}

#[test]
fn signals_have_their_limits() {
    for (dbm, grade, floor) in [
        (-0.1, Grade::Good, 0),
        (-67.0, Grade::Good, 0),
        (-67.1, Grade::Fair, 0),
        (-75.0, Grade::Fair, 0),
        (-75.1, Grade::Poor, 0),
        (-94.9, Grade::Poor, 0),
        (-95.0, Grade::Unknown, 1),
        (-120.0, Grade::Unknown, 1),
    ] {
        let series = signal_of(&[json!(dbm)]);
        assert_eq!((series.signal.grade, series.floor_samples), (grade, floor), "{dbm}");
        assert_eq!((series.signal.missing_samples, series.signal.invalid_samples), (floor, 0));
    }
    for odd in [json!(0), json!(20), json!("inf")] {
        let series = signal_of(&[odd]);
        assert_eq!((series.floor_samples, series.signal.samples), (0, 0));
    }
    assert_eq!(signal_of(&[json!(0)]).signal.invalid_samples, 1);
}

#[test]
fn shares_are_of_known_samples() {
    let series = scores(&[
        (0, json!(4.5)),
        (1, json!(4)),
        (2, json!(3)),
        (3, json!(1.5)),
        (4, Value::Null),
        (5, json!(17)),
    ]);
    assert_eq!((series.samples, series.missing_samples, series.invalid_samples), (4, 1, 1));
    assert_eq!(
        (series.good_percent, series.fair_percent, series.poor_percent),
        (Some(50.0), Some(25.0), Some(25.0))
    );
    assert_eq!((series.median, series.p5, series.grade), (Some(3.5), Some(1.5), Grade::Good));
    let coverage = &series.coverage;
    assert_eq!(coverage.known_percent, Some(400.0 / 6.0));
    assert_eq!((coverage.first, coverage.last), (Some(quarter(0)), Some(quarter(5))));
    assert_eq!((coverage.step_seconds, coverage.longest_gap_seconds), (Some(900), Some(1800)));
    assert_eq!((coverage.gaps[0].from, coverage.gaps[0].to), (quarter(4), quarter(6)));
    assert_eq!(coverage.gaps.len(), 1);
}

#[test]
fn gaps_are_before_between_and_after() {
    let present = |indexes: &[i64], null: &[i64]| {
        let points: Vec<(i64, Value)> = indexes
            .iter()
            .map(|index| (*index, json!(4)))
            .chain(null.iter().map(|index| (*index, Value::Null)))
            .collect();
        scores(&points).coverage
    };
    let spans = |indexes: &[i64], null: &[i64]| -> Vec<(i64, i64)> {
        let quarters = |at: DateTime<Utc>| (at - quarter(0)).num_minutes() / 15;
        present(indexes, null).gaps.iter().map(|gap| (quarters(gap.from), quarters(gap.to))).collect()
    };
    assert_eq!(spans(&[0, 1, 2], &[]), []);
    assert_eq!(present(&[0, 1, 2], &[]).known_percent, Some(100.0));
    assert_eq!(present(&[0, 1, 2], &[]).longest_gap_seconds, Some(0));
    assert_eq!(spans(&[1, 2, 3], &[0]), [(0, 1)]);
    assert_eq!(spans(&[0, 1, 2, 6, 7], &[]), [(3, 6)]);
    assert_eq!(spans(&[0, 1], &[2, 3]), [(2, 4)]);
    assert_eq!(spans(&[0, 2, 6], &[1, 3]), [(1, 2), (3, 6)]);
    assert_eq!(present(&[0, 2, 6], &[1, 3]).longest_gap_seconds, Some(2700));
    assert_eq!(spans(&[], &[0, 1]), [(0, 2)]);
    assert_eq!(present(&[], &[0, 1]).known_percent, Some(0.0));
    // One time makes no step.
    let one = present(&[0], &[]);
    assert_eq!((one.step_seconds, one.known_percent, one.longest_gap_seconds), (None, None, None));
    assert_eq!(one.first, Some(quarter(0)));
    // A jump of exactly one and a half of the step is no gap.
    let late = |seconds: i64| {
        let at = |seconds: i64| json!({"timestamp": (quarter(0) + TimeDelta::seconds(seconds)).to_rfc3339(), "weightedQoeScore": 4});
        let data = json!({"data": [at(0), at(900), at(900 + seconds), at(1800 + seconds)]});
        qoe::analyze(&serde_json::from_value(data).unwrap()).score.coverage
    };
    assert_eq!(late(1350).gaps.len(), 0);
    assert_eq!((late(1351).gaps.len(), late(1351).longest_gap_seconds), (1, Some(451)));
}

#[test]
fn a_trend_needs_five_and_enough() {
    // Four quarters in all.
    let score = |step: f64| quarterly(&[0.0, 1.0, 2.0, 3.0, 4.0].map(|index| 3.0 + index * step)).trend;
    assert_eq!(score(0.125), SeriesTrend::Steady);
    assert_eq!(score(0.13), SeriesTrend::Rising);
    assert_eq!(score(-0.125), SeriesTrend::Steady);
    assert_eq!(score(-0.13), SeriesTrend::Falling);
    assert_eq!(quarterly(&[1.0, 2.0, 3.0, 4.0]).trend, SeriesTrend::Unknown);
    let signal =
        |step: f64| signal_of(&[0.0, 1.0, 2.0, 3.0, 4.0].map(|index| json!(-60.0 + index * step))).signal;
    assert_eq!(signal(1.25).trend, SeriesTrend::Steady);
    assert_eq!(signal(1.3).trend, SeriesTrend::Rising);
    assert_eq!(signal(-1.3).trend, SeriesTrend::Falling);
    // 1.25 dB a quarter of an hour.
    assert_eq!(signal(1.25).slope_per_day, Some(120.0));
}

#[test]
fn the_worst_hour_has_the_lowest_median() {
    let series = scores(&[
        (0, json!(1)),
        (1, json!(4)),
        (2, json!(4)),
        (4, json!(2)),
        (5, json!(3)),
        (8, json!(2.5)),
        (100, json!(2.5)),
    ]);
    let worst = series.worst_hour.unwrap();
    // 9:00 of both days and 10:00 are alike.
    assert_eq!((worst.hour, worst.median, worst.samples), (9, 2.5, 3));
    assert_eq!(scores(&[]).worst_hour, None);
}

#[test]
fn of_the_same_time_the_lowest_valid_score_counts() {
    for (both, median, missing, invalid) in [
        ([json!(4), json!(2)], Some(2.0), 0, 0),
        ([Value::Null, json!(4)], Some(4.0), 0, 0),
        ([json!(9), json!(4)], Some(4.0), 0, 0),
        ([json!(9), Value::Null], None, 0, 1),
        ([Value::Null, Value::Null], None, 1, 0),
    ] {
        for (first, second) in [(0, 1), (1, 0)] {
            let series = scores(&[(0, both[first].clone()), (0, both[second].clone())]);
            assert_eq!(series.median, median, "{both:?}");
            assert_eq!((series.missing_samples, series.invalid_samples), (missing, invalid), "{both:?}");
        }
    }
    // Without a time each is one.
    let bare =
        json!({"data": [{"weightedQoeScore": 2}, {"weightedQoeScore": 4}, {"weightedQoeScore": null}, 17]});
    let bare = qoe::analyze(&serde_json::from_value(bare).unwrap()).score;
    assert_eq!((bare.samples, bare.missing_samples, bare.worst_hour), (2, 2, None));
    assert_eq!(bare.coverage.first, None);
}

#[test]
fn history_is_analyzed_alike() {
    let history = json!({"items": [
        {"timestamp": quarter(0).to_rfc3339(), "connection": {"weightedQoeScore": 4.5}},
        {"timestamp": quarter(1).to_rfc3339(), "connection": null},
        {"timestamp": quarter(2).to_rfc3339(), "connection": {}},
        17,
    ]});
    let report = qoe::analyze_history(&serde_json::from_value(history).unwrap());
    assert_eq!((report.score.samples, report.score.missing_samples), (1, 3));
    assert_eq!(report.score.coverage.known_percent, Some(100.0 / 3.0));
    let empty = qoe::analyze_history(&serde_json::from_value(json!({"items": null})).unwrap_or_default());
    assert_eq!(empty.score.grade, Grade::Unknown);
    assert_eq!(empty.render(Format::Text), "📶 Quality of experience: ⚪ UNKNOWN - No score could be read");
}

#[test]
fn bands_and_nodes_are_not_mixed() {
    let report = rssi(json!({
        "6g": {"B": [-70], "A": [-50]},
        "2g": {"B": [-80, "x"]},
        "5g": null,
    }));
    let seen: Vec<(&str, &str, Grade)> = report
        .series
        .iter()
        .map(|series| (series.band.as_str(), series.node.as_str(), series.signal.grade))
        .collect();
    assert_eq!(seen, [("2g", "B", Grade::Poor), ("6g", "A", Grade::Good), ("6g", "B", Grade::Fair)]);
    assert_eq!(report.series[0].signal.missing_samples, 1);
}

#[test]
fn text_word_for_word() {
    let points: Vec<Value> =
        [(0, json!(-60)), (1, json!(-95)), (2, json!(-70)), (3, json!(-80)), (4, json!(5))]
            .into_iter()
            .map(|(index, value)| json!({"timestamp": quarter(index).to_rfc3339(), "value": value}))
            .collect();
    let report = rssi(json!({"5g": {"TST<1>": points, "empty": []}}));
    assert_eq!(
        report.render(Format::Text),
        "📶 Signal\n\n\
         5g at TST<1>: 🟡 FAIR - median -70 dBm\n\
         3 samples: 33.33 % good, 33.33 % fair, 33.33 % poor\n\
         Worst hour (UTC): 08:00 - median -70 dBm\n\
         Trend: unknown\n\
         Known: 60.00 % of the time (2 gaps, the longest 15 min)\n\
         Not counted: 1 without a value, 1 impossible\n\n\
         5g at empty: ⚪ UNKNOWN"
    );
    assert!(report.render(Format::Html).contains("<b>5g at TST&lt;1&gt;"));
    assert!(report.render(Format::Markdown).contains("TST\\<1\\>"));
    assert_eq!(
        rssi(json!({"5g": {}})).render(Format::Text),
        "📶 Signal: ⚪ UNKNOWN - No sample could be read"
    );
    let many: serde_json::Map<String, Value> =
        (0..22).map(|index| (format!("TST{index:02}"), json!([-60]))).collect();
    let many = rssi(json!({"2g": many})).render(Format::Text);
    assert!(many.contains("TST19") && !many.contains("TST20") && many.ends_with("and 2 more"), "{many}");

    let rising = quarterly(&[1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(rising.slope_per_day, Some(96.0));
    let data: Vec<Value> = (0..5)
        .map(|index| json!({"timestamp": quarter(index).to_rfc3339(), "weightedQoeScore": index + 1}))
        .collect();
    let report = qoe::analyze(&serde_json::from_value(json!({"data": data})).unwrap());
    assert_eq!(
        report.render(Format::Text),
        "📶 Quality of experience: 🟡 FAIR - median 3\n\n\
         5 samples: 40.00 % good, 40.00 % fair, 20.00 % poor\n\
         Worst hour (UTC): 08:00 - median 2.5\n\
         Trend: rising (+96 per day)"
    );
    let json: Value = serde_json::from_str(&report.render(Format::Json)).unwrap();
    assert_eq!((&json["score"]["grade"], &json["score"]["samples"]), (&json!("fair"), &json!(5)));
    let only_odd = quarterly(&[9.0]);
    assert_eq!((only_odd.invalid_samples, only_odd.missing_samples), (1, 0));
}

#[test]
fn a_flat_trend_has_no_sign() {
    let text = |values: &[f64]| {
        let data: Vec<Value> = (0..)
            .zip(values)
            .map(
                |(index, score)| json!({"timestamp": quarter(index).to_rfc3339(), "weightedQoeScore": score}),
            )
            .collect();
        qoe::analyze(&serde_json::from_value(json!({"data": data})).unwrap()).render(Format::Text)
    };
    let flat = text(&[4.0; 6]);
    assert!(flat.contains("Trend: steady (0 per day)"), "{flat}");
    let rising = text(&[1.0, 1.5, 2.0, 2.5, 3.0, 3.5]);
    assert!(rising.contains("Trend: rising (+"), "{rising}");
}
