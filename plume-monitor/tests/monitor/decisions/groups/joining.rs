//! Homes that join a fleet incident, get worse in it, and leave it; and clocks that are set back meanwhile.

use super::*;

#[test]
fn a_first_message_waits_for_other_homes_of_its_group() {
    for suspects in 0..=2 {
        let mut tenant = Tenant::new();
        trouble(&mut tenant, 0, Suspect, 0, 0);
        tenant.tick(1);
        trouble(&mut tenant, 0, Bad, 0, 60);
        assert_eq!(tenant.tick(61).links, [], "a home alone has its usual hold");
        for home in [4, 8].into_iter().take(suspects) {
            trouble(&mut tenant, home, Suspect, 100, 100);
        }
        let step = tenant.tick(101);
        let holds: Vec<_> = step.links.iter().map(|link| (link.fleet.clone(), link.hold_until)).collect();
        let expected: &[_] = if suspects > 0 { &[(None, Some(at(60 + 110)))] } else { &[] };
        assert_eq!((step.pulls.len(), holds.as_slice()), (suspects / 2, expected), "{suspects}");
        // It is said once.
        trouble(&mut tenant, 0, Bad, 0, 120);
        assert_eq!(tenant.tick(121).links, [], "{suspects}");
        // The fifth home comes before the end of the hold, so no home is announced on its own.
        if suspects == 2 {
            trouble(&mut tenant, 12, Suspect, 170, 170);
            trouble(&mut tenant, 16, Suspect, 170, 170);
            let step = tenant.tick(171);
            assert_eq!(tenant.opened(), ["region north"]);
            assert_eq!(step.links.iter().filter(|link| link.fleet.is_some()).count(), 1);
            assert_eq!(step.incidents[0].hold_until, Some(at(171)), "the first message is not later");
        }
    }
}

#[test]
fn an_orange_home_that_turns_red_is_in_new_trouble() {
    let mut house = House::green();
    for second in [300, 360, 420, 480] {
        house.run(second, &[pod("a")]);
    }
    assert_eq!(house.kinds(), [MessageKind::Problem]);
    let step = house.check(4_000, &[offline()]);
    let signal = HomeSignal::of_step(&step, groups_of(0), at(4_000));
    assert_eq!((signal.condition, signal.since), (Bad, Some(at(4_000))));
    // The message about the worsening is held like a first one, and a fleet incident replaces it.
    house.run(4_060, &[offline()]);
    assert_eq!(house.newest().hold_until, Some(at(4_120)));
    let mut alone = house.newest().clone();
    let decision = |incident: &Incident, second| {
        decide(incident, &NotifyPolicy::standard(), NotifyContext::default(), at(second))
    };
    assert_eq!(decision(&alone, 4_119), Decision::Wait(Some(at(4_120))));
    assert_eq!(decision(&alone, 4_120), Decision::Send(MessageKind::Worsened));
    let mut tenant = Tenant::new();
    for home in [4, 8, 12, 16] {
        trouble(&mut tenant, home, Suspect, 4_000, 4_010);
    }
    let signal = HomeSignal::of_step(&step, groups_of(0), at(4_000));
    tenant.groups.observe(&signal);
    let link = tenant.tick(4_015).links.into_iter().find(|link| link.incident == alone.id).unwrap();
    link.apply(&mut alone);
    assert_eq!(decision(&alone, 4_200), Decision::Nothing);
    assert_eq!(house.kinds(), [MessageKind::Problem]);
}

/// Five homes of the region north are orange, and a fleet incident says so.
fn orange_region() -> (Tenant, IncidentId) {
    let mut tenant = Tenant::new();
    for home in [0, 4, 8, 12, 16] {
        tenant.groups.observe(&signal_of(home, Bad, Status::Orange, 0, 0));
    }
    let step = tenant.tick(1);
    assert_eq!(step.incidents[0].situation.as_ref().unwrap().status, Status::Orange);
    assert_eq!(step.links.len(), 5);
    (tenant, step.incidents[0].id.clone())
}

#[test]
fn a_red_home_is_not_hidden_by_a_fleet_incident_of_orange_ones() {
    let (mut tenant, _) = orange_region();
    // A red sample that is not confirmed changes nothing, and neither does its end.
    for (second, status, since) in
        [(300, Status::Red, 300), (330, Status::Orange, 0), (360, Status::Red, 360)]
    {
        let mut signal = signal_of(0, Bad, status, since, second);
        signal.confirmed = status == Status::Orange;
        tenant.groups.observe(&signal);
        let step = tenant.tick(second + 1);
        assert_eq!((step.links, step.incidents), (vec![], vec![]), "{second}");
    }
    trouble(&mut tenant, 0, Bad, 360, 420);
    let step = tenant.tick(421);
    let released: Vec<_> =
        step.links.iter().map(|link| (link.incident.clone(), link.fleet.clone(), link.hold_until)).collect();
    assert_eq!(released, [(incident_of(0), None, None)], "it is announced on its own");
    // The fleet incident has one home less, and is not red.
    let situation = tenant.tick(425).incidents[0].situation.clone().unwrap();
    assert_eq!((situation.homes, situation.status), (4, Status::Orange));
    // A home that eases is explained as before.
    trouble(&mut tenant, 4, Bad, 430, 490);
    let released = tenant.tick(491).links.into_iter().filter(|link| link.hold_until.is_none());
    assert_eq!(released.count(), 1);
    tenant.groups.observe(&signal_of(4, Bad, Status::Orange, 500, 560));
    assert_eq!(tenant.tick(561).links.iter().map(|link| link.fleet.is_some()).collect::<Vec<_>>(), [true]);
}

#[test]
fn many_red_homes_are_a_worsening_of_the_fleet_incident_of_orange_ones() {
    for red in [4, 5] {
        let (mut tenant, id) = orange_region();
        for home in [0, 4, 8, 12, 16].into_iter().take(red) {
            trouble(&mut tenant, home, Bad, 400, 460);
        }
        let step = tenant.tick(461);
        let worsened = step.incidents.iter().find(|change| change.version == 2);
        let status = worsened.map(|change| change.situation.as_ref().unwrap().status);
        assert_eq!(status, (red == 5).then_some(Status::Red), "{red}");
        let linked = step.links.iter().filter(|link| link.fleet.is_none()).count();
        assert_eq!(linked > 0, red < 5, "{red}");
        assert_eq!((tenant.opened().len(), tenant.groups.open().next().unwrap().1), (1, &id));
        // From then on the fleet incident explains red homes.
        trouble(&mut tenant, 20, Bad, 760, 820);
        let step = tenant.tick(821);
        let fleets: Vec<_> = step.links.iter().filter_map(|link| link.fleet.clone()).collect();
        assert_eq!(fleets.len(), usize::from(red == 5), "{red}");
    }
}

#[test]
fn a_home_joins_the_open_fleet_incident_with_the_highest_share() {
    for (of_firmware, joined) in [(80, "firmware 1.1"), (12, "region north")] {
        let mut tenant = Tenant::new();
        for home in 0..240 {
            tenant.signal(home, if is_north(&home) { Bad } else { Good }, at(0));
        }
        tenant.tick(1);
        let firmware = (0..240).filter(|home| home / 8 % 3 == 1 && !is_north(home));
        for home in firmware.take(of_firmware) {
            tenant.signal(home, Bad, at(60));
        }
        tenant.tick(61);
        assert_eq!(tenant.opened(), ["region north", "firmware 1.1"]);
        // A home of both, whose groups come in any order.
        for reversed in [false, true] {
            let home = if reversed { 248 } else { 272 };
            let mut signal = signal_of(home, Bad, Status::Red, 100, 100);
            if reversed {
                signal.groups.reverse();
            }
            tenant.groups.observe(&signal);
            let link = tenant.tick(101).links.into_iter().find(|link| link.incident == incident_of(home));
            let fleet = link.unwrap().fleet.unwrap();
            let group = tenant.groups.open().find(|(_, id)| **id == fleet).unwrap().0.to_string();
            assert_eq!(group, joined, "{of_firmware} {reversed}");
        }
    }
}

#[test]
fn homes_that_turned_shortly_before_join_a_new_fleet_incident() {
    for (since, joins) in [(-50, false), (-49, true), (249, true)] {
        let mut tenant = Tenant::new();
        trouble(&mut tenant, 0, Bad, since, 240);
        tenant.tick(241);
        for home in [4, 8, 12, 16, 20] {
            trouble(&mut tenant, home, Suspect, 250, 310);
        }
        let step = tenant.tick(600 - 290);
        assert_eq!(tenant.opened(), ["region north"]);
        let is_linked = step.links.iter().any(|link| link.incident == incident_of(0) && link.fleet.is_some());
        assert_eq!(is_linked, joins, "{since}");
    }
}

#[test]
fn a_home_that_eases_and_turns_red_again_is_explained_while_homes_join() {
    for (second, explained) in [(1_700, true), (1_900, false)] {
        let mut tenant = Tenant::new();
        for home in [0, 4, 8, 12, 16] {
            tenant.signal(home, Bad, at(0));
        }
        tenant.tick(1);
        tenant.groups.observe(&signal_of(0, Bad, Status::Orange, 300, 360));
        assert_eq!(tenant.tick(361).links, []);
        trouble(&mut tenant, 0, Bad, second - 60, second);
        let links: Vec<_> = tenant.tick(second + 1).links.into_iter().map(|link| link.fleet).collect();
        assert_eq!(links, if explained { vec![] } else { vec![None] }, "{second}");
    }
}

#[test]
fn a_storm_after_a_clock_that_was_set_back_is_one_fleet_incident() {
    for ticked in [true, false] {
        let mut tenant = Tenant::new();
        for home in 0..40 {
            tenant.signal(home, Good, at(86_400));
        }
        if ticked {
            tenant.tick(86_400);
        }
        for home in (0..40).filter(is_north) {
            tenant.signal(home, Bad, at(0));
        }
        tenant.tick(5);
        assert_eq!(tenant.opened(), ["region north"], "{ticked}");
    }
}

#[test]
fn a_fleet_incident_ends_in_time_after_a_clock_that_was_set_back() {
    let mut tenant = Tenant::new();
    for home in (0..40).filter(is_north) {
        tenant.signal(home, Bad, at(86_400));
    }
    tenant.tick(86_400);
    assert_eq!(tenant.opened(), ["region north"]);
    for home in (4..40).filter(is_north) {
        tenant.signal(home, Good, at(86_410));
    }
    tenant.tick(86_410);
    for second in (0..400).step_by(5) {
        tenant.tick(second);
    }
    assert_eq!(tenant.closed(), 1);
}

#[test]
fn a_linked_home_that_eased_to_yellow_is_not_forgotten() {
    let mut tenant = Tenant::new();
    for home in [0, 4, 8, 12, 16, 20] {
        tenant.signal(home, Bad, at(0));
    }
    tenant.tick(1);
    // Two homes are yellow, and their incidents open.
    let yellow = |home, second| {
        let mut signal = signal_of(home, Good, Status::Yellow, 0, second);
        (signal.since, signal.incident) = (None, Some(incident_of(home)));
        signal
    };
    for home in [0, 4] {
        tenant.groups.observe(&yellow(home, 1_000));
    }
    assert_eq!(tenant.tick(1_001).incidents[0].situation.as_ref().unwrap().homes, 4);
    // One of them is red again, long after the others: it is announced on its own.
    let mut suspect = signal_of(0, Suspect, Status::Red, 4_000, 4_000);
    suspect.incident = Some(incident_of(0));
    tenant.groups.observe(&suspect);
    assert_eq!(tenant.tick(4_001).links, []);
    trouble(&mut tenant, 0, Bad, 4_000, 4_060);
    let links: Vec<_> = tenant
        .tick(4_061)
        .links
        .into_iter()
        .map(|link| (link.incident, link.fleet, link.hold_until))
        .collect();
    assert_eq!(links, [(incident_of(0), None, None)]);
    // The other one is released at the end of the fleet incident.
    for home in [8, 12, 16, 20] {
        tenant.signal(home, Good, at(5_000));
    }
    let step = tenant.tick(5_001);
    assert_eq!(step.incidents[0].kind, ChangeKind::Closed);
    let released: Vec<_> = step.links.into_iter().map(|link| (link.incident, link.fleet)).collect();
    assert_eq!(released, [(incident_of(4), None)]);
}

#[test]
fn single_homes_of_a_large_group_do_not_continue_a_wave() {
    // Every second a home of the region is checked; every 90 seconds one is in trouble, or found without data.
    let short = if is_nightly() { 3_600 } else { 2_400 };
    for (condition, window, checked, joined, end) in [
        (Bad, 0, 1, 5 + 20, short),
        (Bad, 0, 10, 5 + 39, 3_600),
        (NoData, 1_800, 1, 5 + 20, short),
        (NoData, 1_800, 10, 5 + 39, 3_600),
    ] {
        let turn = |tenant: &mut Tenant, home, second| {
            let status = if condition == NoData { Status::Unknown } else { Status::Red };
            let mut signal = signal_of(home, condition, status, second, second);
            signal.incident = Some(incident_of(home));
            signal.window = Duration::from_secs(window);
            tenant.groups.observe(&signal);
        };
        let mut tenant = Tenant::new();
        let mut homes = (0..400).filter(is_north);
        for home in homes.by_ref().take(5) {
            turn(&mut tenant, home, 0);
        }
        for second in 1..end {
            let number = usize::try_from(second).unwrap();
            if second % 90 == 0 {
                let home = homes.next().unwrap();
                turn(&mut tenant, home, second);
            }
            if second % checked == 0 {
                tenant.signal(1_000 + number % 300 * 4, Good, at(second));
            }
            if second % 5 == 0 {
                tenant.tick(second);
            }
        }
        let links = tenant.steps.iter().flat_map(|step| &step.links);
        assert_eq!(links.filter(|link| link.fleet.is_some()).count(), joined, "{condition:?} {checked}");
    }
}

#[test]
fn a_state_that_is_stored_after_every_check_decides_as_one_in_memory() {
    let mut drawn = 1_u64;
    let mut below = |limit: i64| {
        drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i64::try_from(drawn >> 33).unwrap() % limit
    };
    let (stories, steps) = if is_nightly() { (40, 300) } else { (2, 150) };
    for _ in 0..stories {
        let tenant = || TenantGroups::new("provider".into());
        let (mut kept, mut stored) = (tenant(), tenant());
        let mut second = 10_000;
        for _ in 0..steps {
            second += match below(100) {
                0 => 900,
                1 => -2_000,
                _ => below(10),
            };
            let home = usize::try_from(below(60)).unwrap();
            let in_trouble = is_north(&home) || below(10) == 0;
            let condition = match below(6) {
                0 if in_trouble => Suspect,
                1 | 2 if in_trouble => Bad,
                3 if in_trouble => NoData,
                4 => Unknown,
                _ => Good,
            };
            let signal = signal_of(home, condition, Status::Red, second - below(400), second - below(3));
            let is_removed = below(50) == 0;
            for groups in [&mut kept, &mut stored] {
                groups.observe(&signal);
                if is_removed {
                    groups.remove(&signal.home);
                }
            }
            stored = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();
            let policy = GroupPolicy::standard();
            assert_eq!(kept.tick(&policy, at(second)), stored.tick(&policy, at(second)));
            assert_eq!(kept, stored);
        }
    }
}

#[test]
fn a_home_that_is_found_late_joins_if_its_last_check_was_in_the_first_window() {
    for (before, joins) in [(Some(299), true), (Some(300), true), (Some(301), false), (None, false)] {
        let mut tenant = Tenant::new();
        for home in [0, 4, 8, 12, 16] {
            tenant.signal(home, Bad, at(0));
        }
        tenant.tick(0);
        let mut late = signal_of(20, Suspect, Status::Red, 3_600, 3_600);
        late.before = before.map(at);
        tenant.groups.observe(&late);
        tenant.tick(3_601);
        // The check that confirms it is not the one that found it.
        let mut late = signal_of(20, Bad, Status::Red, 3_600, 3_660);
        late.before = Some(at(3_600));
        tenant.groups.observe(&late);
        let links: Vec<_> = tenant.tick(3_661).links.into_iter().map(|link| link.incident).collect();
        assert_eq!(links, if joins { vec![incident_of(20)] } else { vec![] }, "{before:?}");
    }
}

#[test]
fn homes_that_are_found_late_do_not_continue_the_wave_and_many_are_announced() {
    for late in [4, 5] {
        let mut tenant = Tenant::new();
        for home in [0, 4, 8, 12, 16] {
            tenant.signal(home, Bad, at(0));
        }
        tenant.tick(0);
        for home in (20..).step_by(4).take(late) {
            let mut signal = signal_of(home, Bad, Status::Red, 3_600, 3_600);
            signal.before = Some(at(200));
            tenant.groups.observe(&signal);
        }
        let step = tenant.tick(3_601);
        assert_eq!(step.links.len(), late);
        let version = step.incidents.iter().map(|change| change.version).max();
        assert_eq!(version, Some(if late == 5 { 2 } else { 1 }));
        if late == 5 {
            continue;
        }
        // One that was seen well after the first window is announced on its own.
        let mut other = signal_of(100, Bad, Status::Red, 3_610, 3_610);
        other.before = Some(at(1_000));
        tenant.groups.observe(&other);
        let links = tenant.tick(3_611).links;
        assert_eq!(links.iter().filter(|link| link.fleet.is_some()).count(), 0, "{links:?}");
    }
}

#[test]
fn a_signal_has_the_time_of_the_last_check_with_data() {
    let mut house = House::green();
    let last = house.state.last_at();
    assert!(last.is_some());
    let before = |step: &HomeStep, second| HomeSignal::of_step(step, groups_of(0), at(second)).before;
    let step = house.fail(3_000);
    assert_eq!(before(&step, 3_000), last);
    house.fail(3_300);
    let step = house.check(3_600, &[offline()]);
    assert_eq!(before(&step, 3_600), last, "its trouble may have begun before the first check without data");
    let step = house.check(3_900, &[]);
    assert_eq!(before(&step, 3_900), Some(at(3_600)));
}

#[test]
fn a_fleet_incident_changes_with_each_home_that_joins() {
    let mut tenant = Tenant::new();
    for home in [0, 4, 8, 12, 16] {
        tenant.signal(home, Bad, at(0));
    }
    let opened = tenant.tick(0).incidents[0].id.clone();
    // The numbers of homes stay the same.
    tenant.signal(0, Good, at(60));
    tenant.signal(20, Bad, at(60));
    let step = tenant.tick(61);
    let joined: Vec<_> = step.links.iter().filter(|link| link.fleet.is_some()).collect();
    assert_eq!(joined.len(), 1, "{:?}", step.links);
    assert!(step.incidents.iter().any(|change| change.id == opened), "{:?}", step.incidents);
}
