//! Fleet incidents of homes in maintenance windows.

use plume_monitor::calendar::{Calendar, Window};

use super::*;
use crate::decisions::monitor::{Outcome, World, down, profile};

/// The maintenance window of the region north, in which it is off.
const FROM: i64 = 3_600;
const UNTIL: i64 = 7_200;

/// A fleet of 160 homes whose region north, from the tenth home on if `is_part`, has a window of an hour.
fn world(is_part: bool, story: fn(usize, i64) -> Outcome) -> World {
    let mut world = World::new(160, story);
    let window = Window::new(at(FROM).naive_utc(), Duration::from_secs(3_600));
    for number in (0..160).filter(is_north).filter(|number| !is_part || *number >= 40) {
        let mut changed = profile(number);
        changed.maintenance = Calendar::new().with_window(window.clone());
        world.monitor.insert(changed, at(0));
    }
    world.restart_every = 2_700;
    world.run(0..UNTIL + 2 * 3_600);
    world
}

fn region() -> String {
    "region north".to_owned()
}

#[test]
fn a_planned_outage_of_a_region_is_silent() {
    let world =
        world(false, |number, second| down(is_north(&number) && (FROM + 60..UNTIL - 900).contains(&second)));
    assert_eq!((world.sent(), world.digests), (vec![], vec![]));
    let incident = world.monitor.incidents().find(|one| matches!(one.scope, Scope::Group(_))).unwrap();
    assert!(incident.situation.planned && !incident.is_open() && incident.announced.is_none());
}

#[test]
fn homes_that_are_in_trouble_after_their_windows_are_announced_together_or_alone() {
    let few = world(false, |number, second| {
        down(is_north(&number) && second >= FROM + 60 && (second < UNTIL - 900 || number < 8))
    });
    let singles = ["home 0", "home 4"].map(|home| (MessageKind::Problem, home.to_owned()));
    let mut sent = few.sent();
    sent.retain(|(kind, _)| *kind != MessageKind::Reminder);
    sent.sort();
    assert_eq!(sent, singles);
    // All of them stay in trouble.
    let all = world(false, |number, second| down(is_north(&number) && second >= FROM + 60));
    let mut sent = all.sent();
    sent.retain(|(kind, _)| *kind != MessageKind::Reminder);
    assert_eq!(sent, [(MessageKind::Problem, region())]);
    // The homes are checked every ten minutes in their windows.
    let first = &all.messages[0];
    assert!((at(UNTIL)..at(UNTIL + 900)).contains(&first.at), "{}", first.at);
}

#[test]
fn homes_in_maintenance_windows_do_not_count_for_the_others() {
    // Three homes of the region have no window, and are down as well.
    for (without, expected) in [(3, 3), (10, 1)] {
        let story: fn(usize, i64) -> Outcome = match without {
            3 => |number, second| {
                down(
                    is_north(&number)
                        && !(12..40).contains(&number)
                        && (FROM + 60..UNTIL - 900).contains(&second),
                )
            },
            _ => |number, second| down(is_north(&number) && (FROM + 60..UNTIL - 900).contains(&second)),
        };
        let world = world(true, story);
        let begins = world.messages.iter().filter(|message| message.kind == MessageKind::Problem);
        assert_eq!(begins.count(), expected, "{:?}", world.sent());
        let ends = world.messages.iter().filter(|message| message.kind == MessageKind::Recovered);
        assert_eq!(ends.count(), expected, "{:?}", world.sent());
        let of_group = world.messages.iter().find(|message| matches!(message.scope, Scope::Group(_)));
        let homes = of_group.map(|message| message.situation.homes);
        assert!(homes.is_none_or(|homes| homes <= 10), "{homes:?}");
    }
}

#[test]
fn homes_whose_windows_begin_leave_the_fleet_incident_of_the_others() {
    let mut tenant = Tenant::new();
    let homes: Vec<usize> = (0..40).filter(is_north).collect();
    for home in &homes {
        trouble(&mut tenant, *home, Bad, 0, 0);
    }
    tenant.tick(1);
    assert_eq!(tenant.opened(), ["region north"]);
    // A window opens for eight of them; the others recover, but those are checked less often.
    for home in &homes[2..] {
        let mut signal = signal_of(*home, Bad, Status::Red, 0, 120);
        signal.in_maintenance = true;
        tenant.groups.observe(&signal);
    }
    let step = tenant.tick(121);
    assert_eq!(step.links.iter().filter(|link| link.fleet.is_none()).count(), 8);
    for home in &homes[..2] {
        tenant.signal(*home, Good, at(130));
    }
    let step = tenant.tick(131);
    assert_eq!(step.incidents[0].kind, ChangeKind::Closed, "{:?}", step.incidents);
    // They have one of their own, which is silent.
    let planned: Vec<_> = tenant
        .steps
        .iter()
        .flat_map(|step| &step.incidents)
        .filter(|change| change.kind == ChangeKind::Opened)
        .map(|change| change.situation.as_ref().unwrap().planned)
        .collect();
    assert_eq!(planned, [false, true]);
}
