//! Maintenance windows and quiet hours.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use plume_monitor::calendar::{Calendar, QuietHours, Recurrence, Window, Zone};
use proptest::{option, prelude::*, sample::select};
use testkit::snapshots::stored::{comes_back, time};

use crate::cases;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn window(start: &str, hours: u64, zone: &str, repeat: &str) -> Window {
    let window = Window::new(start.parse().unwrap(), Duration::from_secs(hours * 3_600));
    let window = window.with_zone(zone.parse().unwrap());
    if repeat.is_empty() { window } else { window.with_repeat(repeat.parse().unwrap()) }
}

/// Returns the first openings and closings after a time.
fn changes(calendar: &Calendar, from: &str, number: usize) -> Vec<String> {
    let first = calendar.next_change(at(from));
    let times = std::iter::successors(first, |at| calendar.next_change(*at)).take(number);
    times.map(|at| at.format("%d %H:%M").to_string()).collect()
}

#[test]
fn rules_open_on_their_dates() {
    for (start, rule, expected) in [
        ("2026-01-15T01:00:00", "FREQ=DAILY", vec!["15", "16", "17"]),
        ("2026-01-15T01:00:00", "FREQ=DAILY;INTERVAL=3", vec!["15", "18", "21"]),
        ("2026-01-15T01:00:00", "FREQ=DAILY;COUNT=2", vec!["15", "16"]),
        ("2026-01-15T01:00:00", "FREQ=DAILY;UNTIL=20260117T010000Z", vec!["15", "16", "17"]),
        ("2026-01-15T01:00:00", "FREQ=DAILY;UNTIL=20260117T005959Z", vec!["15", "16"]),
        ("2026-01-15T01:00:00", "FREQ=WEEKLY", vec!["15", "22", "29"]),
        ("2026-01-15T01:00:00", "FREQ=WEEKLY;BYDAY=SU,MO", vec!["18", "19", "25"]),
        // Every other week, counted from the Monday before the start.
        ("2026-01-15T01:00:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", vec!["16", "26", "30"]),
        ("2026-01-15T01:00:00", "FREQ=WEEKLY;BYDAY=TH,FR;COUNT=3", vec!["15", "16", "22"]),
        ("2026-01-15T01:00:00", "FREQ=MONTHLY", vec!["15", "15", "15"]),
        ("2026-01-31T01:00:00", "FREQ=MONTHLY", vec!["31", "31", "31"]),
        ("2026-01-15T01:00:00", "FREQ=MONTHLY;BYMONTHDAY=-1", vec!["31", "28", "31"]),
        ("2026-01-15T01:00:00", "FREQ=MONTHLY;BYMONTHDAY=31,-1", vec!["31", "28", "31"]),
        ("2026-01-15T01:00:00", "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1,20", vec!["20", "01", "20"]),
        ("2026-01-15T01:00:00", "", vec!["15"]),
    ] {
        let calendar = Calendar::new().with_window(window(start, 1, "UTC", rule));
        let mut opened = changes(&calendar, "2026-01-01T00:00:00Z", 6);
        opened = opened.into_iter().step_by(2).map(|text| text[..2].to_owned()).collect();
        assert_eq!(opened, expected, "{start} {rule}");
        // A question about a later time finds the same openings.
        let later = calendar.next_change(at("2031-05-01T00:00:00Z"));
        let is_endless = !rule.is_empty() && !rule.contains("COUNT") && !rule.contains("UNTIL");
        assert_eq!(later.is_some(), is_endless, "{rule}");
    }
}

#[test]
fn rare_dates_are_found_and_impossible_ones_end() {
    let leap =
        Calendar::new().with_window(window("2024-02-29T00:00:00", 1, "UTC", "FREQ=MONTHLY;INTERVAL=12"));
    assert_eq!(leap.next_change(at("2026-01-01T00:00:00Z")), Some(at("2028-02-29T00:00:00Z")));
    let never = Calendar::new().with_window(window(
        "2026-02-01T00:00:00",
        1,
        "UTC",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30",
    ));
    assert_eq!(never.next_change(at("2026-01-01T00:00:00Z")), None);
    assert!(!never.is_open(at("2026-02-28T00:00:00Z")));
}

#[test]
fn edges_are_exact_and_overlaps_are_joined() {
    let calendar = Calendar::new()
        .with_window(window("2026-01-15T01:00:00", 2, "UTC", ""))
        .with_window(window("2026-01-15T02:00:00", 2, "UTC", ""))
        .with_window(window("2026-01-15T04:00:00", 1, "UTC", ""));
    for (time, open) in
        [("00:59:59", false), ("01:00:00", true), ("04:00:00", true), ("04:59:59", true), ("05:00:00", false)]
    {
        assert_eq!(calendar.is_open(at(&format!("2026-01-15T{time}Z"))), open, "{time}");
    }
    assert_eq!(changes(&calendar, "2026-01-14T00:00:00Z", 9), ["15 01:00", "15 05:00"]);
    let (from, to) = (at("2026-01-15T02:30:00Z"), at("2026-01-15T02:31:00Z"));
    let windows = calendar.occurrences(from, to, 10);
    assert_eq!(
        (windows.len(), windows[0].from, windows[0].to),
        (1, at("2026-01-15T01:00:00Z"), at("2026-01-15T04:00:00Z"))
    );
    // Always open: the end of the first windows is a time to ask again.
    let always = Calendar::new().with_window(window("2026-01-15T00:00:00", 24, "UTC", "FREQ=DAILY"));
    assert_eq!(always.next_change(at("2026-02-01T00:00:00Z")), Some(at("2026-03-14T00:00:00Z")));
    assert_eq!(always.occurrences(at("2026-02-01T00:00:00Z"), at("2026-03-01T00:00:00Z"), 1_000).len(), 1);
}

#[test]
fn occurrences_are_bounded() {
    let calendar = Calendar::new().with_window(window("1970-01-01T00:00:00", 1, "UTC", "FREQ=DAILY"));
    let all = calendar.occurrences(at("1970-01-01T00:00:00Z"), at("9970-01-01T00:00:00Z"), 500);
    assert_eq!(all.len(), 500);
}

#[cfg(feature = "time-zones")]
mod zones {
    use super::*;

    /// Checks when a rule opens and closes, in UTC, from a time on.
    fn check(start: &str, hours: u64, zone: &str, rule: &str, from: &str, expected: &[&str]) {
        let calendar = Calendar::new().with_window(window(start, hours, zone, rule));
        assert_eq!(changes(&calendar, from, expected.len()), expected, "{start} {zone} {rule}");
    }

    #[test]
    fn windows_follow_the_local_time_over_changes_of_the_clocks() {
        const VIENNA: &str = "Europe/Vienna";
        let (spring, autumn) = ("2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z");
        for (start, hours, zone, rule, from, expected) in [
            // Spring: 02:00 becomes 03:00 on 29 March.
            (
                "2026-01-01T01:00:00",
                1,
                VIENNA,
                "FREQ=DAILY",
                spring,
                ["29 00:00", "29 01:00", "29 23:00", "30 00:00"],
            ),
            // A skipped start is the first instant after the gap, once.
            (
                "2026-01-01T02:00:00",
                1,
                VIENNA,
                "FREQ=DAILY",
                spring,
                ["29 01:00", "29 02:00", "30 00:00", "30 01:00"],
            ),
            (
                "2026-01-01T02:30:00",
                1,
                VIENNA,
                "FREQ=DAILY",
                spring,
                ["29 01:00", "29 02:00", "30 00:30", "30 01:30"],
            ),
            (
                "2026-01-01T03:00:00",
                1,
                VIENNA,
                "FREQ=DAILY",
                spring,
                ["29 01:00", "29 02:00", "30 01:00", "30 02:00"],
            ),
            // A window over the gap has its full length.
            (
                "2026-01-01T01:00:00",
                2,
                VIENNA,
                "FREQ=DAILY",
                spring,
                ["29 00:00", "29 02:00", "29 23:00", "30 01:00"],
            ),
            // Autumn: 03:00 becomes 02:00 on 25 October. A doubled start is the first of both, once.
            (
                "2026-01-01T02:00:00",
                1,
                VIENNA,
                "FREQ=DAILY",
                autumn,
                ["25 00:00", "25 01:00", "26 01:00", "26 02:00"],
            ),
            (
                "2026-01-01T02:30:00",
                1,
                VIENNA,
                "FREQ=DAILY",
                autumn,
                ["25 00:30", "25 01:30", "26 01:30", "26 02:30"],
            ),
            (
                "2026-01-01T03:00:00",
                1,
                VIENNA,
                "FREQ=DAILY",
                autumn,
                ["25 02:00", "25 03:00", "26 02:00", "26 03:00"],
            ),
            (
                "2026-01-01T01:00:00",
                3,
                VIENNA,
                "FREQ=DAILY",
                autumn,
                ["24 23:00", "25 02:00", "26 00:00", "26 03:00"],
            ),
            // Weekly on the Sunday of the change, monthly on its day.
            (
                "2026-01-01T02:30:00",
                1,
                VIENNA,
                "FREQ=WEEKLY;BYDAY=SU",
                spring,
                ["29 01:00", "29 02:00", "05 00:30", "05 01:30"],
            ),
            (
                "2026-01-01T02:30:00",
                1,
                VIENNA,
                "FREQ=MONTHLY;BYMONTHDAY=25",
                autumn,
                ["25 00:30", "25 01:30", "25 01:30", "25 02:30"],
            ),
            // A change at midnight: 00:00 is skipped on 6 September 2026 in Santiago.
            (
                "2026-01-01T00:00:00",
                1,
                "America/Santiago",
                "FREQ=DAILY",
                "2026-09-05T12:00:00Z",
                ["06 04:00", "06 05:00", "07 03:00", "07 04:00"],
            ),
            // Half an hour: 02:00 becomes 02:30 on 4 October 2026.
            (
                "2026-01-01T02:15:00",
                1,
                "Australia/Lord_Howe",
                "FREQ=DAILY",
                "2026-10-03T12:00:00Z",
                ["03 15:30", "03 16:30", "04 15:15", "04 16:15"],
            ),
            // A zone with a change of rules: Samoa had no 30 December 2011.
            (
                "2011-12-01T12:00:00",
                1,
                "Pacific/Apia",
                "FREQ=DAILY",
                "2011-12-29T00:00:00Z",
                ["29 22:00", "29 23:00", "30 10:00", "30 11:00"],
            ),
            // Without changes, and with a quarter of an hour.
            (
                "2026-01-01T05:45:00",
                1,
                "Asia/Kathmandu",
                "FREQ=DAILY",
                spring,
                ["29 00:00", "29 01:00", "30 00:00", "30 01:00"],
            ),
            // A leap second is a usual second.
            (
                "2016-12-31T23:59:59",
                1,
                "UTC",
                "FREQ=DAILY",
                "2016-12-31T12:00:00Z",
                ["31 23:59", "01 00:59", "01 23:59", "02 00:59"],
            ),
        ] {
            check(start, hours, zone, rule, from, &expected);
        }
    }

    #[test]
    fn an_until_is_an_instant() {
        // 01:00 in Vienna is midnight in UTC.
        let rule = "FREQ=DAILY;UNTIL=20260103T000000Z";
        check(
            "2026-01-01T01:00:00",
            1,
            "Europe/Vienna",
            rule,
            "2025-12-31T00:00:00Z",
            &["01 00:00", "01 01:00", "02 00:00", "02 01:00", "03 00:00", "03 01:00"],
        );
        let calendar = Calendar::new().with_window(window("2026-01-01T01:00:00", 1, "Europe/Vienna", rule));
        assert_eq!(calendar.next_change(at("2026-01-03T01:00:00Z")), None);
    }

    #[test]
    fn quiet_hours_end_at_a_local_time() {
        let quiet: QuietHours = serde_json::from_str(
            r#"{"zone": "Europe/Vienna", "ranges": [{"days": ["sat"], "from": "22:00", "to": "07:00"}]}"#,
        )
        .unwrap();
        // Nine hours, and over the change to summer time eight.
        for (inside, end) in [
            ("2026-03-21T23:00:00Z", "2026-03-22T06:00:00Z"),
            ("2026-03-28T23:00:00Z", "2026-03-29T05:00:00Z"),
        ] {
            assert!(quiet.is_open(at(inside)));
            assert_eq!(quiet.next_change(at(inside)), Some(at(end)));
        }
    }
}

#[test]
fn quiet_hours_of_some_days() {
    let quiet: QuietHours = serde_json::from_str(
        r#"{"ranges": [{"days": ["mon", "fri"], "from": "22:00", "to": "07:00"}, {"days": [], "from": "01:00", "to": "02:00"}]}"#,
    )
    .unwrap();
    // 12 January 2026 is a Monday.
    for (time, open) in [
        ("2026-01-12T21:59:59Z", false),
        ("2026-01-12T22:00:00Z", true),
        ("2026-01-13T06:59:59Z", true),
        ("2026-01-13T07:00:00Z", false),
        ("2026-01-13T22:00:00Z", false),
        ("2026-01-15T01:30:00Z", false),
        ("2026-01-17T06:00:00Z", true),
    ] {
        assert_eq!(quiet.is_open(at(time)), open, "{time}");
    }
    assert_eq!(QuietHours::default().next_change(at("2026-01-01T00:00:00Z")), None);
}

#[test]
fn invalid_rules_are_refused_by_name() {
    for (text, key) in [
        ("", ""),
        ("FREQ=YEARLY", "FREQ"),
        ("INTERVAL=2", "FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=1001", "INTERVAL"),
        ("FREQ=DAILY;COUNT=-1", "COUNT"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260101T000000Z", "COUNT"),
        ("FREQ=DAILY;UNTIL=20260101", "UNTIL"),
        ("FREQ=DAILY;BYDAY=MO", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=", "BYDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ"),
    ] {
        assert_eq!(text.parse::<Recurrence>().unwrap_err().key(), key, "{text}");
    }
    #[cfg(feature = "time-zones")]
    assert_eq!("europe/VIENNA".parse::<Zone>().unwrap().name(), "Europe/Vienna");
    let zone = "Europe/Nowhere".parse::<Zone>().unwrap_err().to_string();
    assert!(zone.starts_with("unknown time zone: `Europe/Nowhere` ("), "{zone}");
    for text in [
        r#"{"version": 2}"#,
        r#"{"windows": [{"start": "2026-01-01T00:00:00", "duration": "0s"}]}"#,
        r#"{"windows": [{"start": "2026-01-01T00:00:00", "duration": "32d"}]}"#,
        r#"{"windows": [{"start": "2026-01-01T00:00:00", "duration": "1h", "zone": "Europe/Nowhere"}]}"#,
        r#"{"windows": [{"start": "2026-01-01T00:00:00", "duration": "1h", "until": 1}]}"#,
    ] {
        assert!(serde_json::from_str::<Calendar>(text).is_err(), "{text}");
    }
    for text in [
        r#"{"days": ["monday!"], "from": "22:00", "to": "07:00"}"#,
        r#"{"days": [], "from": "24:00", "to": "07:00"}"#,
    ] {
        assert!(serde_json::from_str::<QuietHours>(&format!(r#"{{"ranges": [{text}]}}"#)).is_err(), "{text}");
    }
}

fn rule() -> impl Strategy<Value = Option<Recurrence>> {
    let frequency = prop_oneof![
        Just("DAILY".to_owned()),
        Just("WEEKLY".to_owned()),
        Just("WEEKLY;BYDAY=MO,TH,SU".to_owned()),
        (-31_i8..=31)
            .prop_filter("not 0", |day| *day != 0)
            .prop_map(|day| format!("MONTHLY;BYMONTHDAY={day}")),
    ];
    let end = select(vec!["", ";COUNT=1", ";COUNT=40", ";UNTIL=20260601T000000Z"]);
    option::of((frequency, 1_u32..14, end).prop_map(|(frequency, interval, end)| {
        format!("FREQ={frequency};INTERVAL={interval}{end}").parse().unwrap()
    }))
}

#[cfg(feature = "time-zones")]
const ZONES: [&str; 5] = ["UTC", "Europe/Vienna", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"];
#[cfg(not(feature = "time-zones"))]
const ZONES: [&str; 1] = ["UTC"];

proptest! {
    #![proptest_config(cases(64))]
    #[test]
    fn changes_alternate_and_agree_with_the_state(
        windows in prop::collection::vec(
            (0_i64..400_000_000, 1_u64..200_000, rule(), select(ZONES.to_vec())), 0..3),
        from in 0_i64..400_000_000,
    ) {
        let base = at("2020-01-01T00:00:00Z").naive_utc();
        let calendar = windows.into_iter().fold(Calendar::new(), |calendar, (start, length, repeat, zone)| {
            let start: NaiveDateTime = base + TimeDelta::seconds(start);
            let window = Window::new(start, Duration::from_secs(length)).with_zone(zone.parse().unwrap());
            calendar.with_window(match repeat {
                Some(repeat) => window.with_repeat(repeat),
                None => window,
            })
        });
        comes_back(&calendar)?;
        let mut now = base.and_utc() + TimeDelta::seconds(from);
        let listed = calendar.occurrences(now, now + TimeDelta::days(500), 10_000);
        for _ in 0..8 {
            let is_open = calendar.is_open(now);
            let Some(next) = calendar.next_change(now) else { break };
            prop_assert!(next > now);
            let just_before = next - TimeDelta::nanoseconds(1);
            prop_assert_eq!(calendar.is_open(just_before), is_open, "{} {}", now, next);
            if is_open && calendar.is_open(next) {
                // Too many windows adjoin each other to find the end.
                prop_assert!(next - now >= TimeDelta::seconds(40), "{} {}", now, next);
                now = next;
                continue;
            }
            prop_assert_eq!(calendar.is_open(next), !is_open, "{} {}", now, next);
            if next < base.and_utc() + TimeDelta::seconds(from) + TimeDelta::days(500) {
                let inside = listed.iter().any(|window| window.from <= next && next < window.to);
                prop_assert_eq!(inside, !is_open);
            }
            now = next;
        }
    }

    #[test]
    fn no_time_panics(at in time(), start in time(), length in 1_u64..2_678_400, repeat in rule(), zone in select(ZONES.to_vec())) {
        let window = Window::new(start.naive_utc(), Duration::from_secs(length)).with_zone(zone.parse().unwrap());
        let window = match repeat {
            Some(repeat) => window.with_repeat(repeat),
            None => window,
        };
        let calendar = Calendar::new().with_window(window);
        let _ = (calendar.is_open(at), calendar.next_change(at));
        let _ = calendar.occurrences(at, start, 100);
    }
}
