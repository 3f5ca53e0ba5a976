//! The times at which homes are checked.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plume_monitor::ids::HomeId;
use plume_monitor::schedule::{CheckClass, CheckDetail, CheckDone, HomeSchedule, SchedulePolicy};
use proptest::{prelude::*, sample::select};
use testkit::snapshots::stored::{comes_back, comes_back_if, span, time};

const CLASSES: [CheckClass; 5] = [
    CheckClass::Suspect,
    CheckClass::Incident,
    CheckClass::Normal,
    CheckClass::LongGreen,
    CheckClass::Maintenance,
];

fn policy() -> SchedulePolicy {
    SchedulePolicy::standard()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn start() -> DateTime<Utc> {
    at("2026-01-15T10:00:00Z")
}

fn home(number: usize) -> HomeId {
    HomeId::new(format!("home-{number}"))
}

fn nodes(at: DateTime<Utc>, class: CheckClass) -> CheckDone {
    CheckDone::new(at, CheckDetail::Nodes, class)
}

/// Runs checks at their due times until `end`.
fn run(home: &HomeId, schedule: &mut HomeSchedule, end: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut times = Vec::new();
    while schedule.due <= end {
        times.push(schedule.due);
        schedule.complete(home, &policy(), nodes(schedule.due, schedule.class));
    }
    times
}

#[test]
fn phases_are_part_of_the_format() {
    let due = |id: &str| HomeSchedule::new(&HomeId::new(id), &policy(), start()).due;
    let of = |id: &str| due(id).signed_duration_since(start()).num_milliseconds();
    assert_eq!(["home-1", "", "5f1b2c3d4e5f60718293a4b5"].map(of), [58_564, 226_203, 60_718]);
}

#[test]
fn homes_are_spread_over_the_interval() {
    // Ids that differ in one digit, as those of one customer do.
    for ids in [|number: usize| format!("{number}"), |number: usize| format!("60cafe0000{number:014x}")] {
        let mut per_second = BTreeMap::<i64, u32>::new();
        for number in 0..10_000 {
            let due = HomeSchedule::new(&HomeId::new(ids(number)), &policy(), start()).due;
            *per_second.entry(due.signed_duration_since(start()).num_seconds()).or_default() += 1;
        }
        // 33 per second on average, with a standard deviation of 6.
        assert_eq!(per_second.len(), 300);
        let (least, most) = (per_second.values().min().unwrap(), per_second.values().max().unwrap());
        assert!(*least >= 12 && *most <= 60, "{least} to {most} homes in a second");
    }
}

#[test]
fn full_checks_are_spread_over_the_runs() {
    let mut runs = [0_u32; 12];
    for number in 0..12_000 {
        let schedule = HomeSchedule::new(&home(number), &policy(), start());
        runs[schedule.runs_since_full as usize] += 1;
    }
    assert!(runs.iter().all(|count| (850..1_150).contains(count)), "{runs:?}");
}

#[test]
fn intervals_depend_on_the_class() {
    for (class, seconds) in CLASSES.into_iter().zip([60, 120, 300, 600, 600]) {
        for number in 0..50 {
            let home = home(number);
            let mut schedule = HomeSchedule::new(&home, &policy(), start());
            schedule.complete(&home, &policy(), nodes(schedule.due, class));
            let times = run(&home, &mut schedule, start() + TimeDelta::hours(3));
            let steps = times.windows(2).map(|pair| (pair[1] - pair[0]).num_milliseconds());
            assert!(steps.into_iter().all(|step| step == seconds * 1_000), "{class}: {times:?}");
        }
    }
}

#[test]
fn late_checks_return_to_the_grid_and_missed_points_are_skipped() {
    let home = home(1);
    let schedule = HomeSchedule::new(&home, &policy(), start());
    for (late, next) in
        [(0, 300), (1, 300), (149, 300), (150, 300), (151, 600), (299, 600), (300, 600), (86_400, 86_700)]
    {
        let mut schedule = schedule;
        let point = schedule.due;
        schedule.complete(&home, &policy(), nodes(point + TimeDelta::seconds(late), CheckClass::Normal));
        assert_eq!((schedule.due - point).num_seconds(), next, "{late} s late");
    }
}

#[test]
fn two_samples_of_a_suspect_span_its_interval() {
    let home = home(1);
    let mut schedule = HomeSchedule::new(&home, &policy(), start());
    let found = schedule.due + TimeDelta::milliseconds(4_321);
    schedule.complete(&home, &policy(), nodes(found, CheckClass::Suspect));
    assert_eq!(schedule.due, found + TimeDelta::seconds(60));
}

#[test]
fn a_restart_changes_no_time() {
    // A restart in every minute of an hour, through the stored form.
    let mut restarted = Vec::new();
    let home = home(7);
    let mut schedule = HomeSchedule::new(&home, &policy(), start());
    for minute in 0..60 {
        restarted.extend(run(&home, &mut schedule, start() + TimeDelta::minutes(minute)));
        let stored = serde_json::to_string(&schedule).unwrap();
        schedule = serde_json::from_str(&stored).unwrap();
        schedule = schedule.restored(&home, &policy(), start() + TimeDelta::minutes(minute));
    }
    let mut schedule = HomeSchedule::new(&home, &policy(), start());
    assert_eq!(restarted, run(&home, &mut schedule, start() + TimeDelta::minutes(59)));
    assert!(restarted.len() >= 11);
}

#[test]
fn an_outage_of_six_hours_costs_one_check_per_home() {
    for number in 0..100 {
        let home = home(number);
        let mut schedule = HomeSchedule::new(&home, &policy(), start());
        let now = start() + TimeDelta::hours(6);
        let mut checks = 0;
        while schedule.is_due(now) {
            schedule.complete(&home, &policy(), nodes(now, CheckClass::Normal));
            checks += 1;
        }
        assert_eq!(checks, 1);
    }
}

#[test]
fn a_wall_clock_that_jumps_between_two_runs_costs_at_most_one_interval() {
    let home = home(3);
    for class in CLASSES {
        let mut schedule = HomeSchedule::new(&home, &policy(), start());
        schedule.complete(&home, &policy(), nodes(start(), class));
        for jump in [-1, 1].map(TimeDelta::days).into_iter().chain([-1, 1].map(TimeDelta::hours)) {
            let now = start() + jump;
            let loaded = schedule.restored(&home, &policy(), now);
            let longest = policy().interval(class).mul_f64(1.5);
            assert!(loaded.due <= now + longest, "{class}, {jump}: due {}", loaded.due);
            assert!(loaded.since <= now);
            assert_eq!(loaded.is_due(now), jump > TimeDelta::zero());
            assert_eq!(loaded.restored(&home, &policy(), now), loaded);
        }
    }
    // Up to one and a half intervals ahead is a usual wait.
    let schedule = HomeSchedule::new(&home, &policy(), start());
    assert_eq!(schedule.restored(&home, &policy(), schedule.due - TimeDelta::seconds(450)).due, schedule.due);
    assert!(schedule.restored(&home, &policy(), schedule.due - TimeDelta::seconds(451)).due < schedule.due);
}

#[test]
fn a_changed_class_moves_the_next_check() {
    let home = home(5);
    let mut schedule = HomeSchedule::new(&home, &policy(), start());
    schedule.complete(&home, &policy(), nodes(schedule.due, CheckClass::Maintenance));
    let since = schedule.since;
    assert!(schedule.due - since >= TimeDelta::seconds(300));
    schedule.set_class(&home, &policy(), CheckClass::Normal);
    assert_eq!(schedule.due, since + TimeDelta::seconds(300));
    schedule.pull_forward(since + TimeDelta::seconds(10));
    assert_eq!((schedule.class, schedule.due), (CheckClass::Suspect, since + TimeDelta::seconds(10)));
}

#[test]
fn a_wanted_full_check_stays_wanted_until_it_is_done() {
    let home = home(5);
    let mut schedule = HomeSchedule::new(&home, &policy(), start());
    let done = |detail| CheckDone::new(start(), detail, CheckClass::Incident);
    schedule.complete(&home, &policy(), done(CheckDetail::Nodes).with_wants_full(true));
    schedule.complete(&home, &policy(), done(CheckDetail::Nodes));
    assert!(schedule.wants_full);
    schedule.complete(&home, &policy(), done(CheckDetail::Full));
    assert_eq!((schedule.wants_full, schedule.runs_since_full), (false, 0));
}

#[test]
fn a_schedule_of_the_first_version_is_read() {
    let stored = r#"{"version":1,"class":"incident","since":"2026-01-15T10:00:00Z","due":"2026-01-15T10:02:00Z",
        "runs_since_full":3,"wants_full":true}"#;
    let schedule: HomeSchedule = serde_json::from_str(stored).unwrap();
    assert_eq!((schedule.class, schedule.runs_since_full), (CheckClass::Incident, 3));
    assert!(serde_json::from_str::<HomeSchedule>(&stored.replace("\"version\":1", "\"version\":2")).is_err());
}

#[test]
fn invalid_policies_are_refused_by_name() {
    for (text, key) in [
        (r#"{"version": 2}"#, "version"),
        (r#"{"suspect": "0s"}"#, "suspect"),
        (r#"{"incident": "999ms"}"#, "incident"),
        (r#"{"maintenance": "25h"}"#, "maintenance"),
        (r#"{"normal": "601s"}"#, "long_green"),
        (r#"{"normal": "299s"}"#, "long_green"),
        (r#"{"full_every": 0}"#, "full_every"),
        (r#"{"interval": "1m"}"#, "interval"),
    ] {
        let error = serde_json::from_str::<SchedulePolicy>(text).unwrap_err().to_string();
        assert!(error.contains(&format!("`{key}`")), "{text}: {error}");
    }
    assert_eq!(serde_json::from_str::<SchedulePolicy>("{}").unwrap(), policy());
    assert_eq!(policy().longest_wait(), Duration::from_secs(900));
}

proptest! {
    #[test]
    fn stored_values_come_back(
        id in ".{0,12}", now in time(), class in select(CLASSES.to_vec()), spans in [span(), span(), span()],
    ) {
        let home = HomeId::new(id);
        let mut schedule = HomeSchedule::new(&home, &policy(), now);
        comes_back(&schedule)?;
        schedule.complete(&home, &policy(), nodes(now, class));
        comes_back(&schedule)?;
        let mut policy = policy();
        [policy.suspect, policy.normal, policy.long_green] = spans;
        comes_back_if(&policy, policy.validate().is_ok())?;
        // An invalid policy in code panics nowhere.
        schedule.complete(&home, &policy, nodes(now, class));
        let _ = (schedule.restored(&home, &policy, now), HomeSchedule::new(&home, &policy, now));
    }

    #[test]
    fn the_next_check_is_half_to_one_and_a_half_intervals_later(
        number in 0_usize..1_000, late in 0_i64..10_000_000, class in select(CLASSES.to_vec()),
    ) {
        let home = home(number);
        let mut schedule = HomeSchedule::new(&home, &policy(), start());
        let done = start() + TimeDelta::milliseconds(late);
        schedule.complete(&home, &policy(), nodes(done, class));
        let interval = TimeDelta::from_std(policy().interval(class)).unwrap();
        prop_assert!(schedule.due - done >= interval / 2 && schedule.due - done < interval + interval / 2 + TimeDelta::milliseconds(1));
        let again = HomeSchedule::new(&home, &policy(), start() - TimeDelta::days(40));
        if class == CheckClass::Normal {
            prop_assert_eq!((schedule.due - again.due).num_milliseconds() % 300_000, 0);
        }
    }
}
