//! The availability of a home from its transitions.

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::Status;
use plume_monitor::sla::{
    Availability, CountAs, MaintenanceTime, MaintenanceWindow, SlaPolicy, availability,
};
use proptest::{prelude::*, sample::select};
use testkit::snapshots::stored::{comes_back, time};

const STATUSES: [Status; 5] = [Status::Red, Status::Orange, Status::Yellow, Status::Unknown, Status::Green];

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_768_000_000 + second, 0).unwrap()
}

fn classes(time: &Availability) -> [i64; 5] {
    [
        time.up_seconds,
        time.degraded_seconds,
        time.down_seconds,
        time.unknown_seconds,
        time.maintenance_seconds,
    ]
}

fn policy(windows: &[(i64, i64)]) -> SlaPolicy {
    let mut policy = SlaPolicy::standard();
    policy.maintenance =
        windows.iter().map(|(from, to)| MaintenanceWindow::new(at(*from), at(*to))).collect();
    policy
}

#[test]
fn every_status_has_its_class() {
    for (status, expected) in [
        (Status::Green, [100, 0, 0, 0, 0]),
        (Status::Yellow, [100, 0, 0, 0, 0]),
        (Status::Orange, [0, 100, 0, 0, 0]),
        (Status::Red, [0, 0, 100, 0, 0]),
        (Status::Unknown, [0, 0, 0, 100, 0]),
    ] {
        assert_eq!(classes(&availability(status, &[], &policy(&[]), at(0), at(100))), expected);
    }
}

#[test]
fn maintenance_is_a_class_of_its_own() {
    let transitions = [(at(20), Status::Red), (at(60), Status::Green)];
    let mut policy = policy(&[(50, 70), (60, 80), (-10, 5)]);
    let time = availability(Status::Green, &transitions, &policy, at(0), at(100));
    assert_eq!(classes(&time), [35, 0, 30, 0, 35]);
    policy.maintenance_time = MaintenanceTime::Counted;
    let time = availability(Status::Green, &transitions, &policy, at(0), at(100));
    assert_eq!(classes(&time), [60, 0, 40, 0, 0]);
}

#[test]
fn unknown_time_is_neither_up_nor_down() {
    let transitions = [(at(50), Status::Unknown), (at(90), Status::Orange)];
    let mut policy = policy(&[]);
    let uptime =
        |policy: &SlaPolicy| availability(Status::Green, &transitions, policy, at(0), at(100)).uptime_percent;
    assert_eq!(uptime(&policy), Some(100.0 * 50.0 / 60.0));
    policy.intermittent = CountAs::Up;
    assert_eq!(uptime(&policy), Some(100.0));
    policy.unknown = CountAs::Down;
    assert_eq!(uptime(&policy), Some(60.0));
    let unknown = availability(Status::Unknown, &[], &policy, at(0), at(100));
    assert_eq!(unknown.uptime_percent, None);
}

#[test]
fn the_policy_is_printed_beside_the_number() {
    let text = availability(Status::Green, &[], &policy(&[]), at(0), at(3_600)).to_string();
    assert!(text.starts_with("Uptime: 100.000 % - 1 h up"), "{text}");
    assert!(text.contains("\n  Unknown time does not count.\n"), "{text}");
}

proptest! {
    #[test]
    fn the_classes_add_up_to_the_period(
        before in select(STATUSES.to_vec()),
        transitions in prop::collection::vec((-500_i64..1_500, select(STATUSES.to_vec())), 0..30),
        windows in prop::collection::vec((-500_i64..1_500, 0_i64..400), 0..8),
        length in 0_i64..1_000,
    ) {
        let windows: Vec<(i64, i64)> = windows.into_iter().map(|(from, length)| (from, from + length)).collect();
        let policy = policy(&windows);
        let listed: Vec<_> = transitions.iter().map(|(second, status)| (at(*second), *status)).collect();
        let time = availability(before, &listed, &policy, at(0), at(length));
        prop_assert_eq!(time.total_seconds(), length);
        comes_back(&time)?;

        // Second by second. A status that began earlier than the one before it begins with that one.
        let mut expected = [0; 5];
        for second in 0..length {
            let last = transitions.iter().take_while(|(at, _)| *at <= second).last();
            let class = if windows.iter().any(|(from, to)| (*from..*to).contains(&second)) {
                4
            } else {
                match last.map_or(before, |(_, status)| *status) {
                    Status::Green | Status::Yellow => 0,
                    Status::Orange => 1,
                    Status::Red => 2,
                    Status::Unknown => 3,
                }
            };
            expected[class] += 1;
        }
        prop_assert_eq!(classes(&time), expected);
    }

    #[test]
    fn no_time_panics(from in time(), to in time(), other in time(), status in select(STATUSES.to_vec())) {
        let mut policy = policy(&[]);
        policy.maintenance = vec![MaintenanceWindow::new(from, other)];
        let time = availability(status, &[(other, status), (from, Status::Red)], &policy, from, to);
        let period = to.timestamp().saturating_sub(from.timestamp()).max(0);
        prop_assert_eq!(time.total_seconds(), period);
        let _ = (time.to_string(), to.checked_add_signed(TimeDelta::seconds(1)));
    }
}
