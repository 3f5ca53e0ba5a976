//! The first checks of a fleet: trouble that was there before is no outage that begins now.

use plume_health::{Format, Status};
use plume_monitor::home::HomeCondition::{Bad, Good};
use plume_monitor::incident::Scope;
use plume_monitor::notify::{Digest, DigestKind, MessageKind};
use proptest::prelude::*;

use super::{Tenant, signal_of, trouble};
use crate::cases;
use crate::decisions::monitor::{World, down};
use crate::decisions::{at, offline, poor_qoe};

const DAY: i64 = 24 * 3_600;

fn named(digest: &Digest) -> Vec<String> {
    let home = |scope: &Scope| match scope {
        Scope::Home(home) => home.to_string(),
        other => format!("{other:?}"),
    };
    digest.entries.iter().map(|entry| home(&entry.scope)).collect()
}

#[test]
fn old_trouble_of_a_fleet_is_one_summary_and_no_outage() {
    // Six homes are off for months. Three others do not respond to one check.
    let mut world = World::new(43, |number, second| {
        down(number % 7 == 0 && number < 42 || (number % 7 == 1 && number < 20 && second < 200))
    });
    world.run(0..3_000);
    assert_eq!(world.sent(), []);
    assert_eq!(world.digests.len(), 1);
    let summary = &world.digests[0];
    assert!(
        summary.kind == DigestKind::FirstChecks && summary.at <= at(300 + 60 + 60 + 300 + 10),
        "{summary:?}"
    );
    let mut homes = named(summary);
    homes.sort();
    assert_eq!(homes, ["0", "14", "21", "28", "35", "7"]);
    let text = summary.render(Format::Text);
    assert!(text.starts_with("provider: 6 homes were in trouble at the first check"), "{text}");
    assert!(text.contains("0: 🔴 red since before 2026-01-15 10:0"), "{text}");
    // Each has an incident of its own, whose end is announced.
    let open = || world.monitor.incidents().filter(|one| one.is_open());
    assert!(open().count() == 6 && open().all(|one| one.fleet.is_none() && one.situation.from_before));
    world.run_with(3_000..6_000, |number, _| down(number % 7 == 0 && (7..42).contains(&number)));
    assert_eq!(world.sent(), [(MessageKind::Recovered, "home 0".to_owned())]);
    let text = world.messages[0].render(Format::Text);
    assert!(text.contains("It lasted at least") && text.contains("Since before"), "{text}");
}

#[test]
fn a_region_that_is_off_at_the_first_checks_is_one_fleet_incident() {
    let mut world = World::new(100, |number, second| down(number % 4 == 0 && second < 3_000));
    world.run(0..6_000);
    let region = "region north".to_owned();
    assert_eq!(world.sent(), [(MessageKind::Problem, region.clone()), (MessageKind::Recovered, region)]);
    let (message, late) = (&world.messages[0], (world.messages[0].at - at(0)).num_seconds());
    assert!(message.situation.from_before && late <= 600, "{late} {message:?}");
    assert!(world.digests.is_empty());
}

#[test]
fn old_trouble_of_one_home_is_a_message_and_then_a_line_in_each_daily_digest() {
    let mut world = World::new(3, |number, second| down(number == 0 && second < 3 * DAY));
    world.run(0..1_000);
    assert_eq!(world.sent(), [(MessageKind::Problem, "home 0".to_owned())]);
    // The days are long: only the times around the digests at 07:00 UTC are run.
    for day in 0..2 {
        world.run(day * DAY + 21 * 3_600 - 300..day * DAY + 21 * 3_600 + 300);
        assert_eq!(world.digests.len() as i64, day + 1);
        let digest = &world.digests[day as usize];
        assert_eq!((named(digest), digest.entries[0].kind), (vec!["0".to_owned()], MessageKind::Reminder));
        assert!(digest.render(Format::Text).starts_with("1 problem of provider"), "{digest:?}");
    }
    assert_eq!(world.messages.len(), 1);
    world.run(3 * DAY..3 * DAY + 1_000);
    assert_eq!(world.sent()[1..], [(MessageKind::Recovered, "home 0".to_owned())]);
}

#[test]
fn a_home_that_was_well_once_is_announced_at_once_beside_a_first_look() {
    let mut world = World::new(20, |number, second| down(number < 2 || (number == 2 && second >= 320)));
    world.run(0..2_000);
    assert_eq!(world.sent(), [(MessageKind::Problem, "home 2".to_owned())]);
    assert!(world.messages[0].at <= at(320 + 300 + 60 + 120), "{}", world.messages[0].at);
    assert_eq!(world.digests.iter().map(|digest| digest.total).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_fleet_incident_says_how_many_homes_are_not_confirmed() {
    let mut world = World::new(100, |number, second| down(number % 4 == 0 && second >= 400));
    world.run(0..400);
    let mut texts = Vec::new();
    for second in (400..900).step_by(5) {
        world.run(second..second + 5);
        let fleet = world.monitor.incidents().find(|one| matches!(one.scope, Scope::Group(_)));
        texts.extend(fleet.map(|one| (one.situation.unconfirmed, one.situation.root.message.clone())));
    }
    let (first, last) = (texts.first().unwrap(), texts.last().unwrap());
    assert!(
        first.0 > 0 && first.1.ends_with(&format!(", {} of them not confirmed yet", first.0)),
        "{first:?}"
    );
    assert!(last.0 == 0 && last.1.ends_with("in region north are in trouble"), "{last:?}");
}

proptest! {
    #![proptest_config(cases(12))]

    /// Whatever homes are in trouble when the monitor starts: each is named once, and no message says that it began now.
    #[test]
    fn the_first_checks_of_any_fleet_are_one_message(bad in prop::collection::vec(0_usize..5, 8..40)) {
        let is_bad = |number: usize| bad.get(number) == Some(&0);
        let mut world = World::new(bad.len(), |_, _| Ok(vec![]));
        world.run_with(0..2_400, |number, _| down(is_bad(number)));
        let all: Vec<usize> = (0..bad.len()).filter(|number| is_bad(*number)).collect();
        // At most half of a group of each kind.
        let most = |of: &dyn Fn(usize) -> usize| (0..4).any(|group| {
            let homes: Vec<usize> = (0..bad.len()).filter(|number| of(*number) == group).collect();
            let count = homes.iter().filter(|number| is_bad(**number)).count();
            count >= 5 && count * 5 >= homes.len() * 2
        });
        prop_assume!(!most(&|number| number % 4) && !most(&|number| number / 4 % 2) && !most(&|_| 0));
        let mut homes: Vec<usize> = world.digests.iter().flat_map(named).map(|home| home.parse().unwrap()).collect();
        for message in &world.messages {
            prop_assert_eq!((message.kind, message.status), (MessageKind::Problem, Status::Red));
            prop_assert!(message.situation.from_before, "{:?}", message);
            if let Scope::Home(home) = &message.scope {
                homes.push(home.as_str().parse().unwrap());
            }
        }
        homes.sort_unstable();
        prop_assert_eq!(&homes, &all);
        prop_assert_eq!(world.messages.len() + world.digests.len(), usize::from(!all.is_empty()), "{:?}", world.sent());
    }
}

#[test]
fn a_home_whose_message_is_held_is_in_the_summary_of_the_first_checks() {
    // The first one is calm for five minutes while the second one is confirmed and held.
    let mut world = World::new(26, |number, _| down(number == 6 || number == 23));
    world.run(0..2_400);
    assert_eq!(
        (world.sent(), world.digests.iter().map(|one| one.total).collect::<Vec<_>>()),
        (vec![], vec![2])
    );
}

#[test]
fn mild_trouble_of_before_keeps_no_home_out_of_a_storm() {
    let mut world = World::new(80, |number, second| {
        Ok(match number {
            _ if number % 4 == 0 && second >= 3_000 => vec![offline()],
            _ if number % 8 == 0 => vec![poor_qoe()],
            _ => vec![],
        })
    });
    world.run(0..5_000);
    let kinds: Vec<MessageKind> = world.messages.iter().map(|message| message.kind).collect();
    assert_eq!(kinds, [MessageKind::Problem], "{:?}", world.sent());
}

#[test]
fn homes_that_were_in_trouble_before_do_not_join_a_fleet_incident_of_homes_that_turn() {
    // The first checks of a fleet with long intervals take half an hour, and meanwhile ten homes of a region turn.
    let mut tenant = Tenant::new();
    let mut links = Vec::new();
    for second in 0..1_800 {
        let home = usize::try_from(second).unwrap();
        let mut signal = signal_of(home, Bad, Status::Red, second, second);
        signal.from_before = home.is_multiple_of(20);
        if !signal.from_before {
            signal = signal_of(home, Good, Status::Green, second, second);
            signal.since = None;
        }
        tenant.groups.observe(&signal);
        if (400..410).contains(&second) {
            trouble(&mut tenant, 4 * (home + 500), Bad, second, second);
        }
        if second % 5 == 0 {
            let step = tenant.tick(second);
            links.extend(step.links.into_iter().filter(|link| link.fleet.is_some()));
        }
    }
    assert_eq!((tenant.opened(), links.len()), (vec!["region north".to_owned()], 10));
}
