//! Maintenance windows in the terms.

use super::*;

#[test]
fn maintenance_counts_as_chosen() {
    let letters = "++----++~?";
    // Two of the four minutes offline, and one minute online.
    let excluded = report_by(letters, &in_maintenance(1, 4, MaintenanceTime::Excluded));
    assert_eq!(minutes(&excluded.time), [4, 4, 1, 1]);
    assert_eq!(minutes(&excluded.maintenance), [1, 2, 0, 0]);
    assert_eq!((excluded.up_seconds, excluded.down_seconds, excluded.excluded_seconds), (180, 180, 240));
    let incident = excluded.incidents[0];
    assert_eq!((incident.in_maintenance, incident.counted), (Within::Partly, true));
    assert_eq!(
        (incident.duration_seconds, incident.maintenance_seconds, incident.counted_seconds),
        (240, 120, 120)
    );
    assert_eq!((excluded.mttr_seconds, excluded.incident_count), (Some(120), 1));

    let counted = report_by(letters, &in_maintenance(1, 4, MaintenanceTime::Counted));
    assert_eq!((counted.up_seconds, counted.down_seconds), (240, 300));
    assert_eq!(counted.maintenance, excluded.maintenance);
    assert_eq!((counted.incidents[0].counted_seconds, counted.incidents[0].counted), (240, true));

    // Wholly within: listed, not counted.
    let whole = report_by(letters, &in_maintenance(2, 6, MaintenanceTime::Excluded));
    assert_eq!((whole.incidents[0].in_maintenance, whole.incidents[0].counted), (Within::Wholly, false));
    assert_eq!((whole.incident_count, whole.longest, whole.mttr_seconds), (0, None, None));
    let whole = report_by(letters, &in_maintenance(2, 6, MaintenanceTime::Counted));
    assert_eq!((whole.incidents[0].in_maintenance, whole.incident_count), (Within::Wholly, 1));
    // A minute is missing at one end.
    for (from, to) in [(3, 6), (2, 5)] {
        let part = report_by(letters, &in_maintenance(from, to, MaintenanceTime::Excluded));
        assert_eq!((part.incidents[0].counted_seconds, part.incident_count), (60, 1));
    }
    // Unknown and intermittent time within is excluded like any other.
    let rest = report_by(letters, &in_maintenance(8, 10, MaintenanceTime::Excluded));
    assert_eq!(minutes(&rest.maintenance), [0, 0, 1, 1]);
    assert_eq!((rest.up_seconds, rest.down_seconds), (240, 240));
    // Next to it is not within.
    let beside = report_by(letters, &in_maintenance(6, 7, MaintenanceTime::Excluded));
    assert_eq!(
        (beside.incidents[0].in_maintenance, beside.incidents[0].maintenance_seconds),
        (Within::No, 0)
    );
}

#[test]
fn an_outage_that_has_just_begun_is_within_maintenance_too() {
    // The newest sample is of this very second: its outage has no length yet.
    let of = |from: i64, to: i64, time: MaintenanceTime| {
        let stats = serde_json::from_value(json!({"locationState": samples("++-")})).unwrap();
        let report = sla::analyze(&stats, &in_maintenance(from, to, time), minute(2));
        let incident = report.incidents[0];
        assert_eq!((incident.duration_seconds, incident.counted_seconds, incident.end), (0, 0, None));
        (incident.in_maintenance, incident.counted, report.incident_count)
    };
    let excluded = MaintenanceTime::Excluded;
    assert_eq!(of(1, 5, excluded), (Within::Wholly, false, 0));
    assert_eq!(of(2, 5, excluded), (Within::Wholly, false, 0));
    // The end is no longer part of a window.
    assert_eq!(of(1, 2, excluded), (Within::No, true, 1));
    assert_eq!(of(3, 5, excluded), (Within::No, true, 1));
    assert_eq!(of(1, 5, MaintenanceTime::Counted), (Within::Wholly, true, 1));
}

#[test]
fn windows_may_overlap_or_be_invalid() {
    let window = |from, to| MaintenanceWindow::new(minute(from), minute(to));
    let report = report_by(
        "----------",
        &policy(|policy| {
            policy.maintenance =
                vec![window(5, 7), window(1, 4), window(2, 3), window(3, 5), window(9, 8), window(8, 8)];
        }),
    );
    assert_eq!(minutes(&report.maintenance), [0, 6, 0, 0]);
    // Two that are apart.
    let apart = report_by(
        "----------",
        &policy(|policy| policy.maintenance = vec![window(-5, 1), window(8, 20), window(3, 4)]),
    );
    assert_eq!(minutes(&apart.maintenance), [0, 4, 0, 0]);
    assert_eq!(apart.incidents[0].counted_seconds, 360);
}
