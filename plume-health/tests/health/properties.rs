//! Properties that hold for every input.

use std::time::Duration;

use plume_health::{DevicePolicy, Format, HealthReport, Policy, ReportPart, Status, analyze, uptime, wan};
use plume_types::{LocationSnapshot, OnlineStats, PartFailureKind, WanStats};
use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};
use testkit::snapshots::{gateway, healthy, known, now, snapshot, with};

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];

/// Answers from best to worst.
const NODE_STATES: [&str; 5] = ["connected", "", "unavailable", "dozing", "disconnected"];
const NODE_HEALTH: [&str; 4] = ["excellent", "good", "fair", "poor"];
const NETWORK: [&str; 2] = ["online", "offline"];
const TIERS: [&str; 3] = ["fullService", "basicService", "noService"];
const DEVICE_STATES: [&str; 2] = ["connected", "disconnected"];

/// A home as positions in the lists above, so that "worse" is "further on".
#[derive(Debug, Clone)]
struct Home {
    /// State, health, alert.
    nodes: Vec<(usize, usize, usize)>,
    /// State, and the node it is attached to.
    devices: Vec<(usize, usize)>,
    /// 5 minus the score, in halves.
    classes: Vec<usize>,
    network: usize,
    tier: usize,
}

fn homes() -> impl Strategy<Value = Home> {
    (
        prop::collection::vec((0..5usize, 0..4usize, 0..2usize), 0..5),
        prop::collection::vec((0..2usize, 0..5usize), 0..5),
        prop::collection::vec(0..=8usize, 1..4),
        0..2usize,
        0..3usize,
    )
        .prop_map(|(nodes, devices, classes, network, tier)| Home {
            nodes,
            devices,
            classes,
            network,
            tier,
        })
}

impl Home {
    fn to_json(&self) -> Value {
        let nodes: Vec<Value> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(index, (state, health, alert))| {
                let alerts = if *alert == 0 { json!([]) } else { json!([{"type": "poorHealth"}]) };
                json!({
                    "id": format!("TST{index}"),
                    "connectionState": NODE_STATES[*state],
                    "health": {"status": NODE_HEALTH[*health]},
                    "alerts": alerts,
                })
            })
            .collect();
        let devices: Vec<Value> = self
            .devices
            .iter()
            .enumerate()
            .map(|(index, (state, node))| {
                json!({
                    "mac": format!("02:00:00:00:00:0{index}"),
                    "connectionState": DEVICE_STATES[*state],
                    "leafToRoot": [{"id": format!("TST{node}")}],
                })
            })
            .collect();
        let classes: Vec<Value> = self
            .classes
            .iter()
            .enumerate()
            .map(|(index, below)| {
                let score = 5.0 - f64::from(u32::try_from(*below).unwrap()) / 2.0;
                json!({"name": format!("class{index}"), "score": score})
            })
            .collect();
        json!({
            "customerId": "c", "locationId": "l", "takenAt": now().to_rfc3339(),
            "location": known(json!({"id": "l", "networkStatus": {"status": NETWORK[self.network]}})),
            "nodes": known(nodes),
            "devices": known(devices),
            "serviceLevel": known(json!({"status": TIERS[self.tier]})),
            "qoe": known(classes),
        })
    }

    fn report(&self, policy: &Policy) -> HealthReport {
        analyze(&snapshot(self.to_json()), policy, now())
    }

    /// Returns every home that is one step worse.
    fn worsened(&self) -> Vec<Self> {
        fn step(home: &Home, change: impl FnOnce(&mut Home) -> Option<()>) -> Option<Home> {
            let mut worse = home.clone();
            change(&mut worse).map(|()| worse)
        }
        fn next(position: &mut usize, len: usize) -> Option<()> {
            *position += 1;
            (*position < len).then_some(())
        }
        let mut all: Vec<Option<Self>> = vec![
            step(self, |home| next(&mut home.network, NETWORK.len())),
            step(self, |home| next(&mut home.tier, TIERS.len())),
        ];
        for index in 0..self.nodes.len() {
            all.push(step(self, |home| next(&mut home.nodes[index].0, NODE_STATES.len())));
            all.push(step(self, |home| next(&mut home.nodes[index].1, NODE_HEALTH.len())));
            all.push(step(self, |home| next(&mut home.nodes[index].2, 2)));
        }
        for index in 0..self.devices.len() {
            all.push(step(self, |home| next(&mut home.devices[index].0, DEVICE_STATES.len())));
        }
        for index in 0..self.classes.len() {
            all.push(step(self, |home| next(&mut home.classes[index], 9)));
        }
        all.into_iter().flatten().collect()
    }
}

fn policies() -> impl Strategy<Value = Policy> {
    let devices = prop_oneof![
        Just(DevicePolicy::All),
        Just(DevicePolicy::Ignore),
        Just(DevicePolicy::Favorites),
        Just(DevicePolicy::Recent { within: Duration::from_secs(3600) }),
        Just(DevicePolicy::Recent { within: Duration::MAX }),
        Just(DevicePolicy::Watched(vec!["02:00:00:00:00:00".into(), "x".into()])),
    ];
    (select(vec![Policy::standard(), Policy::panoptes()]), devices)
        .prop_map(|(policy, devices)| policy.with_devices(devices))
}

/// JSON of any shape, built of the words that the models know and of others.
fn any_json() -> impl Strategy<Value = Value> {
    let word = select(vec![
        "connected",
        "disconnected",
        "unavailable",
        "poor",
        "good",
        "fair",
        "noService",
        "basicService",
        "online",
        "offline",
        "TST1",
        "TST2",
        "poorHealth",
        "video",
        "2026-01-15T09:00:00Z",
        "-262143-01-01T00:00:00Z",
        "+262142-12-31T23:59:59Z",
        "1e308",
        "*_`<b>&\"",
        "\u{202e}\u{1b}[31m",
        "",
    ]);
    let key = select(vec![
        "id",
        "serialNumber",
        "nickname",
        "connectionState",
        "connectionStateChangeAt",
        "health",
        "status",
        "score",
        "alerts",
        "type",
        "state",
        "leafToRoot",
        "mac",
        "favorite",
        "name",
        "trafficClass",
        "qoe",
        "networkStatus",
        "serviceLevel",
        "model",
        "firmwareVersion",
        "nodes",
        "devices",
        "timestamp",
        "value",
        "locationState",
        "fifteenMins",
        "rxMbytes",
        "txMbytes",
        "rxMaxMbps",
        "txMaxMbps",
    ]);
    let leaf = prop_oneof![
        3 => word.prop_map(|word| json!(word)),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => any::<i64>().prop_map(|number| json!(number)),
        1 => any::<bool>().prop_map(|flag| json!(flag)),
        1 => ".{0,80}".prop_map(|text| json!(text)),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(4, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8).prop_map(|entries| {
                Value::Object(
                    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>(),
                )
            }),
        ]
    })
}

/// The snapshot with each part that can be read from the values, else not requested.
fn snapshot_of(parts: [Value; 5]) -> LocationSnapshot {
    let mut json = healthy();
    for (key, value) in ["location", "nodes", "devices", "serviceLevel", "qoe"].into_iter().zip(parts) {
        json[key] = known(value);
        if serde_json::from_value::<LocationSnapshot>(json.clone()).is_err() {
            json[key] = testkit::snapshots::not_asked();
        }
    }
    snapshot(json)
}

/// A list of odd nodes or devices is read more often than a value of any shape.
fn any_list() -> impl Strategy<Value = Value> {
    prop::collection::vec(any_json(), 0..6).prop_map(|items| {
        items
            .into_iter()
            .enumerate()
            .map(|(index, item)| match item {
                item @ Value::Object(_) => with(item, "id", json!(format!("TST{}", index % 3))),
                item => item,
            })
            .collect()
    })
}

fn snapshots() -> impl Strategy<Value = LocationSnapshot> {
    (any_json(), any_list(), any_list(), any_json(), any_json()).prop_map(
        |(location, nodes, devices, level, qoe)| snapshot_of([location, nodes, devices, level, qoe]),
    )
}

fn is_network_unreadable(snapshot: &LocationSnapshot) -> bool {
    match snapshot.location.failure() {
        Some(failure) => failure.kind == PartFailureKind::Unreadable,
        None => snapshot.location.known().is_some_and(|location| {
            location.network_status.as_ref().and_then(|network| network.status.as_ref()).is_unreadable()
        }),
    }
}

proptest! {
    #[test]
    fn any_snapshot_is_analyzed_and_rendered(snapshot in snapshots(), policy in policies()) {
        let report = analyze(&snapshot, &policy, now());
        for format in FORMATS {
            prop_assert!(!report.render(format).is_empty());
        }
        // Known and good is the only way to green.
        if report.status == Status::Green {
            let nodes = snapshot.nodes.known().unwrap();
            prop_assert!(nodes.unreadable() == 0 && !nodes.is_empty());
            let connected = plume_types::Field::Known(plume_types::ConnectionState::Connected);
            prop_assert!(nodes.iter().all(|node| node.connection_state == connected));
            prop_assert_eq!(report.online, Some(true));
        }
        let always = |part: &ReportPart| matches!(part, ReportPart::Nodes | ReportPart::Snapshot);
        let nodes_tell = !report.unknown.iter().any(|unknown| always(&unknown.part));
        for unknown in report.unknown.iter().filter(|unknown| unknown.needed != always(&unknown.part)) {
            // What cannot be read may say "offline"; else the network state is needed if the nodes do not decide.
            prop_assert_eq!(&unknown.part, &ReportPart::NetworkState);
            prop_assert!(!nodes_tell || is_network_unreadable(&snapshot));
        }
        prop_assert_eq!(
            report.status == Status::Green,
            report.what_would_make_it_green.is_empty()
        );
        prop_assert_eq!(&report, &analyze(&snapshot, &policy, now()));
    }

    #[test]
    fn order_and_repetition_do_not_matter(
        parts in (any_json(), any_list(), any_list(), any_json(), any_list()),
        seed in any::<prop::sample::Index>(),
        policy in policies(),
    ) {
        let (location, nodes, devices, level, qoe) = parts;
        let twisted = |list: &Value| {
            let mut items = list.as_array().unwrap().clone();
            // An unreadable element repeated is one more unreadable element.
            let readable: Vec<Value> = items
                .iter()
                .filter(|item| item.get("id").is_some() || item.get("name").is_some())
                .filter(|item| serde_json::from_value::<plume_types::Node>((*item).clone()).is_ok())
                .filter(|item| serde_json::from_value::<plume_types::Device>((*item).clone()).is_ok())
                .cloned()
                .collect();
            items.extend(readable);
            if !items.is_empty() {
                let middle = seed.index(items.len());
                items.rotate_left(middle);
                items[..middle].reverse();
            }
            Value::from(items)
        };
        let before = analyze(
            &snapshot_of([location.clone(), nodes.clone(), devices.clone(), level.clone(), qoe.clone()]),
            &policy,
            now(),
        );
        let after = analyze(
            &snapshot_of([location, twisted(&nodes), twisted(&devices), level, twisted(&qoe)]),
            &policy,
            now(),
        );
        prop_assert_eq!(before, after);
    }

    #[test]
    fn worse_input_never_gives_a_better_verdict(home in homes(), policy in policies()) {
        let before = home.report(&policy);
        for worse in home.worsened() {
            let after = worse.report(&policy);
            prop_assert!(
                after.status <= before.status,
                "{:?} became {:?}\n{:?}\n{:?}", before.headline, after.headline, home, worse
            );
        }
    }

    #[test]
    fn a_home_doubled_is_the_same_home(home in homes(), policy in policies()) {
        let json = home.to_json();
        let mut doubled = json.clone();
        for part in ["nodes", "devices", "qoe"] {
            let list = doubled[part]["known"].as_array_mut().unwrap();
            list.extend(list.clone().into_iter().rev());
        }
        prop_assert_eq!(
            analyze(&snapshot(json), &policy, now()),
            analyze(&snapshot(doubled), &policy, now())
        );
    }

    #[test]
    fn any_series_is_rendered(value in any_json(), points in any_list()) {
        for value in [value, json!({"fifteenMins": points.clone()}), json!({"locationState": points})] {
            if let Ok(stats) = serde_json::from_value::<OnlineStats>(value.clone()) {
                let report = uptime::analyze(&stats);
                let known = report.samples > 0 && report.samples >= report.unknown_samples;
                prop_assert_eq!(report.uptime_percent.is_some(), known);
                for format in FORMATS {
                    prop_assert!(!report.render(format).is_empty());
                }
            }
            if let Ok(stats) = serde_json::from_value::<WanStats>(value) {
                let report = wan::analyze(&stats);
                for format in FORMATS {
                    prop_assert!(!report.render(format).is_empty());
                }
            }
        }
    }

    #[test]
    fn wan_points_may_come_in_any_order(
        points in prop::collection::vec(
            (0..8u32, prop::option::of(0.0..1e6), prop::option::of(0.0..1e4)),
            0..20,
        ),
        middle in any::<prop::sample::Index>(),
    ) {
        let json = |points: &[(u32, Option<f64>, Option<f64>)]| -> WanStats {
            let points: Vec<Value> = points
                .iter()
                .map(|(step, mbytes, max)| json!({
                    // Some have no time.
                    "timestamp": (*step > 0).then(|| format!("2026-01-15T0{step}:15:00Z")),
                    "rxMbytes": mbytes, "txMbytes": max, "rxMaxMbps": max, "txMaxMbps": mbytes,
                }))
                .collect();
            serde_json::from_value(json!({"fifteenMins": points})).unwrap()
        };
        let mut turned = points.clone();
        if !turned.is_empty() {
            let middle = middle.index(turned.len());
            turned.rotate_left(middle);
            turned[..middle].reverse();
        }
        prop_assert_eq!(wan::analyze(&json(&points)), wan::analyze(&json(&turned)));
    }
}

#[test]
fn a_gateway_alone_is_green() {
    // The green branch of the properties above is not empty.
    let snapshot = snapshot_of([Value::Null, json!([gateway()]), Value::Null, Value::Null, Value::Null]);
    assert_eq!(analyze(&snapshot, &Policy::standard(), now()).status, Status::Green);
}
