//! Input that JSON cannot express, contradicting input, and very large input.

use chrono::{DateTime, Utc};
use plume_health::{
    DevicePolicy, Format, HealthReport, Policy, RuleId, Status, analyze, change::diff_reports,
    topology::Topology,
};
use plume_types::{ConnectionState, LocationSnapshot};
use testkit::snapshots::now;
use testkit::snapshots::odd::{
    CIRCLES, ODD_NUMBERS, a_hundred_thousand_devices, home, in_a_circle, nothing_but_ids, odd_times, states,
    with_number, with_time,
};

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];

/// Does everything there is with it.
fn through_everything(snapshot: &LocationSnapshot, now: DateTime<Utc>) -> HealthReport {
    let report = analyze(snapshot, &Policy::standard(), now);
    let healthy = analyze(&home(), &Policy::standard(), now);
    for format in FORMATS {
        for text in [
            report.render(format),
            Topology::of(snapshot).render(format),
            diff_reports(&report, &healthy).render(format),
        ] {
            assert!(!text.is_empty());
        }
    }
    assert!(diff_reports(&report, &report).is_empty());
    report
}

#[test]
fn invalid_numbers_are_unknown() {
    for number in ODD_NUMBERS {
        let report = through_everything(&with_number(number), now());
        // Zero and the smallest number are poor scores, everything else is off the scale.
        let poor = (0.0..1.0).contains(&number);
        assert_eq!(report.of_rule(RuleId::NodeHealth).count(), if poor { 2 } else { 0 }, "{number}");
        assert_eq!(report.online, Some(true));
    }
}

#[test]
fn extreme_times_are_handled() {
    let times = odd_times();
    for time in times {
        for now in times.into_iter().chain([now()]) {
            let report = through_everything(&with_time(time), now);
            assert_ne!(report.status, Status::Green);
        }
    }
}

#[test]
fn home_with_only_ids_is_unknown() {
    let report = through_everything(&nothing_but_ids(), now());
    assert_eq!((report.status, report.online), (Status::Unknown, None));
    assert!(report.findings.is_empty());
}

#[test]
fn ways_in_circles_end() {
    for (a, b) in CIRCLES {
        for state in states() {
            let report = through_everything(&in_a_circle(a, b, &state), now());
            assert_eq!(report.online == Some(true), state == ConnectionState::Connected);
        }
    }
}

/// 1,000 pods in one chain, every other one disconnected, and 100,000 devices behind them, half of them gone.
/// Work that grows with the square of this would take minutes, and the test run would show it.
#[test]
fn hundred_thousand_devices_are_analyzed() {
    let snapshot = a_hundred_thousand_devices();
    let policy = Policy::standard().with_devices(DevicePolicy::All);
    let report = analyze(&snapshot, &policy, now());
    assert_eq!(report.devices.map(|totals| totals.disconnected), Some(50_000));
    let behind: usize =
        report.of_rule(RuleId::NodeDisconnected).map(|finding| finding.consequences.len()).sum();
    assert_eq!(report.of_rule(RuleId::NodeDisconnected).count(), 500);
    assert_eq!(behind + report.of_rule(RuleId::DeviceDisconnected).count(), 50_000);
    assert!(diff_reports(&report, &report).is_empty());
    for text in [report.render(Format::Text), Topology::of(&snapshot).render(Format::Text)] {
        assert!(text.lines().count() < 1_000);
    }
}
