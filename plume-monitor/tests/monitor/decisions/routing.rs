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

/// The kinds of the messages, with their channels.
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

/// Routes of two regions, quiet until these hours.
fn quiet(north: Option<&str>, east: &str) -> Value {
    let hours = |to: &str| json!({"ranges": [{"days": ["thu"], "from": "09:00", "to": to}]});
    let (mut first, mut second) = (region("north"), region("east"));
    if let Some(to) = north {
        first["quiet"] = hours(to);
    }
    second["quiet"] = hours(east);
    json!([first, second])
}

/// The seconds of the messages.
fn times(world: &World) -> Vec<i64> {
    world.messages.iter().map(|message| (message.at - at(0)).num_seconds()).collect()
}

#[test]
fn a_quiet_channel_has_a_fleet_incident_after_its_quiet_hours() {
    let message = |kind, channels: &str| (kind, channels.to_owned());
    let (north, east) = (message(MessageKind::Problem, "north"), message(MessageKind::Problem, "east"));
    let mut world_of_one = world(quiet(None, "12:00"), |_, second| down((1_000..9_000).contains(&second)));
    world_of_one.run(0..11_000);
    let both = message(MessageKind::Recovered, "east north");
    assert_eq!(sent(&world_of_one), [north.clone(), east.clone(), both.clone()]);
    assert!(
        times(&world_of_one)[0] < 1_500 && times(&world_of_one)[1] == 7_200,
        "{:?}",
        times(&world_of_one)
    );
    // If all are quiet, each has it at its time.
    let mut world_of_all =
        world(quiet(Some("11:00"), "12:00"), |_, second| down((1_000..9_000).contains(&second)));
    world_of_all.run(0..11_000);
    assert_eq!(sent(&world_of_all), [north, east, both]);
    assert_eq!(times(&world_of_all)[..2], [3_600, 7_200]);
}

#[test]
fn the_end_of_a_fleet_incident_goes_to_those_who_had_its_begin() {
    // It ends within the quiet hours of the other route.
    let mut world = world(quiet(None, "12:00"), |_, second| down((1_000..4_000).contains(&second)));
    world.run(0..9_000);
    let message = |kind| (kind, "north".to_owned());
    assert_eq!(sent(&world), [message(MessageKind::Problem), message(MessageKind::Recovered)]);
    assert!(times(&world)[1] < 7_200, "{:?}", times(&world));
}

#[test]
fn an_end_waits_for_the_end_of_the_quiet_hours_of_its_channel() {
    // The quiet hours begin after the begin of the outage.
    let hours = json!({"ranges": [{"days": ["thu"], "from": "10:40", "to": "13:00"}]});
    let mut east = region("east");
    east["quiet"] = hours;
    let routes = json!([region("north"), east]);
    let mut world = world(routes, |_, second| down((1_000..4_000).contains(&second)));
    world.run(0..9_000);
    let end = world.messages.last().unwrap();
    assert_eq!((end.kind, end.channels.len()), (MessageKind::Recovered, 2));
    assert!(end.at < at(6_000), "{}", end.at);
    let held: Vec<_> = end.not_before.iter().map(|(channel, until)| (channel.as_str(), *until)).collect();
    assert_eq!(held, [("east", at(3 * 3_600))]);
}

#[test]
fn a_message_for_one_channel_moves_no_reminder_of_the_others() {
    // The home with the tag fails later than its region.
    fn story(number: usize, second: i64) -> Outcome {
        let is_first = number >= 10 && number.is_multiple_of(4) && second >= 1_000;
        down(is_first || number == 0 && second >= 2_400)
    }
    let routes = json!([{"tags": ["vip"], "channels": ["pager"]}, {"channels": ["chat"]}]);
    let mut world = world(routes, story);
    world.run(0..17_000);
    let reminders = world.messages.iter().filter(|message| message.kind == MessageKind::Reminder);
    let reminders: Vec<i64> =
        reminders.map(|message| (message.at - world.messages[0].at).num_seconds()).collect();
    assert_eq!(reminders, [4 * 3_600], "{:?}", sent(&world));
    let pager = &world.messages[1];
    assert_eq!((pager.kind, pager.was, pager.channels.len()), (MessageKind::Problem, None, 1));
}

#[test]
fn a_begin_and_a_reminder_that_are_due_at_once_go_to_different_channels() {
    // The process does not run at the end of the quiet hours and the time of the reminder.
    let mut world = world(quiet(None, "14:20"), |_, second| down(second >= 1_000));
    world.run(0..15_000);
    world.run(16_000..18_000);
    let kinds_of = |channel: &str| -> Vec<MessageKind> {
        let all = sent(&world).into_iter();
        all.filter(|(_, channels)| channels.split(' ').any(|one| one == channel))
            .map(|(kind, _)| kind)
            .collect()
    };
    assert_eq!(kinds_of("east"), [MessageKind::Problem], "{:?}", sent(&world));
    assert_eq!(kinds_of("north"), [MessageKind::Problem, MessageKind::Reminder]);
}

#[test]
fn the_end_is_sent_although_a_channel_is_quiet_by_day_on_one_route_and_by_night_on_another() {
    let hours = |from: &str, to: &str| json!({"ranges": [{"days": ["thu"], "from": from, "to": to}]});
    let of = |name: &str, from: &str, to: &str| {
        let mut route = region(name);
        (route["channels"], route["quiet"]) = (json!(["pager"]), hours(from, to));
        route
    };
    let routes = json!([of("north", "00:00", "10:00"), of("east", "10:30", "00:00")]);
    let mut world = world(routes, |_, second| down((1_000..4_000).contains(&second)));
    world.run(0..9_000);
    let ends = sent(&world).into_iter().filter(|(kind, _)| *kind == MessageKind::Recovered).count();
    assert_eq!(ends, 1, "{:?}", sent(&world));
}
