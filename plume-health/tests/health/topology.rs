//! The node tree of a home, and root causes.

use plume_health::{
    Format, RuleId, Status,
    topology::{Position, PositionUnknown, Topology, WeakLink},
};
use plume_types::{LocationSnapshot, Node, NodeId};
use serde_json::{Value, json};
use testkit::snapshots::{
    ago, alexa, assert_verdict, device, down, failed, gateway, healthy, known, node, report, rules, snapshot,
    with,
};

const A: &str = "TST0000001";
const B: &str = "TST0000002";
const C: &str = "TST0000003";
const D: &str = "TST0000004";

fn way(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({"id": id})).collect()
}

fn behind(id: &str, ids: &[&str]) -> Value {
    with(node(id, id), "leafToRoot", way(ids))
}

fn home(nodes: &[Value], devices: &[Value]) -> LocationSnapshot {
    let json = with(healthy(), "nodes", known(nodes.to_vec()));
    snapshot(with(json, "devices", known(devices.to_vec())))
}

fn seen(mac: &str, state: &str, ids: &[&str]) -> Value {
    with(device(mac, mac, state), "leafToRoot", way(ids))
}

fn position(topology: &Topology, id: &str) -> Position {
    topology.get(&id.into()).unwrap().position.clone()
}

fn unknown(reason: PositionUnknown) -> Position {
    Position::Unknown { reason }
}

fn behind_of(parent: &str) -> Position {
    Position::Behind { parent: parent.into() }
}

fn last_known(parent: &str) -> Position {
    Position::LastKnown { parent: parent.into() }
}

#[test]
fn a_chain_has_parents_children_hops_and_devices() {
    let topology = Topology::of(&home(
        &[behind(C, &[B, A]), behind(B, &[A]), gateway()],
        &[
            seen("02:00:00:00:00:01", "connected", &[C, B, A]),
            seen("02:00:00:00:00:02", "disconnected", &[C, B, A]),
        ],
    ));
    let hops: Vec<_> = topology.nodes.iter().map(|node| (node.id.as_str(), node.hops)).collect();
    assert_eq!(hops, [(A, Some(0)), (B, Some(1)), (C, Some(2))]);
    assert_eq!(position(&topology, C), behind_of(B));
    assert_eq!(topology.get(&A.into()).unwrap().children, [NodeId::from(B)]);
    assert_eq!(topology.gateway().unwrap().id.as_str(), A);
    assert_eq!(topology.get(&C.into()).unwrap().devices, Some(1));
    assert!(topology.unknown.is_empty());
}

#[test]
fn unplaced_pod_has_a_reason() {
    use PositionUnknown::{
        Contradiction, Cycle, Disconnected, NoPath, ParentNotListed, SeveralGateways, UnreadablePath,
    };
    for (nodes, id, reason) in [
        (vec![gateway(), with(node(B, "B"), "leafToRoot", Value::Null)], B, NoPath),
        (vec![gateway(), with(node(B, "B"), "leafToRoot", json!([17]))], B, UnreadablePath),
        (vec![gateway(), down(B, "B")], B, Disconnected),
        (vec![gateway(), behind(B, &[D])], B, ParentNotListed),
        (vec![gateway(), behind(B, &[B])], B, Cycle),
        (vec![gateway(), behind(B, &[C]), behind(C, &[B])], B, Cycle),
        (vec![gateway(), behind(B, &[C]), behind(C, &[D]), behind(D, &[B])], C, Cycle),
        (vec![gateway(), behind(C, &[A]), behind(B, &[A]), behind(B, &[C])], B, Contradiction),
        (vec![gateway(), behind(A, &[B]), behind(B, &[A])], A, Contradiction),
        (vec![gateway(), with(node(B, "B"), "leafToRoot", json!([]))], B, SeveralGateways),
    ] {
        let topology = Topology::of(&home(&nodes, &[]));
        assert_eq!(position(&topology, id), unknown(reason), "{nodes:?}");
        assert_eq!(topology.get(&id.into()).unwrap().hops, None);
    }
}

#[test]
fn nodes_behind_a_cycle_have_a_parent_but_no_depth() {
    let topology = Topology::of(&home(&[behind(B, &[C]), behind(C, &[B]), behind(D, &[C])], &[]));
    let hanging = topology.get(&D.into()).unwrap();
    assert_eq!((&hanging.position, hanging.hops), (&behind_of(C), None));
    assert_eq!(position(&topology, B), unknown(PositionUnknown::Cycle));
    assert_eq!(position(&topology, C), unknown(PositionUnknown::Cycle));
}

#[test]
fn disconnected_pod_is_placed_by_the_paths_of_others() {
    let nodes = [gateway(), down(B, "B"), down(C, "C")];
    let left = |hours, mac, ids: &[&str]| {
        with(seen(mac, "disconnected", ids), "connectionStateChangeAt", ago(chrono::TimeDelta::hours(hours)))
    };
    for (devices, expected) in [
        (vec![seen("1", "disconnected", &[C, B, A])], last_known(B)),
        // The newest way counts, and that of something connected most.
        (vec![left(2, "1", &[C, A]), left(1, "2", &[C, B, A])], last_known(B)),
        (vec![left(1, "1", &[C, A]), left(2, "2", &[C, B, A])], last_known(A)),
        (vec![left(1, "1", &[C, A]), seen("2", "connected", &[C, B, A])], last_known(B)),
        (vec![left(1, "1", &[C, A]), left(1, "2", &[C, B, A])], unknown(PositionUnknown::Contradiction)),
        // A way that ends with it is no way to the gateway.
        (vec![left(1, "1", &[C])], unknown(PositionUnknown::Disconnected)),
        (
            vec![with(left(1, "1", &[]), "leafToRoot", json!([{"id": C}, 17, {"id": A}]))],
            unknown(PositionUnknown::Disconnected),
        ),
    ] {
        let topology = Topology::of(&home(&nodes, &devices));
        assert_eq!(position(&topology, C), expected, "{devices:?}");
    }
    // Another pod's way, and one that it kept itself.
    let topology = Topology::of(&home(&[gateway(), down(B, "B"), behind(C, &[B, A])], &[]));
    assert_eq!(position(&topology, B), last_known(A));
    let kept = with(down(B, "B"), "leafToRoot", way(&[A]));
    assert_eq!(position(&Topology::of(&home(&[gateway(), kept], &[])), B), last_known(A));
}

#[test]
fn single_root_of_other_paths_is_the_gateway() {
    let devices = [seen("1", "disconnected", &[B, A])];
    let topology = Topology::of(&home(&[down(A, "A"), down(B, "B")], &devices));
    assert_eq!(position(&topology, A), Position::LastKnownGateway);
    assert_eq!(topology.get(&B.into()).unwrap().hops, Some(1));
    let devices = [seen("1", "disconnected", &[A]), seen("2", "disconnected", &[B])];
    let topology = Topology::of(&home(&[down(A, "A"), down(B, "B")], &devices));
    assert_eq!(position(&topology, A), unknown(PositionUnknown::Disconnected));
}

#[test]
fn weak_links_are_poor_health_the_slow_band_and_long_chains() {
    let wifi = |id: &str, band: &str, ids: &[&str]| {
        let mut node = with(behind(id, ids), "backhaulType", json!("wifi"));
        node["leafToRoot"][0]["freqBand"] = json!(band);
        node
    };
    let weak = |nodes: &[Value], id: &str| {
        Topology::of(&home(nodes, &[])).get(&id.into()).unwrap().weak_links.clone()
    };
    let chain = |last: Value| [gateway(), wifi(B, "5G", &[A]), wifi(C, "5G", &[B, A]), last];
    assert_eq!(weak(&chain(wifi(D, "5G", &[C, B, A])), C), []);
    assert_eq!(weak(&chain(wifi(D, "5G", &[C, B, A])), D), [WeakLink::LongChain]);
    let wired = with(wifi(D, "5G", &[C, B, A]), "backhaulType", json!("ethernet"));
    assert_eq!(weak(&chain(wired), D), []);
    assert_eq!(weak(&[gateway(), wifi(B, "2.4G", &[A])], B), [WeakLink::Band2_4]);
    for (health, expected) in [
        (json!({"status": "poor"}), vec![WeakLink::PoorHealth]),
        (json!({"score": 1.99}), vec![WeakLink::PoorHealth]),
        (json!({"score": 2.0}), vec![]),
        (json!({"status": "fair"}), vec![WeakLink::FairHealth]),
    ] {
        assert_eq!(weak(&[gateway(), with(wifi(B, "6G", &[A]), "health", health)], B), expected);
    }
}

#[test]
fn a_pod_behind_a_disconnected_pod_is_its_consequence() {
    let nodes = vec![gateway(), down(C, "Office"), down(B, "Attic")];
    let behind_office = with(alexa(), "leafToRoot", way(&[C, B, A]));
    let json = with(with(healthy(), "nodes", known(nodes)), "devices", known(vec![behind_office]));
    let found = report(json.clone());
    assert_verdict(&found, Status::Orange, Some(true));
    assert_eq!(rules(&found), [RuleId::NodeDisconnected]);
    let finding = &found.findings[0];
    assert_eq!(finding.message, "Pod 'Attic' is disconnected");
    let consequences: Vec<_> = finding.consequences.iter().map(|effect| effect.message.as_str()).collect();
    assert_eq!(consequences, ["Pod 'Office' is disconnected", "Device 'Alexa' is disconnected"]);
    assert_eq!(finding.evidence.len(), 2);
    assert_eq!(found.headline, "🟠 SERVICE DISRUPTED - Multiple pods are disconnected");
    assert_eq!(found.what_would_make_it_green, ["Reconnect pod 'Attic'"]);
    let topology = Topology::of(&snapshot(json));
    assert_eq!(topology.root_cause(&C.into()).unwrap().id.as_str(), B);
    assert_eq!(topology.root_cause(&B.into()).unwrap().id.as_str(), B);
    assert_eq!(topology.root_cause(&A.into()), None);
}

#[test]
fn a_connected_pod_between_two_disconnected_ones_parts_them() {
    let nodes =
        [gateway(), down(B, "B"), behind(C, &[B, A]), with(down(D, "D"), "leafToRoot", way(&[C, B, A]))];
    let topology = Topology::of(&home(&nodes, &[]));
    assert_eq!(topology.root_cause(&D.into()).unwrap().id.as_str(), D);
    let found = report(with(healthy(), "nodes", known(nodes.to_vec())));
    assert_eq!(rules(&found), [RuleId::NodeDisconnected, RuleId::NodeDisconnected]);
}

#[test]
fn disconnected_pods_on_a_circle_are_findings_of_their_own() {
    let on = |id: &str, parent: &str| with(down(id, id), "leafToRoot", way(&[parent]));
    let found = report(with(healthy(), "nodes", known(vec![gateway(), on(B, C), on(C, B)])));
    assert_eq!(rules(&found), [RuleId::NodeDisconnected, RuleId::NodeDisconnected]);
}

#[test]
fn unknown_devices_are_counted_by_the_node() {
    let nodes = known(vec![with(gateway(), "connectedDeviceCount", json!(7)), json!(17)]);
    let json = with(with(healthy(), "nodes", nodes), "devices", failed("refused", ""));
    let topology = Topology::of(&snapshot(json));
    assert_eq!(topology.nodes[0].devices, Some(7));
    assert_eq!(
        topology.unknown,
        ["1 node could not be read", "the devices are unknown: the cloud refused access"]
    );
}

#[test]
fn the_tree_is_drawn() {
    let attic = with(with(behind(C, &[B, A]), "nickname", json!("Attic <b>")), "backhaulType", json!("wifi"));
    let attic = with(attic, "leafToRoot", json!([{"id": B, "freqBand": "2.4G"}, {"id": A}]));
    let office = with(with(behind(B, &[A]), "nickname", json!("Office")), "backhaulType", json!("ethernet"));
    let topology = Topology::of(&home(
        &[attic, office, gateway(), down(D, "Garage")],
        &[seen("1", "connected", &[C, B, A])],
    ));
    assert_eq!(
        topology.render(Format::Text),
        "📡 Topology of Home

• Living Room Pod (gateway, 0 devices)
  • Office (Ethernet, 0 devices)
    • Attic <b> (Wi-Fi 2.4G, 1 device)
• Garage (disconnected, 0 devices)

Weak links:
  • Attic <b>: backhaul on 2.4 GHz

Unknown position:
  • Garage: it is disconnected, and no other path contains it"
    );
    assert!(topology.render(Format::Html).contains("Attic &lt;b&gt;"));
    assert!(topology.render(Format::Markdown).contains("Attic \\<b\\>"));
    let json: Value = serde_json::from_str(&topology.render(Format::Json)).unwrap();
    assert_eq!(json["nodes"][1]["position"], json!({"kind": "behind", "parent": A}));
}

#[test]
fn long_chains_and_many_devices_are_handled() {
    // Quadratic work would take minutes here.
    let nodes: Vec<Node> = (0..20_000)
        .map(|number| {
            let mut node = Node::new(format!("TST{number:05}"));
            node.connection_state = plume_types::Field::Known(plume_types::ConnectionState::Disconnected);
            node.leaf_to_root = plume_types::Field::Known(
                vec![plume_types::Hop::new(format!("TST{:05}", number + 1))].into(),
            );
            node
        })
        .collect();
    let mut snapshot = LocationSnapshot::new("c", "l", testkit::snapshots::now());
    snapshot.nodes = plume_types::Part::Known(nodes.into());
    let topology = Topology::of(&snapshot);
    assert_eq!(topology.nodes.len(), 20_000);
    assert_eq!(position(&topology, "TST19999"), unknown(PositionUnknown::ParentNotListed));
    assert_eq!(topology.root_cause(&"TST00000".into()).unwrap().id.as_str(), "TST19999");
    assert!(topology.render(Format::Text).lines().count() < 70);
}

#[test]
fn unreadable_devices_are_listed() {
    let topology = Topology::of(&home(&[gateway()], &[json!(17)]));
    assert_eq!(topology.unknown, ["1 device could not be read"]);
    let topology = Topology::of(&snapshot(with(healthy(), "nodes", failed("refused", ""))));
    assert_eq!(topology.unknown, ["the nodes are unknown: the cloud refused access"]);
}

#[test]
fn disconnected_pod_has_no_link() {
    let sick = with(behind(B, &[A]), "health", json!({"status": "poor"}));
    let wifi = with(sick, "backhaulType", json!("wifi"));
    let topology = Topology::of(&home(&[gateway(), wifi.clone()], &[]));
    let pod = topology.get(&B.into()).unwrap();
    assert_eq!((pod.backhaul.is_some(), pod.weak_links.len()), (true, 1));
    let topology =
        Topology::of(&home(&[gateway(), with(wifi, "connectionState", json!("disconnected"))], &[]));
    let pod = topology.get(&B.into()).unwrap();
    assert_eq!(pod.position, last_known(A));
    assert_eq!((pod.backhaul.clone(), pod.weak_links.len()), (None, 0));
    let text = topology.render(Format::Text);
    assert!(text.contains("TST0000002 (last known here, disconnected"), "{text}");
}

#[test]
fn unreadable_path_does_not_contradict_a_readable_one() {
    for unreadable in [json!([17]), Value::Null] {
        let odd = with(behind(B, &[A]), "leafToRoot", unreadable);
        for nodes in [[behind(B, &[A]), odd.clone()], [odd.clone(), behind(B, &[A])]] {
            let topology = Topology::of(&home(&[gateway(), nodes[0].clone(), nodes[1].clone()], &[]));
            assert_eq!(position(&topology, B), behind_of(A));
        }
    }
    let topology = Topology::of(&home(&[gateway(), behind(B, &[A]), behind(B, &[A])], &[]));
    assert_eq!(position(&topology, B), behind_of(A));
}

#[test]
fn former_gateway_is_a_pod_beside_a_gateway() {
    let old = seen("02:00:00:00:00:01", "disconnected", &[B]);
    let topology = Topology::of(&home(&[gateway(), down(B, "B")], std::slice::from_ref(&old)));
    assert_eq!(position(&topology, B), unknown(PositionUnknown::Disconnected));
    let topology = Topology::of(&home(&[down(A, "A"), down(B, "B")], &[old]));
    assert_eq!(position(&topology, B), Position::LastKnownGateway);
    let text = topology.render(Format::Text);
    assert!(text.contains("B (last known as gateway, disconnected"), "{text}");
}

#[test]
fn contradicting_records_give_no_link() {
    let by = |medium: &str| with(behind(B, &[A]), "backhaulType", json!(medium));
    let medium = |records: &[Value]| {
        let nodes = [&[gateway()], records].concat();
        Topology::of(&home(&nodes, &[])).get(&B.into()).unwrap().backhaul.clone()
    };
    assert!(medium(&[by("wifi"), by("wifi")]).is_some());
    assert_eq!(medium(&[by("wifi"), by("ethernet")]), None);
}

#[test]
fn only_pods_without_a_path_are_placed_by_other_paths() {
    // The second way ends with C, which reports A as its parent.
    let ways =
        [seen("02:00:00:00:00:01", "disconnected", &[A]), seen("02:00:00:00:00:02", "disconnected", &[C])];
    let topology = Topology::of(&home(&[down(A, "A"), behind(C, &[A])], &ways));
    assert_eq!(position(&topology, A), Position::LastKnownGateway);
}
