//! Input that JSON cannot carry, input that contradicts itself, and input of great size.

use crate::common::now;
use chrono::{DateTime, TimeDelta, Utc};
use plume_health::{
    DevicePolicy, Format, HealthReport, Policy, RuleId, Status, analyze,
    change::{diff, diff_reports},
    fleet::Fleet,
    topology::Topology,
};
use plume_types::{
    ConnectionState, Device, Field, Health, Hop, List, Location, LocationSnapshot, Node, Part, SpeedTest,
};

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];
const ODD_NUMBERS: [f64; 9] =
    [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -0.0, f64::MAX, f64::MIN, f64::EPSILON, 5.000_001];

/// A home with a gateway and one pod behind it, both connected.
fn home() -> LocationSnapshot {
    let mut gateway = Node::new("A");
    gateway.connection_state = Field::Known(ConnectionState::Connected);
    gateway.leaf_to_root = Field::Known(List::default());
    let mut pod = gateway.clone();
    pod.id = "B".into();
    pod.leaf_to_root = Field::Known(vec![Hop::new("A")].into());
    let mut snapshot = LocationSnapshot::new("c", "l", now());
    snapshot.nodes = Part::Known(vec![gateway, pod].into());
    snapshot
}

fn change_nodes(snapshot: &mut LocationSnapshot, change: impl Fn(&mut Node)) {
    let Part::Known(nodes) = &snapshot.nodes else { return };
    let mut nodes = nodes.clone().into_vec();
    nodes.iter_mut().for_each(change);
    snapshot.nodes = Part::Known(nodes.into());
}

/// Does everything there is with it.
fn through_everything(snapshot: &LocationSnapshot, now: DateTime<Utc>) -> HealthReport {
    let report = analyze(snapshot, &Policy::standard(), now);
    let healthy = analyze(&home(), &Policy::standard(), now);
    let mut fleet = Fleet::default();
    fleet.add(&report);
    for format in FORMATS {
        for text in [
            report.render(format),
            Topology::of(snapshot).render(format),
            diff(snapshot, &home()).render(format),
            diff(&home(), snapshot).render(format),
            diff_reports(&report, &healthy).render(format),
            fleet.report().render(format),
        ] {
            assert!(!text.is_empty());
        }
    }
    assert!(diff(snapshot, snapshot).changes.is_empty());
    assert!(diff_reports(&report, &report).is_empty());
    report
}

#[test]
fn odd_numbers_say_nothing() {
    for number in ODD_NUMBERS {
        let mut snapshot = home();
        change_nodes(&mut snapshot, |node| {
            let mut health = Health::default();
            health.score = Field::Known(number);
            node.health = Field::Known(health);
            let mut test = SpeedTest::default();
            (test.download, test.upload) = (Some(number), Some(number));
            node.speed_test = Some(test);
        });
        let mut location = Location::new("l");
        let mut test = SpeedTest::default();
        (test.download, test.upload) = (Some(number), Some(100.0));
        location.speed_test = Some(test);
        snapshot.location = Part::Known(location);
        let report = through_everything(&snapshot, now());
        // Zero and the smallest number are poor scores, everything else is off the scale.
        let poor = (0.0..1.0).contains(&number);
        assert_eq!(report.of_rule(RuleId::NodeHealth).count(), if poor { 2 } else { 0 }, "{number}");
        assert_eq!(report.online, Some(true));
    }
}

#[test]
fn odd_times_are_no_problem() {
    let times = [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, now() + TimeDelta::days(36_500)];
    for time in times {
        for now in times.into_iter().chain([now()]) {
            let mut snapshot = home();
            snapshot.taken_at = time;
            change_nodes(&mut snapshot, |node| {
                node.connection_state = Field::Known(ConnectionState::Disconnected);
                node.connection_state_changed_at = Field::Known(time);
            });
            let mut device = Device::new("02:00:00:00:00:01");
            device.connection_state = Field::Known(ConnectionState::Disconnected);
            device.connection_state_changed_at = Field::Known(time);
            device.leaf_to_root = Field::Known(vec![Hop::new("B"), Hop::new("A")].into());
            snapshot.devices = Part::Known(vec![device].into());
            let report = through_everything(&snapshot, now);
            assert_ne!(report.status, Status::Green);
        }
    }
}

#[test]
fn nothing_but_ids_is_unknown_and_no_more() {
    let mut snapshot = LocationSnapshot::new("c", "l", now());
    snapshot.location = Part::Known(Location::new("l"));
    snapshot.nodes = Part::Known(vec![Node::new("A"), Node::new("A"), Node::new("")].into());
    snapshot.devices = Part::Known(vec![Device::new("x"), Device::new("")].into());
    let report = through_everything(&snapshot, now());
    assert_eq!((report.status, report.online), (Status::Unknown, None));
    assert!(report.findings.is_empty());
}

#[test]
fn ways_in_circles_end() {
    for (a, b) in [("A", "B"), ("B", "A"), ("B", "B"), ("A", "A"), ("Z", "A")] {
        for state in [ConnectionState::Connected, ConnectionState::Disconnected, "dozing".into()] {
            let mut snapshot = home();
            change_nodes(&mut snapshot, |node| {
                let parent = if node.id.as_str() == "A" { a } else { b };
                node.leaf_to_root = Field::Known(vec![Hop::new(parent), Hop::new("B"), Hop::new("A")].into());
                node.connection_state = Field::Known(state.clone());
            });
            let report = through_everything(&snapshot, now());
            assert_eq!(report.online == Some(true), state == ConnectionState::Connected);
        }
    }
}

/// 1,000 pods in one chain, every other one disconnected, and 100,000 devices behind them, half of them gone.
/// Work that grows with the square of this would take minutes, and the test run would show it.
#[test]
fn a_hundred_thousand_devices_are_judged() {
    let nodes: Vec<Node> = (0..1_000)
        .map(|number| {
            let mut node = Node::new(format!("N{number:04}"));
            let up = number % 2 == 0;
            node.connection_state =
                Field::Known(if up { ConnectionState::Connected } else { ConnectionState::Disconnected });
            let way = (number > 0).then(|| Hop::new(format!("N{:04}", number - 1)));
            node.leaf_to_root = Field::Known(way.into_iter().collect());
            node.firmware_version = Some(format!("{number}"));
            node
        })
        .collect();
    let devices: Vec<Device> = (0..100_000)
        .map(|number| {
            let mut device = Device::new(format!(
                "02:00:00:{:02x}:{:02x}:{:02x}",
                number >> 16,
                number >> 8 & 255,
                number & 255
            ));
            let up = number % 4 < 2;
            device.connection_state =
                Field::Known(if up { ConnectionState::Connected } else { ConnectionState::Disconnected });
            device.leaf_to_root = Field::Known(vec![Hop::new(format!("N{:04}", number % 1_000))].into());
            device
        })
        .collect();
    let mut snapshot = LocationSnapshot::new("c", "l", now());
    snapshot.nodes = Part::Known(nodes.into());
    snapshot.devices = Part::Known(devices.into());
    let policy = Policy::standard().with_devices(DevicePolicy::All);
    let report = analyze(&snapshot, &policy, now());
    assert_eq!(report.devices.map(|totals| totals.disconnected), Some(50_000));
    let behind: usize =
        report.of_rule(RuleId::NodeDisconnected).map(|finding| finding.consequences.len()).sum();
    assert_eq!(report.of_rule(RuleId::NodeDisconnected).count(), 500);
    assert_eq!(behind + report.of_rule(RuleId::DeviceDisconnected).count(), 50_000);
    assert_eq!(diff(&snapshot, &snapshot).changes.len(), 0);
    assert!(diff_reports(&report, &report).is_empty());
    let mut fleet = Fleet::default();
    fleet.add(&report);
    for text in [report.render(Format::Text), Topology::of(&snapshot).render(Format::Text)] {
        assert!(text.lines().count() < 1_000);
    }
}
