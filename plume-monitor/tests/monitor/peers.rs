//! Kinds of faults that gatus, Alertmanager, Grafana and uptime-kuma had: ends that are never sent, repetitions that come
//! early, late or after a restart, and trouble that returns in silence.

use plume_health::Status;
use plume_monitor::calendar::{Calendar, Window};
use plume_monitor::ids::IncidentId;
use plume_monitor::incident::Scope;
use plume_monitor::monitor::{Monitor, MonitorState};
use plume_monitor::notify::MessageKind::{self, Problem, Recovered, Reminder};

use crate::decisions::at;
use crate::decisions::monitor::{World, down, policies, profile};

const HOUR: i64 = 3_600;

/// Ten homes that are well at first. Home 0 is down in these times.
fn world(down_in: &'static [(i64, i64)]) -> (World, impl Fn(&mut World, i64, i64)) {
    let world = World::new(10, |_, _| Ok(vec![]));
    let is_down = |second| down_in.iter().any(|(from, to)| (*from..*to).contains(&second));
    let run = move |world: &mut World, from: i64, to: i64| {
        world.run_with(from..to, |number, second| down(number == 0 && is_down(second)));
    };
    (world, run)
}

fn sent(world: &World) -> Vec<(MessageKind, i64)> {
    world.messages.iter().map(|message| (message.kind, (message.at - at(0)).num_seconds())).collect()
}

fn kinds(world: &World) -> Vec<MessageKind> {
    world.messages.iter().map(|message| message.kind).collect()
}

fn open(world: &World) -> IncidentId {
    world.monitor.incidents().find(|incident| incident.is_open()).unwrap().id.clone()
}

fn snooze(world: &mut World, until: i64, now: i64) {
    let id = open(world);
    let incident = world.monitor.incident_mut(&id).unwrap();
    incident.snooze(incident.seen(), "Ada", at(until), at(now)).unwrap();
}

fn restart(world: &mut World, now: i64) {
    let stored = serde_json::to_string(&world.monitor.state()).unwrap();
    let state: MonitorState = serde_json::from_str(&stored).unwrap();
    world.monitor = Monitor::restore(policies(), state, at(now));
}

/// A silence that also hides the end leaves an open incident at the receiver.
#[test]
fn an_end_within_a_snooze_or_after_an_acknowledgement_is_announced() {
    for is_snoozed in [false, true] {
        let (mut world, run) = world(&[(400, 2_000)]);
        run(&mut world, 0, 1_200);
        if is_snoozed {
            snooze(&mut world, 90_000, 1_200);
        } else {
            let id = open(&world);
            let incident = world.monitor.incident_mut(&id).unwrap();
            incident.acknowledge(incident.seen(), "Ada", at(1_200)).unwrap();
        }
        run(&mut world, 1_200, 3_000);
        assert_eq!(kinds(&world), [Problem, Recovered], "{is_snoozed}");
    }
}

/// Trouble that ended within a silence and returned was not announced before the time of the next repetition.
#[test]
fn trouble_that_returns_after_an_end_within_a_snooze_is_news() {
    for back in [2_600, 4_000] {
        let times: &'static [(i64, i64)] =
            if back == 2_600 { &[(400, 2_000), (2_600, 9_000)] } else { &[(400, 2_000), (4_000, 9_000)] };
        let (mut world, run) = world(times);
        run(&mut world, 0, 1_200);
        snooze(&mut world, 90_000, 1_200);
        run(&mut world, 1_200, 6_000);
        assert_eq!(kinds(&world), [Problem, Recovered, Problem], "{back}");
        assert!(sent(&world)[2].1 <= back + 300 + 60 + 120, "{:?}", sent(&world));
    }
}

/// After a silence the trouble was repeated at the next regular time only, up to hours later.
#[test]
fn trouble_that_began_in_a_snooze_or_window_is_announced_at_its_end_and_old_trouble_is_not_repeated() {
    let (mut world, run) = world(&[(400, 20_000)]);
    run(&mut world, 0, 450);
    let mut changed = profile(0);
    let length = std::time::Duration::from_secs(2_550);
    changed.maintenance = Calendar::new().with_window(Window::new(at(450).naive_utc(), length));
    world.monitor.insert(changed.clone(), at(450));
    run(&mut world, 450, 4_000);
    // Down before the window and not announced, so it is news after it.
    assert_eq!(sent(&world), [(Problem, 3_000)]);
    // A second window begins and ends in the same trouble.
    changed.maintenance = Calendar::new().with_window(Window::new(at(4_000).naive_utc(), length));
    world.monitor.insert(changed, at(4_000));
    run(&mut world, 4_000, 9_000);
    assert_eq!(kinds(&world), [Problem]);
}

/// Repetitions kept the time of an inner clock instead of their own, or were counted from the start of the process.
#[test]
fn reminders_keep_their_time_over_any_number_of_restarts() {
    let run = |restart_every: i64| {
        let (mut world, run) = world(&[(400, 40 * HOUR)]);
        let mut second = 0;
        while second < 13 * HOUR {
            run(&mut world, second, second + 600);
            second += 600;
            if second % restart_every == 0 {
                restart(&mut world, second);
            }
        }
        sent(&world)
    };
    let steady = run(i64::MAX);
    let first = steady[0].1;
    let expected: Vec<_> = (1..=3).map(|number| (Reminder, first + number * 4 * HOUR)).collect();
    assert_eq!(steady[1..], expected);
    assert_eq!(run(600), steady);
}

/// Each home that joined a group restarted its repetition, or sent all others again.
#[test]
fn a_home_that_joins_a_fleet_incident_repeats_nothing() {
    let mut world = World::new(80, |number, second| {
        let begin = 400 + if number < 60 { 0 } else { number as i64 * 10 };
        down(number % 4 == 0 && second >= begin)
    });
    world.run(0..3 * HOUR);
    assert_eq!(kinds(&world), [Problem]);
    assert!(world.monitor.incidents().filter(|one| one.fleet.is_some()).count() >= 20);
}

/// A reload of the configuration sent what was inhibited.
#[test]
fn a_restart_with_another_policy_sends_no_home_of_a_fleet_incident() {
    let mut world = World::new(80, |number, second| down(number % 4 == 0 && second >= 400));
    world.run(0..2_000);
    assert_eq!(kinds(&world), [Problem]);
    let mut other = policies();
    other.notify.routes[0].channels = vec!["chat".into()];
    other.home.incident.hold = std::time::Duration::ZERO;
    let state = world.monitor.state();
    world.monitor = Monitor::restore(other, state, at(2_000));
    world.run(2_000..4_000);
    // The new channel has the fleet incident, and none its homes.
    assert_eq!(kinds(&world), [Problem, Problem]);
    assert!(matches!(world.messages[1].scope, Scope::Group(_)), "{:?}", world.messages[1]);
    assert_eq!(world.messages[1].channels, ["chat".into()]);
    // The end goes to those who had the begin.
    world.run_with(4_000..6_000, |_, _| Ok(vec![]));
    let end = world.messages.last().unwrap();
    let mut channels: Vec<&str> = end.channels.iter().map(|channel| channel.as_str()).collect();
    channels.sort_unstable();
    assert_eq!((end.kind, channels), (Recovered, vec!["chat", "pager"]));
}

/// The end was sent again with every evaluation.
#[test]
fn an_end_is_announced_once_over_restarts_and_days() {
    let (mut world, run) = world(&[(400, 2_000)]);
    for hour in 0..26 {
        run(&mut world, hour * HOUR, hour * HOUR + 3_000);
        restart(&mut world, hour * HOUR + 3_000);
    }
    assert_eq!(kinds(&world), [Problem, Recovered]);
    assert!(world.monitor.incidents().next().is_none(), "an incident is kept for a day after its end");
}

/// A home that was removed, or whose id changed, was never resolved.
#[test]
fn a_home_that_is_renamed_ends_under_its_old_name() {
    let (mut world, run) = world(&[(400, 90_000)]);
    run(&mut world, 0, 1_200);
    world.monitor.remove(&"0".into(), at(1_200));
    world.monitor.insert(profile(11), at(1_200));
    world.run_with(1_200..2_400, |number, _| down(number == 11));
    let told: Vec<_> = world.messages.iter().map(|one| (one.kind, one.scope.clone(), one.status)).collect();
    let scope = |home: &str| Scope::Home(home.into());
    assert_eq!(told[1], (MessageKind::Gone, scope("0"), Status::Green));
    assert_eq!(told[2..], [(Problem, scope("11"), Status::Red)]);
}
