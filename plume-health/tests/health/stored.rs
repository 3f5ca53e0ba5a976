//! Whatever can be built can be stored and loaded: every type that is read again.

use std::time::Duration;

use plume_health::{
    Confidence, DevicePolicy, Policy, Severity, Status,
    policy::{HealthLimit, Profile},
};
use proptest::{prelude::*, sample::select};
use serde_json::json;
use testkit::snapshots::stored::{any_number, comes_back, comes_back_if, span};

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

proptest! {
    #[test]
    fn policies(policy in policy()) {
        // A limit that makes no sense comes back as the one that it counts as.
        let mut policy = policy;
        let written = serde_json::to_string(&policy).unwrap();
        for limit in [&mut policy.rules.node_health.poor_below, &mut policy.rules.poor_qoe.poor_below] {
            *limit = if limit.is_nan() { 0.0 } else { limit.clamp(0.0, 5.0) };
        }
        prop_assert_eq!(&written, &serde_json::to_string(&policy).unwrap());
        comes_back_if(&policy, policy.validate().is_ok())?;
    }

    #[test]
    fn small_values(devices in devices()) {
        let valid = Policy::standard().with_devices(devices.clone()).validate().is_ok();
        if valid {
            comes_back(&devices)?;
        }
        comes_back(&[Status::Red, Status::Orange, Status::Yellow, Status::Unknown, Status::Green])?;
        comes_back(&[Severity::Critical, Severity::Warning, Severity::Info])?;
        comes_back(&[Confidence::Uncertain, Confidence::Likely, Confidence::Certain])?;
        comes_back(&[Profile::Standard, Profile::Panoptes])?;
        comes_back(&[HealthLimit::Fair, HealthLimit::Poor])?;
    }
}

#[test]
fn a_limit_without_a_number_in_json_is_not_read_as_another_one() {
    let mut policy = Policy::standard();
    policy.rules.poor_qoe.poor_below = f64::INFINITY;
    policy.rules.node_health.poor_below = f64::NAN;
    let back: Policy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
    assert_eq!((back.rules.poor_qoe.poor_below, back.rules.node_health.poor_below), (5.0, 0.0));
}

#[test]
fn parts_of_a_second_are_written_so_that_they_are_read() {
    let recent = DevicePolicy::Recent { within: Duration::from_millis(250) };
    assert_eq!(serde_json::to_value(&recent).unwrap(), json!({"recent": {"within": "250ms"}}));
}
