//! Tests of the homes in memory.

use plume::monitor::ids::GroupKind;

use super::*;

#[test]
fn a_group_of_one_tenant_pulls_no_home_of_another_forward() {
    let policies = Policies::default();
    let (fleet, now) = (Fleet::new(&policies), DateTime::UNIX_EPOCH);
    let enrolled = |tenant: &str, home: &str| {
        let home = HomeId::new(home);
        let schedule = HomeSchedule::new(&home, &policies.monitor.schedule, now);
        let traits = Traits { region: Some("north".to_owned()), ..Traits::default() };
        Enrolled {
            due: Due { tenant: TenantId::new(tenant), home, schedule },
            traits,
            tags: Vec::new(),
            data: None,
        }
    };
    fleet.load(vec![enrolled("a", "a1"), enrolled("b", "b1"), enrolled("a", "a2")], &BTreeSet::new(), now);
    let group = GroupKey::new(GroupKind::Region, "north");
    let pulled = fleet.pull_forward(&TenantId::new("a"), &group, 30, now);
    let mut homes: Vec<String> = pulled.into_iter().map(|(home, _)| home.to_string()).collect();
    homes.sort();
    assert_eq!(homes, ["a1", "a2"]);
    let status = fleet.status();
    assert_eq!((status.homes, status.checks, fleet.unchecked(now)), (3, 0, 0));
    assert_eq!(fleet.unchecked(now + chrono::TimeDelta::hours(1)), 3);
}

#[test]
fn a_home_is_checked_as_the_others_after_its_maintenance() {
    let policies = Policies::default();
    let (fleet, start) = (Fleet::new(&policies), DateTime::UNIX_EPOCH);
    let tenant = TenantId::new("a");
    let enrolled = |home: &str| {
        let home = HomeId::new(home);
        let mut schedule = HomeSchedule::new(&home, &policies.monitor.schedule, start);
        schedule.set_class(&home, &policies.monitor.schedule, CheckClass::Maintenance);
        let due = Due { tenant: tenant.clone(), home, schedule };
        Enrolled { due, traits: Traits::default(), tags: Vec::new(), data: None }
    };
    fleet.load(vec![enrolled("h1"), enrolled("h2")], &BTreeSet::new(), start);
    let window = serde_json::json!({
        "name": "upgrade", "homes": ["h1"],
        "calendar": { "version": 1, "windows": [{ "start": "1970-01-01T00:00:00", "duration": "2h" }] },
    });
    let _ = fleet.set_windows(tenant.clone(), vec![serde_json::from_value(window).unwrap()]);
    let ended = |hours| {
        let ended = fleet.end_maintenance(start + chrono::TimeDelta::hours(hours));
        let homes = ended.into_values().flatten();
        homes.map(|(home, schedule)| (home.to_string(), schedule.class)).collect::<Vec<_>>()
    };
    assert_eq!(ended(1), [("h2".to_owned(), CheckClass::Normal)]);
    assert_eq!(ended(1), []);
    assert_eq!(ended(2), [("h1".to_owned(), CheckClass::Normal)]);
}

#[test]
fn a_check_without_data_makes_no_home_fresh() {
    let policies = Policies::default();
    let (fleet, start) = (Fleet::new(&policies), DateTime::UNIX_EPOCH);
    let (large, small) = (TenantId::new("large"), TenantId::new("small"));
    let enrolled = |number: u32| {
        let home = HomeId::new(format!("h{number}"));
        let schedule = HomeSchedule::new(&home, &policies.monitor.schedule, start);
        let tenant = if number == 0 { &small } else { &large };
        Enrolled {
            due: Due { tenant: tenant.clone(), home, schedule },
            traits: Traits::default(),
            tags: Vec::new(),
            data: None,
        }
    };
    let all = || (0..=20).map(enrolled).collect::<Vec<_>>();
    fleet.load(all(), &BTreeSet::new(), start);
    assert!(fleet.newest(start).is_empty());
    let check = |now: DateTime<Utc>, has_data: bool| {
        for Enrolled { due, traits, .. } in all() {
            let mut schedule = due.schedule;
            (schedule.since, schedule.due) = (now, now);
            fleet.finish(&due.tenant, &due.home, schedule, &traits, has_data, now);
        }
        fleet.load(all(), &BTreeSet::new(), now);
    };
    let after = |minutes: i64| start + chrono::TimeDelta::minutes(minutes);
    check(start, true);
    (1..=20).for_each(|minute| check(after(minute), false));
    let old = |minutes: i64| {
        let newest = fleet.newest(after(minutes));
        assert!(newest.values().all(|(at, _)| *at == start));
        [&large, &small].map(|tenant| newest[tenant].1)
    };
    assert_eq!([old(4), old(6), old(20), old(21)], [[false; 2], [true, false], [true, false], [true; 2]]);
    assert_eq!((fleet.unchecked(after(20)), fleet.stale(after(20))), (0, 21));
    let status = fleet.status();
    assert_eq!((status.checks, status.with_data), (21 * 21, 21));
    check(after(22), true);
    assert_eq!(fleet.stale(after(22)), 0);
}

/// Returns homes of a tenant whose last check with data was at a time.
fn homes(count: u32, class: CheckClass, data: DateTime<Utc>) -> Vec<Enrolled> {
    let enrolled = |number: u32| {
        let home = HomeId::new(format!("h{number}"));
        let mut schedule = HomeSchedule::new(&home, &Policies::default().monitor.schedule, data);
        schedule.class = class;
        let due = Due { tenant: TenantId::new("north"), home, schedule };
        Enrolled { due, traits: Traits::default(), tags: Vec::new(), data: Some(data) }
    };
    (0..count).map(enrolled).collect()
}

#[test]
fn the_age_of_stored_data_is_known_after_a_start() {
    let (fleet, start) = (Fleet::new(&Policies::default()), DateTime::UNIX_EPOCH);
    fleet.load(homes(20, CheckClass::Normal, start), &BTreeSet::new(), start);
    let north = TenantId::new("north");
    let after = |minutes: i64| start + chrono::TimeDelta::minutes(minutes);
    assert_eq!(fleet.newest(after(4))[&north], (start, false));
    assert_eq!(fleet.newest(after(8))[&north], (start, true));
    assert_eq!((fleet.stale(after(4)), fleet.stale(after(21))), (0, 20));
}

#[test]
fn homes_in_maintenance_have_the_interval_of_their_class() {
    let mut policies = Policies::default();
    policies.monitor.schedule.maintenance = Duration::from_secs(6 * 3_600);
    let (start, north) = (DateTime::UNIX_EPOCH, TenantId::new("north"));
    let old =
        |fleet: &Fleet, minutes: i64| fleet.newest(start + chrono::TimeDelta::minutes(minutes))[&north].1;
    let fleet = Fleet::new(&policies);
    fleet.load(homes(20, CheckClass::Maintenance, start), &BTreeSet::new(), start);
    assert_eq!([6, 179, 181].map(|minutes| old(&fleet, minutes)), [false, false, true]);
    // Other homes of the tenant are checked at the usual intervals.
    let mut mixed = homes(40, CheckClass::Maintenance, start);
    mixed.iter_mut().skip(20).for_each(|home| home.due.schedule.class = CheckClass::Normal);
    let fleet = Fleet::new(&policies);
    fleet.load(mixed, &BTreeSet::new(), start);
    assert_eq!([4, 6].map(|minutes| old(&fleet, minutes)), [false, true]);
}

#[test]
fn data_becomes_old_although_the_clock_was_set_back() {
    let (fleet, start) = (Fleet::new(&Policies::default()), DateTime::UNIX_EPOCH);
    let (before, north) = (start + chrono::TimeDelta::hours(1), TenantId::new("north"));
    fleet.load(homes(20, CheckClass::Normal, before), &BTreeSet::new(), before);
    assert_eq!(fleet.newest(start)[&north], (start, false));
    let later = start + chrono::TimeDelta::minutes(6);
    assert_eq!(fleet.newest(later)[&north], (start, true));
}

#[test]
fn a_home_that_moves_to_another_tenant_is_checked_as_one_of_it() {
    let policies = Policies::default();
    let (fleet, now) = (Fleet::new(&policies), DateTime::UNIX_EPOCH);
    let stored = |tenant: &str| {
        let home = HomeId::new("h1");
        let schedule = HomeSchedule::new(&home, &policies.monitor.schedule, now);
        let due = Due { tenant: TenantId::new(tenant), home, schedule };
        vec![Enrolled { due, traits: Traits::default(), tags: Vec::new(), data: None }]
    };
    fleet.load(stored("a"), &BTreeSet::new(), now);
    let loaded = fleet.load(stored("b"), &BTreeSet::new(), now);
    assert_eq!(loaded.gone, [(TenantId::new("a"), HomeId::new("h1"))]);
    let picked = fleet.pick(10, now + chrono::TimeDelta::hours(1));
    assert_eq!(picked.iter().map(|check| check.tenant.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn homes_of_a_suspended_tenant_take_no_calls_and_come_back() {
    let policies = Policies::default();
    let (fleet, now) = (Fleet::new(&policies), DateTime::UNIX_EPOCH);
    let stored = || -> Vec<Enrolled> {
        let enrolled = |number: u32| {
            let home = HomeId::new(format!("h{number}"));
            let schedule = HomeSchedule::new(&home, &policies.monitor.schedule, now);
            let tenant = TenantId::new(if number < 20 { "small" } else { "large" });
            Enrolled {
                due: Due { tenant, home, schedule },
                traits: Traits::default(),
                tags: Vec::new(),
                data: None,
            }
        };
        (0..500).map(enrolled).collect()
    };
    fleet.load(stored(), &BTreeSet::new(), now);
    let (stretch, later) = (fleet.status().load.stretch, now + chrono::TimeDelta::hours(1));
    assert!(fleet.pick(100, later).iter().any(|check| check.tenant.as_str() == "large"));
    fleet.load(stored(), &[TenantId::new("large")].into(), later);
    let status = fleet.status();
    assert_eq!((status.homes, fleet.unchecked(later)), (500, 20));
    assert!(status.load.stretch <= stretch);
    let picked = fleet.pick(1_000, later + chrono::TimeDelta::hours(1));
    assert_eq!(picked.len(), 20);
    assert!(picked.iter().all(|check| check.tenant.as_str() == "small"));
    fleet.load(stored(), &BTreeSet::new(), later);
    let later = later + chrono::TimeDelta::hours(2);
    assert_eq!(fleet.pick(10_000, later).len(), 500);
}

#[test]
fn a_home_with_other_tags_has_its_tenant_decided_about_again() {
    let (fleet, start) = (Fleet::new(&Policies::default()), DateTime::UNIX_EPOCH);
    let load = |tags: &[&str]| {
        let mut homes = homes(2, CheckClass::Normal, start);
        homes[1].tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        fleet.load(homes, &BTreeSet::new(), start).rerouted
    };
    assert_eq!([load(&[]), load(&[])], [BTreeSet::new(), BTreeSet::new()]);
    assert_eq!(load(&["vip"]), [TenantId::new("north")].into());
    assert_eq!(load(&["vip"]), BTreeSet::new());
}
