//! Every value that can be built can be stored and loaded.

use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_health::Status;
use plume_monitor::baseline::{Baseline, BaselineOptions, History};
use plume_monitor::sla::{CountAs, MaintenanceTime, MaintenanceWindow, SlaPolicy};
use plume_monitor::tracker::{HealthTracker, Hysteresis, TrackerPolicy};
use proptest::{prelude::*, sample::select};
use testkit::snapshots::stored::{any_number, comes_back, comes_back_if, number, span, time};

use crate::cases;

fn status() -> impl Strategy<Value = Status> {
    select(vec![Status::Red, Status::Orange, Status::Yellow, Status::Unknown, Status::Green])
}

fn sla_policy() -> impl Strategy<Value = SlaPolicy> {
    let counts = select(vec![CountAs::Up, CountAs::Down, CountAs::Excluded]);
    let windows = prop::collection::vec((time(), time()), 0..3);
    let target = prop_oneof![any_number(), 0.0..=100.0];
    (target, counts.clone(), counts, span(), windows, any::<bool>(), prop::option::of(span())).prop_map(
        |(target, unknown, intermittent, minimum, windows, counted, budget)| {
            let mut policy = SlaPolicy::standard();
            policy.target_percent = target;
            (policy.unknown, policy.intermittent) = (unknown, intermittent);
            policy.minimum_outage = minimum;
            policy.maintenance =
                windows.into_iter().map(|(a, b)| MaintenanceWindow::new(a.min(b), a.max(b))).collect();
            if counted {
                policy.maintenance_time = MaintenanceTime::Counted;
            }
            policy.budget_period = budget;
            policy
        },
    )
}

fn tracker_policy() -> impl Strategy<Value = TrackerPolicy> {
    (span(), span(), span(), 0.0..=1.1, number(), number()).prop_map(
        |(enter, leave, silence, weight, begin, end)| {
            let mut policy = TrackerPolicy::standard().with_enter_after(enter).with_leave_after(leave);
            policy.silence_after = silence;
            policy.flapping.weight = weight;
            (policy.flapping.begin, policy.flapping.end) = (begin.max(end), end.min(begin));
            policy
        },
    )
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn policies(sla in sla_policy(), tracker in tracker_policy()) {
        // A target that makes no sense comes back as the one that it counts as.
        let mut sla = sla;
        let written = serde_json::to_string(&sla).unwrap();
        let target = sla.target_percent;
        sla.target_percent = if target.is_nan() { 0.0 } else { target.clamp(0.0, 100.0) };
        prop_assert_eq!(&written, &serde_json::to_string(&sla).unwrap());
        comes_back_if(&sla, sla.validate().is_ok())?;
        comes_back_if(&tracker, tracker.validate().is_ok())?;
    }

    #[test]
    fn small_values(from in time(), to in time(), enter in number(), leave in number()) {
        comes_back(&MaintenanceWindow::new(from, to))?;
        if let Ok(limits) = Hysteresis::new(enter, leave) {
            comes_back(&limits)?;
        }
    }

    #[test]
    fn trackers(samples in prop::collection::vec((time(), status()), 0..12), policy in tracker_policy()) {
        let mut tracker = HealthTracker::new();
        for (at, status) in samples {
            let event = tracker.observe(&policy, at, status);
            comes_back(&tracker)?;
            comes_back(&event)?;
        }
    }

    #[test]
    fn baselines(
        values in prop::collection::vec((time(), number()), 0..40),
        offset in prop_oneof![any::<i32>(), -1_500..1_500], enough in 0_usize..4,
    ) {
        let options = BaselineOptions::new().with_utc_offset_minutes(offset).with_min_samples(enough);
        comes_back(&options)?;
        let history: History = values.into_iter().collect();
        comes_back(&history)?;
        let baseline = history.learn(options);
        comes_back(&baseline)?;
        for at in [DateTime::UNIX_EPOCH, DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            if let Some(usual) = baseline.usual(at) {
                comes_back(&usual.spread)?;
            }
        }
    }
}

#[test]
fn a_limit_without_a_number_in_json_is_not_read_as_another_one() {
    let stored = |begin, weight| {
        let mut policy = TrackerPolicy::standard();
        (policy.flapping.begin, policy.flapping.weight) = (begin, weight);
        serde_json::from_str::<TrackerPolicy>(&serde_json::to_string(&policy).unwrap())
    };
    // A score that is never reached.
    assert_eq!(stored(f64::INFINITY, 0.2).unwrap().flapping.begin, f64::MAX);
    assert!(stored(f64::NAN, 0.2).unwrap_err().to_string().contains("flapping.begin"));
    assert!(stored(0.5, f64::NAN).unwrap_err().to_string().contains("flapping.weight"));
}

#[test]
fn parts_of_a_second_are_written_so_that_they_are_read() {
    let mut policy = TrackerPolicy::standard();
    policy.silence_after = Duration::from_millis(500);
    policy.enter_after = Duration::from_micros(1_500);
    policy.leave_after = Duration::new(1, 1);
    let written = serde_json::to_value(policy).unwrap();
    assert_eq!(
        [&written["silence_after"], &written["enter_after"], &written["leave_after"]],
        ["500ms", "1500us", "1000000001ns"]
    );
    assert_eq!(serde_json::from_value::<TrackerPolicy>(written).unwrap(), policy);
    let mut sla = SlaPolicy::standard();
    sla.budget_period = Some(Duration::from_millis(1));
    assert!(sla.validate().is_ok());
    assert_eq!(serde_json::to_value(&sla).unwrap()["budget_period"], "1ms");
    // An offset that no clock has is the nearest that one may have.
    let far = BaselineOptions::new().with_utc_offset_minutes(5_000);
    let baseline = Baseline::learn([], far);
    assert_eq!(baseline.options().utc_offset_minutes, 1_440);
    let text = serde_json::to_string(&baseline).unwrap();
    assert_eq!(serde_json::from_str::<Baseline>(&text).unwrap(), baseline);
}
