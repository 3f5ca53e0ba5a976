//! Homes that JSON cannot represent, contradictory homes, and very large ones.

use chrono::{DateTime, TimeDelta, Utc};
use plume_types::{
    ConnectionState, Device, Field, Health, Hop, List, Location, LocationSnapshot, Node, Part, SpeedTest,
};

use crate::snapshots::written::now;

pub const ODD_NUMBERS: [f64; 9] =
    [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -0.0, f64::MAX, f64::MIN, f64::EPSILON, 5.000_001];

/// A home with a gateway and one pod behind it, both connected.
pub fn home() -> LocationSnapshot {
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

pub fn change_nodes(snapshot: &mut LocationSnapshot, change: impl Fn(&mut Node)) {
    let Part::Known(nodes) = &snapshot.nodes else { return };
    let mut nodes = nodes.clone().into_vec();
    nodes.iter_mut().for_each(change);
    snapshot.nodes = Part::Known(nodes.into());
}

/// A home with this number as every score and speed.
pub fn with_number(number: f64) -> LocationSnapshot {
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
    snapshot
}

/// The ends of the calendar, and a time far in the future.
pub fn odd_times() -> [DateTime<Utc>; 3] {
    [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, now() + TimeDelta::days(36_500)]
}

/// A disconnected home with this time in every time field.
pub fn with_time(time: DateTime<Utc>) -> LocationSnapshot {
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
    snapshot
}

pub fn nothing_but_ids() -> LocationSnapshot {
    let mut snapshot = LocationSnapshot::new("c", "l", now());
    snapshot.location = Part::Known(Location::new("l"));
    snapshot.nodes = Part::Known(vec![Node::new("A"), Node::new("A"), Node::new("")].into());
    snapshot.devices = Part::Known(vec![Device::new("x"), Device::new("")].into());
    snapshot
}

/// A home in which the node `A` is behind `a`, and the other one behind `b`.
pub fn in_a_circle(a: &str, b: &str, state: &ConnectionState) -> LocationSnapshot {
    let mut snapshot = home();
    change_nodes(&mut snapshot, |node| {
        let parent = if node.id.as_str() == "A" { a } else { b };
        node.leaf_to_root = Field::Known(vec![Hop::new(parent), Hop::new("B"), Hop::new("A")].into());
        node.connection_state = Field::Known(state.clone());
    });
    snapshot
}

pub const CIRCLES: [(&str, &str); 5] = [("A", "B"), ("B", "A"), ("B", "B"), ("A", "A"), ("Z", "A")];

pub fn states() -> [ConnectionState; 3] {
    [ConnectionState::Connected, ConnectionState::Disconnected, "dozing".into()]
}

/// 1,000 pods in one chain, every other one disconnected, and 100,000 devices behind them, half of them gone.
pub fn a_hundred_thousand_devices() -> LocationSnapshot {
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
    snapshot
}
