//! Edge cases of the baseline.

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::Format;
use plume_health::series::Level;
use plume_monitor::baseline::{Baseline, BaselineOptions, History, Scope};
use serde_json::{Value, json};

/// A Monday.
fn hour(hour: i64) -> DateTime<Utc> {
    "2026-01-05T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hour)
}

const WEEK: i64 = 168;

/// Values of the same hour of the week.
fn weekly(values: &[f64]) -> Baseline {
    Baseline::learn(
        (0..).map(|week| hour(20 + week * WEEK)).zip(values.iter().copied()),
        BaselineOptions::new(),
    )
}

fn level(values: &[f64], now: f64) -> Level {
    weekly(values).judge(hour(20 - WEEK), Some(now)).level
}

#[test]
fn usual_is_within_three_robust_deviations() {
    // Median 100, MAD 10.
    let values = [80.0, 90.0, 100.0, 110.0, 120.0];
    assert_eq!(level(&values, 144.47), Level::Usual);
    assert_eq!(level(&values, 144.48), Level::High);
    assert_eq!(level(&values, 55.53), Level::Usual);
    assert_eq!(level(&values, 55.52), Level::Low);
    // Values that never differ leave 5 %.
    assert_eq!(level(&[100.0; 4], 115.0), Level::Usual);
    assert_eq!(level(&[100.0; 4], 115.1), Level::High);
    assert_eq!(level(&[-100.0; 4], -115.0), Level::Usual);
    assert_eq!(level(&[-100.0; 4], -115.1), Level::Low);
    // Nothing but zero has no scale: up to 1 is no difference.
    for zeros in [[0.0, 0.0, 0.0, 0.0], [-0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 900.0]] {
        for (now, expected) in [
            (0.0, Level::Usual),
            (0.01, Level::Usual),
            (-0.01, Level::Usual),
            (1.0, Level::Usual),
            (1.1, Level::High),
            (-1.1, Level::Low),
        ] {
            assert_eq!(level(&zeros, now), expected, "{zeros:?} {now}");
        }
    }
    // Nor has what reads as zero.
    for (values, now, expected) in [
        (&[0.001; 4], 0.01, Level::Usual),
        (&[0.0, 0.001, 0.002, 0.003], 0.03, Level::Usual),
        (&[0.001; 4], 1.1, Level::High),
        (&[0.05; 4], 0.06, Level::High),
        (&[0.0, 0.0, 10.0, 10.0], 27.0, Level::Usual),
    ] {
        assert_eq!(level(values, now), expected, "{values:?} {now}");
    }
    // One wild week is not the rule.
    assert_eq!(level(&[38.0, 38.0, 38.0, 38.0, 1e6], 38.0), Level::Usual);
}

#[test]
fn too_few_days_fall_back() {
    let options = BaselineOptions::new();
    let scope = |values: &[(i64, usize)]| {
        let values = values
            .iter()
            .flat_map(|(at, count)| (0..*count).map(|index| (hour(*at + 8 * WEEK * index as i64), 1.0)));
        Baseline::learn(values, options).usual(hour(20)).map(|usual| (usual.scope, usual.spread.samples))
    };
    assert_eq!(scope(&[(20, 4)]), Some((Scope::HourOfWeek, 4)));
    assert_eq!(scope(&[(20, 3)]), None);
    assert_eq!(scope(&[(20, 3), (20 + 24, 1)]), Some((Scope::HourOfDay, 4)));
    assert_eq!(scope(&[(20, 3), (21 + 24, 1)]), Some((Scope::Overall, 4)));
    // Two hours of the same day are one day.
    assert_eq!(scope(&[(20, 3), (21, 1)]), None);
    assert_eq!(scope(&[(20, 3), (21, 3), (19, 4)]), Some((Scope::Overall, 10)));
    assert_eq!(scope(&[(20 + 24, 4)]), Some((Scope::HourOfDay, 4)));
    assert_eq!(scope(&[(19, 4)]), Some((Scope::Overall, 4)));
    assert_eq!(scope(&[]), None);
    for enough in [0, 1] {
        let one = Baseline::learn([(hour(3), 7.0)], options.with_min_samples(enough));
        assert_eq!(one.usual(hour(3)).unwrap().scope, Scope::HourOfWeek);
        assert_eq!(one.options().min_samples, 1);
    }
}

/// A value every quarter of an hour for this many days.
fn quarters(days: i64, value: impl Fn(i64) -> f64) -> Vec<(DateTime<Utc>, f64)> {
    (0..days * 96).map(|quarter| (hour(0) + TimeDelta::minutes(15 * quarter), value(quarter))).collect()
}

#[test]
fn one_bad_night_does_not_become_usual() {
    // A week, in which the first Monday evening was bad.
    let bad = |quarter: i64| if (72..96).contains(&quarter) { 2.0 } else { 38.0 };
    let week = Baseline::learn(quarters(7, bad), BaselineOptions::new());
    for (value, expected) in [(38.0, Level::Usual), (2.0, Level::Low)] {
        let judgement = week.judge(hour(20 + WEEK), Some(value));
        assert_eq!(
            (judgement.level, judgement.usual.map(|usual| usual.scope)),
            (expected, Some(Scope::HourOfDay))
        );
    }
    // One evening alone is not usual for anything.
    let evening: Vec<_> = quarters(1, bad).split_off(72);
    assert_eq!(Baseline::learn(evening.clone(), BaselineOptions::new()).usual(hour(20)), None);
    // Three good days with few samples do not make it so, and it does not outnumber them.
    let few = (1..4).map(|day| (hour(day * 24 + 12), 38.0));
    let minutes = (0..1_440).map(|minute| (hour(0) + TimeDelta::minutes(minute), 2.0));
    assert_eq!(Baseline::learn(few.chain(minutes), BaselineOptions::new()).usual(hour(20)), None);
    let few = (1..4).map(|day| (hour(day * 24 + 20), 38.0));
    let minutes = (0..60).map(|minute| (hour(20) + TimeDelta::minutes(minute), 2.0));
    let sampled = Baseline::learn(few.chain(minutes), BaselineOptions::new());
    assert_eq!(sampled.judge(hour(20), Some(2.0)).level, Level::Low);
    assert_eq!(sampled.judge(hour(20), Some(2.0)).explanation, "usual 38 ± 1.9, now 2");
}

#[test]
fn the_week_begins_on_monday_where_the_home_is() {
    let slots = |at: DateTime<Utc>, minutes: i32| -> (String, String) {
        let options = BaselineOptions::new().with_min_samples(1).with_utc_offset_minutes(minutes);
        let json = serde_json::to_value(Baseline::learn([(at, 1.0)], options)).unwrap();
        let key = |slots: &Value| slots.as_object().unwrap().keys().next().unwrap().clone();
        (key(&json["week"]), key(&json["day"]))
    };
    let of = |week: &str, day: &str| (week.to_owned(), day.to_owned());
    assert_eq!(slots(hour(0), 0), of("0", "0"));
    assert_eq!(slots(hour(0) - TimeDelta::seconds(1), 0), of("167", "23"));
    assert_eq!(slots(hour(0), -1), of("167", "23"));
    assert_eq!(slots(hour(0), 59), of("0", "0"));
    assert_eq!(slots(hour(0), 60), of("1", "1"));
    assert_eq!(slots(hour(0), 330), of("5", "5"));
    assert_eq!(slots(hour(30), 0), of("30", "6"));
    assert_eq!(slots("1969-12-31T23:59:59Z".parse().unwrap(), 0), of("71", "23"));
    assert_eq!(slots("1970-01-01T00:00:00Z".parse().unwrap(), 0), of("72", "0"));
    for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        for minutes in [i32::MIN, i32::MAX] {
            let _ = slots(end, minutes);
        }
    }
}

#[test]
fn non_numbers_are_not_recorded() {
    let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0, 1.0, 1.0];
    assert_eq!(weekly(&values).usual(hour(20)), None);
    let baseline = weekly(&[1.0; 4]);
    for value in [None, Some(f64::NAN), Some(f64::INFINITY)] {
        let judgement = baseline.judge(hour(20), value);
        assert_eq!((judgement.level, judgement.value), (Level::Unknown, None));
        assert_eq!(judgement.explanation, "usual 1 ± 0.05, now unknown");
    }
    // The distance of the largest numbers is none.
    assert_eq!(weekly(&[f64::MAX, f64::MAX, -f64::MAX, -f64::MAX]).usual(hour(20)), None);
    assert_eq!(weekly(&[f64::MAX; 4]).judge(hour(20), Some(f64::MIN)).level, Level::Low);
    // Of the same time the lowest counts, and once.
    let twice = [(hour(1), 5.0), (hour(1), 4.0), (hour(1), 6.0)];
    let baseline = Baseline::learn(twice, BaselineOptions::new().with_min_samples(1));
    let spread = baseline.usual(hour(1)).unwrap().spread;
    assert_eq!((spread.median, spread.samples), (4.0, 1));
    let zero = Baseline::learn([(hour(1), -0.0)], BaselineOptions::new().with_min_samples(1));
    assert_eq!(zero.judge(hour(1), Some(-0.0)).explanation, "usual 0 ± 0.333, now 0");
    assert!(!serde_json::to_string(&zero).unwrap().contains("-0"));
}

#[test]
fn missing_baseline_has_a_reason() {
    let baseline = weekly(&[34.0, 36.0, 38.0, 40.0, 50.0]);
    let judgement = baseline.judge(hour(20), Some(3.0));
    assert_eq!(judgement.explanation, "usual 38 ± 3, now 3");
    assert_eq!(
        judgement.render(Format::Text),
        "🔻 Lower than usual - usual 38 ± 3, now 3\nRests on 5 values of this hour of the week"
    );
    assert!(baseline.judge(hour(44), Some(99.0)).render(Format::Text).starts_with("🔺 Higher than usual"));
    assert!(baseline.judge(hour(44), Some(38.0)).render(Format::Text).ends_with("of this hour of all days"));
    assert!(baseline.judge(hour(1), Some(38.0)).render(Format::Text).ends_with("of all times"));
    let none = weekly(&[]).judge(hour(1), Some(2.5));
    assert_eq!(none.render(Format::Text), "⚪ UNKNOWN - usual unknown, now 2.5");
    let json: Value = serde_json::from_str(&judgement.render(Format::Json)).unwrap();
    assert_eq!((&json["level"], &json["usual"]["scope"]), (&json!("low"), &json!("hour_of_week")));
    assert!(judgement.render(Format::Markdown).contains("usual 38 ± 3\\, now 3"));
    assert!(judgement.render(Format::Html).starts_with("<b>🔻"));
}

#[test]
fn it_can_be_stored() {
    let baseline = weekly(&[34.0, 36.5, 38.0, 40.0, 50.0]);
    let json = serde_json::to_value(&baseline).unwrap();
    assert_eq!(serde_json::from_value::<Baseline>(json.clone()).unwrap(), baseline);
    let spread = |deviation: Value| json!({"median": 1.0, "deviation": deviation, "samples": 9});
    for (path, value, part) in [
        ("/version", json!(1), "`version`: 1 is not supported"),
        ("/options/utc_offset_minutes", json!(1441), "1441 is not from -1440 to 1440"),
        ("/options/utc_offset_minutes", json!(-1441), "-1441 is not from -1440 to 1440"),
        ("/options/min_samples", json!(-1), "invalid value"),
        ("/week", json!({"168": spread(json!(1.0))}), "`week`"),
        ("/week", json!({"1": spread(json!(-0.1))}), "`week`"),
        ("/day", json!({"24": spread(json!(1.0))}), "`day`"),
        ("/day", json!({"1": spread(json!(-1.0))}), "`day`"),
        ("/all", spread(json!(-1.0)), "`all`"),
        ("/all", spread(Value::Null), "invalid type: null"),
    ] {
        let mut bad = json.clone();
        *bad.pointer_mut(path).unwrap() = value;
        let error = serde_json::from_value::<Baseline>(bad).unwrap_err().to_string();
        assert!(error.contains(part), "{path}: {error}");
    }
    for (path, value) in [
        ("/options/utc_offset_minutes", json!(1440)),
        ("/options/utc_offset_minutes", json!(-1440)),
        ("/week", json!({"167": spread(json!(0.0))})),
        ("/day", json!({"23": spread(json!(0.0))})),
        ("/all", Value::Null),
    ] {
        let mut good = json.clone();
        *good.pointer_mut(path).unwrap() = value;
        assert!(serde_json::from_value::<Baseline>(good).is_ok(), "{path}");
    }
    let mut extra = json;
    extra["unit"] = json!("devices");
    assert!(serde_json::from_value::<Baseline>(extra).is_err());
}

#[test]
fn histories_are_merged_without_loss() {
    let values = [34.0, 36.0, 38.0, 41.0, 42.0];
    let all: History = (0..).map(|week| hour(20 + week * WEEK)).zip(values).collect();
    let (mut one, mut other) = (History::new(), History::new());
    for (week, value) in (0..).zip(values) {
        let at = hour(20 + week * WEEK);
        if week < 3 {
            one.add(at, value);
        }
        // One value is in both.
        if week >= 2 {
            other.add(at, value);
        }
    }
    let mut turned = other.clone();
    one.merge(&other);
    turned.merge(&one);
    assert_eq!((&one, one.len()), (&all, 5));
    assert_eq!(turned, all);
    assert_eq!(one.learn(BaselineOptions::new()), weekly(&values));
}

#[test]
fn a_history_has_one_value_a_time_and_only_numbers() {
    let mut history = History::new();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        history.add(hour(1), value);
    }
    assert!(history.is_empty());
    history.extend([(hour(1), 5.0), (hour(1), 3.0), (hour(1), 4.0), (hour(2), -0.0)]);
    assert!(!history.is_empty());
    assert_eq!(
        serde_json::to_value(&history).unwrap(),
        json!({"2026-01-05T01:00:00Z": 3.0, "2026-01-05T02:00:00Z": 0.0})
    );
    let back: History = serde_json::from_value(serde_json::to_value(&history).unwrap()).unwrap();
    assert_eq!(back, history);
}

#[test]
fn old_values_expire_at_the_limit() {
    let mut history: History = (0..4).map(|at| (hour(at), 1.0)).collect();
    history.forget_before(hour(2));
    assert_eq!(history, [(hour(2), 1.0), (hour(3), 1.0)].into_iter().collect());
}
