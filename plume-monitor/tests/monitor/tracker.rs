//! Events of a location that is checked repeatedly.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::{
    Format,
    Status::{self, Green, Orange, Red, Unknown, Yellow},
};
use plume_monitor::tracker::{Event, EventKind, HealthTracker, Hysteresis, TrackerPolicy, TrackerState};
use serde_json::{Value, json};

fn at(second: i64) -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(second)
}

/// Enter after 180 s, leave after 300 s.
fn policy() -> TrackerPolicy {
    TrackerPolicy::standard()
}

/// The same without any flapping.
fn calm() -> TrackerPolicy {
    let mut policy = policy();
    policy.flapping.begin = 2.0;
    policy
}

fn eager() -> TrackerPolicy {
    calm().with_enter_after(Duration::ZERO).with_leave_after(Duration::ZERO)
}

struct Reported(HealthTracker, Vec<(i64, EventKind, Status)>);

fn watch(policy: &TrackerPolicy, samples: &[(i64, Status)]) -> Reported {
    let mut tracker = HealthTracker::new();
    let mut told = Vec::new();
    for (second, status) in samples {
        if let Some(event) = tracker.observe(policy, at(*second), *status) {
            assert_eq!(event.at, at(*second));
            told.push((*second, event.kind, event.to));
        }
    }
    Reported(tracker, told)
}

fn reported(samples: &[(i64, Status)]) -> Vec<(i64, EventKind, Status)> {
    watch(&calm(), samples).1
}

#[test]
fn a_problem_must_last() {
    assert_eq!(reported(&[(0, Green), (60, Red), (239, Red)]), []);
    assert_eq!(reported(&[(0, Green), (60, Red), (240, Red)]), [(240, EventKind::Entered, Red)]);
    // Reported once.
    assert_eq!(reported(&[(0, Red), (180, Red), (360, Red), (720, Red)]).len(), 1);
    // A moment of green restarts it.
    assert_eq!(reported(&[(0, Red), (100, Green), (101, Red), (280, Red)]), []);
    assert_eq!(reported(&[(0, Red), (100, Green), (101, Red), (281, Red)]).len(), 1);
}

#[test]
fn the_end_of_a_problem_must_last() {
    let left = |end: i64| reported(&[(0, Red), (180, Red), (200, Green), (end, Green)]);
    assert_eq!(left(499).len(), 1);
    assert_eq!(left(500)[1], (500, EventKind::Left, Green));
    assert_eq!(
        reported(&[(0, Red), (180, Red), (200, Green), (400, Red), (410, Green), (709, Green)]).len(),
        1
    );
}

#[test]
fn the_mildest_problem_and_the_worst_recovery_are_reported() {
    assert_eq!(reported(&[(0, Red), (60, Orange), (180, Red)]), [(180, EventKind::Entered, Orange)]);
    assert_eq!(reported(&[(0, Orange), (60, Yellow), (180, Red)]), [(180, EventKind::Entered, Yellow)]);
    // Then the worse one must last on its own.
    let samples = [(0, Red), (60, Orange), (180, Red), (359, Red), (360, Red)];
    assert_eq!(reported(&samples)[1..], [(360, EventKind::Worsened, Red)]);
    let eased = [(0, Red), (180, Red), (200, Green), (300, Yellow), (400, Green), (500, Green)];
    assert_eq!(reported(&eased)[1..], [(500, EventKind::Eased, Yellow)]);
    let left = [(0, Red), (180, Red), (200, Yellow), (500, Green), (799, Green), (800, Green)];
    assert_eq!(reported(&left)[1..], [(500, EventKind::Eased, Yellow), (800, EventKind::Left, Green)]);
    // From one side of the reported status to the other: nothing has lasted.
    let across = [(0, Yellow), (180, Yellow), (200, Red), (300, Green), (381, Red), (560, Red)];
    assert_eq!(reported(&across).len(), 1);
    assert_eq!(
        reported(&[(0, Yellow), (180, Yellow), (200, Red), (300, Green), (380, Red), (560, Red)]).len(),
        2
    );
}

#[test]
fn first_green_is_not_reported() {
    let Reported(tracker, events) = watch(&policy(), &[(0, Unknown), (60, Green), (120, Green)]);
    assert!(events.is_empty());
    assert_eq!((tracker.status(), tracker.since()), (Green, Some(at(60))));
    assert_eq!(tracker.state(), TrackerState::Steady);
    // A problem that ended before it was reported leaves green.
    let Reported(tracker, events) = watch(&policy(), &[(0, Red), (60, Green)]);
    assert_eq!((events.len(), tracker.status()), (0, Green));
    // The second green is not the first one.
    let Reported(tracker, _) = watch(&policy(), &[(0, Green), (60, Red), (120, Green)]);
    assert_eq!((tracker.since(), tracker.pending()), (Some(at(0)), None));
}

#[test]
fn states_show_pending_changes() {
    let state = |samples: &[(i64, Status)]| {
        let tracker = watch(&calm(), samples).0;
        (tracker.state(), tracker.status(), tracker.pending(), tracker.since())
    };
    assert_eq!(state(&[]), (TrackerState::Steady, Unknown, None, None));
    assert_eq!(
        state(&[(0, Green), (60, Red), (90, Yellow)]),
        (TrackerState::Entering, Green, Some((Yellow, at(60))), Some(at(0)))
    );
    assert_eq!(
        state(&[(0, Red), (180, Red), (200, Yellow)]),
        (TrackerState::Leaving, Red, Some((Yellow, at(200))), Some(at(0)))
    );
    assert_eq!(state(&[(0, Orange), (180, Orange), (200, Red)]).0, TrackerState::Entering);
    // What waits after an event has waited since then.
    assert_eq!(state(&[(0, Orange), (180, Red)]).2, Some((Red, at(180))));
}

#[test]
fn unknown_raises_nothing_and_clears_nothing() {
    let unknown: Vec<(i64, Status)> = (0..100).map(|minute| (minute * 60, Unknown)).collect();
    let Reported(tracker, events) = watch(&eager(), &unknown);
    assert_eq!((events.len(), tracker.status(), tracker.unknown_since()), (0, Unknown, Some(at(0))));
    let Reported(tracker, events) = watch(&eager(), &[(0, Red), (60, Unknown), (3600, Unknown)]);
    assert_eq!((events.len(), tracker.status(), tracker.unknown_since()), (1, Red, Some(at(60))));
    assert_eq!(watch(&eager(), &[(0, Red), (60, Unknown), (90, Red)]).0.unknown_since(), None);
    // The newest status is there before it is reported.
    let latest = |samples: &[(i64, Status)]| {
        let Reported(tracker, _) = watch(&calm(), samples);
        (tracker.latest(), tracker.status())
    };
    assert_eq!(latest(&[]), (Unknown, Unknown));
    assert_eq!(latest(&[(0, Green), (60, Red)]), (Red, Green));
    assert_eq!(latest(&[(0, Green), (60, Red), (90, Unknown)]), (Unknown, Green));
    // It does not interrupt what the known samples around it agree on.
    assert_eq!(reported(&[(0, Red), (100, Unknown), (179, Red)]), []);
    assert_eq!(reported(&[(0, Red), (100, Unknown), (180, Red)]), [(180, EventKind::Entered, Red)]);
    assert_eq!(reported(&[(0, Red), (100, Unknown), (180, Green), (200, Unknown), (379, Red)]), []);
    // Neither is unknown a change.
    let samples: Vec<(i64, Status)> =
        (0..40).map(|index| (index * 60, if index % 2 == 0 { Green } else { Unknown })).collect();
    let Reported(tracker, events) = watch(&policy(), &samples);
    assert_eq!((events.len(), tracker.flap_score()), (0, 0.0));
}

#[test]
fn rarely_checked_location_is_reported() {
    let every = |seconds: i64, samples: i64| -> Vec<(i64, Status)> {
        (0..samples).map(|index| (index * seconds, Red)).collect()
    };
    for (seconds, days) in [(3_600, 4), (3_601, 4), (7_200, 8), (86_400, 30)] {
        let samples = every(seconds, days * 86_400 / seconds);
        assert_eq!(watch(&policy(), &samples).1, [(seconds, EventKind::Entered, Red)], "{seconds}");
    }
    // Of a long time this much counts.
    let mut short = policy();
    short.silence_after = Duration::from_secs(60);
    assert_eq!(watch(&short, &every(7_200, 99)).1, [(3 * 7_200, EventKind::Entered, Red)]);
    short.silence_after = Duration::from_nanos(1);
    short.enter_after = Duration::from_nanos(3);
    assert_eq!(watch(&short, &every(1, 99)).1, [(3, EventKind::Entered, Red)]);
}

#[test]
fn brief_green_does_not_end_a_problem() {
    let by_turns = |step: i64, red: i64, green: i64| -> Vec<(i64, Status)> {
        (0..4_000)
            .map(|index| (index * step, if index % (red + green) < red { Red } else { Green }))
            .collect()
    };
    for (step, red, green, reported) in [
        (5, 36, 1, 190),
        (10, 18, 1, 200),
        (30, 6, 1, 240),
        (60, 3, 2, 420),
        // Half of the time in pieces of 90 seconds.
        (5, 18, 18, 595),
    ] {
        let event = (reported, EventKind::Entered, Red);
        assert_eq!(watch(&policy(), &by_turns(step, red, green)).1, [event], "{step} {red} {green}");
    }
    // A quarter of the time is too little.
    assert_eq!(watch(&policy(), &by_turns(5, 12, 36)).1, []);
    // The same of a recovery: three quarters of the time in pieces shorter than 300 seconds.
    let mut samples: Vec<(i64, Status)> = (0..60).map(|index| (index * 5 - 300, Red)).collect();
    samples.extend(by_turns(5, 12, 36));
    let events = watch(&policy(), &samples).1;
    assert_eq!(events.iter().map(|event| event.1).collect::<Vec<_>>(), [EventKind::Entered, EventKind::Left]);
}

#[test]
fn red_and_unknown_by_turns_are_red() {
    let day: Vec<(i64, Status)> =
        (0..1_440).map(|minute| (minute * 60, if minute % 2 == 0 { Red } else { Unknown })).collect();
    assert_eq!(watch(&policy(), &day).1, [(240, EventKind::Entered, Red)]);
    let hourly: Vec<(i64, Status)> =
        (0..1_440).map(|minute| (minute * 60, if minute % 60 == 0 { Red } else { Unknown })).collect();
    assert_eq!(watch(&policy(), &hourly).1, [(3_600, EventKind::Entered, Red)]);
}

#[test]
fn each_level_has_its_own_duration() {
    let mut tracker = HealthTracker::new();
    let mut events: Vec<(i64, EventKind, Status, DateTime<Utc>)> = Vec::new();
    for minute in 0..20 {
        let status = if minute == 0 { Yellow } else { Red };
        let event = tracker.observe(&policy(), at(minute * 60), status);
        events.extend(event.map(|event| (minute, event.kind, event.to, event.since)));
    }
    assert_eq!(events, [(3, EventKind::Entered, Yellow, at(0)), (4, EventKind::Worsened, Red, at(60))]);
    // Several at once are one event.
    let samples = [(0, Yellow), (60, Orange), (120, Red), (600, Red)];
    assert_eq!(reported(&samples), [(600, EventKind::Entered, Red)]);
    let mut tracker = HealthTracker::new();
    let event =
        samples.into_iter().find_map(|(second, status)| tracker.observe(&policy(), at(second), status));
    assert_eq!(event.map(|event| event.since), Some(at(120)));
    // The same on the way back.
    let back = [
        (0, Red),
        (180, Red),
        (240, Orange),
        (300, Yellow),
        (360, Green),
        (540, Green),
        (600, Green),
        (660, Green),
    ];
    assert_eq!(
        reported(&back)[1..],
        [(540, EventKind::Eased, Orange), (600, EventKind::Eased, Yellow), (660, EventKind::Left, Green)]
    );
}

#[test]
fn worse_status_is_reported_while_flapping() {
    // Yellow and green by turns, then orange and red by turns: from the last yellow on it is at least that.
    let turns = |from: i64, until: i64, even: Status, odd: Status| {
        (from..until).map(move |minute| (minute * 60, if minute % 2 == 0 { even } else { odd }))
    };
    let samples: Vec<(i64, Status)> =
        turns(0, 60, Green, Yellow).chain(turns(60, 600, Orange, Red)).collect();
    assert_eq!(
        watch(&policy(), &samples).1,
        [
            (240, EventKind::FlappingStarted, Green),
            (3_720, EventKind::Entered, Yellow),
            (3_780, EventKind::Worsened, Orange)
        ]
    );
}

#[test]
fn flapping_ends_whatever_the_limits() {
    let mut policy = policy();
    policy.flapping.end = 1e-9;
    policy.flapping.weight = 0.001;
    policy.flapping.begin = 0.001;
    assert!(policy.validate().is_ok());
    let Reported(tracker, events) = watch(&policy, &flapping(40, 20_000, Green));
    assert_eq!((tracker.state(), tracker.flap_score()), (TrackerState::Steady, 0.0));
    assert_eq!(events.last().map(|event| event.1), Some(EventKind::FlappingEnded));
}

#[test]
fn time_can_stop_and_go_back() {
    assert_eq!(reported(&[(0, Red), (0, Red), (0, Green), (180, Red)]), [(180, EventKind::Entered, Red)]);
    assert_eq!(reported(&[(0, Red), (100, Red), (50, Green), (180, Red)]).len(), 1);
    // Back by an hour is late, by more a clock that was set back.
    assert_eq!(reported(&[(7200, Red), (3600, Green), (7380, Red)]).len(), 1);
    let corrected = [(7200, Red), (3599, Red), (3600, Red), (3779, Red)];
    assert_eq!(reported(&corrected), [(3779, EventKind::Entered, Red)]);
    // So is the second one in a row that is earlier.
    let set_back = [(1800, Red), (0, Red), (60, Red), (239, Red), (240, Red)];
    assert_eq!(reported(&set_back), [(240, EventKind::Entered, Red)]);
    assert_eq!(
        reported(&[(1800, Red), (60, Green), (0, Green), (1860, Red), (30, Green), (1980, Red)]).len(),
        1
    );
    let Reported(tracker, _) = watch(&calm(), &[(7200, Green), (7300, Red), (7400, Unknown), (0, Unknown)]);
    assert_eq!((tracker.since(), tracker.pending()), (Some(at(0)), Some((Red, at(0)))));
    assert_eq!(tracker.unknown_since(), Some(at(0)));
    let Reported(tracker, _) = watch(&calm(), &[(0, Green), (100, Red), (7400, Unknown), (300, Red)]);
    assert_eq!((tracker.since(), tracker.pending()), (Some(at(0)), Some((Red, at(100)))));
    let mut tracker = HealthTracker::new();
    for time in [DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC, at(0)] {
        let _ = tracker.observe(&policy(), time, Red);
    }
}

/// A change with every sample, and then none.
fn flapping(changes: i64, calm: i64, end: Status) -> Vec<(i64, Status)> {
    let changing = (0..=changes).map(|index| (index * 10, if index % 2 == 0 { Green } else { Red }));
    changing.chain((1..=calm).map(|index| ((changes + index) * 10, end))).collect()
}

#[test]
fn flapping_is_reported_at_its_start_and_end() {
    let policy = policy().with_enter_after(Duration::ZERO).with_leave_after(Duration::ZERO);
    // 1 - 0.8³ is 0.488, 1 - 0.8⁴ is 0.59.
    assert_eq!(watch(&policy, &flapping(3, 0, Red)).1.len(), 3);
    let Reported(tracker, events) = watch(&policy, &flapping(4, 0, Green));
    assert_eq!(events[3], (40, EventKind::FlappingStarted, Green));
    assert_eq!((events.len(), tracker.state()), (4, TrackerState::Flapping));
    assert_eq!(watch(&policy, &flapping(40, 0, Green)).1.len(), 4);
    // 0.5904 × 0.8⁴ is 0.242, × 0.8⁵ is 0.193.
    assert_eq!(watch(&policy, &flapping(4, 4, Green)).0.state(), TrackerState::Flapping);
    let Reported(tracker, events) = watch(&policy, &flapping(4, 5, Green));
    assert_eq!(events[4], (90, EventKind::FlappingEnded, Green));
    assert_eq!((tracker.state(), tracker.status()), (TrackerState::Steady, Green));
    // From the highest score it takes eight.
    assert_eq!(watch(&policy, &flapping(400, 7, Green)).0.state(), TrackerState::Flapping);
    assert_eq!(watch(&policy, &flapping(400, 8, Green)).0.state(), TrackerState::Steady);
}

#[test]
fn flapping_begins_and_ends_at_its_edges() {
    let mut policy = policy();
    policy.flapping = serde_json::from_value::<TrackerPolicy>(
        json!({"flapping": {"weight": 0.5, "begin": 0.5, "end": 0.25}}),
    )
    .unwrap()
    .flapping;
    // One change makes exactly the begin, one sample without a change exactly the end, which is still flapping.
    let score_and_state = |calm: i64| {
        let tracker = watch(&policy, &flapping(1, calm, Red)).0;
        (tracker.flap_score(), tracker.state() == TrackerState::Flapping)
    };
    assert_eq!(score_and_state(0), (0.5, true));
    assert_eq!(score_and_state(1), (0.25, true));
    assert_eq!(score_and_state(2), (0.125, false));
    policy.flapping.begin = 0.500_001;
    assert_eq!(watch(&policy, &flapping(1, 0, Red)).0.state(), TrackerState::Entering);
}

#[test]
fn the_final_status_is_always_reported() {
    let policy = policy();
    // Red was reported before, and the final status is red.
    let mut samples = vec![(-500, Red), (-300, Red)];
    samples.extend(flapping(5, 20, Red));
    let Reported(tracker, events) = watch(&policy, &samples);
    let kinds: Vec<EventKind> = events.iter().map(|event| event.1).collect();
    assert_eq!(kinds, [EventKind::Entered, EventKind::FlappingStarted, EventKind::FlappingEnded]);
    assert_eq!((events[2].2, tracker.status(), tracker.since()), (Red, Red, Some(at(-500))));
    assert_eq!(tracker.pending(), None);
    // Another one is reported with the end, not twice.
    let Reported(tracker, events) = watch(&policy, &flapping(5, 200, Red));
    assert_eq!(events.len(), 2);
    assert_eq!((events[1].1, events[1].2), (EventKind::FlappingEnded, Red));
    assert_eq!(tracker.since(), Some(at(events[1].0)));
}

#[test]
fn event_has_the_previous_status() {
    let mut tracker = HealthTracker::new();
    let mut events: Vec<Event> = Vec::new();
    for (second, status) in
        [(0, Green), (60, Yellow), (240, Red), (420, Red), (500, Orange), (800, Green), (1100, Green)]
    {
        events.extend(tracker.observe(&calm(), at(second), status));
    }
    let seen: Vec<_> = events.iter().map(|event| (event.kind, event.from, event.to, event.since)).collect();
    assert_eq!(
        seen,
        [
            (EventKind::Entered, Green, Yellow, at(60)),
            (EventKind::Worsened, Yellow, Red, at(240)),
            (EventKind::Eased, Red, Orange, at(500)),
            (EventKind::Left, Orange, Green, at(800)),
        ]
    );
    let text: Vec<String> = events.iter().map(|event| event.render(Format::Text)).collect();
    assert_eq!(
        text,
        [
            "Problem: 🟡 yellow\nSince 2026-01-15 10:01 UTC",
            "Worse: 🔴 red (was 🟡 yellow)\nSince 2026-01-15 10:04 UTC",
            "Better: 🟠 orange (was 🔴 red)\nSince 2026-01-15 10:08 UTC",
            "Resolved: 🟢 green (was 🟠 orange)\nSince 2026-01-15 10:13 UTC",
        ]
    );
    let mut tracker = HealthTracker::new();
    let flaps: Vec<String> = flapping(4, 20, Red)
        .into_iter()
        .filter_map(|(second, status)| tracker.observe(&policy(), at(second), status))
        .map(|event| event.render(Format::Text))
        .collect();
    assert!(flaps[0].starts_with("Flapping: the status keeps changing, at this moment 🟢 green\n"));
    assert!(flaps[1].starts_with("No longer flapping: 🔴 red\n"));
    let json: Value = serde_json::from_str(&events[0].render(Format::Json)).unwrap();
    assert_eq!((&json["kind"], &json["to"]), (&json!("entered"), &json!("yellow")));
    assert!(events[0].render(Format::Html).starts_with("<b>Problem"));
    assert!(events[0].render(Format::Markdown).starts_with("*Problem\\:"));
}

#[test]
fn a_tracker_continues_after_a_restart() {
    let samples =
        [(0, Green), (60, Red), (120, Unknown), (180, Red), (239, Orange), (420, Red), (700, Green)];
    let mut kept = HealthTracker::new();
    let mut restarted = HealthTracker::default();
    for (second, status) in samples {
        let json = serde_json::to_string(&restarted).unwrap();
        restarted = serde_json::from_str(&json).unwrap();
        let expected = kept.observe(&policy(), at(second), status);
        assert_eq!(restarted.observe(&policy(), at(second), status), expected);
        assert_eq!(restarted, kept);
    }
    let json = serde_json::to_value(&kept).unwrap();
    for (key, value, part) in [
        ("version", json!(1), "version 1 is not supported, expected 2"),
        ("flap_millionths", json!(1_000_001), "the flap score is not from 0 to 1000000"),
        ("flap_millionths", json!(-1), "the flap score is not from 0 to 1000000"),
        ("colour", json!(1), "unknown field `colour`"),
    ] {
        let mut bad = json.clone();
        bad[key] = value;
        let error = serde_json::from_value::<HealthTracker>(bad).unwrap_err().to_string();
        assert!(error.contains(part), "{key}: {error}");
    }
    for score in [0, 1_000_000] {
        let mut good = json.clone();
        good["flap_millionths"] = json!(score);
        assert!(serde_json::from_value::<HealthTracker>(good).is_ok());
    }
}

#[test]
fn a_policy_survives_being_written_and_read() {
    let read = |json: &str| serde_json::from_str::<TrackerPolicy>(json).map_err(|error| error.to_string());
    assert_eq!(read("{}"), Ok(TrackerPolicy::default()));
    let json = r#"{"version":1,"enter_after":"90s","leave_after":"0s","silence_after":"1d",
        "flapping":{"weight":1.0,"begin":0.25,"end":0.25}}"#;
    let policy = read(json).unwrap();
    assert_eq!(
        (policy.enter_after, policy.silence_after),
        (Duration::from_secs(90), Duration::from_secs(86_400))
    );
    assert_eq!((policy.leave_after, policy.flapping.end), (Duration::ZERO, 0.25));
    assert_eq!(read(&serde_json::to_string(&policy).unwrap()), Ok(policy));
    for (json, part) in [
        (r#"{"version":2}"#, "`version`: 2 is not supported, expected 1"),
        (r#"{"enter":"1m"}"#, "unknown field `enter`"),
        (r#"{"enter_after":"soon"}"#, "`soon` is not a duration"),
        (r#"{"silence_after":"0s"}"#, "`silence_after`"),
        (r#"{"flapping":{"on":1}}"#, "unknown field `on`"),
        (r#"{"flapping":{"weight":0}}"#, "`flapping.weight`"),
        (r#"{"flapping":{"weight":1.01}}"#, "`flapping.weight`"),
        (r#"{"flapping":{"begin":0,"end":0}}"#, "`flapping.begin`"),
        (r#"{"flapping":{"end":0}}"#, "`flapping.end`"),
        (r#"{"flapping":{"end":0.51}}"#, "`flapping.end`"),
    ] {
        let error = read(json).unwrap_err();
        assert!(error.contains(part), "{json}: {error}");
    }
    let mut bad = TrackerPolicy::standard();
    bad.flapping.begin = f64::INFINITY;
    assert!(bad.validate().is_err());
    bad.flapping.begin = f64::NAN;
    assert!(bad.validate().is_err());
}

#[test]
fn two_limits_for_a_number() {
    let low = Hysteresis::new(2.0, 2.5).unwrap();
    for (was, value, is) in [
        (false, 2.0, false),
        (false, 1.99, true),
        (true, 2.49, true),
        (true, 2.5, false),
        (true, f64::INFINITY, true),
        (false, f64::NEG_INFINITY, false),
    ] {
        assert_eq!(low.judge(was, Some(value)), is, "{was} {value}");
    }
    let high = Hysteresis::new(90.0, 70.0).unwrap();
    for (was, value, is) in
        [(false, 90.0, false), (false, 90.1, true), (true, 70.1, true), (true, 70.0, false)]
    {
        assert_eq!(high.judge(was, Some(value)), is, "{was} {value}");
    }
    assert!(low.judge(true, None) && !low.judge(false, None));
    assert_eq!((low.enter(), low.leave()), (2.0, 2.5));
    assert_eq!(serde_json::from_value::<Hysteresis>(serde_json::to_value(low).unwrap()).unwrap(), low);
    for (enter, leave) in [(1.0, 1.0), (f64::NAN, 1.0), (1.0, f64::INFINITY)] {
        assert!(Hysteresis::new(enter, leave).is_err(), "{enter} {leave}");
    }
    for bad in [r#"{"enter":1,"leave":1}"#, r#"{"enter":1}"#, r#"{"enter":1,"leave":2,"x":3}"#] {
        assert!(serde_json::from_str::<Hysteresis>(bad).is_err(), "{bad}");
    }
}
