//! The channels of fleet incidents: they replace the messages of their homes.

use std::collections::BTreeSet;

use plume_monitor::monitor::{Monitor, Policies};
use plume_monitor::notify::MessageKind;
use serde_json::{Value, json};

use crate::decisions::at;
use crate::decisions::monitor::{Outcome, World, down, profile};

/// 200 homes of four regions, with these routes. The first ten have the tag `vip`.
fn world(routes: Value, story: fn(usize, i64) -> Outcome) -> World {
    let mut world = World::new(0, story);
    let policies: Policies = serde_json::from_value(json!({"notify": {"routes": routes}})).unwrap();
    world.monitor = Monitor::new(policies, at(0));
    for number in 0..200 {
        let mut profile = profile(number);
        if number < 10 {
            profile.tags = vec!["vip".into()];
        }
        world.monitor.insert(profile, at(0));
    }
    world
}

/// The kinds of the messages about groups, with their channels.
fn sent(world: &World) -> Vec<(MessageKind, String)> {
    let channels = |channels: &[plume_monitor::ids::ChannelId]| {
        let mut names: Vec<&str> = channels.iter().map(|channel| channel.as_str()).collect();
        names.sort_unstable();
        names.join(" ")
    };
    world.messages.iter().map(|message| (message.kind, channels(&message.channels))).collect()
}

fn region(name: &str) -> Value {
    json!({"groups": [{"kind": "region", "value": name}], "channels": [name]})
}

#[test]
fn a_fleet_incident_without_a_route_goes_to_those_of_its_homes() {
    let routes = json!([region("north"), region("east")]);
    let mut world = world(routes, |_, second| down((1_000..2_500).contains(&second)));
    world.run(0..4_500);
    // The first homes may all be of one region.
    let sent = sent(&world);
    let (begins, ends): (Vec<_>, Vec<_>) = sent.iter().partition(|(kind, _)| *kind == MessageKind::Problem);
    let begins: BTreeSet<&str> = begins.iter().flat_map(|(_, channels)| channels.split(' ')).collect();
    assert_eq!(begins, BTreeSet::from(["east", "north"]), "{sent:?}");
    assert_eq!(ends, [&(MessageKind::Recovered, "east north".to_owned())], "{sent:?}");
    assert!(sent.len() <= 3, "{sent:?}");
}

#[test]
fn a_channel_whose_first_home_joins_later_has_the_message_then() {
    // A home with the tag fails five minutes after its region.
    fn story(number: usize, second: i64) -> Outcome {
        let from = if number < 10 { 1_400 } else { 1_000 };
        let has_failed = number == 0 || number >= 10;
        down(has_failed && number.is_multiple_of(4) && (from..3_500).contains(&second))
    }
    let routes = json!([{"tags": ["vip"], "channels": ["pager"]}, {"channels": ["chat"]}]);
    let mut world = world(routes, story);
    world.run(0..5_500);
    let message = |kind, channels: &str| (kind, channels.to_owned());
    assert_eq!(
        sent(&world),
        [
            message(MessageKind::Problem, "chat"),
            message(MessageKind::Problem, "pager"),
            message(MessageKind::Recovered, "chat pager"),
        ]
    );
    assert!(world.messages[1].at > at(1_400), "{}", world.messages[1].at);
}

#[test]
fn quiet_hours_of_one_route_hold_back_its_channels_alone() {
    let quiet = |to: &str| json!({"ranges": [{"days": ["thu"], "from": "09:00", "to": to}]});
    let (mut north, mut east) = (region("north"), region("east"));
    east["quiet"] = quiet("12:00");
    let story = |_, second: i64| down((1_000..9_000).contains(&second));
    let mut world_of_one = world(json!([north, east]), story);
    world_of_one.run(0..2_000);
    assert_eq!(sent(&world_of_one), [(MessageKind::Problem, "east north".to_owned())]);
    let held = &world_of_one.messages[0].not_before;
    assert_eq!(
        held.iter().map(|(channel, at)| (channel.as_str(), *at)).collect::<Vec<_>>(),
        [("east", at(7_200))]
    );
    // If all are quiet, the decision waits for the first end.
    north["quiet"] = quiet("11:00");
    let mut world_of_all = world(json!([north, east]), story);
    world_of_all.run(0..5_000);
    assert_eq!(sent(&world_of_all), [(MessageKind::Problem, "east north".to_owned())]);
    assert_eq!(world_of_all.messages[0].at, at(3_600));
}
