//! Properties of every series and every stored state.

use std::{collections::BTreeMap, time::Duration};

use plume_health::{Format, Status, series::Level, uptime};
use plume_monitor::baseline::{Baseline, BaselineOptions};
use plume_monitor::sla::{self, CountAs, MaintenanceTime, MaintenanceWindow, SlaPolicy, SlaReport, Verdict};
use plume_monitor::tracker::{HealthTracker, TrackerPolicy};
use plume_types::OnlineStats;
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};
use testkit::snapshots::points::{at, points, turned};

use crate::cases;

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];

/// Samples of the online report: a time in half steps, and a word or none.
type Online = Vec<(Option<i64>, Option<&'static str>)>;

fn online() -> impl Strategy<Value = Online> {
    let word = select(vec![Some("online"), Some("online"), Some("offline"), Some("flapping"), None]);
    prop::collection::vec((prop::option::weighted(0.95, -20..120i64), word), 0..60)
}

fn stats(samples: &Online) -> OnlineStats {
    let samples: Vec<Value> = samples
        .iter()
        .map(|(step, word)| json!({"timestamp": step.map(|step| at(step * 30).to_rfc3339()), "value": word}))
        .collect();
    serde_json::from_value(json!({"locationState": samples})).unwrap()
}

fn policies() -> impl Strategy<Value = SlaPolicy> {
    let choice = || select(vec![CountAs::Up, CountAs::Down, CountAs::Excluded]);
    (
        0.0..=100.0f64,
        choice(),
        choice(),
        0..200u64,
        prop::collection::vec((-800..4000i64, -100..2000i64), 0..5),
        any::<bool>(),
        prop::option::of(1..1_000_000u64),
    )
        .prop_map(|(target, unknown, intermittent, minimum, windows, counted, budget)| {
            let mut policy = SlaPolicy::standard();
            policy.target_percent = target;
            policy.unknown = unknown;
            policy.intermittent = intermittent;
            policy.minimum_outage = Duration::from_secs(minimum);
            policy.maintenance = windows
                .into_iter()
                .map(|(from, length)| MaintenanceWindow::new(at(from), at(from + length)))
                .collect();
            if counted {
                policy.maintenance_time = MaintenanceTime::Counted;
            }
            policy.budget_period = budget.map(Duration::from_secs);
            policy
        })
}

fn check_sums(report: &SlaReport) -> Result<(), TestCaseError> {
    let length = match (report.from, report.to) {
        (Some(from), Some(to)) => (to - from).num_seconds(),
        _ => 0,
    };
    prop_assert_eq!(report.time.total_seconds(), length);
    prop_assert_eq!(report.up_seconds + report.down_seconds + report.excluded_seconds, length);
    let budget = report.budget;
    prop_assert_eq!(budget.used_seconds + budget.left_seconds, budget.allowed_seconds);
    let gaps: i64 = report.gaps.iter().map(|gap| (gap.to - gap.from).num_seconds()).sum();
    prop_assert_eq!(gaps, report.time.unknown_seconds);
    let (all, within) = (&report.time, &report.maintenance);
    for (part, whole) in [
        (within.online_seconds, all.online_seconds),
        (within.offline_seconds, all.offline_seconds),
        (within.intermittent_seconds, all.intermittent_seconds),
        (within.unknown_seconds, all.unknown_seconds),
    ] {
        prop_assert!((0..=whole).contains(&part));
    }
    for incident in &report.incidents {
        let length = incident.end.map(|end| (end - incident.start).num_seconds());
        prop_assert!(length.is_none_or(|length| length == incident.duration_seconds));
        prop_assert!(incident.counted_seconds <= incident.duration_seconds);
    }
    prop_assert!(report.incidents.iter().rev().skip(1).all(|incident| incident.end.is_some()));
    if report.uptime_percent.is_none() {
        prop_assert_eq!(report.verdict, Verdict::Unknown);
    } else if report.verdict == Verdict::Unknown {
        // With or without the maintenance, less than 90 % is known.
        let (known, unknown) = (all.known_seconds(), all.unknown_seconds);
        let (not_known, not_unknown) = (within.known_seconds(), within.unknown_seconds);
        let is_little = |unknown: i64, known: i64| 9 * unknown > known;
        prop_assert!(is_little(unknown, known) || is_little(unknown - not_unknown, known - not_known));
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn time_and_budget_add_up(samples in online(), policy in policies(), now in -700..4000i64) {
        let report = sla::analyze(&stats(&samples), &policy, at(now));
        testkit::snapshots::stored::comes_back(&report)?;
        check_sums(&report)?;
        for format in FORMATS {
            prop_assert!(!report.render(format).is_empty());
        }
    }

    #[test]
    fn an_sla_does_not_depend_on_order_or_repetition(
        samples in online(), policy in policies(), middle in any::<prop::sample::Index>(),
    ) {
        let report = |samples: &Online| sla::analyze(&stats(samples), &policy, at(4000));
        let mut doubled = turned(&samples, middle);
        // Without a value or a time, one more is one more.
        doubled.extend(samples.iter().filter(|(step, word)| step.is_some() && word.is_some()).rev());
        prop_assert_eq!(report(&doubled), report(&samples));
    }

    #[test]
    fn with_even_steps_and_no_gaps_both_ways_to_count_agree(words in prop::collection::vec(
        select(vec!["online", "offline", "flapping"]), 2..60,
    )) {
        let samples: Online = (0..).zip(&words).map(|(index, word)| (Some(index * 2), Some(*word))).collect();
        let stats = stats(&samples);
        let (by_sample, by_time) = (uptime::analyze(&stats), sla::analyze(&stats, &SlaPolicy::standard(), at(9999)));
        testkit::snapshots::stored::comes_back(&by_sample)?;
        prop_assert_eq!(by_sample.incidents, by_time.incident_count);
        let difference = by_sample.uptime_percent.unwrap() - by_time.uptime_percent.unwrap();
        prop_assert!(difference.abs() < 1e-9);
    }

    #[test]
    fn more_outage_never_helps(samples in online(), policy in policies(), which in any::<prop::sample::Index>()) {
        // Only where it was known before: what becomes known can help.
        let known: Vec<usize> = (0..samples.len()).filter(|index| samples[*index].1.is_some()).collect();
        prop_assume!(!known.is_empty());
        let mut worse = samples.clone();
        worse[known[which.index(known.len())]].1 = Some("offline");
        let mut policy = policy;
        policy.intermittent = CountAs::Down;
        let report = |samples: &Online| sla::analyze(&stats(samples), &policy, at(4000));
        let (before, after) = (report(&samples), report(&worse));
        prop_assert!(after.uptime_percent.unwrap_or(0.0) <= before.uptime_percent.unwrap_or(0.0));
        prop_assert!(!(before.verdict == Verdict::Missed && after.verdict == Verdict::Met));
    }

    #[test]
    fn any_series_is_counted(points in points(), now in any::<i32>()) {
        if let Ok(stats) = serde_json::from_value::<OnlineStats>(json!({"locationState": points})) {
            check_sums(&sla::analyze(&stats, &SlaPolicy::standard(), at(i64::from(now))))?;
        }
    }

    #[test]
    fn baseline_compares_any_value(
        mut values in prop::collection::vec((any::<i32>(), any::<f64>()), 0..60),
        options in (any::<i32>(), any::<usize>()),
        now in (any::<i32>(), any::<f64>()),
        middle in any::<prop::sample::Index>(),
    ) {
        let options = BaselineOptions::new().with_utc_offset_minutes(options.0).with_min_samples(options.1 % 6);
        let learn = |values: &[(i32, f64)]| {
            Baseline::learn(values.iter().map(|(second, value)| (at(i64::from(*second)), *value)), options)
        };
        let baseline = learn(&values);
        let judgement = baseline.judge(at(i64::from(now.0)), Some(now.1));
        prop_assert_eq!(judgement.level == Level::Unknown, judgement.value.is_none() || judgement.usual.is_none());
        let mut other = turned(&values, middle);
        other.append(&mut values);
        prop_assert_eq!(learn(&other), baseline);
        let _ = FORMATS.map(|format| judgement.render(format));
    }

    #[test]
    fn a_tracker_stays_small_and_takes_every_time(
        steps in prop::collection::vec((any::<i32>(), statuses()), 0..100),
    ) {
        let mut tracker = HealthTracker::new();
        for (second, status) in steps {
            let _ = tracker.observe(&TrackerPolicy::standard(), at(i64::from(second)), status);
            prop_assert!((0.0..=1.0).contains(&tracker.flap_score()));
            let json = serde_json::to_string(&tracker).unwrap();
            prop_assert!(json.len() < 600, "{}", json.len());
            prop_assert_eq!(&serde_json::from_str::<HealthTracker>(&json).unwrap(), &tracker);
        }
    }

    #[test]
    fn tracker_events_are_consistent(steps in prop::collection::vec((1..600i64, statuses()), 1..60)) {
        // After a long calm time the reported status is the current one.
        let (_, last) = *steps.last().unwrap();
        prop_assume!(last != Status::Unknown);
        let mut tracker = HealthTracker::new();
        let calm = (0..60).map(|_| (60, last));
        let mut now = 0;
        let mut told = BTreeMap::new();
        for (step, status) in steps.iter().copied().chain(calm) {
            now += step;
            if let Some(event) = tracker.observe(&TrackerPolicy::standard(), at(now), status) {
                told.insert(now, event.to);
            }
        }
        prop_assert_eq!(tracker.status(), last);
        // And it is the one reported last, if any was.
        prop_assert!(told.values().next_back().is_none_or(|told| *told == last));
    }
}

fn statuses() -> impl Strategy<Value = Status> {
    select(vec![Status::Green, Status::Green, Status::Yellow, Status::Orange, Status::Red, Status::Unknown])
}

#[test]
fn tracker_state_is_bounded() {
    assert!(!std::mem::needs_drop::<HealthTracker>());
    assert!(size_of::<HealthTracker>() <= 200, "{}", size_of::<HealthTracker>());
}
