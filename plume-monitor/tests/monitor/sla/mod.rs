//! Uptime against a promise, at its edges.

mod maintenance;
mod outages;
mod target;
mod texts;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::Format;
use plume_monitor::sla::{
    self, CountAs, MaintenanceTime, MaintenanceWindow, SlaPolicy, SlaReport, TimeByClass, TimeByState,
    Verdict, Within,
};
use serde_json::{Value, json};

fn start() -> DateTime<Utc> {
    "2026-01-15T00:00:00Z".parse().unwrap()
}

fn minute(minute: i64) -> DateTime<Utc> {
    start() + TimeDelta::minutes(minute)
}

/// Samples a minute apart, one letter each: `+` online, `-` offline, `~` another word, `?` no value, blank no
/// sample.
fn samples(letters: &str) -> Vec<Value> {
    (0..)
        .zip(letters.chars())
        .filter_map(|(index, letter)| {
            let value = match letter {
                '+' => json!("online"),
                '-' => json!("offline"),
                '~' => json!("flapping"),
                '?' => Value::Null,
                _ => return None,
            };
            Some(json!({"timestamp": minute(index).to_rfc3339(), "value": value}))
        })
        .collect()
}

fn analyze(stats: Value, policy: &SlaPolicy) -> SlaReport {
    sla::analyze(&serde_json::from_value(stats).unwrap(), policy, minute(100_000))
}

fn report_by(letters: &str, policy: &SlaPolicy) -> SlaReport {
    analyze(json!({"locationState": samples(letters)}), policy)
}

fn report(letters: &str) -> SlaReport {
    report_by(letters, &SlaPolicy::standard())
}

fn policy(change: impl FnOnce(&mut SlaPolicy)) -> SlaPolicy {
    let mut policy = SlaPolicy::standard();
    change(&mut policy);
    policy
}

fn in_maintenance(from: i64, to: i64, time: MaintenanceTime) -> SlaPolicy {
    policy(|policy| {
        policy.maintenance = vec![MaintenanceWindow::new(minute(from), minute(to))];
        policy.maintenance_time = time;
    })
}

/// Online, offline, intermittent, unknown, in minutes.
fn minutes(time: &TimeByState) -> [i64; 4] {
    [time.online_seconds, time.offline_seconds, time.intermittent_seconds, time.unknown_seconds]
        .map(|s| s / 60)
}

#[test]
fn a_sample_covers_the_time_to_the_next() {
    let report = report("++-~+");
    assert_eq!(minutes(&report.time), [3, 1, 1, 0]);
    assert_eq!((report.from, report.to), (Some(minute(0)), Some(minute(5))));
    assert_eq!((report.step_seconds, report.samples), (60, 5));
    assert_eq!((report.up_seconds, report.down_seconds, report.excluded_seconds), (180, 120, 0));
    assert_eq!(report.uptime_percent, Some(60.0));
    assert!(report.gaps.is_empty());
    assert_eq!(report.time.total_seconds(), 300);
}

#[test]
fn two_samples_give_no_step() {
    let of = |minutes: i64| {
        let samples = [(0, "online"), (minutes, "online")]
            .map(|(at, value)| json!({"timestamp": minute(at).to_rfc3339(), "value": value}));
        let stats = serde_json::from_value(json!({"locationState": samples})).unwrap();
        let report = sla::analyze(&stats, &SlaPolicy::standard(), minute(10_000));
        (report.step_seconds, report.time.online_seconds, report.time.unknown_seconds)
    };
    // Eight hours apart: nothing is known about most of them.
    assert_eq!(of(480), (900, 1_800, 27_900));
    assert_eq!(of(15), (900, 1_800, 0));
    assert_eq!(of(1), (60, 120, 0));
}

#[test]
fn a_jump_beyond_one_and_a_half_steps_is_a_gap() {
    let at = |second: i64, word: &str| json!({"timestamp": (start() + TimeDelta::seconds(second)).to_rfc3339(), "value": word});
    for (jump, online, unknown) in [(89, 209, 0), (90, 210, 0), (91, 180, 31)] {
        let stats = json!({"locationState": [
            at(0, "online"), at(60, "online"), at(60 + jump, "online"), at(120 + jump, "offline"),
        ]});
        let report = analyze(stats, &SlaPolicy::standard());
        assert_eq!((report.time.online_seconds, report.time.unknown_seconds), (online, unknown), "{jump}");
        assert_eq!(report.gaps.len(), usize::from(unknown > 0));
    }
}

#[test]
fn gaps_are_unknown_time_and_joined() {
    let report = report("++   ?+?");
    assert_eq!(minutes(&report.time), [3, 0, 0, 5]);
    assert_eq!(report.gaps.len(), 2);
    assert_eq!((report.gaps[0].from, report.gaps[0].to), (minute(2), minute(6)));
    assert_eq!((report.gaps[1].from, report.gaps[1].to), (minute(7), minute(8)));
    assert_eq!(report.uptime_percent, Some(100.0));
    assert_eq!((report.samples, report.unusable_samples), (3, 2));
    assert_eq!(report.excluded_seconds, 300);
}

#[test]
fn unknown_and_intermittent_time_count_as_chosen() {
    for (unknown, intermittent, up, down, excluded) in [
        (CountAs::Excluded, CountAs::Down, 4, 2, 3),
        (CountAs::Up, CountAs::Down, 7, 2, 0),
        (CountAs::Down, CountAs::Down, 4, 5, 0),
        (CountAs::Excluded, CountAs::Up, 5, 1, 3),
        (CountAs::Excluded, CountAs::Excluded, 4, 1, 4),
        (CountAs::Up, CountAs::Up, 8, 1, 0),
    ] {
        let policy = policy(|policy| {
            policy.unknown = unknown;
            policy.intermittent = intermittent;
        });
        let report = report_by("++?? -~++", &policy);
        let minutes = (report.up_seconds / 60, report.down_seconds / 60, report.excluded_seconds / 60);
        assert_eq!(minutes, (up, down, excluded), "{unknown:?} {intermittent:?}");
    }
}

#[test]
fn a_part_of_a_second_is_one() {
    let stats = || serde_json::from_value(json!({"locationState": samples("++-")})).unwrap();
    let short = policy(|policy| policy.minimum_outage = Duration::from_millis(1));
    let report = sla::analyze(&stats(), &short, minute(2));
    assert_eq!((report.incidents.len(), report.short_outages), (0, 0));
    let budget = policy(|policy| {
        policy.target_percent = 0.0;
        policy.budget_period = Some(Duration::from_millis(1));
    });
    assert_eq!(sla::analyze(&stats(), &budget, minute(3)).budget.allowed_seconds, 1);
}

#[test]
fn a_number_is_unknown_time() {
    let at = |index: i64, value: Value| json!({"timestamp": minute(index).to_rfc3339(), "value": value});
    let report = analyze(
        json!({"locationState": [at(0, json!("online")), at(1, json!(0)), at(2, json!("")), at(3, json!("offline"))]}),
        &SlaPolicy::standard(),
    );
    assert_eq!(minutes(&report.time), [1, 1, 0, 2]);
    assert_eq!((report.samples, report.unusable_samples), (2, 2));
}

#[test]
fn the_range_of_the_answer_is_the_time_of_the_report() {
    let range =
        |from: i64, to: i64| json!({"start": minute(from).to_rfc3339(), "end": minute(to).to_rfc3339()});
    let stats = json!({"statsDateRange": range(-10, 20), "locationState": samples("+++++")});
    let report = analyze(stats, &SlaPolicy::standard());
    assert_eq!((report.from, report.to), (Some(minute(-10)), Some(minute(20))));
    assert_eq!(minutes(&report.time), [5, 0, 0, 25]);
    assert_eq!(report.gaps.len(), 2);
    // A range within the samples cuts nothing off.
    let stats = json!({"statsDateRange": [range(1, 2), range(2, 3)], "locationState": samples("+++++")});
    let inner = analyze(stats, &SlaPolicy::standard());
    assert_eq!((inner.from, inner.to), (Some(minute(0)), Some(minute(5))));
    // The last sample covers a little more than a step, as any other.
    let stats = json!({
        "statsDateRange": {"end": (minute(5) + TimeDelta::seconds(30)).to_rfc3339()},
        "locationState": samples("+++++"),
    });
    assert_eq!(analyze(stats, &SlaPolicy::standard()).time.online_seconds, 330);
    // One that ends before it starts is ignored.
    let stats = json!({"statsDateRange": range(5, 4)});
    assert_eq!(analyze(stats, &SlaPolicy::standard()).from, None);
    let stats = json!({"statsDateRange": range(5, 5)});
    assert_eq!(analyze(stats, &SlaPolicy::standard()).from, Some(minute(5)));
}

#[test]
fn the_future_is_not_counted() {
    let stats = serde_json::from_value(json!({
        "statsDateRange": {"start": start().to_rfc3339(), "end": minute(60).to_rfc3339()},
        "locationState": samples("++--++"),
    }))
    .unwrap();
    let report = sla::analyze(&stats, &SlaPolicy::standard(), minute(3));
    assert_eq!((report.samples, report.future_samples), (4, 2));
    assert_eq!(report.to, Some(minute(3)));
    // The newest sample is current and covers no time yet.
    assert_eq!(minutes(&report.time), [2, 1, 0, 0]);
    assert_eq!((report.incidents[0].end, report.incidents[0].duration_seconds), (None, 60));
    assert!(report.render(Format::Text).contains("Ignored: 2 samples of the future"));
    let before = sla::analyze(&stats, &SlaPolicy::standard(), minute(2));
    assert_eq!((before.incidents[0].duration_seconds, before.down_seconds), (0, 0));
    assert_eq!(before.incident_count, 1);
    let none = sla::analyze(&stats, &SlaPolicy::standard(), minute(-1));
    assert_eq!((none.verdict, none.future_samples, none.from), (Verdict::Unknown, 6, None));
}

#[test]
fn of_samples_at_the_same_time_the_worst_known_counts() {
    for (letters, expected) in [("+-", "-"), ("-+", "-"), ("~+", "~"), ("~-", "-"), ("?+", "+"), ("-?", "-")]
    {
        let at = |letter: char| samples(&letter.to_string())[0].clone();
        let both: Vec<Value> = letters.chars().map(at).collect();
        let report = analyze(json!({"locationState": both}), &SlaPolicy::standard());
        assert_eq!(report.time, self::report(expected).time, "{letters}");
    }
    // A single sample covers 15 minutes.
    assert_eq!(report("+").time.online_seconds, 900);
}

#[test]
fn calendar_limits_are_handled() {
    let mut stats: plume_types::OnlineStats =
        serde_json::from_value(json!({"locationState": samples("+-")})).unwrap();
    let mut list = stats.location_state.into_known().unwrap().into_vec();
    list[0].timestamp = Some(DateTime::<Utc>::MIN_UTC);
    list[1].timestamp = Some(DateTime::<Utc>::MAX_UTC);
    stats.location_state = plume_types::Field::Known(list.into());
    let report = sla::analyze(&stats, &SlaPolicy::standard(), DateTime::<Utc>::MAX_UTC);
    assert_eq!(report.incident_count, 1);
    let sum = report.up_seconds + report.down_seconds + report.excluded_seconds;
    assert_eq!(sum, report.time.total_seconds());
    // Nothing is known between the two.
    let gaps: Vec<_> = report.gaps.iter().map(|gap| (gap.from, gap.to)).collect();
    let day = DateTime::<Utc>::MIN_UTC;
    assert_eq!(gaps, [(day + TimeDelta::minutes(15), timeline_end())]);
}

/// The last whole second of the calendar.
fn timeline_end() -> DateTime<Utc> {
    DateTime::from_timestamp(DateTime::<Utc>::MAX_UTC.timestamp(), 0).unwrap()
}
