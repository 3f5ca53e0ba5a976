//! Documents of version 1, as a store has them. Each is read by every later version of the crate.
//!
//! `UPDATE_GOLDEN=1` writes the documents that do not exist. One that exists never changes: another format is another
//! version, with documents of its own.

use std::fs;
use std::path::Path;

use plume_monitor::groups::{GroupPolicy, TenantGroups};
use plume_monitor::home::CheckFailure;
use plume_monitor::incident::{ChangeKind, Scope};
use plume_monitor::monitor::{Due, Monitor, MonitorState, Policies};
use plume_monitor::notify::{Digest, Message, MessageKind};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::decisions::monitor::{Outcome, World, down, policies, profile};
use crate::decisions::{at, poor_qoe};

/// The time of the documents.
const NOW: i64 = 2_400;

/// A region with an outage; homes that are offline, flap, have poor quality, are suspects and have no data; and a
/// tenant with a refused credential.
fn story(number: usize, second: i64) -> Outcome {
    match number {
        _ if second >= NOW => Ok(vec![]),
        1 => down(second > 600),
        2 => down(second / 300 % 2 == 1),
        3 => Ok(if second > 300 { vec![poor_qoe()] } else { vec![] }),
        5 => down(second >= NOW - 30),
        6 if second > 900 => Err(CheckFailure::NotFound),
        100.. if second > 900 => Err(CheckFailure::Credential),
        _ => down(number.is_multiple_of(4) && (1_200..NOW).contains(&second)),
    }
}

fn world() -> World {
    let mut world = World::new(20, story);
    for number in 100..103 {
        let mut other = profile(number);
        other.tenant = "refused".into();
        world.monitor.insert(other, at(0));
    }
    world.run(0..1_500);
    let id = world.monitor.incidents().find(|one| one.id.as_str().contains(":1:")).unwrap().id.clone();
    let incident = world.monitor.incident_mut(&id).unwrap();
    let seen = incident.seen();
    incident.acknowledge(seen, "Ada", at(1_500)).unwrap();
    world.run(1_500..NOW);
    world
}

fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn written<T: Serialize>(name: &str, value: &T) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if !path.exists() {
        fs::write(&path, serde_json::to_string_pretty(value).unwrap() + "\n").unwrap();
    }
}

/// Reads a document, and checks that writing it loses nothing.
fn kept<T: Serialize + DeserializeOwned>(name: &str) -> T {
    let document = read(name);
    let value: T = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(serde_json::to_value(&value).unwrap(), document, "{name}");
    value
}

#[test]
fn documents_of_version_1_are_read_and_written_without_a_loss() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let world = world();
        written("state-1.json", &world.monitor.state());
        written("message-1.json", world.messages.last().unwrap());
        written("policies-1.json", &policies());
        let mut world = World::new(1, |_, _| Ok(vec![poor_qoe()]));
        world.run(0..1_000);
        world.run(75_000..76_000);
        written("digest-1.json", &world.digests[0]);
    }
    let state: MonitorState = kept("state-1.json");
    let document = serde_json::to_value(&state).unwrap();
    for part in ["homes", "groups", "incidents", "sources"] {
        assert!(document[part].as_array().is_none_or(|list| !list.is_empty()), "no {part}");
    }
    let message: Message = kept("message-1.json");
    assert_eq!(message.kind, MessageKind::Problem);
    let digest: Digest = kept("digest-1.json");
    assert_eq!(digest.total, 1);
    let read: Policies = kept("policies-1.json");
    assert_eq!(read, policies());
}

#[test]
fn a_state_of_version_1_continues() {
    let mut world = World::new(0, story);
    world.monitor = Monitor::restore(policies(), kept("state-1.json"), at(NOW));
    assert_eq!(serde_json::to_value(world.monitor.state()).unwrap(), read("state-1.json"));
    // It was stored before the channels of messages were, so its fleet incident is announced again, and nothing else.
    let [Due::Message(again)] = &world.monitor.tick(at(NOW))[..] else { panic!("one message") };
    assert!(matches!(again.scope, Scope::Group(_)), "{again:?}");
    assert_eq!(world.monitor.tick(at(NOW)), []);
    world.run(NOW..NOW + 9_000);
    // All trouble is over, and that of the suspect never was a problem.
    let mut sent: Vec<String> =
        world.sent().into_iter().map(|(kind, scope)| format!("{kind} {scope}")).collect();
    sent.sort();
    assert_eq!(
        sent,
        [
            "flapping_ended home 2",
            "recovered home 1",
            "recovered region north",
            "recovered source credential_refused:refused",
        ]
    );
    assert!(world.monitor.incidents().all(|incident| !incident.is_open()));
}

#[test]
fn a_fleet_incident_that_was_stored_before_waves_continues() {
    let mut groups = read("state-1.json")["groups"][0].clone();
    for fleet in groups["fleets"].as_array_mut().unwrap() {
        let fleet = fleet.as_object_mut().unwrap();
        assert!(fleet.remove("wave_since").is_some() && fleet.remove("version").is_some());
    }
    for member in groups["homes"].as_object_mut().unwrap().values_mut() {
        member.as_object_mut().unwrap().remove("waits");
    }
    let mut groups: TenantGroups = serde_json::from_value(groups).unwrap();
    let open: Vec<_> = groups.open().map(|(group, id)| (group.clone(), id.clone())).collect();
    assert_eq!(open.len(), 1);
    // It announces nothing again, and ends when its homes have not been seen in trouble for a while.
    let step = groups.tick(&GroupPolicy::standard(), at(NOW + 5));
    assert!(step.incidents.iter().all(|change| change.version == 1), "{step:?}");
    for (home, _) in (0..20).step_by(4).map(|number| (number.to_string(), number)) {
        let signal = plume_monitor::groups::HomeSignal::new(
            home.as_str().into(),
            vec![open[0].0.clone()],
            plume_monitor::home::HomeCondition::Good,
            plume_health::Status::Green,
            at(NOW + 60),
        );
        groups.observe(&signal);
    }
    let step = groups.tick(&GroupPolicy::standard(), at(NOW + 65));
    assert_eq!(step.incidents.iter().map(|change| change.kind).collect::<Vec<_>>(), [ChangeKind::Closed]);
    assert_eq!(step.incidents[0].id, open[0].1);
}
