//! Many homes in one pass.

use plume_health::{Format, HealthReport, Policy, RuleId, Status, analyze};
use plume_monitor::fleet::{Attribute, FleetRollUp};
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::snapshots::chance::{homes, read};
use testkit::snapshots::{
    alexa, device, down, gateway, healthy, in_state, known, node, not_asked, now, report, with,
};

use crate::cases;

fn named(mut home: Value, name: &str) -> Value {
    home["locationId"] = json!(name);
    home["location"]["known"]["name"] = json!(name);
    home
}

fn broken() -> Value {
    with(healthy(), "nodes", known(vec![gateway(), down("TST0000002", "Office")]))
}

fn fleet(homes: &[Value]) -> FleetRollUp {
    let mut fleet = FleetRollUp::default();
    homes.iter().for_each(|home| fleet.add(&report(home.clone())));
    fleet
}

#[test]
fn homes_are_counted() {
    let unknown = with(healthy(), "nodes", not_asked());
    let report = fleet(&[healthy(), broken(), broken(), with(unknown, "devices", not_asked())]).report();
    assert_eq!(report.homes, 4);
    assert_eq!((report.by_status.green, report.by_status.orange, report.by_status.unknown), (1, 2, 1));
    assert_eq!((report.by_online.online, report.by_online.unknown), (4, 0));
    assert_eq!((report.nodes.connected, report.nodes.disconnected, report.nodes.homes_unknown), (3, 2, 1));
    assert_eq!((report.devices.connected, report.devices.homes_unknown), (3, 1));
    assert_eq!(report.by_rule[0].rule, RuleId::NodeDisconnected);
    assert_eq!((report.by_rule[0].homes, report.by_rule[0].findings), (2, 2));
}

#[test]
fn old_snapshot_counts_only_as_unknown() {
    let mut fleet = FleetRollUp::default();
    fleet.add(&analyze(&read(&broken()), &Policy::standard(), now() + chrono::TimeDelta::days(1)));
    let report = fleet.report();
    assert_eq!(
        (report.nodes.disconnected, report.nodes.homes_unknown, report.devices.homes_unknown),
        (0, 1, 1)
    );
}

#[test]
fn worst_homes_are_first_and_bounded() {
    let offline = with(healthy(), "nodes", known(vec![down("TST0000001", "A")]));
    let twice = with(healthy(), "nodes", known(vec![gateway(), down("B", "B"), down("C", "C")]));
    let homes = [
        named(with(healthy(), "devices", known(vec![alexa()])), "yellow"),
        named(broken(), "b"),
        named(healthy(), "green"),
        named(broken(), "a"),
        named(twice, "two"),
        named(with(healthy(), "nodes", not_asked()), "unknown"),
        named(offline, "offline"),
    ];
    let names = |fleet: &FleetRollUp| -> Vec<String> {
        fleet.report().worst.iter().map(|home| home.location.name.clone()).collect()
    };
    let all = ["offline", "two", "a", "b", "yellow", "unknown"];
    assert_eq!(names(&fleet(&homes)), all);
    let mut three = FleetRollUp::keeping(3);
    homes.iter().for_each(|home| three.add(&report(home.clone())));
    assert_eq!(names(&three), all[..3]);
    let mut merged = fleet(&homes);
    merged.merge(&FleetRollUp::keeping(2));
    assert_eq!(names(&merged), all[..2]);
}

#[test]
fn common_causes_of_disrupted_homes_are_reported() {
    let home = |name: &str, firmware: &str, isp: &str, is_broken: bool| {
        let mut home = named(if is_broken { broken() } else { healthy() }, name);
        home["location"]["known"]["geoIp"] = json!({"ISP": isp, "city": "Here"});
        for node in home["nodes"]["known"].as_array_mut().unwrap() {
            node["firmwareVersion"] = json!(firmware);
        }
        home
    };
    let mut all: Vec<Value> = (0..7).map(|_| home("a", "9.9", "Two", true)).collect();
    all.extend((0..2).map(|_| home("b", "8.5", "One", true)));
    all.extend((0..41).map(|index| home("c", "8.5", if index % 2 == 0 { "One" } else { "Two" }, false)));
    // Unknown homes are neither.
    all.extend((0..50).map(|_| {
        with(
            home("d", "9.9", "Two", false),
            "nodes",
            known(vec![with(gateway(), "connectionState", Value::Null)]),
        )
    }));
    let report = fleet(&all).report();
    let causes: Vec<_> =
        report.common_causes.iter().map(|cause| (cause.attribute, cause.value.as_str())).collect();
    assert_eq!(causes, [(Attribute::Firmware, "9.9")]);
    let text = report.render(Format::Text);
    assert!(text.contains("  • 7 of 9 disrupted homes run firmware 9.9 (7 of 50 of all homes)"), "{text}");
}

#[test]
fn a_fleet_is_rendered() {
    let odd = named(broken(), "<Home>");
    let report = fleet(&[healthy(), odd]).report();
    assert_eq!(
        report.render(Format::Text),
        "🏘️ Health of 2 homes

By status:
  🔴 Offline: 0
  🟠 Disrupted: 1
  🟡 Degraded: 0
  ⚪ Unknown: 0
  🟢 Operational: 1

Connection: 2 online, 0 offline, 0 unknown
Pods: 2 connected, 1 disconnected, 0 unknown
Devices: 2 connected, 0 disconnected, 0 unknown

Findings:
  • node-disconnected: 1 finding in 1 home

Worst homes:
  • <Home> (<Home>): 🟠 SERVICE DISRUPTED - 1 pod is disconnected"
    );
    assert!(report.render(Format::Html).contains("&lt;Home&gt;"));
    assert!(report.render(Format::Markdown).contains("\\<Home\\>"));
    let json: Value = serde_json::from_str(&report.render(Format::Json)).unwrap();
    assert_eq!((&json["by_status"]["orange"], &json["worst"][0]["status"]), (&json!(1), &json!("orange")));
    assert_eq!(FleetRollUp::default().report().first_taken_at, None);
}

#[test]
fn a_rule_with_two_severities_is_one_home() {
    // An alert lends its severity to the health it is about.
    let mut policy = Policy::standard();
    policy.rules.node_alert.severity = plume_health::Severity::Critical;
    let sick = |id: &str, alerts: Value| {
        with(with(node(id, id), "health", json!({"status": "poor"})), "alerts", alerts)
    };
    let nodes =
        vec![gateway(), sick("B", json!([{"type": "poorHealth"}, {"type": "hot"}])), sick("C", json!([]))];
    let mut fleet = FleetRollUp::default();
    fleet.add(&analyze(&read(&with(healthy(), "nodes", known(nodes))), &policy, now()));
    let count = &fleet.report().by_rule[0];
    assert_eq!((count.rule.clone(), count.homes, count.findings), (RuleId::NodeHealth, 1, 2));
}

fn judged(homes: &[Value]) -> Vec<HealthReport> {
    homes
        .iter()
        .enumerate()
        .map(|(index, home)| {
            let mut home = home.clone();
            home["locationId"] = json!(format!("l{}", index % 7));
            analyze(&read(&home), &Policy::standard(), now())
        })
        .collect()
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn parts_merged_are_the_whole(
        homes in prop::collection::vec(homes(), 0..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let reports = judged(&homes);
        let walk = |reports: &[HealthReport]| {
            let mut fleet = FleetRollUp::keeping(5);
            reports.iter().for_each(|report| fleet.add(report));
            fleet
        };
        let whole = walk(&reports);
        let (one, other) = reports.split_at(cut.index(reports.len() + 1));
        let mut merged = walk(one);
        merged.merge(&walk(other));
        prop_assert_eq!(&merged, &whole);
        let mut turned = walk(other);
        turned.merge(&walk(one));
        prop_assert_eq!(&turned, &whole);

        let report = whole.report();
        testkit::snapshots::stored::comes_back(&report)?;
        let by = report.by_status;
        prop_assert_eq!(by.red + by.orange + by.yellow + by.unknown + by.green, report.homes);
        let by = report.by_online;
        prop_assert_eq!(by.online + by.offline + by.unknown, report.homes);
        let findings: usize = reports.iter().map(|report| report.findings.len()).sum();
        prop_assert_eq!(report.by_rule.iter().map(|count| count.findings).sum::<u64>(), findings as u64);
        prop_assert!(report.worst.len() <= 5);
        prop_assert!(report.worst.is_sorted_by_key(|home| home.status));
        prop_assert!(report.worst.iter().all(|home| home.status != Status::Green));
        for format in [Format::Text, Format::Markdown, Format::Html, Format::Json] {
            prop_assert!(!report.render(format).is_empty());
        }
    }
}

/// Fifty homes that are fine, and some that are not.
fn shared(disrupted: impl Iterator<Item = Value>) -> Vec<(Attribute, String)> {
    let place = |mut home: Value, place: Value| {
        home["location"]["known"]["geoIp"] = place;
        home
    };
    let mut all: Vec<Value> = disrupted.map(|geo| place(broken(), geo)).collect();
    all.extend((0..50).map(|_| place(healthy(), json!({"ISP": "fine", "city": "fine"}))));
    let causes = fleet(&all).report().common_causes.into_iter();
    causes.map(|cause| (cause.attribute, cause.value)).collect()
}

#[test]
fn causes_are_sorted_by_their_share_of_known_homes() {
    let isp = (Attribute::Isp, "bad".to_owned());
    let city = (Attribute::City, "bad".to_owned());
    // 3 of 4 against 16 of 18, and 6 of 7 against 5 of 5.
    let homes = (0..18).map(|home| {
        let isp = (home < 4).then_some(if home < 3 { "bad" } else { "fine" });
        json!({"ISP": isp, "city": if home < 16 { "bad" } else { "fine" }})
    });
    assert_eq!(shared(homes), [city.clone(), isp.clone()]);
    let homes = (0..7).map(|home| {
        let city = (home < 5).then_some("bad");
        json!({"ISP": if home < 6 { "bad" } else { "fine" }, "city": city})
    });
    assert_eq!(shared(homes), [city, isp]);
}

#[test]
fn values_beyond_the_limit_are_counted() {
    let mut fleet = FleetRollUp::default();
    for number in 0..1100 {
        let mut home = report(healthy());
        home.location.city = Some(format!("City {number}"));
        fleet.add(&home);
    }
    let report = fleet.report();
    let text = report.render(Format::Text);
    assert!(text.contains("cities: 76 occurrences; too many different values"), "{text}");
    assert_eq!(report.values_not_counted.into_iter().collect::<Vec<_>>(), [(Attribute::City, 76)]);
}

#[test]
fn a_part_that_is_unknown_does_not_hide_another() {
    let one = with(with(healthy(), "qoe", not_asked()), "serviceLevel", json!({"notRequested": true}));
    let report = fleet(&[one]).report();
    assert_eq!((report.nodes.connected, report.nodes.homes_unknown), (1, 0));
    assert_eq!((report.devices.connected, report.devices.homes_unknown), (1, 0));
}

#[test]
fn unreadable_homes_are_counted_as_unreadable() {
    let nodes = known(vec![gateway(), in_state(json!("dozing")), json!(17), json!([])]);
    let devices = known(vec![device("02:00:00:00:10:01", "Phone", "connected"), json!("x")]);
    let home = with(with(healthy(), "nodes", nodes), "devices", devices);
    let all = with(healthy(), "nodes", known(vec![json!(1), json!(2)]));
    let mut fleet = fleet(&[home, all]);
    let report = fleet.report();
    let nodes = report.nodes;
    assert_eq!(
        [nodes.connected, nodes.disconnected, nodes.unknown, nodes.unreadable, nodes.homes_unknown],
        [1, 0, 1, 4, 0]
    );
    assert_eq!([report.devices.connected, report.devices.unknown, report.devices.unreadable], [2, 0, 1]);
    let text = report.render(Format::Text);
    assert!(text.contains("Pods: 1 connected, 0 disconnected, 1 unknown, 4 unreadable\n"), "{text}");
    assert!(text.contains("Devices: 2 connected, 0 disconnected, 0 unknown, 1 unreadable"), "{text}");
    fleet.merge(&fleet.clone());
    assert_eq!((fleet.report().nodes.unreadable, fleet.report().devices.unreadable), (8, 2));
}

#[test]
fn states_of_two_parts_add_up() {
    let (mut one, other) =
        (fleet(&[healthy(), broken()]), fleet(&[broken(), with(healthy(), "nodes", not_asked())]));
    one.merge(&other);
    let nodes = one.report().nodes;
    assert_eq!((nodes.connected, nodes.disconnected, nodes.homes_unknown), (3, 2, 1));
}
