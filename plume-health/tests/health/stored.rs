//! Whatever can be built can be stored and loaded: every type that is read again.

use std::{fmt::Debug, time::Duration};

use chrono::{DateTime, Utc};
use plume_health::{
    Confidence, DevicePolicy, Policy, Severity, Status,
    baseline::{Baseline, BaselineOptions, History},
    policy::{HealthLimit, Profile},
    sla::{CountAs, MaintenanceTime, MaintenanceWindow, SlaPolicy},
    tracker::{HealthTracker, Hysteresis, TrackerPolicy},
};
use proptest::{prelude::*, sample::select};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

/// Text, a tree of values, and text again.
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Result<(), TestCaseError> {
    let text = serde_json::to_string(value).unwrap();
    let back: Result<T, _> = serde_json::from_str(&text);
    prop_assert!(back.is_ok(), "{text}: {back:?}");
    prop_assert_eq!(&back.unwrap(), value, "{}", text);
    let tree = serde_json::to_value(value).unwrap();
    prop_assert_eq!(&serde_json::from_value::<T>(tree).unwrap(), value);
    Ok(())
}

/// What is valid comes back, and what is not is refused when it is read.
fn comes_back_if<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    value: &T,
    valid: bool,
) -> Result<(), TestCaseError> {
    if valid {
        return comes_back(value);
    }
    prop_assert!(serde_json::from_str::<T>(&serde_json::to_string(value).unwrap()).is_err());
    Ok(())
}

fn span() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (any::<u64>(), 0_u32..1_000_000_000).prop_map(|(seconds, nanos)| Duration::new(seconds, nanos)),
        (0_u64..100_000).prop_map(Duration::from_secs),
        (0_u64..5_000).prop_map(Duration::from_millis),
        (0_u64..5_000).prop_map(Duration::from_nanos),
        select(vec![Duration::ZERO, Duration::MAX, Duration::from_micros(1)]),
    ]
}

/// All of chrono's calendar, leap seconds included.
fn time() -> impl Strategy<Value = DateTime<Utc>> {
    let (min, max) = (DateTime::<Utc>::MIN_UTC.timestamp(), DateTime::<Utc>::MAX_UTC.timestamp());
    prop_oneof![
        (min..=max, 0_u32..1_000_000_000)
            .prop_map(|(second, nano)| DateTime::from_timestamp(second, nano).unwrap()),
        (1_700_000_000_i64..1_900_000_000, 0_u32..1_000_000_000)
            .prop_map(|(second, nano)| DateTime::from_timestamp(second, nano).unwrap()),
        (28_000_000_i64..30_000_000, 1_000_000_000_u32..2_000_000_000)
            .prop_map(|(minute, nano)| DateTime::from_timestamp(minute * 60 + 59, nano).unwrap()),
        select(vec![DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, DateTime::UNIX_EPOCH]),
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), 0.0..5.0, select(vec![0.0, -0.0, 5.0, f64::MIN_POSITIVE, f64::MAX])]
}

/// As a program may compute a limit.
fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![4 => number(), 1 => select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 7.0])]
}

fn status() -> impl Strategy<Value = Status> {
    select(vec![Status::Red, Status::Orange, Status::Yellow, Status::Unknown, Status::Green])
}

fn severity() -> impl Strategy<Value = Severity> {
    select(vec![Severity::Critical, Severity::Warning, Severity::Info])
}

fn devices() -> impl Strategy<Value = DevicePolicy> {
    prop_oneof![
        span().prop_map(|within| DevicePolicy::Recent { within }),
        prop::collection::vec("[ -~]{0,20}|02:00:00:00:10:01|\\PC{0,6}", 0..3)
            .prop_map(|macs| DevicePolicy::Watched(macs.iter().map(|mac| mac.as_str().into()).collect())),
        select(vec![DevicePolicy::All, DevicePolicy::Favorites, DevicePolicy::Ignore]),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let rules = prop::collection::vec((any::<bool>(), severity(), status()), 8);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (prop::option::of(span()), devices(), rules, flags, any_number(), any_number()).prop_map(
        |(max_age, devices, rules, (panoptes, network, full, fair), health, qoe)| {
            let profile = if panoptes { Profile::Panoptes } else { Profile::Standard };
            let mut policy = Policy::of_profile(profile).with_devices(devices).with_max_age(max_age);
            let of = &mut policy.rules;
            of.location_offline.network_status = network;
            of.reduced_service.full_service_only = full;
            of.node_health.from = if fair { HealthLimit::Fair } else { HealthLimit::Poor };
            (of.node_health.poor_below, of.poor_qoe.poor_below) = (health, qoe);
            (of.location_offline.severity, of.location_offline.status) = (rules[0].1, rules[0].2);
            macro_rules! set {
                ($($rule:ident $at:literal)+) => {
                    $( (of.$rule.enabled, of.$rule.severity, of.$rule.status) = rules[$at]; )+
                };
            }
            set!(node_disconnected 1 no_service 2 reduced_service 3 node_health 4 node_alert 5 device_disconnected 6 poor_qoe 7);
            policy
        },
    )
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
            let mut policy = TrackerPolicy::standard().with_dwell(enter, leave);
            policy.silence_after = silence;
            policy.flapping.weight = weight;
            (policy.flapping.begin, policy.flapping.end) = (begin.max(end), end.min(begin));
            policy
        },
    )
}

proptest! {
    #[test]
    fn policies(policy in policy(), sla in sla_policy(), tracker in tracker_policy()) {
        // A limit that makes no sense comes back as the one that it counts as.
        let (mut policy, mut sla) = (policy, sla);
        let written = (serde_json::to_string(&policy).unwrap(), serde_json::to_string(&sla).unwrap());
        for limit in [&mut policy.rules.node_health.poor_below, &mut policy.rules.poor_qoe.poor_below] {
            *limit = if limit.is_nan() { 0.0 } else { limit.clamp(0.0, 5.0) };
        }
        let target = sla.target_percent;
        sla.target_percent = if target.is_nan() { 0.0 } else { target.clamp(0.0, 100.0) };
        prop_assert_eq!(&written.0, &serde_json::to_string(&policy).unwrap());
        prop_assert_eq!(&written.1, &serde_json::to_string(&sla).unwrap());
        comes_back_if(&policy, policy.validate().is_ok())?;
        comes_back_if(&sla, sla.validate().is_ok())?;
        comes_back_if(&tracker, tracker.validate().is_ok())?;
    }

    #[test]
    fn small_values(devices in devices(), from in time(), to in time(), enter in number(), leave in number()) {
        let valid = Policy::standard().with_devices(devices.clone()).validate().is_ok();
        if valid {
            comes_back(&devices)?;
        }
        comes_back(&MaintenanceWindow::new(from, to))?;
        if let Ok(limits) = Hysteresis::new(enter, leave) {
            comes_back(&limits)?;
        }
        comes_back(&[Status::Red, Status::Orange, Status::Yellow, Status::Unknown, Status::Green])?;
        comes_back(&[Severity::Critical, Severity::Warning, Severity::Info])?;
        comes_back(&[Confidence::Uncertain, Confidence::Likely, Confidence::Certain])?;
        comes_back(&[Profile::Standard, Profile::Panoptes])?;
        comes_back(&[HealthLimit::Fair, HealthLimit::Poor])?;
    }

    #[test]
    fn trackers(samples in prop::collection::vec((time(), status()), 0..12), policy in tracker_policy()) {
        let mut tracker = HealthTracker::new();
        for (at, status) in samples {
            let _ = tracker.observe(&policy, at, status);
            comes_back(&tracker)?;
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

    let mut policy = Policy::standard();
    policy.rules.poor_qoe.poor_below = f64::INFINITY;
    policy.rules.node_health.poor_below = f64::NAN;
    let back: Policy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
    assert_eq!((back.rules.poor_qoe.poor_below, back.rules.node_health.poor_below), (5.0, 0.0));
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
    let recent = DevicePolicy::Recent { within: Duration::from_millis(250) };
    assert_eq!(serde_json::to_value(&recent).unwrap(), json!({"recent": {"within": "250ms"}}));
    // An offset that no clock has is the nearest that one may have.
    let far = BaselineOptions::new().with_utc_offset_minutes(5_000);
    let baseline = Baseline::learn([], far);
    assert_eq!(baseline.options().utc_offset_minutes, 1_440);
    let text = serde_json::to_string(&baseline).unwrap();
    assert_eq!(serde_json::from_str::<Baseline>(&text).unwrap(), baseline);
}
