//! The numbers that the Panoptes bot publishes for its online report, in and out.
//!
//! The bot has two versions of counting outages and of the samples that a trend needs. Where they differ, this crate
//! follows the later one, and a test notes the result of the earlier one. Texts about a period ("the last 7 days") are
//! not here: a report has the period of its samples.

use plume_health::uptime::{self, Trend, UptimeLabel, UptimeReport};
use serde_json::{Value, json};

fn report(location_state: &Value) -> UptimeReport {
    let stats = json!({
        "statsDateRange": {"start": "2025-11-24T22:51:20.379Z", "end": "2025-12-01T22:51:20.379Z"},
        "locationState": location_state,
    });
    uptime::analyze(&serde_json::from_value(stats).unwrap())
}

/// One sample an hour with these words.
fn hourly(words: &[&str]) -> UptimeReport {
    let sample = |(hour, word): (usize, &&str)| json!({"timestamp": format!("2025-11-25T{hour:02}:00:00.000Z"), "value": word});
    report(&words.iter().enumerate().map(sample).collect())
}

/// The words without times.
fn bare(words: &[&str]) -> UptimeReport {
    report(&words.iter().map(|word| json!({"value": word})).collect())
}

const UP: &str = "online";
const DOWN: &str = "offline";
const PARTLY: &str = "intermittent";

#[test]
fn uptime() {
    for (words, percent) in [
        (&[UP, UP, UP][..], 100.0),
        (&[DOWN, DOWN], 0.0),
        (&[UP, DOWN, UP, UP], 75.0),
        (&[UP, DOWN, UP, PARTLY], 50.0),
        (&["ONLINE", "Online", "online"], 100.0),
    ] {
        assert_eq!(hourly(words).uptime_percent, Some(percent), "{words:?}");
        assert_eq!(bare(words).uptime_percent, Some(percent), "{words:?}");
    }
    // Without a sample the bot gives 0 %, and so the label of a home that is always down. Unknown is not offline.
    let nothing = bare(&[]);
    assert_eq!((nothing.uptime_percent, nothing.samples), (None, 0));
    assert_eq!(nothing.label, UptimeLabel::Unknown);
}

#[test]
fn states() {
    let report = bare(&[UP, UP, DOWN, PARTLY]);
    assert_eq!((report.online_samples, report.offline_samples, report.intermittent_samples), (2, 1, 1));
    // An unknown word is neither up nor down.
    assert_eq!(bare(&["degraded"]).intermittent_samples, 1);
}

/// Each reader of the words reads them in capital letters too.
#[test]
fn capital_letters() {
    let report = bare(&["ONLINE", "Offline", "Intermittent"]);
    assert_eq!((report.online_samples, report.offline_samples, report.intermittent_samples), (1, 1, 1));
}

#[test]
fn incidents() {
    for (words, incidents) in [
        (&[UP, UP][..], 0),
        (&[UP, DOWN, UP], 1),
        (&[UP, DOWN, UP, DOWN], 2),
        // One outage of two hours. The earlier way counted its samples, 2.
        (&[UP, DOWN, DOWN], 1),
        // It is not down. The earlier way counted each sample that is not online, 1.
        (&[PARTLY, UP], 0),
    ] {
        assert_eq!(hourly(words).incidents, incidents, "{words:?}");
    }
}

#[test]
fn trend() {
    for (words, trend) in [
        ([UP; 4], Trend::Stable),
        ([DOWN, DOWN, UP, UP], Trend::Improving),
        ([UP, UP, DOWN, DOWN], Trend::Declining),
    ] {
        assert_eq!(bare(&words).trend, trend, "{words:?}");
        // Five times as long.
        let longer: Vec<&str> = words.iter().flat_map(|word| [*word; 5]).collect();
        assert_eq!(bare(&longer).trend, trend, "{longer:?}");
    }
    assert_eq!(bare(&[UP; 10]).trend, Trend::Stable);
    // Two samples have halves, and here they differ. The earlier version required four, and called fewer stable.
    assert_eq!(bare(&[UP, DOWN]).trend, Trend::Declining);
    // Nothing to compare with. The bot calls that stable; it is unknown.
    for words in [&[][..], &[UP]] {
        assert_eq!(bare(words).trend, Trend::Unknown, "{words:?}");
    }
}

#[test]
fn labels() {
    for (tenths, label) in [
        (1000, UptimeLabel::Excellent),
        (999, UptimeLabel::Excellent),
        (990, UptimeLabel::Good),
        (985, UptimeLabel::Good),
        (979, UptimeLabel::Fair),
        (960, UptimeLabel::Fair),
        (950, UptimeLabel::Fair),
        (949, UptimeLabel::Poor),
        (910, UptimeLabel::Poor),
        (900, UptimeLabel::Poor),
        (850, UptimeLabel::Critical),
        (500, UptimeLabel::Critical),
        (0, UptimeLabel::Critical),
    ] {
        let mut words = vec![UP; tenths];
        words.resize(1000, DOWN);
        assert_eq!(bare(&words).label, label, "{tenths} of 1000");
    }
}

#[test]
fn whole_reports() {
    // Four samples by the day and by the hour.
    for (step, report) in [
        ("day", {
            let sample = |(day, word): (usize, &&str)| json!({"timestamp": format!("2025-11-{:02}T00:00:00Z", day + 1), "value": word});
            report(&[UP, UP, DOWN, UP].iter().enumerate().map(sample).collect())
        }),
        ("hour", hourly(&[UP, UP, DOWN, UP])),
    ] {
        assert_eq!(report.uptime_percent, Some(75.0), "{step}");
        assert_eq!((report.online_samples, report.offline_samples, report.samples), (3, 1, 4), "{step}");
        assert_eq!(report.incidents, 1, "{step}");
        assert_eq!(report.label, UptimeLabel::Critical, "{step}");
        assert_eq!(report.trend, Trend::Declining, "{step}");
    }
    // A week of quarters of an hour with one that was partly online: 99.8 %, and no outage. The earlier way
    // called that one an incident.
    let mut words = vec![UP; 673];
    words[300] = PARTLY;
    let report = bare(&words);
    assert_eq!((report.online_samples, report.offline_samples, report.intermittent_samples), (672, 0, 1));
    let percent = report.uptime_percent.unwrap();
    assert!((percent - 99.851).abs() < 0.001, "{percent}");
    assert_eq!((report.label, report.trend, report.incidents), (UptimeLabel::Excellent, Trend::Stable, 0));
}
