//! Outages as incidents.

use super::*;

#[test]
fn incidents_begin_and_end() {
    let report = report("-++--~-?+-");
    let seen: Vec<(i64, Option<i64>, i64)> = report
        .incidents
        .iter()
        .map(|incident| {
            let minutes = |at: DateTime<Utc>| (at - start()).num_minutes();
            (minutes(incident.start), incident.end.map(minutes), incident.duration_seconds)
        })
        .collect();
    assert_eq!(seen, [(0, Some(1), 60), (3, Some(5), 120), (6, Some(7), 60), (9, None, 60)]);
    assert_eq!(report.incident_count, 4);
    assert_eq!(report.longest.unwrap().start, minute(3));
    // The ongoing one is not repaired yet.
    assert_eq!(report.mttr_seconds, Some(80));
    assert_eq!(report.incidents[0].in_maintenance, Within::No);
    assert!(report.incidents.iter().all(|incident| incident.counted));
}

#[test]
fn an_outage_continues_through_unknown_time() {
    let report = report("+-? -?+");
    assert_eq!(report.incidents.len(), 1);
    let incident = report.incidents[0];
    assert_eq!((incident.start, incident.end), (minute(1), Some(minute(5))));
    assert_eq!((incident.duration_seconds, incident.unknown_seconds), (240, 120));
    // Only what was seen is downtime.
    assert_eq!((report.down_seconds, report.mttr_seconds), (120, Some(240)));
    // It may still be ongoing.
    let ongoing = self::report("+-??");
    assert_eq!((ongoing.incidents[0].end, ongoing.incidents[0].duration_seconds), (None, 60));
    // Unknown time after an end belongs to no outage.
    let two = self::report("-+?-");
    assert_eq!((two.incidents[0].unknown_seconds, two.incidents[1].unknown_seconds), (0, 0));
    assert_eq!((two.incident_count, two.longest.unwrap().start), (2, minute(0)));
}

#[test]
fn short_outages_are_not_incidents() {
    for (minimum, incidents, short) in [(119, 1, 1), (120, 1, 1), (121, 0, 2), (60, 2, 0), (61, 1, 1)] {
        let policy = policy(|policy| policy.minimum_outage = Duration::from_secs(minimum));
        let report = report_by("+-+--+", &policy);
        assert_eq!((report.incident_count, report.short_outages), (incidents, short), "{minimum}");
        assert_eq!(report.down_seconds, 180);
    }
    let endless = policy(|policy| policy.minimum_outage = Duration::MAX);
    assert_eq!(report_by("---", &endless).incident_count, 0);
    // One that is not over may still become an incident.
    for (letters, short) in [("+-+", 1), ("+--", 0), ("+-?", 0), ("-+-", 1)] {
        assert_eq!(report_by(letters, &endless).short_outages, short, "{letters}");
    }
}
