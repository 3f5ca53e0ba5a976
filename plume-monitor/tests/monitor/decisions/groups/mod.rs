//! Fleet incidents.

use chrono::{DateTime, Utc};
use plume_health::Status;
use plume_monitor::groups::{GroupPolicy, GroupStep, HomeSignal, TenantGroups};
use plume_monitor::home::HomeCondition::{self, Bad, Good, Suspect, Unknown};
use plume_monitor::home::MonitorPolicy;
use plume_monitor::ids::{GroupKey, GroupKind, IncidentId};
use plume_monitor::incident::{ChangeKind, Incident, Scope};
use plume_monitor::notify::{Decision, MessageKind, NotifyContext, NotifyPolicy, decide};
use serde_json::json;

use crate::decisions::{House, at, offline, pod, poor_qoe};

/// A tenant whose groups are stored after every eighth tick.
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
        if self.steps.len().is_multiple_of(8) {
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
            tenant.tick(second);
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

#[test]
fn a_first_message_waits_for_the_checks_that_are_pulled_forward() {
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
        let expected: &[_] = if suspects == 2 { &[(None, Some(at(60 + 110)))] } else { &[] };
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
    assert_eq!(tenant.tick(491).links.len(), 1);
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
