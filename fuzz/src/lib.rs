//! Homes made of fuzzer bytes, and the properties of the verdict on each. Bodies made of bytes are in [`bodies`]. The
//! whole path from the bodies of a home to its rendered report is in `testkit::homes`.
//!
//! The models are built field by field and not read from JSON: that reaches numbers that JSON cannot carry,
//! and most bytes become a home instead of a syntax error.
//!
//! **Fuzzing is a workspace of its own** (`fuzz/`), because libFuzzer needs a nightly compiler. Its homes are made of
//! bytes, field by field, and not read from JSON, so that nearly every input is a home and numbers that JSON cannot
//! carry are reached. `flood` analyzes such homes without coverage feedback, more than ten times as fast.

pub mod bodies;

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::{
    DevicePolicy, Format, HealthReport, NodeState, Policy, ReportPart, Status, analyze, change::diff_reports,
    topology::Topology,
};
use plume_monitor::{change::diff, fleet::FleetRollUp};
use plume_types::{
    Alert, AlertKind, AlertState, AppQoe, ConnectionState, Device, Field, Health, HealthWord, Hop, List,
    Location, LocationSnapshot, Medium, NetworkStatus, Node, OnlineState, Part, PartFailure, PartFailureKind,
    ServiceLevel, ServiceTier, SpeedTest,
};
use serde_json::{Value, json};

/// Reads bytes as choices. After the last byte every choice is the first.
struct Choices<'a>(&'a [u8]);

const IDS: [&str; 6] = ["A", "B", "C", "D", "", "\u{202e}*<b>&\u{1b}[31m"];
const MACS: [&str; 6] =
    ["02:00:00:00:00:01", "02-00-00-00-00-01", "02:00:00:00:00:02", "020000000003", "x", ""];
const WORDS: [&str; 4] = ["video", "web browsing", "", "\u{200b}\u{feff}"];
const NUMBERS: [f64; 12] =
    [5.0, 4.2, 2.0, 1.999, 0.0, -0.0, -1.0, 5.001, 1e308, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

impl Choices<'_> {
    fn next(&mut self) -> usize {
        match self.0.split_first() {
            Some((byte, rest)) => {
                self.0 = rest;
                usize::from(*byte)
            }
            None => 0,
        }
    }

    fn of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.next() % values.len()].clone()
    }

    fn once_in(&mut self, number: usize) -> bool {
        self.next() % number == number - 1
    }

    /// Makes a list, sometimes with an unreadable element.
    fn list<T>(&mut self, max: usize, mut item: impl FnMut(&mut Self) -> T) -> List<T>
    where
        List<T>: serde::de::DeserializeOwned,
    {
        let len = self.next() % (max + 1);
        if self.once_in(32) {
            return serde_json::from_str("[17]").unwrap_or_default();
        }
        (0..len).map(|_| item(self)).collect()
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.once_in(8) { None } else { Some(value(self)) }
    }

    /// Makes a field, sometimes absent or unreadable.
    fn field<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Field<T> {
        match self.next() % 16 {
            0 | 1 => Field::Absent,
            2 => Field::Unreadable,
            _ => Field::Known(value(self)),
        }
    }

    fn part<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Part<T> {
        match self.next() % 16 {
            15 => Part::NotRequested,
            14 => Part::Failed(PartFailure::new(PartFailureKind::Refused, "no\n")),
            _ => Part::Known(value(self)),
        }
    }

    fn time(&mut self) -> DateTime<Utc> {
        let hours = TimeDelta::hours(i64::try_from(self.next()).unwrap_or_default() - 64);
        match self.next() % 8 {
            7 => DateTime::<Utc>::MAX_UTC,
            6 => DateTime::<Utc>::MIN_UTC,
            _ => now() - hours,
        }
    }

    fn state(&mut self) -> Field<ConnectionState> {
        self.field(|choices| {
            use ConnectionState::{Connected, Disconnected, Unavailable};
            choices.of(&[
                Connected,
                Connected,
                Connected,
                Disconnected,
                Disconnected,
                Unavailable,
                "dozing".into(),
            ])
        })
    }

    fn way(&mut self) -> Field<List<Hop>> {
        self.field(|choices| choices.list(3, |choices| Hop::new(choices.of(&IDS))))
    }

    fn number(&mut self) -> Option<f64> {
        self.maybe(|choices| choices.of(&NUMBERS))
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_768_471_200, 0).unwrap_or_default()
}

fn health(choices: &mut Choices<'_>) -> Health {
    let mut health = Health::default();
    health.status = choices.field(|choices| {
        choices.of(&[HealthWord::Good, HealthWord::Fair, HealthWord::Poor, HealthWord::from("odd")])
    });
    health.score = choices.field(|choices| choices.of(&NUMBERS));
    health
}

fn alert(choices: &mut Choices<'_>) -> Alert {
    let mut alert = Alert::default();
    alert.kind = choices.maybe(|choices| choices.of(&[AlertKind::PoorHealth, AlertKind::from("hot")]));
    alert.state = choices.once_in(4).then_some(AlertState::Snooze);
    alert
}

fn node(choices: &mut Choices<'_>) -> Node {
    let mut node = Node::new(choices.of(&IDS));
    node.connection_state = choices.state();
    node.leaf_to_root = choices.way();
    node.health = choices.field(health);
    node.alerts = choices.field(|choices| choices.list(2, alert));
    node.backhaul_type =
        choices.maybe(|choices| choices.of(&[Medium::Wifi, Medium::Ethernet, Medium::NotKnown]));
    node.nickname = choices.maybe(|choices| choices.of(&IDS).to_owned());
    if choices.once_in(4) {
        node.connection_state_changed_at = choices.field(Choices::time);
        let mut test = SpeedTest::default();
        (test.download, test.upload) = (choices.number(), choices.number());
        node.speed_test = Some(test);
    }
    node
}

fn device(choices: &mut Choices<'_>) -> Device {
    let mut device = Device::new(choices.of(&MACS));
    device.connection_state = choices.state();
    device.connection_state_changed_at = choices.field(Choices::time);
    device.leaf_to_root = choices.way();
    device.favorite = choices.field(|choices| choices.once_in(4));
    device
}

fn location(choices: &mut Choices<'_>) -> Location {
    let mut location = Location::new("l");
    let mut status = NetworkStatus::default();
    status.status = choices
        .field(|choices| choices.of(&[OnlineState::Online, OnlineState::Offline, OnlineState::from("odd")]));
    location.network_status = choices.field(|_| status);
    location.name = choices.maybe(|choices| choices.of(&IDS).to_owned());
    location
}

fn tier(choices: &mut Choices<'_>) -> ServiceLevel {
    let mut level = ServiceLevel::default();
    level.status = choices.field(|choices| {
        choices.of(&[
            ServiceTier::FullService,
            ServiceTier::BasicService,
            ServiceTier::NoService,
            ServiceTier::from("odd"),
        ])
    });
    level
}

fn qoe(choices: &mut Choices<'_>) -> AppQoe {
    let classes: Vec<Value> = (0..choices.next() % 3)
        .map(|_| {
            let quality = choices.of(&["good", "poor", "odd"]);
            json!({"name": choices.of(&WORDS), "quality": quality, "score": choices.number()})
        })
        .collect();
    AppQoe::from(Value::from(classes))
}

fn home(choices: &mut Choices<'_>) -> LocationSnapshot {
    let mut home = LocationSnapshot::new("c", "l", now());
    home.nodes = choices.part(|choices| choices.list(4, node));
    home.devices = choices.part(|choices| choices.list(5, device));
    home.location = choices.part(location);
    home.service_level = choices.part(tier);
    home.qoe = choices.part(qoe);
    if choices.once_in(16) {
        home.taken_at = choices.time();
    }
    home
}

fn policy(choices: &mut Choices<'_>) -> Policy {
    let policy = if choices.once_in(4) { Policy::panoptes() } else { Policy::standard() };
    let devices = match choices.next() % 4 {
        0 => DevicePolicy::All,
        1 => DevicePolicy::Favorites,
        2 => DevicePolicy::Watched(vec![MACS[0].into(), MACS[4].into()]),
        _ => return policy,
    };
    policy.with_devices(devices)
}

/// Analyzes the home that the bytes encode.
///
/// # Panics
///
/// If the verdict violates a property.
pub fn judge(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    // Rendering takes fifty times as long as the analysis.
    let everything = choices.once_in(128);
    let policy = policy(&mut choices);
    let home = home(&mut choices);
    let report = analyze(&home, &policy, now());
    check(&home, &report);
    if everything {
        look_at_everything(&home, &report, &self::home(&mut choices), &policy);
    }
}

fn check(home: &LocationSnapshot, report: &HealthReport) {
    let needed = report.unknown.iter().any(|unknown| unknown.needed);
    let worst = report.findings.iter().map(|finding| finding.status).min();
    let base = if needed { Status::Unknown } else { Status::Green };
    assert_eq!(report.status, worst.map_or(base, |worst| worst.min(base)));
    assert_eq!(report.status == Status::Green, report.what_would_make_it_green.is_empty());
    if report.status == Status::Green {
        let nodes = home.nodes.known().expect("green without nodes");
        assert!(!nodes.is_empty() && nodes.unreadable() == 0);
        assert!(nodes.iter().all(|node| node.connection_state == Field::Known(ConnectionState::Connected)));
        assert_eq!(report.online, Some(true));
        let has_unreadable_alerts = nodes.iter().any(|node| node.alerts.elements().1 > 0);
        let says_so = report.unknown.iter().any(|unknown| unknown.part == ReportPart::NodeAlerts);
        assert!(says_so || !has_unreadable_alerts);
    }
    if report.online == Some(false) {
        // A location is offline only if the network state says so, or every node.
        let network =
            home.location.known().and_then(|location| location.network_status.known()?.status.known());
        let nodes = report.nodes.iter().all(|node| node.state == NodeState::Disconnected);
        assert!(network == Some(&OnlineState::Offline) || (nodes && home.nodes.known().is_some()));
        assert!(report.status <= Status::Yellow);
    }
    let stale = report.unknown.iter().any(|unknown| unknown.part == ReportPart::Snapshot);
    assert!(!stale || report.status == Status::Unknown);
}

fn look_at_everything(
    home: &LocationSnapshot,
    report: &HealthReport,
    other: &LocationSnapshot,
    policy: &Policy,
) {
    let other_report = analyze(other, policy, now());
    let (tree, changes) = (Topology::of(home), diff(home, other));
    let mut fleet = FleetRollUp::keeping(1);
    fleet.add(report);
    fleet.add(&other_report);
    for format in [Format::Text, Format::Markdown, Format::Html, Format::Json] {
        assert!(!report.render(format).is_empty());
        assert!(!tree.render(format).is_empty());
        assert!(!changes.render(format).is_empty());
        assert!(!diff_reports(report, &other_report).render(format).is_empty());
        assert!(!fleet.report().render(format).is_empty());
    }
    assert!(diff(home, home).changes.is_empty());
    assert!(diff_reports(report, report).is_empty());
    assert_eq!(changes.changes.len(), diff(other, home).changes.len());
}
