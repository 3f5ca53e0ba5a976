//! Fleet incidents.

mod end;
mod first_look;
mod joining;
mod maintenance;

use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_health::Status;
use plume_monitor::groups::{GroupPolicy, GroupStep, HomeSignal, Link, TenantGroups};
use plume_monitor::home::HomeCondition::{self, Bad, Good, NoData, Suspect, Unknown};
use plume_monitor::home::{HomeStep, MonitorPolicy};
use plume_monitor::ids::{GroupKey, GroupKind, IncidentId};
use plume_monitor::incident::{Cause, ChangeKind, Incident, Scope};
use plume_monitor::notify::{Decision, Digest, DigestKind, MessageKind, NotifyContext, NotifyPolicy, decide};
use serde_json::json;

use crate::decisions::{House, at, offline, pod, poor_qoe};
use crate::is_nightly;

/// A tenant whose groups are stored after every 24th tick; in the nightly run after every eighth one.
struct Tenant {
    groups: TenantGroups,
    policy: GroupPolicy,
    steps: Vec<GroupStep>,
}

fn key(kind: GroupKind, value: &str) -> GroupKey {
    GroupKey::new(kind, value)
}

fn incident_of(home: usize) -> IncidentId {
    format!("home:{home}").into()
}

/// Homes are spread evenly over four regions, three firmwares and two models.
fn groups_of(home: usize) -> Vec<GroupKey> {
    vec![
        key(GroupKind::Firmware, ["1.0", "1.1", "2.0"][home / 8 % 3]),
        key(GroupKind::Model, ["a", "b"][home / 4 % 2]),
        key(GroupKind::Region, ["north", "east", "south", "west"][home % 4]),
        key(GroupKind::Tenant, "provider"),
    ]
}

fn is_north(home: &usize) -> bool {
    home.is_multiple_of(4)
}

impl Tenant {
    fn new() -> Self {
        Self {
            groups: TenantGroups::new("provider".into()),
            policy: GroupPolicy::standard(),
            steps: Vec::new(),
        }
    }

    fn signal(&mut self, home: usize, condition: HomeCondition, now: DateTime<Utc>) {
        let status = if matches!(condition, Bad | Suspect) { Status::Red } else { Status::Green };
        let mut signal = HomeSignal::new(home.to_string().into(), groups_of(home), condition, status, now);
        signal.incident = (condition == Bad).then(|| incident_of(home));
        self.groups.observe(&signal);
    }

    fn tick(&mut self, second: i64) -> GroupStep {
        let step = self.groups.tick(&self.policy, at(second));
        if self.steps.len().is_multiple_of(if is_nightly() { 8 } else { 24 }) {
            let stored = serde_json::to_string(&self.groups).unwrap();
            self.groups = serde_json::from_str(&stored).unwrap();
        }
        self.steps.push(step.clone());
        step
    }

    fn opened(&self) -> Vec<String> {
        let changes = self.steps.iter().flat_map(|step| &step.incidents);
        changes
            .filter(|change| change.kind == ChangeKind::Opened)
            .map(|change| match &change.scope {
                Scope::Group(group) => group.to_string(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    fn closed(&self) -> usize {
        let changes = self.steps.iter().flat_map(|step| &step.incidents);
        changes.filter(|change| change.kind == ChangeKind::Closed).count()
    }
}

#[test]
fn a_fleet_incident_needs_five_homes() {
    for homes in 4..=6 {
        let mut tenant = Tenant::new();
        for home in (0..100).filter(is_north).take(homes) {
            tenant.signal(home, Bad, at(0));
        }
        tenant.tick(10);
        let expected: &[&str] = if homes < 5 { &[] } else { &["region north"] };
        assert_eq!(tenant.opened(), expected, "{homes}");
    }
}

#[test]
fn a_fleet_incident_needs_two_percent_of_the_checked_homes() {
    for bad in [9, 10, 11] {
        let mut tenant = Tenant::new();
        // One home of each region and firmware, so that only the tenant as a whole has so many.
        for home in 0..500 {
            let mut signal = HomeSignal::new(
                home.to_string().into(),
                vec![key(GroupKind::Tenant, "provider")],
                Good,
                Status::Green,
                at(0),
            );
            if home < bad {
                (signal.condition, signal.status, signal.since) = (Suspect, Status::Red, Some(at(0)));
            }
            tenant.groups.observe(&signal);
        }
        tenant.tick(10);
        assert_eq!(tenant.opened().len(), usize::from(bad >= 10), "{bad}");
    }
}

#[test]
fn homes_without_data_are_a_share_of_the_homes_that_were_checked_in_their_window() {
    // The windows of the homes without data, the homes in trouble, and the others that were checked in 5 minutes; and the
    // homes in the message.
    for (windows, bad, well, message) in [
        (vec![1_500; 9], 0, 91, None),
        // The others are 450 in 25 minutes.
        (vec![1_500; 10], 0, 90, Some("10 of 460 checked homes")),
        (vec![599; 10], 0, 245, Some("10 of 499 checked homes")),
        (vec![599; 10], 0, 246, None),
        // One home with a long interval leaves the windows of the others as they are.
        ([vec![300; 9], vec![1_800]].concat(), 0, 440, Some("10 of 490 checked homes")),
        ([vec![300; 9], vec![1_800]].concat(), 0, 455, None),
        // An orange home among the single losses of data of half an hour makes them no fleet incident.
        (vec![1_800; 5], 1, 161, None),
        (vec![1_500; 4], 1, 95, None),
        (vec![], 5, 245, Some("5 of 250 checked homes")),
        (vec![], 5, 246, None),
        (vec![1_800; 100], 0, 150, Some("100 of 1000 checked homes")),
    ] {
        let mut tenant = Tenant::new();
        let silent = windows.iter().map(|window| (NoData, Status::Unknown, *window));
        let bad_homes = vec![(Suspect, Status::Orange, 0); bad];
        let homes = silent.chain(bad_homes).chain(vec![(Good, Status::Green, 0); well]);
        for (home, (condition, status, window)) in homes.enumerate() {
            let group = vec![key(GroupKind::Tenant, "provider")];
            let mut signal = HomeSignal::new(home.to_string().into(), group, condition, status, at(0));
            signal.window = Duration::from_secs(window);
            tenant.groups.observe(&signal);
        }
        let incidents = tenant.tick(10).incidents;
        let found = incidents.first().and_then(|change| change.situation.as_ref());
        let found = found.map(|situation| situation.headline.split(" of provider").next().unwrap());
        assert_eq!(found, message, "{windows:?} {bad} {well}");
    }
}

#[test]
fn shares_of_homes_without_data_are_compared_over_their_windows() {
    let mut tenant = Tenant::new();
    let region = vec![key(GroupKind::Region, "north")];
    let firmware = vec![key(GroupKind::Firmware, "1.0")];
    // 7 of 30 homes in 5 minutes are 7 of 145 in half an hour, fewer than 6 of 60.
    for home in 0..90 {
        let (groups, condition, status) = match home {
            0..7 => (&region, NoData, Status::Unknown),
            7..30 => (&region, Good, Status::Green),
            30..36 => (&firmware, Suspect, Status::Orange),
            _ => (&firmware, Good, Status::Green),
        };
        let mut signal = HomeSignal::new(home.to_string().into(), groups.clone(), condition, status, at(0));
        signal.window = Duration::from_secs(if condition == NoData { 1_800 } else { 0 });
        tenant.groups.observe(&signal);
    }
    tenant.tick(10);
    assert_eq!(tenant.opened(), ["firmware 1.0", "region north"]);
}

#[test]
fn single_homes_without_data_wait_for_no_others() {
    // Two of 60 homes in 5 minutes, or of 350 in half an hour.
    for (window, held) in [(300, 2), (1_800, 0)] {
        let mut tenant = Tenant::new();
        for home in 0..60 {
            let (condition, status) =
                if home < 2 { (NoData, Status::Unknown) } else { (Good, Status::Green) };
            let groups = vec![key(GroupKind::Tenant, "provider")];
            let mut signal = HomeSignal::new(home.to_string().into(), groups, condition, status, at(0));
            signal.incident = (home < 2).then(|| incident_of(home));
            signal.window = Duration::from_secs(window);
            tenant.groups.observe(&signal);
        }
        assert_eq!(tenant.tick(10).links.len(), held, "{window}");
    }
}

#[test]
fn homes_must_turn_within_the_window() {
    let mut tenant = Tenant::new();
    for (number, home) in (0..100).filter(is_north).take(20).enumerate() {
        let now = i64::try_from(number).unwrap() * 90;
        tenant.signal(home, Bad, at(now));
        tenant.tick(now);
    }
    assert!(tenant.opened().is_empty());
    // A state that was lost does not make old trouble new.
    let mut tenant = Tenant::new();
    for home in (0..100).filter(is_north) {
        let mut signal =
            HomeSignal::new(home.to_string().into(), groups_of(home), Bad, Status::Red, at(3_600));
        signal.since = Some(at(0));
        tenant.groups.observe(&signal);
    }
    tenant.tick(3_600);
    assert!(tenant.opened().is_empty());
}

#[test]
fn a_storm_in_a_region_is_one_fleet_incident_with_one_end() {
    let mut tenant = Tenant::new();
    let homes = 0..2_000;
    // 500 homes of one region go down; each is found when its check is due within five minutes.
    for second in 0..420 {
        for home in homes.clone() {
            let found = i64::try_from(home).unwrap() * 7 % 300;
            match second - found {
                0 => tenant.signal(home, if is_north(&home) { Suspect } else { Good }, at(second)),
                60 if is_north(&home) => tenant.signal(home, Bad, at(second)),
                _ => {}
            }
        }
        if second % 5 == 0 {
            tenant.tick(second);
        }
    }
    assert_eq!(tenant.opened(), ["region north"]);
    let opened = tenant.steps.iter().find(|step| !step.incidents.is_empty()).unwrap().incidents[0].clone();
    assert!(opened.at <= at(15) && opened.hold_until.unwrap() <= at(75), "{opened:?}");
    let links: Vec<_> = tenant.steps.iter().flat_map(|step| &step.links).collect();
    assert_eq!(links.len(), 500);
    assert!(links.iter().all(|link| link.fleet == Some(opened.id.clone())));
    // Each home is linked before the hold of its own message ends.
    let last = tenant.steps.iter().filter_map(|step| step.incidents.last()).next_back().unwrap();
    assert_eq!(last.situation.as_ref().unwrap().homes, 500);
    // They recover in ten minutes.
    for second in 420..1_500 {
        for home in
            homes.clone().filter(is_north).filter(|home| i64::try_from(*home).unwrap() % 600 == second - 420)
        {
            tenant.signal(home, Good, at(second));
        }
        if second % 5 == 0 {
            tenant.tick(second);
        }
    }
    assert_eq!((tenant.opened().len(), tenant.closed()), (1, 1));
    assert!(tenant.groups.open().next().is_none());
}

#[test]
fn the_group_that_explains_most_is_chosen() {
    let open = |is_bad: fn(&usize) -> bool| {
        let mut tenant = Tenant::new();
        for home in 0..240 {
            tenant.signal(home, if is_bad(&home) { Bad } else { Good }, at(0));
        }
        tenant.tick(1);
        tenant.opened()
    };
    assert_eq!(open(is_north), ["region north"]);
    assert_eq!(open(|home| home / 8 % 3 == 1), ["firmware 1.1"]);
    assert_eq!(open(|home| home / 4 % 2 == 1), ["model b"]);
    // Everything is off: one incident, not one for each firmware.
    assert_eq!(open(|_| true), ["tenant provider"]);
    // Two regions.
    let mut both = open(|home| home % 4 < 2);
    both.sort();
    assert_eq!(both, ["region east", "region north"]);
    // All groups are the same homes: the firmware explains it.
    let mut tenant = Tenant::new();
    for home in (0..240).step_by(24) {
        tenant.signal(home, Bad, at(0));
    }
    tenant.tick(1);
    assert_eq!(tenant.opened(), ["firmware 1.0"]);
}

#[test]
fn a_home_joins_one_fleet_incident() {
    let mut tenant = Tenant::new();
    for home in (0..240).filter(is_north) {
        tenant.signal(home, Bad, at(0));
    }
    tenant.tick(1);
    // Then a firmware gets into trouble, and the homes of the region do not count twice.
    for home in (0..240).filter(|home| home / 8 % 3 == 1 && !is_north(home)) {
        tenant.signal(home, Bad, at(60));
    }
    tenant.tick(61);
    assert_eq!(tenant.opened(), ["region north", "firmware 1.1"]);
    let mut links = std::collections::BTreeMap::new();
    for link in tenant.steps.iter().flat_map(|step| &step.links) {
        assert_eq!(links.insert(link.incident.clone(), link.fleet.clone()), None);
    }
    assert_eq!(links.len(), 60 + 60);
}

#[test]
fn a_large_group_is_recognized_by_a_sample() {
    // A region of 20,000 homes that is checked once an hour: about five homes a second are found.
    let mut tenant = Tenant::new();
    let mut homes = (0..80_000_usize).map(|number| number * 4_801 % 80_000);
    let mut pulled = Vec::new();
    let mut opened_at = None;
    for second in 0..120 {
        for home in homes.by_ref().take(5) {
            tenant.signal(home, if is_north(&home) { Suspect } else { Good }, at(second));
        }
        for home in pulled.drain(..) {
            tenant.signal(home, Suspect, at(second));
        }
        let step = tenant.tick(second);
        for pull in step.pulls {
            assert_eq!(pull.homes, 30);
            if pull.group == key(GroupKind::Region, "north") {
                pulled.extend((80_000..).filter(is_north).take(30));
            }
        }
        opened_at = opened_at.or((!tenant.opened().is_empty()).then_some(second));
    }
    assert_eq!(tenant.opened(), ["region north"]);
    assert!(opened_at.unwrap() <= 10, "{opened_at:?}");
}

#[test]
fn three_suspects_pull_checks_forward_once() {
    let mut tenant = Tenant::new();
    for suspects in 1..=3 {
        tenant.signal(suspects * 4, Suspect, at(0));
        let pulls = tenant.tick(suspects.try_into().unwrap()).pulls;
        assert_eq!(pulls.len(), usize::from(suspects == 3), "{suspects}");
    }
    // One group after another, each once in the window.
    let mut groups: Vec<String> =
        tenant.steps.iter().flat_map(|step| &step.pulls).map(|pull| pull.group.to_string()).collect();
    for second in 4..20 {
        groups.extend(tenant.tick(second).pulls.iter().map(|pull| pull.group.to_string()));
    }
    assert_eq!(groups[0], "region north");
    let distinct: std::collections::BTreeSet<_> = groups.iter().collect();
    assert_eq!(distinct.len(), groups.len());
}

#[test]
fn groups_of_two_tenants_never_meet() {
    let mut tenants = [Tenant::new(), Tenant::new()];
    for (number, home) in (0..100).filter(is_north).take(8).enumerate() {
        tenants[number % 2].signal(home, Bad, at(0));
    }
    for tenant in &mut tenants {
        tenant.tick(1);
        assert!(tenant.opened().is_empty());
    }
}

#[test]
fn links_are_written_into_the_incidents_of_homes() {
    let mut tenant = Tenant::new();
    for home in (0..100).filter(is_north).take(5) {
        tenant.signal(home, Bad, at(0));
    }
    let step = tenant.tick(1);
    let mut incident: Incident = serde_json::from_value(json!({
        "format": 1, "id": "home:0", "tenant": "provider", "scope": {"home": "0"},
        "opened_at": "2026-01-15T10:00:00Z", "version": 1,
        "situation": {
            "status": "red", "since": "2026-01-15T10:00:00Z", "headline": "offline", "homes": 1,
            "root": {"kind": "location-offline", "subject": "0", "status": "red", "message": "offline"},
        },
    }))
    .unwrap();
    for link in &step.links {
        link.apply(&mut incident);
    }
    assert_eq!(incident.fleet, Some(step.incidents[0].id.clone()));
    let fleet = Incident::open("provider".into(), &step.incidents[0]).unwrap();
    assert_eq!(fleet.situation.headline.as_ref(), "5 of 5 checked homes in region north are in trouble");
}

#[test]
fn a_removed_home_leaves_its_groups() {
    let mut tenant = Tenant::new();
    for home in (0..100).filter(is_north).take(5) {
        tenant.signal(home, Bad, at(0));
    }
    tenant.groups.remove(&"0".into());
    tenant.tick(1);
    assert!(tenant.opened().is_empty());
}

#[test]
fn the_state_forgets_homes_that_are_well() {
    let mut tenant = Tenant::new();
    for second in 0..1_200 {
        tenant.signal(usize::try_from(second).unwrap(), Good, at(second));
        if second % 10 == 9 {
            tenant.tick(second);
        }
    }
    let stored = serde_json::to_value(&tenant.groups).unwrap();
    assert!(stored["homes"].as_object().unwrap().len() <= 300);
    let mut newer = stored;
    newer["version"] = json!(2);
    assert!(serde_json::from_value::<TenantGroups>(newer).is_err());
    for (bad, part) in [
        (json!({"homes": 1}), "`homes`"),
        (json!({"percent": 101}), "`percent`"),
        (json!({"hold": "3m"}), "`hold`"),
        (json!({"window": "0s"}), "`window`"),
        (json!({"pull_from": 0}), "`pull_from`"),
    ] {
        let error = serde_json::from_value::<GroupPolicy>(bad).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

/// Five homes are in trouble when the monitor starts, and stay so. An hour later a region goes off.
fn first_pass_and_storm(storm: usize) -> (Tenant, Vec<MessageKind>) {
    let mut tenant = Tenant::new();
    for home in 0..100 {
        tenant.signal(home, if home < 5 { Bad } else { Good }, at(0));
    }
    let mut incident: Option<Incident> = None;
    let mut messages = Vec::new();
    for second in (0..9_000).step_by(5) {
        if second == 3_600 {
            for home in (5..100).filter(is_north).take(storm) {
                tenant.signal(home, Bad, at(second));
            }
        }
        for change in tenant.tick(second).incidents {
            match &mut incident {
                Some(incident) => incident.apply(&change),
                None => incident = Incident::open("provider".into(), &change),
            }
        }
        let Some(incident) = &mut incident else { continue };
        let decision = decide(incident, &NotifyPolicy::standard(), NotifyContext::default(), at(second));
        if let Decision::Send(kind) = decision {
            incident.mark_announced(at(second));
            messages.push(kind);
        }
    }
    (tenant, messages)
}

#[test]
fn a_fleet_incident_that_is_open_hides_no_later_storm() {
    for (storm, joined) in [(4, 0), (5, 5), (20, 20)] {
        let (tenant, messages) = first_pass_and_storm(storm);
        let opened = tenant.opened();
        let later = tenant.steps.iter().skip(700).flat_map(|step| &step.links);
        let later = later.filter(|link| link.fleet.is_some()).count();
        // Fewer than five homes are announced one by one: their incidents are not linked.
        assert_eq!(later, joined, "{storm}");
        let announced = usize::from(storm >= 5);
        assert_eq!(opened.len() + messages.len(), 2 + announced, "{storm}: {opened:?} {messages:?}");
    }
}

#[test]
fn a_storm_that_is_found_slowly_is_one_fleet_incident() {
    // With an interval of 25 minutes, 40 homes of a region are found one by one.
    for (every, versions) in [(38, 1), (99, 1)] {
        let mut tenant = Tenant::new();
        let mut homes = (0..200).filter(is_north).take(40);
        for second in 0..5_000 {
            if second < 5 {
                tenant.signal(homes.next().unwrap(), Bad, at(second));
            } else if second % every == 0
                && let Some(home) = homes.next()
            {
                tenant.signal(home, Bad, at(second));
            }
            if second < 5 || second % 5 == 0 || second % every == 0 {
                tenant.tick(second);
            }
        }
        let changes: Vec<_> = tenant.steps.iter().flat_map(|step| &step.incidents).collect();
        assert_eq!((tenant.opened().len(), changes.last().unwrap().version), (1, versions), "{every}");
        let links = tenant.steps.iter().flat_map(|step| &step.links);
        assert_eq!(links.filter(|link| link.fleet.is_some()).count(), 40, "{every}");
    }
}

#[test]
fn a_yellow_home_that_turns_red_counts_as_a_suspect_and_its_message_is_held() {
    let mut house = House::green();
    for second in [300, 360, 420, 4_000] {
        house.check(second, &[poor_qoe()]);
    }
    assert_eq!(house.state.confirmed(), Status::Yellow);
    let step = house.check(4_300, &[offline()]);
    let signal = HomeSignal::of_step(&step, groups_of(0), at(4_300));
    assert_eq!((signal.condition, signal.since), (Suspect, Some(at(4_300))));
    let step = house.check(4_360, &[offline()]);
    let signal = HomeSignal::of_step(&step, groups_of(0), at(4_360));
    assert_eq!((signal.condition, signal.since), (Bad, Some(at(4_300))));
    let hold = MonitorPolicy::server().incident.hold;
    assert_eq!(house.newest().hold_until, Some(at(4_360) + hold));
}

/// Trouble of a home of the region north that begins at one second and is seen at another.
fn trouble(tenant: &mut Tenant, home: usize, condition: HomeCondition, since: i64, second: i64) {
    let signal = signal_of(home, condition, Status::Red, since, second);
    tenant.groups.observe(&signal);
}

fn signal_of(home: usize, condition: HomeCondition, status: Status, since: i64, second: i64) -> HomeSignal {
    let mut signal = HomeSignal::new(home.to_string().into(), groups_of(home), condition, status, at(second));
    signal.since = Some(at(since));
    signal.incident = (condition == Bad).then(|| incident_of(home));
    signal
}
