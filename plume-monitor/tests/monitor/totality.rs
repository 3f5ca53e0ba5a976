//! Input that JSON cannot carry, input that contradicts itself, and input of great size.

use plume_health::{DevicePolicy, Format, Policy, analyze};
use plume_monitor::change::diff;
use plume_monitor::fleet::FleetRollUp;
use plume_types::LocationSnapshot;
use testkit::snapshots::now;
use testkit::snapshots::odd::{
    CIRCLES, ODD_NUMBERS, a_hundred_thousand_devices, home, in_a_circle, nothing_but_ids, odd_times, states,
    with_number, with_time,
};

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];

#[test]
fn odd_homes_are_compared_and_counted() {
    let mut homes: Vec<LocationSnapshot> = ODD_NUMBERS.map(with_number).into();
    homes.extend(odd_times().map(with_time));
    homes.push(nothing_but_ids());
    for state in states() {
        homes.extend(CIRCLES.map(|(a, b)| in_a_circle(a, b, &state)));
    }
    for snapshot in &homes {
        for now in odd_times().into_iter().chain([now()]) {
            let mut fleet = FleetRollUp::default();
            fleet.add(&analyze(snapshot, &Policy::standard(), now));
            assert!(FORMATS.iter().all(|format| !fleet.report().render(*format).is_empty()));
        }
        for changes in [diff(snapshot, &home()), diff(&home(), snapshot)] {
            assert!(FORMATS.iter().all(|format| !changes.render(*format).is_empty()));
        }
        assert!(diff(snapshot, snapshot).changes.is_empty());
    }
}

/// Work that grows with the square of this would take minutes, and the test run would show it.
#[test]
fn a_hundred_thousand_devices_are_compared_and_counted() {
    let snapshot = a_hundred_thousand_devices();
    assert_eq!(diff(&snapshot, &snapshot).changes.len(), 0);
    let policy = Policy::standard().with_devices(DevicePolicy::All);
    let mut fleet = FleetRollUp::default();
    fleet.add(&analyze(&snapshot, &policy, now()));
    assert_eq!(fleet.report().devices.disconnected, 50_000);
}
