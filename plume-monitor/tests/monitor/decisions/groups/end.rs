//! The end of a fleet incident, and what it leaves.

use plume_health::Format;

use super::*;
use crate::decisions::monitor::{World, down};

#[test]
fn homes_that_stay_in_trouble_are_announced_one_by_one_after_a_grace() {
    let mut tenant = Tenant::new();
    let homes: Vec<usize> = (0..240).filter(is_north).collect();
    for home in &homes {
        tenant.signal(*home, Bad, at(0));
    }
    tenant.tick(1);
    for home in &homes[2..] {
        tenant.signal(*home, Good, at(600));
    }
    assert!(tenant.tick(601).incidents.iter().all(|change| change.kind == ChangeKind::Updated));
    assert_eq!(tenant.tick(900).incidents, []);
    let step = tenant.tick(901);
    assert_eq!(step.incidents[0].kind, ChangeKind::Closed);
    let released: Vec<_> = step.links.iter().map(|link| (link.fleet.clone(), link.hold_until)).collect();
    assert_eq!(released, [(None, Some(at(901 + 300))), (None, Some(at(901 + 300)))]);
    // They do not make another fleet incident.
    tenant.tick(1_000);
    assert_eq!(tenant.opened().len(), 1);
}

#[test]
fn missing_data_does_not_end_a_fleet_incident() {
    let mut tenant = Tenant::new();
    let homes: Vec<usize> = (0..240).filter(is_north).collect();
    for home in &homes {
        tenant.signal(*home, Suspect, at(0));
    }
    tenant.tick(1);
    for second in (60..3_600).step_by(60) {
        for home in &homes {
            tenant.signal(*home, Unknown, at(second));
        }
        tenant.tick(second);
    }
    assert_eq!((tenant.opened().len(), tenant.closed()), (1, 0));
}

/// A region of 60 homes in trouble, of which this many stay so.
fn region_with_left(left: usize) -> Tenant {
    let mut tenant = Tenant::new();
    let homes: Vec<usize> = (0..240).filter(is_north).collect();
    for home in &homes {
        tenant.signal(*home, Bad, at(0));
    }
    tenant.tick(1);
    for home in &homes[left..] {
        tenant.signal(*home, Good, at(600));
    }
    tenant.tick(601);
    tenant
}

#[test]
fn a_large_fleet_incident_ends_when_nine_tenths_have_recovered() {
    for left in [0, 1, 6, 7] {
        let mut tenant = region_with_left(left);
        let step = tenant.tick(901);
        assert_eq!(tenant.closed(), usize::from(left <= 6), "{left}");
        let text = match left {
            0 => "60 homes in region north were in trouble",
            1 => "60 homes in region north were in trouble, 1 of them still is",
            6 => "60 homes in region north were in trouble, 6 of them still are",
            _ => continue,
        };
        let mut changes = tenant.steps.iter().flat_map(|step| &step.incidents);
        let end = changes.rfind(|change| change.kind == ChangeKind::Closed).unwrap();
        let situation = end.situation.as_ref().unwrap();
        assert_eq!((situation.headline.as_ref(), situation.homes, situation.status), (text, 60, Status::Red));
        assert!(step.links.iter().all(|link| link.left == (left > 2)), "{left}: {:?}", step.links);
        assert_eq!(step.links.len(), left);
        // Those that are left make no other fleet incident.
        tenant.tick(1_000);
        assert_eq!(tenant.opened().len(), 1);
    }
}

/// A home that is left by a fleet incident with many others.
fn left_house(cause: &Cause) -> House {
    let cause = std::slice::from_ref(cause);
    let mut house = House::green();
    house.check(200, cause);
    house.check(260, cause);
    house.newest().fleet = Some("group:1".into());
    for second in (320..2_000).step_by(60) {
        house.run(second, cause);
    }
    let link = json!({"incident": house.newest().id, "fleet": null, "hold_until": at(2_300), "left": true});
    serde_json::from_value::<Link>(link).unwrap().apply(house.newest());
    assert_eq!(house.kinds(), []);
    house
}

/// Returns the decision at this second; one for a digest or summary is a line of it.
fn decided(house: &mut House, second: i64) -> Decision {
    let decision = *house.notify(second).last().unwrap();
    let (digest, kind) = match decision {
        Decision::Digest(kind) => (DigestKind::Daily, kind),
        Decision::Summary(kind) => (DigestKind::of_summary(house.newest()), kind),
        _ => return decision,
    };
    Digest::new(digest, "provider".into(), vec!["chat".into()], at(second)).add(house.newest(), kind);
    decision
}

#[test]
fn one_of_many_homes_that_are_left_is_in_a_summary_and_then_repeated_once_a_day() {
    let mut house = left_house(&offline());
    assert_eq!(decided(&mut house, 2_299), Decision::Wait(Some(at(2_300))));
    assert_eq!(DigestKind::of_summary(house.newest()), DigestKind::Left);
    assert_eq!(decided(&mut house, 2_300), Decision::Summary(MessageKind::Problem));
    assert_eq!(decided(&mut house, 2_300 + 4 * 3_600), Decision::Wait(Some(at(2_300 + 12 * 3_600))));
    assert_eq!(decided(&mut house, 2_300 + 86_400), Decision::Digest(MessageKind::Reminder));
    // Its end is a message.
    house.check(100_000, &[]);
    house.check(100_300, &[]);
    assert!(!house.newest().is_open());
    assert_eq!(decided(&mut house, 100_600), Decision::Send(MessageKind::Recovered));
    assert_eq!(decided(&mut house, 100_601), Decision::Nothing);
}

#[test]
fn one_of_many_homes_that_are_left_is_announced_at_once_if_it_gets_worse() {
    for in_summary in [false, true] {
        let mut house = left_house(&pod("a"));
        if in_summary {
            assert_eq!(decided(&mut house, 2_300), Decision::Summary(MessageKind::Problem));
        }
        house.check(2_400, &[offline()]);
        house.check(2_460, &[offline()]);
        let kind = if in_summary { MessageKind::Worsened } else { MessageKind::Problem };
        assert_eq!(decided(&mut house, 2_700), Decision::Send(kind));
        // It is not one of those that are left any more.
        let next = later_of(house.newest());
        assert_eq!(decided(&mut house, 2_701), Decision::Wait(Some(next)), "{in_summary}");
    }
}

/// Returns the time of the reminder that is not a daily one.
fn later_of(incident: &Incident) -> DateTime<Utc> {
    incident.announced.unwrap().at + chrono::TimeDelta::hours(4)
}

#[test]
fn what_is_left_and_eases_is_no_news() {
    let mut house = left_house(&offline());
    for second in (2_000..4_000).step_by(60) {
        house.check(second, &[pod("a")]);
    }
    assert_eq!(house.newest().situation.status, Status::Orange);
    assert_eq!(decided(&mut house, 4_000), Decision::Summary(MessageKind::Problem));
    for second in (4_020..6_000).step_by(60) {
        house.check(second, &[poor_qoe()]);
    }
    assert_eq!(house.newest().situation.status, Status::Yellow);
    let mut house = left_house(&offline());
    for second in (2_000..4_000).step_by(60) {
        house.check(second, &[poor_qoe()]);
    }
    assert_eq!(decided(&mut house, 4_000), Decision::Digest(MessageKind::Problem));
}

#[test]
fn homes_that_are_left_are_one_summary_and_their_ends_are_messages() {
    // Of the 40 homes of a region, four stay down for a day; one of them is well before the summary.
    let mut world = World::new(160, |number, second| {
        let left = [0, 4, 8, 12].contains(&number) && second < 90_000;
        let is_brief = number == 12 && second >= 5_900;
        down(number % 4 == 0 && (3_600..5_400).contains(&second) || left && second >= 3_600 && !is_brief)
    });
    world.restart_every = 600;
    world.run(0..9_000);
    let region = "region north".to_owned();
    assert_eq!(world.sent(), [(MessageKind::Problem, region.clone()), (MessageKind::Recovered, region)]);
    let end = world.messages[1].render(Format::Text);
    assert!(
        end.starts_with("region north: recovered, except 4 homes\n40 homes in region north were"),
        "{end}"
    );
    let [summary] = &world.digests[..] else { panic!("{:?}", world.digests) };
    assert_eq!((summary.kind, summary.total), (DigestKind::Left, 3));
    let ended = world.messages[1].at;
    assert!(summary.at >= ended + chrono::TimeDelta::minutes(10), "{ended} {}", summary.at);
    assert!(summary.at <= ended + chrono::TimeDelta::minutes(11), "{ended} {}", summary.at);
    let text = summary.render(Format::Text);
    let title = "provider: 3 homes are still in trouble after an outage of many homes\n";
    assert!(text.starts_with(title) && text.contains("\n8: 🔴 red since 2026-01-15 "), "{text}");
    world.restart_every = 7_200;
    world.run(9_000..93_000);
    let ends = ["home 0", "home 4", "home 8"].map(|home| (MessageKind::Recovered, home.to_owned()));
    let mut sent = world.sent().split_off(2);
    sent.sort();
    assert_eq!(sent, ends);
    let daily: Vec<_> = world.digests[1..].iter().map(|digest| (digest.kind, digest.total)).collect();
    assert_eq!(daily, [(DigestKind::Daily, 3)]);
}

#[test]
fn a_state_that_is_stored_at_the_end_of_a_fleet_incident_is_the_same() {
    let mut tenant = region_with_left(1);
    // Yellow, with an open incident: it is followed until the end.
    let mut mild = signal_of(0, Good, Status::Yellow, 0, 700);
    (mild.since, mild.incident) = (None, Some(incident_of(0)));
    tenant.groups.observe(&mild);
    let step = tenant.groups.tick(&tenant.policy, at(701));
    assert_eq!((step.incidents[0].kind, step.links.len()), (ChangeKind::Closed, 1));
    let stored = serde_json::to_string(&tenant.groups).unwrap();
    let mut read: TenantGroups = serde_json::from_str(&stored).unwrap();
    assert!(read == tenant.groups);
    assert_eq!(read.tick(&tenant.policy, at(702)), tenant.groups.tick(&tenant.policy, at(702)));
    assert!(read == tenant.groups);
}

#[test]
fn a_fleet_incident_that_is_over_within_its_hold_is_not_announced_and_hides_no_next_one() {
    for (second, ends) in [(30, true), (59, true), (61, false)] {
        let mut tenant = Tenant::new();
        let homes: Vec<usize> = (0..48).filter(is_north).collect();
        for home in &homes {
            tenant.signal(*home, Suspect, at(0));
        }
        tenant.tick(0);
        for home in &homes[1..] {
            tenant.signal(*home, Good, at(second));
        }
        tenant.tick(second);
        assert_eq!((tenant.opened().len(), tenant.closed()), (1, usize::from(ends)), "{second}");
        for home in &homes {
            tenant.signal(*home, Suspect, at(second + 60));
        }
        tenant.tick(second + 60);
        assert_eq!(tenant.opened().len(), if ends { 2 } else { 1 }, "{second}");
    }
}

#[test]
fn a_large_fleet_incident_of_which_many_are_left_within_its_hold_is_announced() {
    let mut tenant = Tenant::new();
    let homes: Vec<usize> = (0..1_600).filter(is_north).collect();
    for home in &homes {
        tenant.signal(*home, Suspect, at(0));
    }
    tenant.tick(0);
    for home in &homes[30..] {
        tenant.signal(*home, Good, at(30));
    }
    tenant.tick(31);
    tenant.tick(329);
    assert_eq!(tenant.closed(), 0);
    tenant.tick(331);
    assert_eq!(tenant.closed(), 1);
}
